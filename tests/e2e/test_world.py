"""The world moves while a session goes on: folders come and go, and documents that are no files are context."""

from __future__ import annotations

from pathlib import Path

import pytest

from conduit.lsp.client import EditorClient, EditorOptions
from conduit.lsp.wire_client import ClientError
from e2e.harness import Bench, chat, new_session


def read(path: str, *replies: tuple[str, str]) -> list[dict[str, object]]:
    """Return rules: asked to read `path`, the model reads it and says what it found."""
    start = {
        "when": {"user": f"^read {path}$", "round": 0},
        "reply": [{"call": "read_file", "arguments": {"path": path}}],
    }
    found = [
        {"when": {"user": f"^read {path}$", "round": 1, "result": result}, "reply": [{"text": says}]}
        for result, says in replies
    ]
    return [start, *found]


async def said(editor: EditorClient, session: str, text: str, **more: object) -> str:
    editor.seen.updates.clear()
    ended = await chat(editor, session, text, **more)
    assert ended["stopReason"] == "end_turn"
    return editor.seen.text()


async def change_folders(editor: EditorClient, added: list[Path], removed: list[Path]) -> None:
    event = {
        kind: [{"uri": path.as_uri(), "name": path.name} for path in paths]
        for kind, paths in (("added", added), ("removed", removed))
    }
    await editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})


async def test_a_session_goes_on_while_folders_are_opened_and_closed(bench: Bench, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "code.py").write_text("in the library\n")
    bench.write("app.py", "in the project\n")
    bench.script(
        *read("library/code.py", ("in the library", "library seen"), ("outside|There is no", "no library")),
        *read("app.py", ("in the project", "app seen"), ("does not begin with", "say which root")),
        *read("project/app.py", ("in the project", "app seen with its root")),
    )
    async with await bench.start() as editor:
        folders = editor.initialized["capabilities"]["workspace"]["workspaceFolders"]
        assert folders == {"supported": True, "changeNotifications": True}
        session = await new_session(editor, bench.root)
        assert await said(editor, session, "read library/code.py") == "no library"
        assert await said(editor, session, "read app.py") == "app seen"
        await change_folders(editor, [library], [])
        assert await said(editor, session, "read library/code.py") == "library seen"
        assert await said(editor, session, "read app.py") == "say which root"
        assert await said(editor, session, "read project/app.py") == "app seen with its root"
        await change_folders(editor, [], [library])
        assert await said(editor, session, "read library/code.py") == "no library"
        assert await said(editor, session, "read project/app.py") == "app seen with its root"


async def test_an_untitled_document_is_context_and_cannot_be_edited(bench: Bench) -> None:
    uri = "untitled:Untitled-1"
    bench.write("app.py", "value = 1\n")
    edit = {"path": uri, "old_text": "notes", "new_text": "changed"}
    bench.script(
        *read(uri, ("my notes.*", "notes seen")),
        {"when": {"user": r"^what[\s\S]*Active file: untitled:Untitled-1"}, "reply": [{"text": "the notes"}]},
        {"when": {"user": "^edit", "round": 0}, "reply": [{"call": "edit_file", "arguments": edit}]},
        {"when": {"user": "^edit", "round": 1, "result": "can only be read"}, "reply": [{"text": "not editable"}]},
    )
    async with await bench.start() as editor:
        item = {"uri": uri, "languageId": "plaintext", "version": 1, "text": "my notes\n"}
        await editor.notify("textDocument/didOpen", {"textDocument": item})
        session = await new_session(editor, bench.root, mode="auto")
        assert await said(editor, session, f"read {uri}") == "notes seen"
        context = {"activeDocument": {"uri": uri}, "openDocuments": [{"uri": uri}]}
        assert await said(editor, session, "what is open?", context=context) == "the notes"
        assert await said(editor, session, "edit it") == "not editable"
        assert editor.seen.edits == []
        assert sorted(path.name for path in bench.root.iterdir()) == ["app.py"]
        start = {"line": 0, "character": 0}
        action = {"kind": "refactor", "uri": uri, "range": {"start": start, "end": start}, "version": 1}
        with pytest.raises(ClientError, match="no file"):
            await editor.command("conduit.action.run", action)


async def test_a_client_that_watches_files_is_asked_to_tell(bench: Bench) -> None:
    bench.script()
    async with await bench.start(options=EditorOptions(watch_files=True)) as editor:
        await editor.wait_for(lambda seen: seen.registrations)
        methods = [registration["method"] for registration in editor.seen.registrations]
        assert methods == ["workspace/didChangeWatchedFiles"]
        operations = editor.initialized["capabilities"]["workspace"]["fileOperations"]
        assert {"didCreate", "didRename", "didDelete"} <= operations.keys()
        moved = {"files": [{"oldUri": (bench.root / "a").as_uri(), "newUri": (bench.root / "b").as_uri()}]}
        await editor.notify("workspace/didRenameFiles", moved)
        await new_session(editor, bench.root)


async def test_new_files_follow_editorconfig_and_old_ones_keep_their_bytes(bench: Bench) -> None:
    bench.write(".editorconfig", "[*.py]\nend_of_line = crlf\nindent_style = tab\ninsert_final_newline = true\n")
    old = bench.root / "old.py"
    old.write_bytes("# Größe\r\nif x:\n    a = 1".encode("latin-1"))
    new = {"path": "new.py", "old_text": "", "new_text": "if x:\n    a = 1"}
    edit = {"path": "old.py", "old_text": "a = 1", "new_text": "a = 'é'"}
    bench.script(
        {"when": {"user": "^go", "round": 0}, "reply": [{"call": "edit_file", "arguments": new}]},
        {"when": {"user": "^go", "round": 1}, "reply": [{"call": "edit_file", "arguments": edit}]},
        {"when": {"user": "^go", "round": 2}, "reply": [{"text": "done"}]},
    )
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root, mode="auto")
        assert await said(editor, session, "go") == "done"
    assert (bench.root / "new.py").read_bytes() == b"if x:\r\n\ta = 1\r\n"
    assert old.read_bytes() == "# Größe\r\nif x:\n    a = 'é'".encode("latin-1")


async def test_a_binary_file_is_refused_with_a_sentence_that_says_so(bench: Bench) -> None:
    (bench.root / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    bench.script(*read("picture.png", ("picture.png.*is a binary file", "cannot be read")))
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root)
        assert await said(editor, session, "read picture.png") == "cannot be read"
