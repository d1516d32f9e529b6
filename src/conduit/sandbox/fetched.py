r"""Addresses that an editor asks for by itself when it opens a file: a way out for what a model has read.

Schemas of JSON, YAML and TOML, and what XML names beside itself, are fetched by the language servers of common editors
without a question; an address can carry a secret. Pure, by what the text says, in each spelling that the format
allows. Sources, read 2026-11-22: vscode-json-languageservice 5.7.2 (jsonSchemaService.js), yaml-language-server 1.25.0
(modelineUtil.js, dollarUtils.js), taplo's schema directive, vscode-xml's docs/Validation.md.
"""

from __future__ import annotations

import html
import re
from pathlib import PurePosixPath

_DATA = {
    *(".json", ".jsonc", ".json5", ".jsonl", ".jsonld", ".geojson", ".har", ".webmanifest", ".code-snippets"),
    *(".yaml", ".yml", ".toml", ".code-workspace", ".ipynb", ".map", ".swcrc", ".babelrc", ".eslintrc"),
}
_PAGES = {".html", ".htm", ".xhtml", ".vue", ".svelte", ".astro", ".jsx", ".tsx", ".php"}

_MAY_NAME_ONE = re.compile(r"schema|\$\w*ref|\\[ux]|&#|<!DOCTYPE|<!ENTITY|<\?xml-", re.IGNORECASE)

_SLASH_COMMENT = re.compile(r"(?P<string>\"(?:[^\"\\\n]|\\.)*+\")|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/")
_HASH_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*+", re.MULTILINE)
_DATA_LIKE = re.compile(r"\ufeff?\s*+[{\[]")
_XML_LIKE = re.compile(r"\ufeff?\s*+<")

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\U([0-9a-fA-F]{8})|\\(/)")
_YAML_MARKS = r"(?:[&!][^\s\"']*+\s++|[>|][-+0-9]*+\s++)*+"
_KEY = re.compile(
    rf"""(?<![\w$]) \$(?:schema|ref|dynamicRef|recursiveRef) ["']?+ \s*+ [:=] \s*+ {_YAML_MARKS}
    ["']{{0,3}} \s*+ (?P<address>[^\s"',}}\]]++)""",
    re.VERBOSE,
)
_MODELINE = re.compile(r"^[ \t]*+#(?::schema[ \t]++|[^\n]*?\$schema(?:=|:[ \t]*+))(?P<address>\S++)", re.MULTILINE)
_XML = re.compile(r"<(?:\?xml-(?:model|stylesheet)|!(?:DOCTYPE|ENTITY))\b(?P<inside>[^>\[]*+)")
_XML_ADDRESS = re.compile(
    r"(?:\bhref\s*+=\s*+|\bSYSTEM\s++|\bPUBLIC\s++(?:\"[^\"]*+\"|'[^']*+')\s++)[\"'](?P<address>[^\"']++)"
)
_SCHEMA_LOCATION = re.compile(r"\b(?:noNamespaceS|s)chemaLocation\s*+=\s*+[\"']([^\"']++)")

_REMOTE = re.compile(
    r"(?!vscode:|urn:|tag:|data:|file:/(?:/(?:/|localhost/))?(?!/))[a-z][a-z0-9+.-]*+:.|[/\\]{2}.", re.IGNORECASE
)
# Schemas of the standards themselves: servers carry them along, and nobody else reads what is asked of these hosts.
_STANDARD = re.compile(r"https?://(?:json-schema\.org|www\.w3\.org)/[\w./-]*+#?")


def fetched_addresses(name: str, text: str | None) -> frozenset[str]:
    """Return the remote addresses that opening a file of this name and text makes an editor ask for."""
    if text is None or not _MAY_NAME_ONE.search(text):
        return frozenset()
    ending = PurePosixPath(name.casefold()).suffix or PurePosixPath(name.casefold()).name
    found: list[str] = []
    if ending not in _PAGES and _XML_LIKE.match(text):
        plain = html.unescape(text)
        found += [one["address"] for tag in _XML.finditer(plain) for one in _XML_ADDRESS.finditer(tag["inside"])]
        for match in _SCHEMA_LOCATION.finditer(plain):
            words = match[1].split()
            found += words[1::2] if len(words) > 1 else words  # else pairs of a namespace and a place
    else:
        found += _in_data(text, always=ending in _DATA)
        found += [match["address"] for match in _MODELINE.finditer(text)]
    return frozenset(each for each in found if _REMOTE.match(each) and not _STANDARD.fullmatch(each))


def _in_data(text: str, *, always: bool) -> list[str]:
    """Return the addresses of keys; of a file that only may be data, when it begins like it."""
    bare = _SLASH_COMMENT.sub(lambda match: match["string"] or " ", text)
    if not always and not _DATA_LIKE.match(bare):
        return []
    ways = (text, bare, _HASH_COMMENT.sub("", text))  # a comment may stand between a key and its value
    return [match["address"] for way in ways for match in _KEY.finditer(unescaped(way))]


def unescaped(text: str) -> str:
    """Return a text with the escapes of JSON, YAML and TOML read, so that no spelling hides a name or an address."""
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(escape: re.Match[str]) -> str:
    if escape[4]:
        return "/"
    code = int(escape[1] or escape[2] or escape[3], 16)
    return chr(code) if code <= 0x10FFFF else escape[0]
