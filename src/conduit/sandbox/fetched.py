r"""Addresses that an editor asks for by itself when it opens a file: a way out for what a model has read.

Schemas of JSON, YAML and TOML, and what XML names beside itself, are fetched by the language servers of common editors
without a question; an address can carry a secret. Pure, by what the text says, in each spelling that the format
allows, and in those that a forgiving parser takes. Sources, read 2026-11-22: vscode-json-languageservice 5.7.2
(jsonSchemaService.js, jsonParser.js), yaml-language-server 1.25.0 (modelineUtil.js, dollarUtils.js,
yamlSchemaService.js, ast-converter.js), taplo's associations.rs, vscode-xml's docs/Validation.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What is neither data nor XML for any editor, unless the text itself says so. All other endings may be.
_OTHER = _words(
    ".md .mdx .markdown .rst .adoc .asciidoc .org .tex .txt .html .htm .xhtml .vue .svelte .astro .css .scss .sass "
    ".less .js .mjs .cjs .jsx .ts .mts .cts .tsx .py .pyi .rb .erb .php .pl .pm .lua .sh .bash .zsh .fish .ps1 .psm1 "
    ".bat .cmd .c .h .cc .cpp .cxx .hpp .m .mm .cs .fs .vb .java .kt .kts .groovy .gradle .scala .clj .go .rs .swift "
    ".dart .zig .ex .exs .erl .hs .ml .jl .r .sql .el .vim .nix .tf .proto .graphql .diff .patch .log .csv"
)
_XML_ENDINGS = _words(
    ".xml .xsd .xsl .xslt .svg .rng .wsdl .wadl .dtd .ent .mod .xmi .dita .ditamap .pom .csproj .fsproj .vbproj "
    ".vcxproj .props .targets .nuspec .resx .config .xaml .axml .plist .rss .atom .opml .launch .storyboard .xib .iml "
    ".kml .gpx"
)
_TYPED = re.compile(r"(?:\b(?:ft|filetype)\s*=|\bmode\s*:|-\*-)\s*(?:json|yaml|toml|n?xml|xs[dl]|svg)", re.IGNORECASE)
_MAY_NAME_ONE = re.compile(r"schema|\$\w*ref|\\[ux\r\n]|&#|<!|<\?xml-|\bhref", re.IGNORECASE)
_OBJECT = re.compile(r"\ufeff?\s*+\{")
_TAG = re.compile(r"\ufeff?\s*+<")

_SLASH_COMMENT = re.compile(r"(?P<string>\"(?:[^\"\\\r\n]|\\.)*+\")|//[^\r\n]*+|/\*(?:[^*]|\*(?!/))*+\*/")
_HASH_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\r\n]*+", re.MULTILINE)

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|U([0-9a-fA-F]{8})|(/)|\r?\n[ \t]*+)")
# Before a value: up to a tag, an anchor and a sign of a block in YAML, quotes, and what parsers strip from the text.
_BEFORE = (
    r"\s*+(?:(?:!<[^>\n]*+>|![\w#;/?:@&=+$.~*'()%!-]*+|&[^\s,\[\]{}]++|[>|][-+0-9]*+(?=\s))\s*+){0,3}+"
    r"[\"']{0,3}(?:\\[nrtvf_LPN ]|[\s\ufeff])*+"
)
_ADDRESS = r"(?P<address>[^\s\"',}\]]++)"
# JSON servers read a value without a colon before it too.
_KEY = re.compile(
    rf"(?<![\w$])\$(?P<key>schema|ref|dynamicRef|recursiveRef)[\"']?(?:\s*+[:=]|\s*+(?=\")){_BEFORE}{_ADDRESS}"
)
_BASE = re.compile(rf"(?<![\w$])\$?id[\"']?\s*+[:=]{_BEFORE}{_ADDRESS}")
_ANCHOR = re.compile(rf"&(?P<name>[^\s,\[\]{{}}]++)\s{_BEFORE}{_ADDRESS}")
_MODELINE = re.compile(r"(?:#:schema[^\S\n]++|\$schema(?:=|:[^\S\n]*+))\ufeff*+(?P<address>\S++)")
_MAPPING = re.compile(r"[{?]|\$?id$|.*:$")

_TOLD = re.compile(
    r"<\?xml-(?:model|stylesheet)\b((?:[^?]++|\?(?!>))*+)|<(?:[\w.-]++:)?(?:include|import|externalRef)\b([^<]*+)"
)
_HREF = re.compile(r"\bhref\s*+=\s*+(?:\"([^\"]*+)|'([^']*+))")
_OUTSIDE = re.compile(
    r"\b(?:SYSTEM\s++|PUBLIC\s++(?:\"[^\"]*+\"|'[^']*+')\s*+)(?:\"([^\"]*+)|'([^']*+))",
)
_LOCATION = re.compile(
    r"\b(?:noNamespaceS|s)chemaLocation(?:\s*+=|\s++CDATA(?:\s++#FIXED)?)\s*+(?:\"([^\"]*+)|'([^']*+))"
)
_REFERENCE = re.compile(r"&(?:#x0*+([0-9a-fA-F]{1,6})|#0*+([0-9]{1,7})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[^\s#;&]++;")

_HERE = r"vscode:|urn:|tag:|data:|[a-z]:[/\\]|file:/(?:/(?:/|localhost/))?(?![/\\]|%2f|%5c)"
_REMOTE = re.compile(rf"(?!{_HERE})[a-z][a-z0-9+.-]*+:.|[/\\]{{2}}.", re.IGNORECASE)
# Schemas of the standards themselves: servers carry them along, and nobody else reads what is asked of these hosts.
_STANDARD = re.compile(r"https?://(?:json-schema\.org|www\.w3\.org)/[\w./-]*+#?")


def fetched_addresses(name: str, text: str | None) -> frozenset[str]:
    """Return the remote addresses that opening a file of this name and text makes an editor ask for."""
    if text is None or not _MAY_NAME_ONE.search(text):
        return frozenset()
    ending = PurePosixPath(name.casefold()).suffix or PurePosixPath(name.casefold()).name
    typed = _is_typed(text)
    other = ending in _OTHER and not typed
    found: set[str] = set()
    if not other or _OBJECT.match(text):  # a schema may have any name
        found.update(_in_data(text))
    if not other:
        found.update(_in_comments(text))
        if ending in _XML_ENDINGS or _TAG.match(text) or typed:
            found.update(_in_xml(text))
    return frozenset(each for each in found if _is_remote(each) and not _STANDARD.fullmatch(each))


def _is_typed(text: str) -> bool:
    """Say whether a text itself says that it is data or XML, where Vim and Emacs look for it."""
    ends = (*text.split("\n", 5)[:5], *text.rsplit("\n", 6)[1:], text[-3000:])
    return any(_TYPED.search(each) for each in ends)


def _is_remote(address: str) -> bool:
    # A server of YAML reads `%3A` in a reference; what entities make of a place is not worked out.
    return bool(_REMOTE.match(address) or _REMOTE.match(unquote(address)) or _ENTITY.search(address))


def _in_data(text: str) -> Iterator[str]:
    """Yield the addresses of keys, and the bases that other keys are relative to."""
    bare = _SLASH_COMMENT.sub(lambda match: match["string"] or " ", text)
    for way in (text, bare, _HASH_COMMENT.sub("", text)):  # a comment may stand between a key and its value
        plain = unescaped(way)
        aliases: set[str] = set()
        based = False
        for match in _KEY.finditer(plain):
            key, address = match["key"], match["address"]
            if address.startswith("*"):
                aliases.add(address[1:])
            elif key == "schema":
                based |= bool(_MAPPING.match(address))
            else:
                based |= not address.startswith("#")
            yield address
        if aliases:
            yield from (match["address"] for match in _ANCHOR.finditer(plain) if match["name"] in aliases)
        if based:
            yield from (match["address"] for match in _BASE.finditer(plain) if _REMOTE.match(match["address"]))


def _in_comments(text: str) -> Iterator[str]:
    """Yield the addresses that comments name: a line of its own, or the end of one."""
    for line in text.split("\n"):
        begin = line.find("#")
        if begin >= 0:
            yield from (match["address"] for match in _MODELINE.finditer(line, begin))


def _in_xml(text: str) -> Iterator[str]:
    """Yield what instructions, declarations, inclusions and places of schemas name."""
    for told in _TOLD.finditer(text):
        for match in _HREF.finditer(told[1] or told[2] or ""):
            yield from _spelled(match[1] or match[2] or "")
    if "<!" in text:
        for match in _OUTSIDE.finditer(text):
            yield from _spelled(match[1] or match[2] or "")
    for match in _LOCATION.finditer(text):
        value = match[1] or match[2] or ""
        words = re.split(r"[ \t\r\n]+", _REFERENCE.sub(_referenced, value).strip(" \t\r\n"))
        yield from words[1::2] if len(words) > 1 else words  # else pairs of a namespace and a place
        if "<!ENTITY" in text:
            yield from (word for word in value.split() if _ENTITY.search(word))


def _spelled(value: str) -> tuple[str, str]:
    value = value.strip()
    return value, _REFERENCE.sub(_referenced, value).strip()


def _referenced(reference: re.Match[str]) -> str:
    if reference[3]:
        return _NAMED[reference[3]]
    return _character(int(reference[1], 16) if reference[1] else int(reference[2]), reference[0])


def unescaped(text: str) -> str:
    """Return a text with the escapes of JSON, YAML, TOML and XML read: no spelling hides a name or an address."""
    return _REFERENCE.sub(_referenced, _ESCAPE.sub(_unescaped, text))


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    return _character(int(code, 16), escape[0]) if code else escape[4] or ""


def _character(code: int, spelled: str) -> str:
    """Return a character; of half a pair, and of a number that is too high, its spelling."""
    return spelled if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)
