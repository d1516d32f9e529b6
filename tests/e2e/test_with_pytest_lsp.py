"""The main path once more through pytest-lsp: a client that shares no code with ours and checks the specification."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Union

import pytest
from lsprotocol import types
from pygls.protocol import default_converter
from pygls.workspace import TextDocument
from pytest_lsp import ClientServerConfig, LanguageClient
from pytest_lsp.client import register_lsp_features

from e2e.harness import SERVE, Bench

pytestmark = pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")

DISK = "def total(items):\n    return sum(items)\n"
UNSAVED = DISK.replace("sum(items)", "sun(items)  # 'ä😀'")
PROBLEM = types.Diagnostic(
    range=types.Range(start=types.Position(1, 11), end=types.Position(1, 14)), message="undefined name 'sun'"
)
CAPABILITIES = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        apply_edit=True,
        workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
        configuration=True,
    ),
    text_document=types.TextDocumentClientCapabilities(
        code_action=types.CodeActionClientCapabilities(
            code_action_literal_support=types.ClientCodeActionLiteralOptions(
                code_action_kind=types.ClientCodeActionKindOptions(value_set=[types.CodeActionKind.QuickFix])
            )
        )
    ),
    window=types.WindowClientCapabilities(work_done_progress=True),
)


def make_client() -> LanguageClient:
    """Return the usual client, but for lsprotocol 2025.0.0, which takes every action with a command for a command."""

    def structure(value: Any, _: object) -> types.Command | types.CodeAction:
        kind = types.Command if isinstance(value["command"], str) else types.CodeAction
        return converter.structure(value, kind)

    converter = default_converter()
    converter.register_structure_hook(Union[types.Command, types.CodeAction], structure)  # noqa: UP007 - its key
    client = LanguageClient(converter_factory=lambda: converter)
    register_lsp_features(client)
    return client


@pytest.fixture
async def client(bench: Bench) -> AsyncIterator[LanguageClient]:
    client = await ClientServerConfig(client_factory=make_client, server_command=SERVE, server_env=bench.env).start()
    assert isinstance(client, LanguageClient)
    await client.initialize_session(
        types.InitializeParams(
            capabilities=CAPABILITIES,
            root_uri=bench.root.as_uri(),
            workspace_folders=[types.WorkspaceFolder(uri=bench.root.as_uri(), name="project")],
            initialization_options={"conduit": {"updates": True}},
        )
    )
    yield client
    server = client._server
    await asyncio.wait_for(client.shutdown_session(), 10)
    assert server.returncode == 0
    await client.stop()


class Buffer:
    """One open document, changed as the server asks."""

    def __init__(self, client: LanguageClient, uri: str, text: str) -> None:
        self.document = TextDocument(uri, text, version=1, language_id="python")
        item = types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
        client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
        client.feature(types.WORKSPACE_APPLY_EDIT)(lambda params: self.apply(client, params))

    def apply(self, client: LanguageClient, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        (change,) = params.edit.document_changes
        assert change.text_document == types.OptionalVersionedTextDocumentIdentifier(
            uri=self.document.uri, version=self.document.version
        )
        parts = [types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text) for edit in change.edits]
        for part in reversed(parts):
            self.document.apply_change(part)
        self.document.version += 1
        name = types.VersionedTextDocumentIdentifier(uri=self.document.uri, version=self.document.version)
        client.text_document_did_change(
            types.DidChangeTextDocumentParams(text_document=name, content_changes=parts[::-1])
        )
        return types.ApplyWorkspaceEditResult(applied=True)


async def test_a_foreign_client_chats_about_an_unsaved_document(bench: Bench, client: LanguageClient) -> None:
    path = bench.write("shop.py", DISK)
    bench.script(
        {"when": {"round": 0}, "reply": [{"call": "read_file", "arguments": {"path": "shop.py"}}]},
        {"when": {"result": "sun\\(items\\)  # 'ä😀'"}, "reply": [{"text": ["It says ", "sun."]}]},
    )
    updates: list[Any] = []
    client.feature("conduit/session/update")(lambda params: updates.append(params))
    Buffer(client, path.as_uri(), UNSAVED)
    send = client.protocol.send_request_async
    session = (await send("conduit/session/new", {"cwd": str(bench.root)})).sessionId
    prompt = [{"type": "text", "text": "What does it sum with?"}]
    result = await send("conduit/session/prompt", {"sessionId": session, "prompt": prompt})
    assert result.stopReason == "end_turn"
    seen = [params.update for params in updates]
    assert {params.sessionId for params in updates} == {session}
    assert [u.state for u in seen if u.sessionUpdate == "turn_state"] == ["running", "idle"]
    assert [u.status for u in seen if u.sessionUpdate == "tool_call_update"] == ["completed"]
    chunks = [u for u in seen if u.sessionUpdate == "agent_message_chunk"]
    assert chunks[-1].content.text == "It says sun."
    listed = await send("conduit/session/list", {})
    assert [line.sessionId for line in listed.sessions] == [session]


async def test_a_foreign_client_has_a_problem_fixed_in_its_unsaved_document(
    bench: Bench, client: LanguageClient
) -> None:
    path = bench.write("shop.py", DISK)
    edit = {"path": "shop.py", "old_text": "sun(", "new_text": "sum("}
    bench.script(
        {"when": {"round": 0}, "reply": [{"call": "edit_file", "arguments": edit}]}, {"reply": [{"text": "Fixed."}]}
    )
    buffer = Buffer(client, path.as_uri(), UNSAVED)
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(
            text_document=types.TextDocumentIdentifier(uri=path.as_uri()),
            range=PROBLEM.range,
            context=types.CodeActionContext(diagnostics=[PROBLEM]),
        )
    )
    command = next(action.command for action in actions if action.title == "Fix this problem: undefined name 'sun'")
    result = await client.workspace_execute_command_async(
        types.ExecuteCommandParams(command=command.command, arguments=command.arguments)
    )
    assert (result["applied"], result["changedFiles"]) == (True, ["shop.py"])
    assert buffer.document.source == UNSAVED.replace("sun(", "sum(")
    assert path.read_text() == DISK
    (reports,) = client.progress_reports.values()
    assert (reports[0].kind, reports[-1].kind) == ("begin", "end")
