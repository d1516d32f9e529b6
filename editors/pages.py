"""Fills the tables of `docs/vscode.md` from the extension's manifest: commands with their keys, and settings.

A table stands between `<!-- name -->` and `<!-- /name -->`; the prose around it is written by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CONTRIBUTES = Path(__file__).parent / "vscode" / "contributes"
PAGE = Path(__file__).parent.parent / "docs" / "vscode.md"


def vscode(fresh: Mapping[Path, str]) -> str:
    """Return the page with its tables filled; `fresh` holds fragments that are about to be written."""
    fragments = [
        json.loads(fresh.get(path) or path.read_text("utf-8")) for path in sorted(CONTRIBUTES.glob("*.json"), key=_rank)
    ]
    text = PAGE.read_text("utf-8")
    for name, table in {"commands": _commands(fragments), "settings": _settings(fragments)}.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        text = before + begin + "\n" + "\n".join(table) + "\n" + end + rest.partition(end)[2]
    return text


def _rank(path: Path) -> tuple[int, str]:
    """Return the order of the page: the chat first, then review, what is left last."""
    order = ["chat", "review", "core"]
    return (order.index(path.stem) if path.stem in order else len(order), path.stem)


def _commands(fragments: list[dict[str, Any]]) -> list[str]:
    hidden = {
        entry["command"]
        for fragment in fragments
        for entry in fragment.get("menus", {}).get("commandPalette", [])
        if entry.get("when") == "false"
    }
    keys: dict[str, list[str]] = {}
    for fragment in fragments:
        for binding in fragment.get("keybindings", []):
            pressed = keys.setdefault(binding["command"], [])
            if "commentEditorFocused" in binding.get("when", ""):
                hidden.add(binding["command"])  # a key inside the field of an inline edit, which the prose tells
            elif _key(binding["key"]) not in pressed:
                pressed.append(_key(binding["key"]))
    lines = ["| command | key |", "|---|---|"]
    for fragment in fragments:
        for command in fragment.get("commands", []):
            pressed = keys.get(command["command"], [])
            if command["command"] not in hidden or pressed:
                lines.append(f"| Conduit: {command['title']} | {', '.join(pressed)} |")
    return lines


def _key(binding: str) -> str:
    """Return `ctrl+alt+j shift+a` as a person writes it."""
    chords = ["+".join(part.capitalize() for part in chord.split("+")) for chord in binding.split()]
    return f"`{' '.join(chords)}`"


def _settings(fragments: list[dict[str, Any]]) -> list[str]:
    groups = [group for fragment in fragments for group in fragment.get("configuration", [])]
    lines = ["| setting | values | default | meaning |", "|---|---|---|---|"]
    for group in sorted(groups, key=lambda group: int(group.get("order", 0))):
        for name, about in group["properties"].items():
            meaning = about.get("markdownDescription") or about["description"]
            cells = (f"`{name}`", _values(about), _default(about), re.sub(r"`#(.+?)#`", r"`\1`", meaning))
            lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return lines


def _values(about: Mapping[str, Any]) -> str:
    if "enum" in about:
        return ", ".join(f"`{value}`" for value in about["enum"] if value is not None)
    kinds = about["type"] if isinstance(about["type"], list) else [about["type"]]
    words = {"integer": "whole number", "boolean": "true, false", "string": "text", "array": "list", "object": "table"}
    kind = " or ".join(words.get(str(each), str(each)) for each in kinds if each != "null")
    low, high = about.get("minimum"), about.get("maximum")
    return kind if low is None or high is None else f"{kind} from {low:,} to {high:,}"


def _default(about: Mapping[str, Any]) -> str:
    default = about.get("default")
    return "" if default in (None, "", []) else "`" + json.dumps(default).strip('"') + "`"
