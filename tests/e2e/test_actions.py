"""Code actions in a real server: the menu, a fix that reads a second file first, progress, cancel, all or nothing."""

from __future__ import annotations

import asyncio

import pytest

from conduit.lsp.client import EditorOptions
from conduit.lsp.wire_client import ClientError
from e2e.harness import SHOP, Bench, actions, carry_out

PRICES = "def price(item):\n    return {'tea': 3, 'bread': 2}[item]\n"
READ = {"when": {"round": 0}, "reply": [{"call": "read_file", "arguments": {"path": "prices.py"}}]}
FIX = {
    "when": {"round": 1, "result": "def price"},
    "reply": [{"call": "edit_file", "arguments": {"path": "shop.py", "old_text": "prise(", "new_text": "price("}}],
}
DONE = {"reply": [{"text": "`prise` was a typing error for `price`."}]}


async def test_the_menu_comes_from_facts_without_a_model(bench: Bench) -> None:
    bench.script({"reply": [{"fail": {"kind": "internal", "message": "no model may be asked"}}]})
    path = bench.write("shop.py", SHOP)
    async with await bench.start() as editor:
        uri = await editor.open(path)
        assert list(await actions(editor, uri)) == [
            "Fix this problem: undefined name 'prise'",
            "Explain",
            "Inline `prise`",
            "Rename `prise` by its meaning",
            "Simplify",
            "Write documentation",
            "Write tests",
            "Suggest refactorings",
        ]
        assert list(await actions(editor, uri, only=["refactor.inline"])) == ["Inline `prise`"]
        assert list(await actions(editor, uri, only=["quickfix"])) == ["Fix this problem: undefined name 'prise'"]
        assert (await editor.command("conduit.session.list"))["sessions"] == []


async def test_a_fix_reads_a_second_file_and_lands_in_the_unsaved_buffer(bench: Bench) -> None:
    bench.script(READ, FIX, DONE)
    bench.write("prices.py", PRICES)
    path = bench.write("shop.py", SHOP)
    async with await bench.start() as editor:
        uri = await editor.open(path, SHOP + "# typed since\n")
        result = await carry_out(editor, (await actions(editor, uri))["Fix this problem: undefined name 'prise'"])
        assert (result["applied"], result["changedFiles"]) == (True, ["shop.py"])
        assert editor.document(uri).text == SHOP.replace("prise", "price") + "# typed since\n"
        assert path.read_text() == SHOP
        assert len(editor.seen.edits) == 1
        started = [
            update["update"]["title"]
            for update in editor.seen.updates
            if update["update"]["sessionUpdate"] == "tool_call" and update["update"].get("status") == "in_progress"
        ]
        assert [title.split()[0] for title in started] == ["Read", "Edit"]
        kinds = [params["value"]["kind"] for params in editor.seen.progress]
        assert kinds[0] == "begin"
        assert kinds[-1] == "end"
        assert "report" in kinds
        listed = (await editor.command("conduit.session.list"))["sessions"]
        assert [each["title"] for each in listed] == ["Fix this problem: undefined name 'prise'"]


async def test_edits_of_other_files_are_asked_about_and_go_out_as_one_edit(bench: Bench) -> None:
    rename = {
        "when": {"round": 0},
        "reply": [
            {"call": "edit_file", "arguments": {"path": "prices.py", "old_text": "def price", "new_text": "def cost"}},
            {
                "call": "edit_file",
                "arguments": {"path": "shop.py", "old_text": "import price", "new_text": "import cost"},
            },
            {"call": "edit_file", "arguments": {"path": "shop.py", "old_text": "prise(", "new_text": "cost("}},
        ],
    }
    bench.script(rename, DONE)
    other = bench.write("prices.py", PRICES)
    path = bench.write("shop.py", SHOP)
    answers = ["reject_once", "allow_once"]
    asked: list[str] = []

    async def permit(params: dict[str, object]) -> str:
        asked.append(params["toolCall"]["title"])
        return answers[len(asked) - 1]

    async with await bench.start(permit=permit) as editor:
        uri = await editor.open(path)
        action = (await actions(editor, uri))["Simplify"]
        assert (await carry_out(editor, action))["applied"] is False
        assert editor.document(uri).text == SHOP
        assert other.read_text() == PRICES
        assert (await carry_out(editor, action))["applied"] is True
        assert asked == ["Change prices.py, shop.py"] * 2
        assert len(editor.seen.edits) == 1
        assert editor.document(uri).text == SHOP.replace("import price", "import cost").replace("prise(", "cost(")
        assert other.read_text() == PRICES.replace("def price", "def cost")
        # The turns had ended when it was asked, and nothing says that they run again.
        told = [each for each in editor.seen.updates if each["update"]["sessionUpdate"] == "turn_state"]
        assert [each["update"]["state"] for each in told] == ["running", "idle"] * 2


async def test_a_closed_file_that_changed_while_the_model_worked_is_not_edited(bench: Bench) -> None:
    edit = {"path": "prices.py", "old_text": "def price", "new_text": "def cost"}
    bench.script({"when": {"round": 0}, "reply": [{"call": "edit_file", "arguments": edit}]}, DONE)
    other = bench.write("prices.py", PRICES)
    path = bench.write("shop.py", SHOP)

    async def permit(params: dict[str, object]) -> str:
        other.write_text("import os\n\n\n" + PRICES)
        return "allow_once"

    async with await bench.start(permit=permit) as editor:
        uri = await editor.open(path)
        with pytest.raises(ClientError, match="changed while Conduit worked"):
            await carry_out(editor, (await actions(editor, uri))["Simplify"])
        assert other.read_text() == "import os\n\n\n" + PRICES


async def test_an_edit_that_the_editor_refuses_changes_nothing_and_is_said(bench: Bench) -> None:
    bench.script(READ, FIX, DONE)
    bench.write("prices.py", PRICES)
    path = bench.write("shop.py", SHOP)
    async with await bench.start() as editor:
        editor.edit_policy = "refuse"
        uri = await editor.open(path)
        with pytest.raises(ClientError, match="the person said no"):
            await carry_out(editor, (await actions(editor, uri))["Fix this problem: undefined name 'prise'"])
        assert editor.document(uri).text == SHOP


async def test_what_is_typed_elsewhere_meanwhile_stays_and_the_edit_lands_beside_it(bench: Bench) -> None:
    bench.script(READ, FIX, {"reply": [{"text": ["wait"]}, {"pause_s": 0.5}]})
    bench.write("prices.py", PRICES)
    path = bench.write("shop.py", SHOP)
    async with await bench.start() as editor:
        uri = await editor.open(path)
        action = (await actions(editor, uri))["Fix this problem: undefined name 'prise'"]
        running = asyncio.create_task(carry_out(editor, action))
        await editor.wait_for(lambda seen: "wait" in seen.text())
        await editor.type(uri, "# typed above\n" + SHOP + "# and below\n")
        assert (await running)["applied"] is True
        assert editor.document(uri).text == "# typed above\n" + SHOP.replace("prise", "price") + "# and below\n"


async def test_text_that_changed_while_the_model_worked_is_never_overwritten(bench: Bench) -> None:
    bench.script(READ, FIX, {"reply": [{"text": ["wait"]}, {"pause_s": 0.5}]})
    bench.write("prices.py", PRICES)
    path = bench.write("shop.py", SHOP)
    async with await bench.start() as editor:
        uri = await editor.open(path)
        action = (await actions(editor, uri))["Fix this problem: undefined name 'prise'"]
        running = asyncio.create_task(carry_out(editor, action))
        await editor.wait_for(lambda seen: "wait" in seen.text())
        await editor.type(uri, SHOP.replace("prise", "totally_new"))
        with pytest.raises(ClientError, match="changed while Conduit worked"):
            await running
        assert editor.document(uri).text == SHOP.replace("prise", "totally_new")


async def test_the_cancel_button_of_the_progress_stops_the_agent(bench: Bench) -> None:
    bench.script({"reply": [{"text": ["thinking"]}, {"hold": True}]})
    path = bench.write("shop.py", SHOP)
    async with await bench.start() as editor:
        uri = await editor.open(path)
        running = asyncio.create_task(carry_out(editor, (await actions(editor, uri))["Write tests"]))
        await editor.wait_for(lambda seen: "thinking" in seen.text())
        token = editor.seen.progress[0]["token"]
        await editor.notify("window/workDoneProgress/cancel", {"token": token})
        with pytest.raises(ClientError) as failure:
            await running
        assert failure.value.code == -32800
        await editor.wait_for(lambda seen: seen.progress[-1]["value"]["kind"] == "end")
        session = (await editor.command("conduit.session.list"))["sessions"][0]
        await editor.wait_for(
            lambda seen: any(update["update"].get("stopReason") == "cancelled" for update in seen.updates)
        )
        assert session["messageCount"] >= 1


async def test_an_explanation_is_shown_as_a_markdown_document(bench: Bench) -> None:
    bench.script({"reply": [{"text": "# It adds up prices\n\nOne by one."}]})
    path = bench.write("shop.py", SHOP)
    async with await bench.start(options=EditorOptions(show_document=True)) as editor:
        uri = await editor.open(path)
        await carry_out(editor, (await actions(editor, uri))["Explain"])
        shown = editor.seen.documents[0]["uri"]
        assert shown.endswith(".md")
        assert (bench.home / "state").as_uri() in shown
    async with await bench.start() as editor:
        uri = await editor.open(path)
        await carry_out(editor, (await actions(editor, uri))["Explain"])
        assert "It adds up prices" in editor.seen.messages[-1]["message"]


async def test_documentation_is_put_into_place_from_words_alone(bench: Bench) -> None:
    bench.script(
        {"when": {"round": 0}, "reply": [{"call": "write_documentation", "arguments": {"text": "Add up the prices."}}]},
        DONE,
    )
    path = bench.write("shop.py", SHOP)
    async with await bench.start() as editor:
        uri = await editor.open(path)
        assert (await carry_out(editor, (await actions(editor, uri))["Write documentation"]))["applied"] is True
        assert '    """Add up the prices."""\n    return sum(' in editor.document(uri).text


async def test_suggestions_are_hints_that_can_be_applied_explained_and_dismissed(bench: Bench) -> None:
    bench.script(
        {
            "when": {"user": "at most three refactorings", "round": 0},
            "reply": [
                {
                    "call": "suggest_refactoring",
                    "id": str(n),
                    "arguments": {"quote": quote, "title": title, "reason": "why"},
                }
                for n, (quote, title) in enumerate([("def total(items):", "Rename it"), ("not there", "Never shown")])
            ],
        },
        {
            "when": {"user": "Rename it: why", "round": 0},
            "reply": [
                {"call": "edit_file", "arguments": {"path": "shop.py", "old_text": "total", "new_text": "sum_up"}}
            ],
        },
        DONE,
    )
    path = bench.write("shop.py", SHOP)
    async with await bench.start() as editor:
        uri = await editor.open(path)
        found = await carry_out(editor, (await actions(editor, uri))["Suggest refactorings"])
        assert found["suggestions"] == ["Rename it"]
        hint = editor.seen.diagnostics[uri][0]
        assert (hint["severity"], hint["message"]) == (4, "Rename it: why")
        assert hint["range"]["start"] == {"line": 3, "character": 0}
        await editor.type(uri, "# a new first line\n" + SHOP)
        await editor.wait_for(lambda seen: seen.diagnostics[uri][0]["range"]["start"]["line"] == 4)
        hint = editor.seen.diagnostics[uri][0]
        params = {"textDocument": {"uri": uri}, "range": hint["range"], "context": {"diagnostics": [hint]}}
        menu = {each["title"]: each for each in await editor.request("textDocument/codeAction", params)}
        await carry_out(editor, menu["Explain: Rename it"])
        assert editor.seen.messages[-1]["message"] == "Rename it: why"
        await carry_out(editor, menu["Apply: Rename it"])
        assert "def sum_up(items):" in editor.document(uri).text
        await editor.wait_for(lambda seen: seen.diagnostics[uri] == [])
        await editor.type(uri, SHOP)
        await carry_out(editor, (await actions(editor, uri))["Suggest refactorings"])
        await editor.wait_for(lambda seen: seen.diagnostics[uri] != [])
        await editor.close(uri)
        await editor.wait_for(lambda seen: seen.diagnostics[uri] == [])


async def test_a_model_chosen_by_a_plain_editor_serves_its_next_action(bench: Bench) -> None:
    bench.script(
        {"when": {"model": "^second$"}, "reply": [{"text": "# Second speaking"}]},
        {"reply": [{"text": "# First speaking"}]},
    )
    path = bench.write("shop.py", SHOP)
    async with await bench.start(options=EditorOptions(conduit=None)) as editor:
        uri = await editor.open(path)
        explain = (await actions(editor, uri))["Explain"]
        await carry_out(editor, explain)
        await editor.command("conduit.model.select", "scripted/second")
        await carry_out(editor, explain)
        assert [each["message"] for each in editor.seen.messages] == [
            "# First speaking",
            "Conduit now uses scripted/second.",
            "# Second speaking",
        ]


async def test_an_editor_that_cannot_be_edited_is_offered_no_edits(bench: Bench) -> None:
    path = bench.write("shop.py", SHOP)
    async with await bench.start(options=EditorOptions(apply_edit=False)) as editor:
        uri = await editor.open(path)
        assert list(await actions(editor, uri)) == ["Explain", "Suggest refactorings"]


async def test_a_new_file_is_written_where_the_editor_cannot_create_one(bench: Bench) -> None:
    create = {
        "call": "edit_file",
        "arguments": {"path": "test_shop.py", "old_text": "", "new_text": "def test(): ...\n"},
    }
    bench.script({"when": {"round": 0}, "reply": [create]}, DONE)
    path = bench.write("shop.py", SHOP)
    async with await bench.start(options=EditorOptions(create_files=False)) as editor:
        uri = await editor.open(path)
        assert (await carry_out(editor, (await actions(editor, uri))["Write tests"]))["applied"] is True
        assert (bench.root / "test_shop.py").read_text() == "def test(): ...\n"


async def test_a_missing_key_is_said_before_a_session_is_made(bench: Bench) -> None:
    path = bench.write("shop.py", SHOP)
    async with await bench.start(CONDUIT_MODEL="sonnet") as editor:
        uri = await editor.open(path)
        with pytest.raises(ClientError, match="ANTHROPIC_API_KEY"):
            await carry_out(editor, (await actions(editor, uri))["Explain"])
        assert (await editor.command("conduit.session.list"))["sessions"] == []
