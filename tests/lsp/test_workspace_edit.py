"""Edits of language servers are tried out whole: in order, for the right versions, inside the roots, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from conduit.errors import EditRefused, NotText, OutsideWorkspace, PermissionDenied, StaleDocument, ToolError
from conduit.lsp.documents import OpenDocuments
from conduit.lsp.workspace_edit import MAX_CHARACTERS, MAX_EDITS, EditTrial
from conduit.sandbox.confine import Door
from conduit.workspace.language import ProposedFile
from conduit.workspace.positions import PositionEncoding
from conduit.workspace.workspace import Workspace

A = "one 😀 two\r\nthree\n"


class Trial:
    """A folder with an open file `a.py` (version 3), closed ones, and edits that are tried on them."""

    def __init__(self, root: Path, door: Door) -> None:
        self.root = root
        self.documents = OpenDocuments(PositionEncoding.UTF16)
        self.documents.open(types.TextDocumentItem(self.uri("a.py"), "python", 3, A))
        self.workspace = Workspace([root], self.documents, door)
        self.versions = {root / "a.py": 3}

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    async def play(self, *steps: dict[str, Any], **edit: Any) -> list[tuple[str, str | None, str | None, str | None]]:
        raw = edit or {"documentChanges": list(steps)}
        proposal = await EditTrial(self.workspace, self.documents.encoding, self.versions).play(raw)
        return [self.shown(file) for file in proposal.files]

    def shown(self, file: ProposedFile) -> tuple[str, str | None, str | None, str | None]:
        moved = file.moved_to.relative_to(self.root).as_posix() if file.moved_to else None
        return file.path.relative_to(self.root).as_posix(), file.before, file.after, moved

    def change(self, name: str, *edits: dict[str, Any], version: int | None = None) -> dict[str, Any]:
        return {"textDocument": {"uri": self.uri(name), "version": version}, "edits": list(edits)}


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "a.py").write_text("as saved\n")
    (root / "b.py").write_text("x = 1\n")
    (root / ".env").write_text("TOKEN=1\n")
    (tmp_path / "outside.py").write_text("x = 1\n")
    with Door([root]) as door:
        yield Trial(root, door)


def put(line: int, start: int, end: int, text: str, end_line: int | None = None) -> dict[str, Any]:
    ends = {"line": line, "character": start}, {"line": line if end_line is None else end_line, "character": end}
    return {"range": {"start": ends[0], "end": ends[1]}, "newText": text}


async def test_edits_of_one_document_speak_of_the_text_before_all_of_them(trial: Trial) -> None:
    edits = (put(1, 0, 5, "3"), put(0, 7, 10, "2"), put(0, 0, 0, "<"), put(0, 0, 0, "<"), put(0, 0, 3, "1"))
    after = "<<1 😀 2\r\n3\n"
    assert await trial.play(trial.change("a.py", *edits, version=3)) == [("a.py", A, after, None)]
    assert await trial.play(changes={trial.uri("a.py"): list(edits)}) == [("a.py", A, after, None)]
    assert (trial.root / "a.py").read_text() == "as saved\n"


async def test_an_end_behind_the_text_is_its_end_but_a_start_there_is_refused(trial: Trial) -> None:
    assert await trial.play(trial.change("b.py", put(0, 0, 0, "y\n", end_line=99))) == [
        ("b.py", "x = 1\n", "y\n", None)
    ]
    assert await trial.play(trial.change("b.py", put(0, 4, 999, "2"))) == [("b.py", "x = 1\n", "x = 2\n", None)]
    with pytest.raises(EditRefused, match="begins at line 8, but the file has 2"):
        await trial.play(trial.change("b.py", put(7, 0, 0, "y")))


async def test_steps_are_played_in_order(trial: Trial) -> None:
    create = {"kind": "create", "uri": trial.uri("new.py")}
    rename = {"kind": "rename", "oldUri": trial.uri("b.py"), "newUri": trial.uri("pkg/c.py")}
    delete = {"kind": "delete", "uri": trial.uri("a.py")}
    assert await trial.play(
        create,
        trial.change("new.py", put(0, 0, 0, "n")),
        rename,
        trial.change("pkg/c.py", put(0, 4, 5, "2")),
        delete,
    ) == [("new.py", None, "n", None), ("b.py", "x = 1\n", "x = 2\n", "pkg/c.py"), ("a.py", A, None, None)]
    assert await trial.play(create, {"kind": "delete", "uri": trial.uri("new.py")}) == []
    again = {"kind": "create", "uri": trial.uri("b.py"), "options": {"ignoreIfExists": True}}
    assert await trial.play(again) == []
    over = {"kind": "create", "uri": trial.uri("b.py"), "options": {"overwrite": True}}
    assert await trial.play(over) == [("b.py", "x = 1\n", "", None)]
    missing = {"kind": "delete", "uri": trial.uri("none.py"), "options": {"ignoreIfNotExists": True}}
    assert await trial.play(missing) == []


async def test_an_edit_for_another_version_is_stale(trial: Trial) -> None:
    with pytest.raises(StaleDocument, match="version 2"):
        await trial.play(trial.change("a.py", put(0, 0, 0, "x"), version=2))
    trial.versions[trial.root / "a.py"] = 2  # it was 2 when the editor was asked
    with pytest.raises(StaleDocument, match="version 2"):
        await trial.play(changes={trial.uri("a.py"): [put(0, 0, 0, "x")]})
    trial.documents.close(trial.uri("a.py"))
    with pytest.raises(StaleDocument, match="closed"):
        await trial.play(changes={trial.uri("a.py"): [put(0, 0, 0, "x")]})


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ({"kind": "create", "uri": "../outside.py"}, OutsideWorkspace),
        ({"kind": "rename", "oldUri": "b.py", "newUri": "../b.py"}, OutsideWorkspace),
        ({"kind": "delete", "uri": "../outside.py"}, OutsideWorkspace),
        ({"kind": "create", "uri": ".git/hooks/pre-commit"}, PermissionDenied),
        ({"kind": "delete", "uri": ".env"}, PermissionDenied),
        ({"kind": "rename", "oldUri": "b.py", "newUri": ".env.local"}, PermissionDenied),
        ({"kind": "create", "uri": "b.py"}, EditRefused),
        ({"kind": "delete", "uri": "none.py"}, EditRefused),
        ({"kind": "delete", "uri": "pkg"}, NotText),
        ({"kind": "rename", "oldUri": "none.py", "newUri": "new.py"}, EditRefused),
        ({"kind": "rename", "oldUri": "b.py", "newUri": "a.py"}, EditRefused),
        ({"kind": "rename", "oldUri": "b.py", "newUri": "a.py", "options": {"overwrite": True}}, EditRefused),
        ({"kind": "explode", "uri": "b.py"}, EditRefused),
        ({"textDocument": {"uri": "none.py"}, "edits": []}, EditRefused),
        ({"textDocument": {"uri": "b.py"}, "edits": [{"range": None, "newText": "x"}]}, EditRefused),
        ({"textDocument": {"uri": "b.py"}, "edits": [put(-1, 0, 0, "x")]}, EditRefused),
        ({"textDocument": {"uri": "b.py"}, "edits": [put(0, 0, 3, "x"), put(0, 2, 4, "y")]}, EditRefused),
        ({"textDocument": {"uri": "b.py"}, "edits": [put(0, 0, 0, "x")] * (MAX_EDITS + 1)}, EditRefused),
        ({"textDocument": {"uri": "b.py"}, "edits": [put(0, 0, 0, "x" * (MAX_CHARACTERS + 1))]}, EditRefused),
        ({"textDocument": {"uri": "b.py"}, "edits": 5}, EditRefused),
        ({"textDocument": {"uri": "b.py"}, "edits": [put(0, 0, 0, "\ud800")]}, EditRefused),
        (None, EditRefused),
    ],
)
async def test_one_bad_step_refuses_the_whole_edit(trial: Trial, step: Any, error: type[ToolError]) -> None:
    if isinstance(step, dict):
        for key in ("uri", "oldUri", "newUri"):
            if key in step:
                step = {**step, key: f"{trial.root.as_uri()}/{step[key]}"}
        if "textDocument" in step:
            step = {**step, "textDocument": {"uri": trial.uri(step["textDocument"]["uri"])}}
    with pytest.raises(error):
        await trial.play(trial.change("b.py", put(0, 0, 0, "good")), step)


@pytest.mark.parametrize("uri", ["http://example.org/a.py", "untitled:1", "", "file://elsewhere/a.py", "file:///a%00"])
async def test_what_is_no_file_here_refuses_the_whole_edit(trial: Trial, uri: str) -> None:
    with pytest.raises(OutsideWorkspace):
        await trial.play(changes={trial.uri("b.py"): [put(0, 0, 0, "x")], uri: [put(0, 0, 0, "x")]})


async def test_a_file_behind_a_link_is_one_file(trial: Trial) -> None:
    (trial.root / "link.py").symlink_to("b.py")
    found = await trial.play(trial.change("link.py", put(0, 4, 5, "2")), trial.change("b.py", put(0, 0, 1, "y")))
    assert found == [("b.py", "x = 1\n", "y = 2\n", None)]


async def test_moves_into_each_others_places_are_refused(trial: Trial) -> None:
    with pytest.raises(EditRefused):
        await trial.play(
            {"kind": "rename", "oldUri": trial.uri("b.py"), "newUri": trial.uri("c.py")},
            {"kind": "create", "uri": trial.uri("b.py")},
        )
