"""A protected file is asked about each time, whatever was answered before, and shown with the reason."""

from __future__ import annotations

from agent.desk import Desk, Person, PlainTool
from conduit.agent.permission import AllowAll
from conduit.sessions.events import PermissionAnswered
from conduit.tools.base import Effect

SAY = {"reply": [{"text": "Done."}]}


def change() -> PlainTool:
    return PlainTool("change", lambda arguments: "changed", effect=Effect.WRITE, kind="edit")


def calls(*paths: str) -> list[dict[str, object]]:
    rounds = [
        {"when": {"round": number}, "reply": [{"call": "change", "arguments": {"path": path}}]}
        for number, path in enumerate(paths)
    ]
    return [*rounds, SAY]


async def test_a_lasting_answer_does_not_cover_a_protected_file(desk: Desk) -> None:
    desk.person.answers = ["allow_always", "allow_once", "reject_once"]
    tool = change()
    rules = calls("a.py", "b.py", ".vscode/tasks.json", "c.py", "sub/.GITHUB/workflows/ci.yml", "d.py")
    await (await desk.turn(rules, tools=[tool])).run()
    assert [call["path"] for call in tool.ran] == ["a.py", "b.py", ".vscode/tasks.json", "c.py", "d.py"]
    assert [(question.paths, bool(question.reason)) for question in desk.person.asked] == [
        (("a.py",), False),
        ((".vscode/tasks.json",), True),
        (("sub/.GITHUB/workflows/ci.yml",), True),
    ]
    assert desk.person.asked[1].reason.startswith(".vscode/tasks.json is editor settings")


async def test_a_lasting_answer_about_a_protected_file_holds_once(desk: Desk) -> None:
    desk.person.answers = ["allow_always", "reject_always", "allow_once"]
    tool = change()
    await (await desk.turn(calls("AGENTS.md", "AGENTS.md", "a.py"), tools=[tool])).run()
    assert [call["path"] for call in tool.ran] == ["AGENTS.md", "a.py"]
    assert [event.answer for event in desk.shown if isinstance(event, PermissionAnswered)] == [
        "allow_once",
        "reject_once",
        "allow_once",
    ]


async def test_consent_given_beforehand_covers_no_protected_file(desk: Desk) -> None:
    person = Person(answers=["allow_once"])
    desk.person = AllowAll(protected=person)
    tool = change()
    await (await desk.turn(calls("a.py", ".envrc"), tools=[tool])).run()
    assert len(tool.ran) == 2
    assert [question.paths for question in person.asked] == [(".envrc",)]


async def test_where_nobody_can_be_asked_a_protected_file_stays(desk: Desk) -> None:
    desk.person = AllowAll()
    tool = change()
    await (await desk.turn(calls("a.py", ".envrc"), tools=[tool])).run()
    assert [call["path"] for call in tool.ran] == ["a.py"]
    assert "Nobody could be asked" in (await desk.messages())[4].tool_results[0].text
