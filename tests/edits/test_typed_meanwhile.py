"""What is typed while an edit is on its way is never lost, and the edit lands where it was meant or not at all.

`SOAK=1` tries 10,000 interleavings.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path

from conduit.edits.apply import ApplyAtOnce
from conduit.edits.edit import FileChange
from conduit.errors import EditRefused, PartlyApplied, StaleDocument
from conduit.lsp.applier import EditorApplier
from conduit.sandbox.confine import Door
from conduit.workspace.workspace import Workspace
from fakes.model_editors import MODELS, Fault, Model, ModelEditor

TYPINGS = 10_000 if os.environ.get("SOAK") == "1" else 300


@dataclass
class Tally:
    """How the interleavings ended.

    `overwritten`: lines that an editor without versions wrote an edit over, where the person then typed in that very
    place, so that it could not be taken back; the file is named, and the editor's own undo has the lines.
    """

    applied: int = 0
    refused: int = 0
    named: int = 0
    lost: int = 0
    misplaced: int = 0
    overwritten: int = 0


async def interleave(root: Path, chance: random.Random, model: Model, tally: Tally) -> None:
    """Let a person type lines of their own around an edit that may fail, and count what came of both."""
    text = "".join(f"line {number}\n" for number in range(12))
    lines = text.splitlines(keepends=True)
    for number in chance.sample(range(12), chance.randrange(1, 4)):
        lines[number] = f"CHANGED {number}\n"
    path = root / "doc.txt"
    path.write_text(text)
    editor = ModelEditor(model)
    editor.open(path)
    typed: list[str] = []
    alone = [text]

    def types_() -> None:
        for _ in range(chance.randrange(3)):
            document = editor.buffers[path.as_uri()]
            mark = f"typed {len(typed)}\n"
            typed.append(mark)
            editor.type(path, chance.randrange(document.line_count), mark)

    def types_before() -> None:
        types_()
        alone.append(editor.text(path) or "")

    fault = Fault(before=types_before, after=types_, denies=chance.random() < 0.3, lies=chance.random() < 0.1)
    editor.faults = [fault, Fault(before=types_) if chance.random() < 0.5 else None]
    with Door([root]) as door:
        applier = EditorApplier(editor, arrival_s=0.001, rest_s=0.001)
        sink = ApplyAtOnce(Workspace([root], editor.documents, door), door, applier)
        try:
            await sink.submit([FileChange(path, "doc.txt", text, "".join(lines))])
        except PartlyApplied as error:
            tally.named += error.left == ("doc.txt",)
            outcome = "named"
        except (EditRefused, StaleDocument):
            outcome = "refused"
            tally.refused += 1
        else:
            outcome = "applied"
            tally.applied += 1
    now = editor.text(path) or ""
    lost = sum(mark not in now.splitlines(keepends=True) for mark in typed)
    if not model.versions and outcome == "named":
        tally.overwritten += lost
    else:
        tally.lost += lost
    ours = [line for line in now.splitlines(keepends=True) if line not in typed]
    if outcome != "named":
        tally.misplaced += ours != (lines if outcome == "applied" else text.splitlines(keepends=True))


async def test_nothing_typed_around_an_edit_is_lost_and_nothing_is_misplaced(tmp_path: Path) -> None:
    chance = random.Random(4)
    tally = Tally()
    for number in range(TYPINGS):
        await interleave(tmp_path, chance, MODELS[number % len(MODELS)], tally)
    assert tally.overwritten <= TYPINGS // 500
    print(f"\ninterleavings: {TYPINGS:,}: {tally}")
    assert (tally.lost, tally.misplaced) == (0, 0)
    assert tally.applied > TYPINGS // 10
    assert tally.refused > TYPINGS // 10
