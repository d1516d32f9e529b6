"""The keys of ghost text in a real Neovim: the plugin's own in 0.11, on Neovim's in 0.12."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from e2e.neovim import Play

SUM = "sum(\n        price for price in prices\n    )"


def typed(before: str, *reply: object) -> dict[str, Any]:
    return {"when": {"user": rf"{before}<\|cursor\|>"}, "reply": list(reply)}


@pytest.mark.timeout(300)
def test_ghost_text_is_taken_by_words_lines_and_whole_as_fast_as_one_types_and_is_asked_for(play: Play, tmp_path: Path):
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "shop.py").write_text("def all_of(prices):\n    return\n")
    (folder / "notes.txt").write_text("# the end of\n")
    rules = [
        typed("return ", {"text": SUM}),
        typed("other = ", {"text": "value + 1"}),
        typed("# the end of", {"pause_s": 1}, {"text": " it all"}),
        typed("# or of", {"pause_s": 1}, {"text": " nothing"}),
        {"when": {}, "reply": [{"text": ""}]},
    ]
    more = {"CONDUIT_TEST_SCREENS": str(tmp_path / "screens"), "CONDUIT_COMPLETIONS_DEBOUNCE_MS": "0"}
    seen = play("ghost", folder, rules, more)
    assert seen["lines"] == ["def all_of(prices):", *f"    return {SUM}".splitlines(), "    other = value + 1"]
    assert (seen["mode"], seen["notes"]) == ("i", ["# the end of it all", "# or of nothing"])
