"""`.editorconfig` files say how new files look; existing ones keep what they have."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from conduit.edits.apply import ApplyAtOnce
from conduit.edits.edit import FileChange
from conduit.sandbox.confine import Door
from conduit.tools.base import ToolContext
from conduit.tools.edit import edit_file
from conduit.workspace.editorconfig import Style, style_of
from conduit.workspace.encoding import Encoding
from conduit.workspace.workspace import Workspace
from fakes.editor import FakeEditor
from fakes.stage import Stage


def style(relative: str, files: Mapping[str, str]) -> Style:
    return style_of(relative, files.get)


def matches(pattern: str, relative: str) -> bool:
    return style(relative, {".editorconfig": f"[{pattern}]\nend_of_line = crlf\n"}).eol == "\r\n"


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*", ["a", "b/c.py", ".x"], []),
        ("*.py", ["a.py", "b/c/d.py"], ["a.pyc", "py"]),
        ("/*.py", ["a.py"], ["b/a.py"]),
        ("lib/*.py", ["lib/a.py"], ["a.py", "lib/b/a.py", "x/lib/a.py"]),
        ("lib/**.py", ["lib/a.py", "lib/b/a.py"], ["a.py"]),
        ("**/x.txt", ["b/x.txt", "a/b/x.txt"], ["b/y.txt"]),
        ("Makefile", ["Makefile", "sub/Makefile"], ["Makefile.am"]),
        ("*.{js,ts}", ["a.js", "b/a.ts"], ["a.jsx", "a.{js,ts}"]),
        ("{package.json,*.{yml,yaml}}", ["package.json", "x.yml", "x.yaml"], ["x.json"]),
        ("file{1..12}.txt", ["file1.txt", "file12.txt"], ["file0.txt", "file13.txt", "filea.txt"]),
        ("{single}.b", ["{single}.b"], ["single.b"]),
        ("?.c", ["a.c", "x/b.c"], ["ab.c"]),
        ("[ab].c", ["a.c"], ["c.c"]),
        ("[!ab].c", ["c.c"], ["a.c"]),
        ("[a-c]x", ["bx"], ["dx"]),
        (r"\*.c", ["*.c"], ["a.c"]),
        ("[unclosed.c", ["[unclosed.c"], ["u.c"]),
        ("{unclosed.c", ["{unclosed.c"], ["u.c"]),
        ("a.b", ["a.b"], ["axb"]),
    ],
)
def test_a_section_means_the_files_that_the_specification_says(pattern: str, yes: list[str], no: list[str]) -> None:
    assert [each for each in yes if not matches(pattern, each)] == []
    assert [each for each in no if matches(pattern, each)] == []


def test_the_nearest_file_and_the_last_section_count_most_and_root_ends_the_search() -> None:
    files = {
        ".editorconfig": "root = true\n[*]\nend_of_line = crlf\ncharset = latin1\nindent_style = tab\n",
        "src/.editorconfig": "# comment\n; another\n[*]\nend_of_line = cr\n[*.py]\nEnd_Of_Line = LF\ncharset = unset\n",
        "src/vendor/.editorconfig": "root = true\n[*]\nindent_style = space\nindent_size = 3\n",
    }
    assert style("a.txt", files) == Style(eol="\r\n", encoding=Encoding("latin-1"), indent="\t")
    assert style("src/a.txt", files).eol == "\r"
    assert style("src/a.py", files) == Style(eol="\n", indent="\t")
    assert style("src/vendor/a.py", files) == Style(indent="   ", tab_width=3)
    assert style("a.txt", {}) == Style()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("indent_style = space\nindent_size = tab\ntab_width = 4", Style(indent="    ", tab_width=4)),
        ("indent_style = tab\ntab_width = 4", Style(indent="\t", tab_width=4)),
        ("indent_style = space", Style()),
        ("indent_style = space\nindent_size = 99999999999", Style()),
        ("insert_final_newline = TRUE\nend_of_line = what", Style(final_newline=True)),
        ("charset = utf-16le", Style(encoding=Encoding("utf-16-le", bom=True))),
        ("nonsense\n= 3\n[", Style()),
    ],
)
def test_values_are_read_and_odd_ones_say_nothing(lines: str, expected: Style) -> None:
    assert style("a.py", {".editorconfig": f"[*]\n{lines}\n"}) == expected


@pytest.mark.parametrize(
    ("given", "text", "shaped"),
    [
        (Style(), "a\n  b", "a\n  b"),
        (Style(eol="\r\n"), "a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd"),
        (Style(final_newline=True), "a\r\nb", "a\r\nb\r\n"),
        (Style(final_newline=True, eol="\n"), "a", "a\n"),
        (Style(final_newline=True), "", ""),
        (Style(final_newline=False), "a\n", "a\n"),
        (Style(indent="\t"), "if x:\n    a\n        b\n\n    c\n", "if x:\n\ta\n\t\tb\n\n\tc\n"),
        (Style(indent="  "), "if x:\n\ta\n\t\tb\n", "if x:\n  a\n    b\n"),
        (Style(indent="    "), "a:\n  b:\n    c\n", "a:\n    b:\n        c\n"),
        # Not by whole steps of one kind: what is aligned by hand stays as it is.
        (Style(indent="\t"), "f(\n    a,\n     b)\n", "f(\n    a,\n     b)\n"),
        (Style(indent="    "), "a\n\tb\n  c\n", "a\n\tb\n  c\n"),
        (Style(indent="\t"), "/*\n * a\n */\n", "/*\n * a\n */\n"),
    ],
)
def test_a_new_text_is_shaped(given: Style, text: str, shaped: str) -> None:
    assert given.shaped(text) == shaped


def test_a_pattern_cannot_stop_the_server() -> None:
    started = time.monotonic()
    for pattern in ("*a*a*a*a*a*a*a*c", "**a**a**a**a**c", "{" * 5000, "[" * 5000, "{a,b}" * 500):
        matches(pattern, "a" * 200)
    assert time.monotonic() - started < 20


CONFIG = "root = true\n[*]\nend_of_line = crlf\ninsert_final_newline = true\nindent_style = tab\ncharset = utf-16be\n"


async def test_a_file_that_the_model_creates_has_the_projects_style(tmp_path: Path) -> None:
    (tmp_path / ".editorconfig").write_text(CONFIG)
    (tmp_path / "old.py").write_text("if x:\n    a = 1")
    with Door([tmp_path]) as door:
        editor = FakeEditor()
        workspace = Workspace([tmp_path], editor, door)
        context = ToolContext(workspace, ApplyAtOnce(workspace, door, editor))
        new = {"path": "sub/new.py", "old_text": "", "new_text": "if x:\n    a = 1"}
        await edit_file.run(new, context)
        assert (tmp_path / "sub" / "new.py").read_bytes() == "\ufeffif x:\r\n\ta = 1\r\n".encode("utf-16-be")
        await edit_file.run({"path": "old.py", "old_text": "a = 1", "new_text": "a = 2"}, context)
        assert (tmp_path / "old.py").read_bytes() == b"if x:\n    a = 2"
        (tmp_path / "line.py").write_bytes(b"a = 1")
        await edit_file.run({"path": "line.py", "old_text": "a = 1", "new_text": "a = 1\n    b = 2"}, context)
        assert (tmp_path / "line.py").read_bytes() == b"a = 1\r\n    b = 2"


async def test_an_unsaved_or_staged_editorconfig_counts_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".editorconfig").write_text("[*]\nend_of_line = crlf\n")
    with Door([tmp_path]) as door:
        editor = FakeEditor()
        workspace = Workspace([tmp_path], editor, door)
        assert (await workspace.style_of(tmp_path / "a")).eol == "\r\n"
        editor.open(tmp_path / ".editorconfig", "[*]\nend_of_line = cr\n")
        assert (await workspace.style_of(tmp_path / "a")).eol == "\r"
        stage = Stage()
        await stage.submit([FileChange(tmp_path / ".editorconfig", ".editorconfig", "[*]\nend_of_line = cr\n", None)])
        assert (await workspace.with_overlay(stage).style_of(tmp_path / "a")).eol is None
