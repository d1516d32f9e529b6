"""Random edits of files in mixed encodings: no byte outside the edit changes, on disk or through an editor.

The expected bytes are put together here from the file's own bytes, without the code that reads and writes it. What is
typed while an edit is on its way is never lost, and the edit lands where it was meant or not at all. `SOAK=1` runs
10,000 of each.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path

from conduit.edits.apply import ApplyAtOnce
from conduit.edits.edit import FileChange
from conduit.edits.rebase import rebase
from conduit.errors import EditRefused, PartlyApplied, StaleDocument
from conduit.lsp.applier import EditorApplier
from conduit.sandbox.confine import Door
from conduit.workspace.encoding import decode
from conduit.workspace.workspace import Workspace
from fakes.model_editors import MODELS, Fault, Model, ModelEditor

SOAK = os.environ.get("SOAK") == "1"
EDITS = 10_000 if SOAK else 300
TYPINGS = 10_000 if SOAK else 300

ENCODINGS = (
    ("utf-8", b""),
    ("utf-8", b"\xef\xbb\xbf"),
    ("utf-16-le", b"\xff\xfe"),
    ("utf-16-be", b"\xfe\xff"),
    ("latin-1", b""),
)
WORDS = ("alpha", "beta", "  gamma", "\tdelta", "", "é", "naïve ß", "x = 1")
WIDE = ("漢字", "👩‍🚀 astral", "e\u0301 combining", "\u2028 separator")
ENDS = ("\n", "\r\n", "\r")


@dataclass
class Case:
    """A file, and an edit of it: the bytes before and after, and the texts."""

    before: bytes
    after: bytes
    old: str
    new: str


def case(chance: random.Random) -> Case:
    """Return a case whose file is read as it was written; from few words, an older encoding can only be guessed."""
    while True:
        one = any_case(chance)
        if decode(one.before, "it")[0] == one.old:
            return one


def any_case(chance: random.Random) -> Case:
    codec, mark = chance.choice(ENCODINGS)
    words = WORDS if codec == "latin-1" else WORDS + WIDE
    ends = ENDS if chance.random() < 0.4 else (chance.choice(ENDS),)
    lines = [chance.choice(words) + chance.choice(ends) for _ in range(chance.randrange(1, 30))]
    if codec == "latin-1":
        lines.insert(0, "é is no UTF-8\n")
    old = "".join(lines) + (chance.choice(words) if chance.random() < 0.5 else "")
    start = chance.randrange(len(old) + 1)
    end = min(len(old), start + chance.choice((0, 1, 5, 40)))
    put = "".join(chance.choice(words) + chance.choice(("", *ends)) for _ in range(chance.randrange(3)))
    if codec == "latin-1":  # what is left must not turn into UTF-8
        start, end = max(start, 14), max(end, 14)
    new = old[:start] + put + old[end:]
    head, tail = old[:start].encode(codec), old[end:].encode(codec)
    return Case(mark + old.encode(codec), mark + head + put.encode(codec) + tail, old, new)


async def test_no_byte_outside_an_edit_changes(tmp_path: Path) -> None:
    chance = random.Random(20_261)
    done = wrong = opened = 0
    while done < EDITS:
        model = chance.choice(MODELS)
        cases = {f"f{number}.txt": case(chance) for number in range(20)}
        for name, one in cases.items():
            (tmp_path / name).write_bytes(one.before)
        editor = ModelEditor(model)
        for name in chance.sample(sorted(cases), 6):
            editor.open(tmp_path / name, cases[name].old)
        with Door([tmp_path]) as door:
            sink = ApplyAtOnce(Workspace([tmp_path], editor.documents, door), door, EditorApplier(editor))
            plan = [FileChange(tmp_path / name, name, one.old, one.new) for name, one in cases.items()]
            await sink.submit([change for change in plan if change.before != change.after])
        for name, one in cases.items():
            shown = editor.text(tmp_path / name)
            opened += shown is not None
            right = shown == one.new if shown is not None else (tmp_path / name).read_bytes() == one.after
            untouched = shown is None or (tmp_path / name).read_bytes() == one.before
            wrong += not (right and untouched)
        done += len(cases)
    print(f"\nrandom edits: {done:,}, of them {opened:,} in open documents; files with an unintended byte: {wrong}")
    assert wrong == 0
    assert [path.name for path in tmp_path.iterdir() if ".conduit-" in path.name] == []


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


def test_the_generator_makes_every_kind_of_file() -> None:
    chance = random.Random(1)
    cases = [case(chance) for _ in range(500)]
    assert {one.before[:2] for one in cases} >= {b"\xff\xfe", b"\xfe\xff", b"\xef\xbb"}
    assert any(b"\xe9 is no" in one.before for one in cases)
    assert any(not one.old.endswith(("\n", "\r")) for one in cases)
    assert any("\r\n" in one.old and "\n" in one.old.replace("\r\n", "") for one in cases)
    assert any(rebase(one.old, one.new, one.old) == one.new != one.old for one in cases)
