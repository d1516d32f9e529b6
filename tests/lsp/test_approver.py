"""A question to a plain editor: what it would do is a document of its own, which goes when the question does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from conduit.agent.permission import PermissionRequest
from conduit.lsp.approver import EditorApprover
from conduit.lsp.facts import ClientFacts
from conduit.tools.base import Effect

REQUEST = PermissionRequest(
    session_id="s", turn_id="t", call_id="call_1", tool="edit_file", kind="edit", title="Edit a", effect=Effect.WRITE
)


class Client:
    """A client that shows the document, or never answers about it, and leaves the question open."""

    facts = ClientFacts(show_document=True)

    def __init__(self, *, stalls: bool) -> None:
        self._stalls = stalls
        self.asked = asyncio.Event()

    async def ask(self, method: str, params: object) -> object:
        if method == "window/showDocument" and not self._stalls:
            return {"success": True}
        self.asked.set()
        return await asyncio.Event().wait()

    def notify(self, method: str, params: object) -> None:
        raise AssertionError(method)


@pytest.mark.parametrize("stalls", [False, True], ids=["at the question", "at the document"])
async def test_a_cancelled_question_leaves_no_document_behind(tmp_path: Path, stalls: bool) -> None:
    client = Client(stalls=stalls)
    asking = asyncio.create_task(
        EditorApprover(client, tmp_path).ask(REQUEST.model_copy(update={"preview": "+ one\n"}))
    )
    await client.asked.wait()
    assert len(list(tmp_path.iterdir())) == 1
    asking.cancel()
    await asyncio.wait({asking})
    assert list(tmp_path.iterdir()) == []


async def test_two_questions_about_calls_of_one_name_show_each_its_own_effect(tmp_path: Path) -> None:
    clients = [Client(stalls=False), Client(stalls=False)]
    asking = [
        asyncio.create_task(EditorApprover(client, tmp_path).ask(REQUEST.model_copy(update={"preview": preview})))
        for client, preview in zip(clients, ("+ one\n", "+ two\n"), strict=True)
    ]
    for client in clients:
        await client.asked.wait()
    assert sorted(file.read_text() for file in tmp_path.iterdir()) == ["+ one\n", "+ two\n"]
    for task in asking:
        task.cancel()
    await asyncio.wait(asking)


class Answering:
    """A client that understands permission questions, or not, and allows with the first answer that is offered."""

    def __init__(self, *, own: bool) -> None:
        self.facts = ClientFacts(permission_requests=own)
        self.params: object = None

    async def ask(self, method: str, params: object) -> object:
        self.params = params
        if method == "window/showMessageRequest":
            return {"title": params.actions[0].title}
        return {"outcome": {"outcome": "selected", "optionId": "allow_once"}}

    def notify(self, method: str, params: object) -> None:
        raise AssertionError(method)


async def test_a_protected_file_is_shown_with_the_reason_and_without_a_lasting_answer(tmp_path: Path) -> None:
    request = REQUEST.model_copy(update={"reason": ".envrc is what the shell loads in this folder."})
    own, plain = Answering(own=True), Answering(own=False)
    assert await EditorApprover(own, tmp_path).ask(request) == "allow_once"
    assert own.params.reason == request.reason
    assert [option.kind for option in own.params.options] == ["allow_once", "reject_once"]
    assert await EditorApprover(plain, tmp_path).ask(request) == "allow_once"
    assert plain.params.message == f"Conduit wants to: Edit a\n{request.reason}"
    assert [action.title for action in plain.params.actions] == ["Allow once", "Deny"]
