"""A day with the plugin, on the screen of a real Neovim: every step's exact state."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from e2e.neovim import Play

SHOP = '''"""A small shop."""
from prices import price


def total(items):
    return sum(prise(item) for item in items)
'''
PRICES = "def price(item):\n    return item.price\n"
BETTER = "    return sum(map(price, items))\n"
TYPED = "two lines,\ntyped meanwhile"


def edit(path: str, old: str, new: str) -> dict[str, object]:
    return {"call": "edit_file", "arguments": {"path": path, "old_text": old, "new_text": new}}


def said(user: str, *reply: object, number: int | None = None) -> dict[str, Any]:
    return {"when": {"user": user, **({} if number is None else {"round": number})}, "reply": list(reply)}


RULES = [
    said(r"<\|cursor\|>", {"text": "sum(prices)"}),
    said(
        "explain",
        {"think": "I should look at it."},
        {"text": "Let me look."},
        {"call": "read_file", "arguments": {"path": "shop.py"}},
        number=0,
    ),
    said(
        "explain",
        {"text": "It adds prices, but by `prise`:\n\n```lua\nlocal total = 0\n```\n\n"},
        {"pause_s": 2},
        {"text": "The end."},
        number=1,
    ),
    said("the notes", {"call": "write_file", "arguments": {"path": "notes.txt", "text": "Buy more.\n"}}, number=0),
    said("the notes", {"text": "Noted."}),
    said(
        "the shop",
        edit("shop.py", '"""A small shop."""', '"""A very small shop."""'),
        edit("shop.py", "def total(items):\n", "def total(items: list) -> int:\n"),
        number=0,
    ),
    said("the shop", {"text": "Proposed two."}),
    said("the prices", edit("prices.py", "return item.price", "return round(item.price, 2)"), number=0),
    said("the prices", {"text": "Proposed one."}),
    said("undefined name", edit("shop.py", "prise(item)", "price(item)"), number=0),
    said("use map", {"call": "replace_selection", "arguments": {"code": BETTER}}, number=0),
    said("still there", {"text": "Yes, still there."}),
    {"when": {}, "reply": [{"text": "Done."}]},
]

READ = """> ✓ Read shop.py
> path: `shop.py`
> ```
> shop.py (lines 1 to 6 of 6, as it is in the person's editor now, saved or not)
> 1\t\"\"\"A small shop.\"\"\"
> 2\tfrom prices import price
> 3
> 4
> 5\tdef total(items):
> 6\t    return sum(prise(item) for item in items)
> ```
"""
FIRST = f"""## You

explain @shop.py

## Conduit

> ✻ Thought
> I should look at it.

Let me look.

{READ}
It adds prices, but by `prise`:

```lua
local total = 0
```

The end.

## Prompt
"""
ALLOWED = """> **May Conduit write notes.txt?**
> ```diff
> --- /dev/null
> +++ b/notes.txt
> @@ -0,0 +1 @@
> +Buy more.
> ```
> → Allow once
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "shop.py").write_text(SHOP)
    (folder / "prices.py").write_text(PRICES)
    return folder


def plain(chat: str) -> str:
    """Return a chat without times and without spaces at the ends of lines."""
    return re.sub(r"[ \t]+$", "", re.sub(r" · \d+\.\d s$", "", chat, flags=re.MULTILINE), flags=re.MULTILINE)


@pytest.mark.timeout(300)
def test_a_day_with_the_plugin(play: Play, folder: Path):
    screens = {"CONDUIT_TEST_SCREENS": str(folder.parent / "screens"), "CONDUIT_COMPLETIONS_DEBOUNCE_MS": "0"}
    seen = play("tour", folder, RULES, screens)
    # A chat with streaming and a tool call; undo is the person's.
    assert plain(seen["chat"]) == FIRST + TYPED
    assert plain(seen["undone"]) == FIRST
    assert seen["redone"] == seen["chat"]
    assert seen["found"] == "It adds prices, but by `prise`:"
    assert seen["yanked"] == "local total = 0\n"
    assert seen["folds"] == ["> ✻ Thought", "> ✓ Read shop.py"]
    # A permission.
    assert ALLOWED in seen["permission"]
    assert seen["notes"] == ["Buy more."]
    # Three proposals over two files.
    assert seen["proposed"] == [[0, '"""A very small shop."""'], [4, "def total(items: list) -> int:"]]
    shop = SHOP.replace("A small", "A very small")
    assert seen["decided"] == ["none", shop.splitlines()]
    assert seen["accepted"] == PRICES.replace("item.price", "round(item.price, 2)").splitlines()
    assert seen["taken_back"] == PRICES.splitlines()
    # A code action, an inline edit, ghost text.
    shop = shop.replace("prise", "price")
    assert seen["fixed"] == shop.splitlines()
    shop = shop.replace("    return sum(price(item) for item in items)\n", BETTER)
    assert seen["edited"] == shop.splitlines()
    assert seen["completed"] == [*shop.splitlines(), "", "def all_of(prices):", "    return sum(prices)"]
    # A killed server, and another Neovim.
    end = "## You\n\nstill there?\n\n## Conduit\n\nYes, still there.\n\n## Prompt\n"
    assert seen["recovered"].endswith(end)
    assert plain(seen["recovered"]).startswith(FIRST.removesuffix("## Prompt\n"))
    assert "it is started again" in seen["said"]
    assert plain(seen["reloaded"]).endswith(end + "almost lost")


@pytest.mark.embedded
@pytest.mark.timeout(300)
def test_the_first_run_without_a_key(play: Play, folder: Path):
    (folder / "app.py").write_text(SHOP)
    seen = play("first_run", folder, None, {"CONDUIT_TEST_SCREENS": str(folder.parent / "screens")})
    assert "> No model is configured, so the embedded" in seen["chat"]
    asked, _, answer = seen["chat"].partition("## Conduit\n")
    assert asked.endswith("## You\n\nSay hello.\n\n")
    assert re.search(r"^\w", answer, re.MULTILINE)
    assert seen["statusline"] == "conduit ready · smollm2-135m"
    health = "\n".join(seen["health"])
    assert re.search(r"OK.* running: conduit \S+, protocol 1", health)
    assert "OK default model: embedded/smollm2-135m" in health
    assert "vendor anthropic: key missing" in health
