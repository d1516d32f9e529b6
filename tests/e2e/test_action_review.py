"""Code actions as proposals: left hunk by hunk where the person wants that, applied together and undone elsewhere."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from conduit.lsp.client import EditorClient, EditorOptions
from conduit.lsp.wire_client import ClientError
from conduit.workspace.language import Ability
from e2e.harness import PROBLEM, SHOP, Bench, actions, carry_out

FIX = "Fix this problem: undefined name 'prise'"
PRICES = "def price(item):\n    return {'tea': 3, 'bread': 2}[item]\n"


def edit(path: str, old: str, new: str) -> dict[str, object]:
    return {"call": "edit_file", "arguments": {"path": path, "old_text": old, "new_text": new}}


TWO_FILES = [
    {
        "when": {"round": 0},
        "reply": [
            edit("shop.py", "import price", "import cost"),
            edit("shop.py", "prise(", "cost("),
            edit("prices.py", "def price", "def cost"),
        ],
    },
    {"reply": [{"text": "One name for one thing."}]},
]
FIXED = [
    {"when": {"round": 0}, "reply": [edit("shop.py", "prise(", "price(")]},
    {"reply": [{"text": "A typing error."}]},
]


async def open_shop(bench: Bench, editor: EditorClient) -> str:
    bench.write("prices.py", PRICES)
    return await editor.open(bench.write("shop.py", SHOP))


async def waiting(editor: EditorClient) -> list[dict[str, Any]]:
    return (await editor.command("conduit.hunk.list"))["hunks"]


async def test_an_action_can_leave_its_edits_as_hunks_that_lenses_accept_and_reject(bench: Bench) -> None:
    bench.script(*TWO_FILES)
    settings = {"codeActions": {"apply": "review"}}
    async with await bench.start(options=EditorOptions(settings=settings)) as editor:
        uri = await open_shop(bench, editor)
        result = await carry_out(editor, (await actions(editor, uri))["Rename `prise` by its meaning"])
        assert (result["applied"], result["changedFiles"], result["waiting"]) == (False, [], 3)
        assert (editor.document(uri).text, editor.seen.edits) == (SHOP, [])
        assert editor.seen.messages[-1]["message"] == (
            "Conduit: 3 changes wait for you in prices.py (line 1); shop.py (line 1, line 5). "
            "Accept or reject them with the lenses there."
        )
        params = {"textDocument": {"uri": uri}}
        lenses = await editor.request("textDocument/codeLens", params)
        await carry_out(editor, lenses[0])
        assert editor.document(uri).text == SHOP.replace("import price", "import cost")
        reject = next(
            each
            for each in await editor.request("textDocument/codeLens", params)
            if each["command"]["title"] == "Reject"
        )
        await carry_out(editor, reject)
        assert editor.document(uri).text == SHOP.replace("import price", "import cost")
        assert [each["name"] for each in await waiting(editor)] == ["prices.py"]
        assert (bench.root / "prices.py").read_text() == PRICES
        await editor.command("conduit.hunk.accept", {"sessionId": result["sessionId"]})
        assert (bench.root / "prices.py").read_text() == PRICES.replace("price", "cost")


async def test_a_plain_editor_accepts_the_hunks_of_an_action_by_code_actions(bench: Bench) -> None:
    bench.script(*FIXED)
    options = EditorOptions(conduit=None, code_lens=False)
    async with await bench.start(options=options, CONDUIT_CODE_ACTIONS_APPLY="review") as editor:
        uri = await open_shop(bench, editor)
        await carry_out(editor, (await actions(editor, uri))[FIX])
        told = editor.seen.messages[-1]["message"]
        assert "1 change waits for you in shop.py (line 5)." in told
        await editor.wait_for(lambda seen: len(seen.diagnostics.get(uri, [])) == 1)
        (hint,) = editor.seen.diagnostics[uri]
        menu = await actions(editor, uri, range_=hint["range"], diagnostics=[hint], only=["quickfix"])
        assert list(menu) == [
            "Accept: proposed change (+1 -1)",
            "Reject: proposed change (+1 -1)",
            "Why: proposed change (+1 -1)",
        ]
        await carry_out(editor, menu["Accept: proposed change (+1 -1)"])
        assert editor.document(uri).text == SHOP.replace("prise", "price")
        await editor.wait_for(lambda seen: seen.diagnostics[uri] == [])


async def test_an_editor_that_announces_no_edits_and_sends_no_hints_accepts_hunks_all_the_same(bench: Bench) -> None:
    """As Kate, whose menu of code actions tells nothing of the problems at the cursor."""
    bench.script(*FIXED)
    options = EditorOptions(conduit={"applyEdit": True}, apply_edit=False, code_lens=False)
    async with await bench.start(options=options, CONDUIT_CODE_ACTIONS_APPLY="review") as editor:
        uri = await open_shop(bench, editor)
        await carry_out(editor, (await actions(editor, uri))[FIX])
        await editor.wait_for(lambda seen: len(seen.diagnostics.get(uri, [])) == 1)
        (line,) = {each["range"]["start"]["line"] for each in editor.seen.diagnostics[uri]}
        above, at = [{"line": number, "character": 2} for number in (line - 1, line)]
        menu = await actions(editor, uri, range_={"start": above, "end": above}, diagnostics=[])
        assert not any("proposed change" in title for title in menu)
        menu = await actions(editor, uri, range_={"start": at, "end": at}, diagnostics=[])
        await carry_out(editor, menu["Accept: proposed change (+1 -1)"])
        assert editor.document(uri).text == SHOP.replace("prise", "price")
        assert not editor.seen.updates


async def test_an_applied_action_is_undone_and_redone_as_a_whole_and_nothing_waits(bench: Bench) -> None:
    bench.script(*TWO_FILES)

    async def permit(params: dict[str, object]) -> str:
        return "allow_once"

    async with await bench.start(permit=permit) as editor:
        uri = await open_shop(bench, editor)
        result = await carry_out(editor, (await actions(editor, uri))["Rename `prise` by its meaning"])
        done = SHOP.replace("import price", "import cost").replace("prise", "cost")
        assert (result["applied"], editor.document(uri).text) == (True, done)
        await editor.command("conduit.turn.undo")
        assert (editor.document(uri).text, (bench.root / "prices.py").read_text()) == (SHOP, PRICES)
        assert await waiting(editor) == []
        await editor.command("conduit.turn.redo", result["sessionId"])
        assert (editor.document(uri).text, (bench.root / "prices.py").read_text()) == (
            done,
            PRICES.replace("price", "cost"),
        )
        assert await waiting(editor) == []


@pytest.mark.parametrize("apply", ["direct", "review"])
async def test_a_cancelled_action_leaves_no_hunk_behind(bench: Bench, apply: str) -> None:
    bench.script(FIXED[0], {"reply": [{"text": ["thinking"]}, {"hold": True}]})
    async with await bench.start(CONDUIT_CODE_ACTIONS_APPLY=apply) as editor:
        uri = await open_shop(bench, editor)
        running = asyncio.create_task(carry_out(editor, (await actions(editor, uri))[FIX]))
        await editor.wait_for(lambda seen: "thinking" in seen.text())
        assert len(await waiting(editor)) == (1 if apply == "review" else 0)
        await editor.notify("window/workDoneProgress/cancel", {"token": editor.seen.progress[0]["token"]})
        with pytest.raises(ClientError):
            await running
        assert await waiting(editor) == []
        assert editor.document(uri).text == SHOP
        decided = [each["update"] for each in editor.seen.updates if each["update"]["sessionUpdate"] == "hunk_decision"]
        assert [each["decision"] for each in decided] == ["withdrawn"]


async def test_a_refused_or_failed_action_leaves_no_hunk_behind(bench: Bench) -> None:
    bench.script(*FIXED)
    async with await bench.start() as editor:
        uri = await open_shop(bench, editor)
        editor.edit_policy = "refuse"
        fix = (await actions(editor, uri))[FIX]
        with pytest.raises(ClientError, match="the person said no"):
            await carry_out(editor, fix)
        bench.script(FIXED[0], {"reply": [{"fail": {"kind": "internal", "message": "out of order"}}]})
        result = await carry_out(editor, fix)
        assert (result["applied"], result["stopReason"]) == (False, "error")
        assert await waiting(editor) == []
        assert editor.document(uri).text == SHOP


async def test_the_model_is_told_that_a_file_does_not_parse_any_more_and_repairs_it(bench: Bench) -> None:
    bench.script(
        {"when": {"round": 0}, "reply": [edit("shop.py", "prise(item)", "price(item")]},
        {"when": {"round": 1, "result": r"But shop.py does not parse any more \(line 5"}, "reply": [
            edit("shop.py", "price(item ", "price(item) ")
        ]},
        {"reply": [{"text": "Closed it, too."}]},
    )  # fmt: skip
    async with await bench.start() as editor:
        uri = await open_shop(bench, editor)
        result = await carry_out(editor, (await actions(editor, uri))[FIX])
        assert (result["applied"], editor.document(uri).text) == (True, SHOP.replace("prise", "price"))


async def test_what_is_broken_in_the_end_is_said(bench: Bench) -> None:
    bench.script({"when": {"round": 0}, "reply": [edit("shop.py", "prise(item)", "price(item")]}, FIXED[1])
    async with await bench.start() as editor:
        uri = await open_shop(bench, editor)
        await carry_out(editor, (await actions(editor, uri))[FIX])
        assert "shop.py does not parse any more (line 5" in editor.seen.messages[-1]["message"]


@pytest.mark.parametrize("said", ["gone", "reported"])
async def test_a_fix_is_rechecked_with_the_language_servers_of_the_editor(bench: Bench, said: str) -> None:
    bench.script(*FIXED)
    conduit = {"permission": True, "updates": True, "editor": {Ability.DIAGNOSTICS.value: True}}
    async with await bench.start(options=EditorOptions(conduit=conduit)) as editor:
        uri = await open_shop(bench, editor)

        async def answer(method: str, params: dict[str, Any]) -> object:
            assert method == "conduit/editor/diagnostics"
            document = editor.document(uri)
            found = [PROBLEM] if said == "reported" else []
            return {"uri": uri, "version": document.version, "diagnostics": found}

        editor.abilities = answer
        result = await carry_out(editor, (await actions(editor, uri))[FIX])
        assert (result["applied"], result["recheck"]) == (True, said)
        shown = [each["message"] for each in editor.seen.messages]
        assert shown == ([] if said == "gone" else ["Conduit: The problem is still reported."])


async def test_the_model_is_told_what_the_diagnostic_names_as_related(bench: Bench) -> None:
    bench.script(
        {
            "when": {"user": r"Related: prices.py, line 1: did you mean `price`\?", "round": 0},
            "reply": FIXED[0]["reply"],
        },
        FIXED[1],
    )
    async with await bench.start() as editor:
        uri = await open_shop(bench, editor)
        name = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 9}}
        place = {"uri": (bench.root / "prices.py").as_uri(), "range": name}
        related = [{"location": place, "message": "did you mean `price`?"}]
        menu = await actions(editor, uri, diagnostics=[{**PROBLEM, "relatedInformation": related}])
        assert (await carry_out(editor, menu[FIX]))["applied"] is True


async def test_an_action_that_the_end_of_the_server_cuts_off_leaves_no_hunk_behind(bench: Bench) -> None:
    bench.script(FIXED[0], {"reply": [{"text": ["thinking"]}, {"hold": True}]})
    async with await bench.start() as editor:
        uri = await open_shop(bench, editor)
        running = asyncio.create_task(carry_out(editor, (await actions(editor, uri))[FIX]))
        await editor.wait_for(lambda seen: "thinking" in seen.text())
        assert await editor.shutdown() == 0
        await asyncio.gather(running, return_exceptions=True)
    async with await bench.start() as editor:
        assert await waiting(editor) == []
