"""Changes go through the editor with their versions, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import converters, types
from pygls.exceptions import JsonRpcException

from conduit.edits.edit import FileChange
from conduit.errors import EditRefused, StaleDocument
from conduit.lsp.applier import EditorApplier
from conduit.lsp.buffers import Buffers, EditNotApplied
from conduit.lsp.documents import OpenDocuments
from conduit.lsp.facts import ClientFacts
from conduit.workspace.positions import PositionEncoding

CAPABLE = ClientFacts(apply_edit=True, document_changes=True, create_files=True)


class Editor:
    """The client's end in memory: its own buffers, and the server's copies that follow them."""

    def __init__(self, facts: ClientFacts = CAPABLE, failure: Exception | None = None) -> None:
        self.facts = facts
        self.documents = OpenDocuments()
        self.buffers = Buffers(PositionEncoding.UTF16)
        self.asked: list[types.ApplyWorkspaceEditParams] = []
        self._failure = failure
        self._converter = converters.get_converter()

    def open(self, path: Path, text: str) -> str:
        uri = path.as_uri()
        self.buffers.open(uri, "python", text)
        self.documents.open(types.TextDocumentItem(uri, "python", 1, text))
        return uri

    async def ask(self, method: str, params: object) -> Any:
        assert method == "workspace/applyEdit"
        assert isinstance(params, types.ApplyWorkspaceEditParams)
        self.asked.append(params)
        if self._failure is not None:
            raise self._failure
        try:
            changes = self.buffers.apply(self._converter.unstructure(params)["edit"])
        except EditNotApplied as error:
            return {"applied": False, "failureReason": str(error)}
        for uri, parts in changes:
            name = types.VersionedTextDocumentIdentifier(self.buffers.document(uri).version, uri)
            events = self._converter.structure(
                {"textDocument": {"uri": uri, "version": 0}, "contentChanges": parts}, types.DidChangeTextDocumentParams
            )
            self.documents.change(types.DidChangeTextDocumentParams(name, events.content_changes))
        return {"applied": True}


def change(path: Path, before: str | None, after: str | None, version: int | None = None) -> FileChange:
    return FileChange(path, path.name, before, after, version)


async def test_several_documents_change_in_one_edit_and_have_arrived_when_it_returns(tmp_path: Path) -> None:
    editor = Editor()
    one, two = tmp_path / "a.py", tmp_path / "b.py"
    editor.open(one, "a\nb\nc\n")
    editor.open(two, "x = '😀'\r\ny\r\n")
    changes = [change(one, "a\nb\nc\n", "A\nb\nC\n", 1), change(two, "x = '😀'\r\ny\r\n", "x = '😀!'\r\ny\r\n", 1)]
    await EditorApplier(editor).apply(changes, "Conduit")
    assert len(editor.asked) == 1
    assert editor.asked[0].label == "Conduit"
    assert [editor.documents.document(path).text for path in (one, two)] == [each.after for each in changes]
    assert editor.buffers.document(one.as_uri()).text == "A\nb\nC\n"


async def test_a_new_file_is_created_in_the_same_edit(tmp_path: Path) -> None:
    editor = Editor()
    await EditorApplier(editor).apply([change(tmp_path / "sub" / "new.py", None, "hello\n")], "Conduit")
    assert (tmp_path / "sub" / "new.py").read_text() == "hello\n"


async def test_a_file_that_came_to_be_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text("theirs")
    with pytest.raises(EditRefused, match="exists already"):
        await EditorApplier(Editor()).apply([change(tmp_path / "new.py", None, "ours")], "Conduit")
    assert (tmp_path / "new.py").read_text() == "theirs"


@pytest.mark.parametrize(
    ("version", "before", "text"), [(1, "old\n", "newer\n"), (7, "newer\n", "newer\n"), (None, "old\n", "newer\n")]
)
async def test_a_document_that_moved_on_is_left_alone(
    tmp_path: Path, version: int | None, before: str, text: str
) -> None:
    editor = Editor()
    editor.open(tmp_path / "a.py", text)
    with pytest.raises(StaleDocument):
        await EditorApplier(editor).apply([change(tmp_path / "a.py", before, "x\n", version)], "Conduit")
    assert editor.asked == []


async def test_a_document_that_was_closed_meanwhile_is_stale(tmp_path: Path) -> None:
    with pytest.raises(StaleDocument, match="closed"):
        await EditorApplier(Editor()).apply([change(tmp_path / "a.py", "a", "b", 3)], "Conduit")


@pytest.mark.parametrize(
    ("facts", "match"),
    [
        (ClientFacts(), "does not let a language server"),
        (ClientFacts(apply_edit=True), "cannot create"),
        (ClientFacts(apply_edit=True, document_changes=True), "cannot create"),
    ],
)
async def test_what_the_editor_cannot_do_is_refused_in_words(tmp_path: Path, facts: ClientFacts, match: str) -> None:
    with pytest.raises(EditRefused, match=match):
        await EditorApplier(Editor(facts)).apply([change(tmp_path / "new.py", None, "x")], "Conduit")


@pytest.mark.parametrize("failure", [JsonRpcException("no"), ConnectionError("the client is gone")])
async def test_an_error_of_the_client_is_a_refusal(tmp_path: Path, failure: Exception) -> None:
    editor = Editor(failure=failure)
    editor.open(tmp_path / "a.py", "a")
    with pytest.raises(EditRefused, match=str(failure)):
        await EditorApplier(editor).apply([change(tmp_path / "a.py", "a", "b", 1)], "Conduit")
    assert editor.documents.document(tmp_path / "a.py").text == "a"


async def test_one_edit_that_does_not_fit_stops_all(tmp_path: Path) -> None:
    editor = Editor()
    uri = editor.open(tmp_path / "a.py", "a")
    editor.open(tmp_path / "b.py", "b")
    editor.buffers.type(uri, None, "typed meanwhile")
    changes = [change(tmp_path / "b.py", "b", "B", 1), change(tmp_path / "a.py", "a", "A", 1)]
    with pytest.raises(EditRefused, match="version"):
        await EditorApplier(editor).apply(changes, "Conduit")
    assert editor.buffers.document(uri).text == "typed meanwhile"
    assert editor.buffers.document((tmp_path / "b.py").as_uri()).text == "b"


ABLE = ClientFacts(
    apply_edit=True,
    document_changes=True,
    create_files=True,
    rename_files=True,
    delete_files=True,
    change_annotations=True,
)


def parts(editor: Editor) -> list[dict[str, Any]]:
    return converters.get_converter().unstructure(editor.asked[0])["edit"]["documentChanges"]


async def test_the_change_of_a_protected_file_must_be_confirmed_and_others_need_not(tmp_path: Path) -> None:
    editor = Editor(ABLE)
    paths = [tmp_path / "a.py", tmp_path / ".github" / "workflows" / "ci.yml"]
    for path in paths:
        editor.open(path, "old\n")
    names = ["a.py", ".github/workflows/ci.yml"]
    changes = [FileChange(path, name, "old\n", "new\n", 1) for path, name in zip(paths, names, strict=True)]
    await EditorApplier(editor).apply(changes, "Conduit: fix")
    edit = editor.asked[0].edit
    assert edit.change_annotations is not None
    notes = {edits["edits"][0]["annotationId"]: edits["textDocument"]["uri"] for edits in parts(editor)}
    confirm = {notes[key]: one.needs_confirmation for key, one in edit.change_annotations.items()}
    assert confirm == {paths[0].as_uri(): False, paths[1].as_uri(): True}
    assert [one.description for one in edit.change_annotations.values() if one.needs_confirmation] == [
        ".github/workflows/ci.yml is a CI definition, which runs with the project's secrets."
    ]


async def test_a_client_without_annotations_gets_none(tmp_path: Path) -> None:
    editor = Editor()
    editor.open(tmp_path / ".envrc", "old\n")
    await EditorApplier(editor).apply([change(tmp_path / ".envrc", "old\n", "new\n", 1)], "Conduit")
    assert editor.asked[0].edit.change_annotations is None
    assert "annotationId" not in parts(editor)[0]["edits"][0]


async def test_texts_come_first_then_names_and_deletions_last(tmp_path: Path) -> None:
    editor = Editor(ABLE)
    for name in ("gone.py", "moved.py", "a.py"):
        editor.open(tmp_path / name, "old\n")
    changes = [
        change(tmp_path / "gone.py", "old\n", None, 1),
        FileChange(tmp_path / "moved.py", "moved.py", "old\n", "new\n", 1, tmp_path / "sub" / "m.py", "sub/m.py"),
        change(tmp_path / "a.py", "old\n", "new\n", 1),
    ]
    with pytest.raises(EditRefused):  # these buffers know no such steps
        await EditorApplier(editor, rest_s=0.01).apply(changes, "Conduit")
    steps = parts(editor)
    assert [step.get("kind", "text") for step in steps] == ["text", "text", "rename", "delete"]
    assert [step["textDocument"]["version"] for step in steps[:2]] == [1, 1]
    assert steps[2]["newUri"] == (tmp_path / "sub" / "m.py").as_uri()
    assert steps[2]["options"] == {"overwrite": False, "ignoreIfExists": False}


def test_only_a_client_with_operations_is_asked_for_them() -> None:
    assert EditorApplier(Editor(ABLE)).operations == {"create", "rename", "delete"}
    assert EditorApplier(Editor(CAPABLE)).operations == {"create"}
    assert EditorApplier(Editor(ClientFacts(apply_edit=True, rename_files=True))).operations == frozenset()


async def test_a_client_that_never_answers_has_applied_an_edit_when_it_is_there(tmp_path: Path) -> None:
    class Silent(Editor):
        """Applies, and says nothing."""

        async def ask(self, method: str, params: object) -> Any:
            await super().ask(method, params)
            await asyncio.Event().wait()

    file = tmp_path / "a.py"
    editor = Silent(replace(CAPABLE, edits_unannounced=True))
    editor.open(file, "a\n")
    await EditorApplier(editor).apply([change(file, "a\n", "b\n", 1)], "Conduit")
    assert editor.documents.document(file).text == "b\n"
    other = tmp_path / "b.py"
    applying = asyncio.create_task(EditorApplier(editor).apply([change(other, "a\n", "b\n")], "Conduit"))
    await asyncio.sleep(0)
    editor.open(other, "a\n")
    editor.documents.change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(2, other.as_uri()),
            [types.TextDocumentContentChangeWholeDocument("b\n")],
        )
    )
    await applying
    with pytest.raises(EditRefused, match="it did not answer"):
        await EditorApplier(editor, silence_s=0.05, rest_s=0.01).apply(
            [change(tmp_path / "closed.py", "a\n", "b\n")], "Conduit"
        )
