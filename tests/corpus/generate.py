"""Write the corpus anew: `PYTHONPATH=tests python -m corpus.generate` in a checkout with its history.

What must become of a case follows from how it is made: a place is chosen first, then quoted well or badly. The matcher is
never asked; nothing of `conduit` is imported. A place counts as the one right place when

* its quoted lines stand there alone (but for white space around them), or it alone has them exactly;
* or at most two lines of at least ten are not as quoted, inside the block, none of them opens a block (that one names it:
  a renamed function cannot be told from its twin) and none is a line that the edit changes;
* or a scope, a line number or the order of the changes tells which of equal places is meant.

Everything else must be refused.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from corpus.cases import FORMATS, HERE, Case, changed, digest, dump, joined, mixed_crlf, written
from corpus.documents import NOUNS, THINGS, Dice, document
from corpus.hand import hand_cases
from corpus.history import history_cases, history_documents

ASCII = str.maketrans({"’": "'", "“": '"', "”": '"', "—": "-", "–": "-", "…": "..."})
SMALL = {
    f"{language}{seed}": (language, seed, 110)
    for language in ("python", "script", "go", "yaml", "prose")
    for seed in range(1, 6)
}
LARGE = {
    f"{language}-large{seed}": (language, 100 + seed, 2500 + 900 * seed)
    for language in ("python", "script", "go", "yaml")
    for seed in range(1, 3)
}

Lines = list[str]


class Doc:
    """A document and what can be said of its lines without any matcher."""

    def __init__(self, name: str, spec: tuple[str, int, int]) -> None:
        self.name, self.language = name, spec[0]
        self.lines: Lines = document(*spec).split("\n")[:-1]

    def alone(self, block: Sequence[str], lines: Sequence[str] | None = None) -> bool:
        """Say whether the block stands once, white space around its lines aside."""
        here = [line.strip() for line in (lines or self.lines)]
        want = [line.strip() for line in block]
        return sum(here[row : row + len(want)] == want for row in range(len(here))) == 1

    def pick(
        self, dice: Dice, size: int, good: Callable[[int, Lines], bool] = lambda _row, _block: True
    ) -> tuple[int, Lines]:
        """Return a block that stands once, begins and ends with a line that has content, and is `good`."""
        for _ in range(4000):
            row = dice.below(len(self.lines) - size)
            block = self.lines[row : row + size]
            if block[0].strip() and block[-1].strip() and self.alone(block) and good(row, block):
                return row, block
        raise LookupError(self.name, size)


def edited(dice: Dice, block: Sequence[str], count: int = 1, keep: Sequence[int] = ()) -> Lines:
    """Return a block after a small edit: words replaced, or a line added or taken away."""
    new: list[str | None] = list(block)
    rows = [row for row, line in enumerate(block) if line.strip() and row not in keep]
    for _ in range(count):
        row = dice.pick(rows)
        line = new[row] or block[row]
        words = [word for word in line.split() if word.strip("(){}:,;").isalnum()]
        what = dice.below(3)
        if what == 0 and words:
            new[row] = line.replace(dice.pick(words), f"changed{dice.below(1000)}", 1)
        elif what == 1 and len(rows) > 2 and len(block) > 2 and count == 1:
            new[row] = None
        else:
            indent = line[: len(line) - len(line.lstrip())]
            new[row] = f"{line}\n{indent}added_{dice.below(1000)}"
    return [piece for line in new if line is not None for piece in line.split("\n")]


class Cases:
    """Collects cases and numbers them."""

    def __init__(self) -> None:
        self.all: list[Case] = []

    def add(
        self,
        kind: str,
        doc: Doc,
        form: str,
        patch: object,
        expect: str = "refused",
        after: str | None = None,
        row: int = 0,
        **more: object,
    ) -> None:
        case = Case(f"{kind}-{len(self.all)}", kind, "generated", doc.name, form, patch, expect, **more)  # type: ignore[arg-type]
        if after is not None:
            assert expect == "applied"
            case.after, case.line = digest(after), row + 1
        self.all.append(case)

    def apply(
        self,
        kind: str,
        doc: Doc,
        form: str,
        row: int,
        size: int,
        new: Sequence[str],
        patch: object,
        base: Sequence[str] | None = None,
        ends: str = "lf",
        **more: object,
    ) -> None:
        """Add a case that is applied: lines from `row` on become `new`."""
        lines = list(base if base is not None else doc.lines)
        old = lines[row : row + size]
        head = _first(old, new)
        after = respliced(lines, row, size, new, ends)
        self.add(kind, doc, form, patch, "applied", after, row + head, ends=ends, **more)


def _first(old: Sequence[str], new: Sequence[str]) -> int:
    """Return the first line that differs."""
    return next((index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def respliced(lines: Sequence[str], row: int, size: int, new: Sequence[str], ends: str) -> str:
    """Return the text with lines replaced by `new`: kept lines keep their ends, others take what their place or the text has."""
    if ends != "mixed":
        return joined([*lines[:row], *new, *lines[row + size :]], ends)
    assert len(new) == size
    kept = ["\r\n" if mixed_crlf(line) else "\n" for line in lines]
    return "".join(line + end for line, end in zip([*lines[:row], *new, *lines[row + size :]], kept, strict=True))


def exact(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        for form in FORMATS:
            row, block = doc.pick(dice, dice.between(3, 12))
            new = edited(dice, block, dice.between(1, 2))
            out.apply("exact", doc, form, row, len(block), new, written(form, [(block, new)], lines=[row + 1]))
        row, block = doc.pick(dice, dice.between(3, 6))
        new = edited(dice, block)
        old_text, new_text = "\n".join(block), "\n".join(new)
        if joined(doc.lines, "lf").count(old_text) == 1:
            out.apply("exact", doc, "edit", row, len(block), new, [old_text, new_text])


def part_of_a_line(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        text = joined(doc.lines, "lf")
        for _ in range(40):
            row = dice.below(len(doc.lines))
            words = doc.lines[row].split()
            if len(words) < 4:
                continue
            old = " ".join(words[1:4])
            if text.count(old) != 1 or old not in doc.lines[row] or not (old[0].isalnum() and old[-1].isalnum()):
                continue
            at = text.index(old)
            if text[at - 1 : at].isalnum() or text[at + len(old) : at + len(old) + 1].isalnum():
                continue
            out.apply(
                "part of a line",
                doc,
                "edit",
                row,
                1,
                [doc.lines[row].replace(old, "some_other + words")],
                [old, "some_other + words"],
            )
            cut = old[:-1]
            if text.count(cut) == 1 and cut[-1].isalnum():
                out.add("part of a word", doc, "edit", [cut, "other"])
            break


def white_space(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        for form in FORMATS:
            row, block = doc.pick(dice, dice.between(3, 9))
            new = edited(dice, block)
            if dice.chance(0.5):  # the model adds white space that is not there
                tail = dice.pick(["  ", "\t", " "])
                at = dice.below(len(block))
                old = [line + tail if index == at else line for index, line in enumerate(block)]
                wrote = [line + tail if line == block[at] else line for line in new]
                if block.count(block[at]) > 1 or wrote == new:
                    wrote, old = new, [line + tail if line not in new else line for line in block]
                if old == block:
                    continue
                out.apply(
                    "white space at line ends",
                    doc,
                    form,
                    row,
                    len(block),
                    new,
                    written(form, [(old, wrote)], lines=[row + 1]),
                )
                continue
            tails = [dice.pick(["", "  ", "\t"]) for _ in block]  # the text has some that the model does not see
            spaced = [line + tail for line, tail in zip(block, tails, strict=True)]
            change = [[row, row + len(block), spaced]]
            mine = dict(zip(block, spaced, strict=True))
            if len(mine) != len(block):
                continue
            result = [mine.get(line, line) for line in new]
            out.apply(
                "white space at line ends",
                doc,
                form,
                row,
                len(block),
                result,
                written(form, [(block, new)], lines=[row + 1]),
                base=changed(doc.lines, change),
                changes=change,
            )


def moved(how: str, unit: str, line: str) -> str:
    """Return a line with one level of indentation less or more, or with tabs for spaces, or spaces for tabs."""
    if how == "less":
        return line.removeprefix(unit)
    if how == "more":
        return unit + line if line else line
    level = len(_indent(line)) // len(unit)
    return ("    " if unit == "\t" else "\t") * level + line.lstrip()


def indentation(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        if doc.language == "prose":
            continue
        for form in (*FORMATS, "edit", "blocks"):
            unit = "\t" if doc.language == "go" else "  " if doc.language in {"script", "yaml"} else "    "
            row, block = doc.pick(
                dice,
                dice.between(3, 9),
                lambda _row, block, unit=unit: all(line.startswith(unit) for line in block if line),
            )
            new = edited(dice, block)
            how = dice.pick(["less", "more", "swapped"])
            if how == "swapped" and any(len(_indent(line)) % len(unit) for line in [*block, *new]):
                continue
            move = partial(moved, how, unit)
            old, wrote = [move(line) for line in block], [move(line) for line in new]
            if doc.alone(old):
                out.apply(
                    "indentation", doc, form, row, len(block), new, written(form, [(old, wrote)], lines=[row + 1])
                )
        # Each line moved by another amount is something else.
        row, block = (
            doc.pick(dice, 4, lambda _row, block: all(line.startswith(" ") for line in block))
            if doc.language != "go"
            else (0, [])
        )
        if block:
            bent = [" " * index + line for index, line in enumerate(block)]
            form = dice.pick(FORMATS)
            out.add("indentation not uniform", doc, form, written(form, [(bent, ["x"])]))


def punctuation(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        if doc.language != "prose":
            row, block = (
                doc.pick(dice, 5, lambda _row, block: any('"' in line for line in block))
                if doc.language == "script"
                else (0, [])
            )
            if block:  # the model writes typographic quotes where the text has plain ones
                curly = [line.replace('"', "“") for line in block]
                new = edited(dice, block, keep=[index for index, line in enumerate(block) if '"' in line])
                wrote = [line.replace('"', "“") for line in new]
                out.apply("punctuation", doc, "edit", row, 5, new, written("edit", [(curly, wrote)]))
            continue
        for form in FORMATS * 2:
            row, block = doc.pick(
                dice, dice.between(2, 5), lambda _row, block: any(not line.isascii() for line in block)
            )
            new = edited(
                dice,
                block,
                keep=[index for index, line in enumerate(block) if not line.isascii()]
                if all(block) and any(line.isascii() and line for line in block)
                else (),
            )
            out.apply(
                "punctuation",
                doc,
                form,
                row,
                len(block),
                new,
                written(
                    form,
                    [([line.translate(ASCII) for line in block], [line.translate(ASCII) for line in new])],
                    lines=[row + 1],
                ),
            )


def line_ends(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        for form in FORMATS:
            row, block = doc.pick(dice, dice.between(2, 8))
            new = edited(dice, block)
            patch = written(form, [(block, new)], lines=[row + 1])
            if dice.chance(0.3):
                patch = (
                    [text.replace("\n", "\r\n") for text in patch]
                    if isinstance(patch, list)
                    else patch.replace("\n", "\r\n")
                )
            out.apply("CRLF", doc, form, row, len(block), new, patch, ends="crlf")
            row, block = doc.pick(dice, dice.between(3, 6))
            new = [*block[:1], block[1] + " changed", *block[2:]]
            out.apply(
                "mixed line ends",
                doc,
                form,
                row,
                len(block),
                new,
                written(form, [(block, new)], lines=[row + 1]),
                ends="mixed",
            )
        lines = "\n".join(doc.lines).rstrip().split("\n")
        change = [[len(lines), len(doc.lines), []]] if len(lines) < len(doc.lines) else []
        size = dice.between(2, 6)
        block = lines[-size:]
        new = [*block[:-1], block[-1] + " more", "last"]
        if doc.alone(block, lines) and block[0].strip():
            for form in FORMATS:
                out.apply(
                    "no final newline",
                    doc,
                    form,
                    len(lines) - size,
                    size,
                    new,
                    written(form, [(block, new)], lines=[len(lines) - size + 1]),
                    base=lines,
                    ends="none",
                    changes=change,
                )


def doubled(doc: Doc, dice: Dice) -> tuple[list, Lines, int, int, Lines]:
    """Return a change that copies a block to another place, the lines after it, both rows and the block."""
    size = dice.between(4, 9)
    row, block = doc.pick(dice, size, lambda row, _block: row + 2 * size < len(doc.lines) - 12)
    to = row + size + dice.between(4, min(60, len(doc.lines) - row - 2 * size))
    to = min(to, len(doc.lines))
    change = [[to, to, list(block)]]
    return change, changed(doc.lines, change), row, to, block


def duplicates(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        change, lines, row, to, block = doubled(doc, dice)
        new = edited(dice, block)
        for form in ("edit", "blocks", "v4a"):
            out.add("duplicate", doc, form, written(form, [(block, new)]), changes=change)
        for at in (row, to):
            off = dice.between(0, 1)
            out.apply(
                "duplicate, line told",
                doc,
                "unified",
                at,
                len(block),
                new,
                written("unified", [(block, new)], lines=[at + 1 + off]),
                base=lines,
                changes=change,
            )
        middle = (row + to) // 2
        out.add(
            "duplicate, line in the middle",
            doc,
            "unified",
            written("unified", [(block, new)], lines=[middle + 1]),
            changes=change,
        )
        # One more line above tells them apart.
        above = lines[to - 1]
        if above.strip() and doc.alone([above, *block], lines):
            out.apply(
                "duplicate, told apart",
                doc,
                dice.pick(["edit", "blocks", "v4a"]),
                to - 1,
                len(block) + 1,
                [above, *new],
                "",
                base=lines,
                changes=change,
            )
            case = out.all[-1]
            case.patch = written(case.format, [([above, *block], [above, *new])])
        # A change above and one below leave only one of the two, in formats whose changes are in order.
        first = next(
            (
                index
                for index in range(row + len(block), to - 2)
                if lines[index].strip() and doc.alone([lines[index]], lines)
            ),
            None,
        )
        if first is not None:
            twice = [([lines[first]], [lines[first] + " x"]), (block, new)]
            after = joined(
                changed(lines, [[first, first + 1, [lines[first] + " x"]], [to, to + len(block), new]]), "lf"
            )
            out.add(
                "duplicate, told by order", doc, "v4a", written("v4a", twice), "applied", after, first, changes=change
            )
        # White space at the end tells nothing: each fits but for that.
        spaced = [[to, to, [line + "  " for line in block]]]
        quoted = [line + "\t" for line in block]
        out.add("duplicate but for white space", doc, "edit", written("edit", [(quoted, new)]), changes=spaced)


def twins(out: Cases, docs: list[Doc], dice: Dice) -> None:
    """Functions that differ in their names only; the one that is quoted is there, has changed, or is gone."""
    for doc in docs:
        opener = {"python": "    def ", "script": "export function ", "go": "func "}.get(doc.language)
        if not opener:
            continue
        heads = [index for index, line in enumerate(doc.lines) if line.startswith(opener)]
        row = dice.pick([index for index in heads if index + 14 < len(doc.lines)])
        size = 12
        block = doc.lines[row : row + size]
        name = block[0].split("(")[0].split()[-1]
        twin = [block[0].replace(name, f"{name}_again"), *block[1:]]
        change = [[row, row, [*twin, ""]]]
        lines = changed(doc.lines, change)
        new = [*block[:-1], "inserted_line", block[-1]]
        for form in ("edit", "blocks", "v4a", "unified"):
            out.apply(
                "twin beside it",
                doc,
                form,
                row + size + 1,
                size,
                new,
                written(form, [(block, new)], lines=[row + size + 2]),
                base=lines,
                changes=change,
            )
            out.add(
                "only the twin is left",
                doc,
                form,
                written(form, [(block, new)], lines=[row + 1]),
                changes=[[row, row + 1, twin[:1]]],
            )
            stale = [*block[:5], "something_else()", *block[6:]]
            lost = [twin[0].replace("again", "third"), *stale[1:]]
            out.add(
                "neither twin fits",
                doc,
                form,
                written(form, [(lost, [*lost, "more"])], lines=[row + 1]),
                changes=change,
            )
        # Only the body is quoted, and both have it.
        if doc.language == "python":
            body, scope = block[1:5], block[0].strip()
            became = ["        inserted = 1", *body]
            out.add("twin bodies", doc, "v4a", written("v4a", [(body, became)]), changes=change)
            out.apply(
                "twin bodies, scope told",
                doc,
                "v4a",
                row + size + 2,
                4,
                became,
                written("v4a", [(body, became)], scope=scope),
                base=lines,
                changes=change,
            )
            out.add(
                "scope is gone",
                doc,
                "v4a",
                written("v4a", [(body, became)], scope=scope.replace(name, "nowhere")),
                changes=change,
            )
            gone = [[row, row, [*twin, ""]], [row + 1, row + 5, ["        return None"]]]
            out.add(
                "the scope's body changed, its twin's did not",
                doc,
                "v4a",
                written("v4a", [(body, became)], scope=scope),
                changes=gone,
            )


def elisions(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        mark = {"python": "# ", "script": "// ", "go": "// ", "yaml": "# "}.get(doc.language)
        if mark is None:
            continue
        words = dice.pick(
            ["... existing code ...", "... rest of the function unchanged ...", "...", "… existing code …"]
        )
        size = 12
        row, block = doc.pick(dice, size, lambda _row, block: doc.alone(block[:3]) and doc.alone(block[-3:]))
        indent = block[3][: len(block[3]) - len(block[3].lstrip())]
        gap = indent + mark + words
        old = [*block[:3], gap, *block[-3:]]
        for form in ("edit", "blocks"):
            new = [*block[:2], block[2] + " changed", *block[3:-1], block[-1], "added"]
            wrote = [*block[:2], block[2] + " changed", gap, *block[-3:], "added"]
            out.apply("left out on both sides", doc, form, row, size, new, written(form, [(old, wrote)]))
            out.add("left out in the search only", doc, form, written(form, [(old, [*block[:3], "full"])]))
            out.add("left out in the replacement only", doc, form, written(form, [(block, wrote)]))
        for form in ("v4a", "unified"):
            out.add(
                "left out in the search only", doc, form, written(form, [(old, [*block[:3], "full"])], lines=[row + 1])
            )
        out.add(
            "left out in a whole file",
            doc,
            "whole",
            "\n".join([*doc.lines[:5], mark + "... rest of the file unchanged ...", ""]),
        )


def stale(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        for form in (*FORMATS, dice.pick(FORMATS)):
            size = dice.between(11, 18)
            try:
                row, block = doc.pick(dice, size, lambda _row, block: sum(bool(line.strip()) for line in block) >= 10)
            except LookupError:
                continue
            opens = [index for index in range(size - 1) if _opens(block, index)]
            inner = [
                index
                for index in range(2, size - 2)
                if block[index].strip() and index not in opens and doc.lines.count(block[index]) == 1
            ]
            if len(inner) < 2:
                continue
            touched = dice.pick(inner)
            target = dice.pick([index for index in inner if index != touched])
            line, here = block[target], block[touched]
            indent, space = _indent(line), _indent(here)
            ours = dice.pick([[line + " edited"], [line, f"{indent}added = {dice.below(900)}"]])
            new = [*block[:target], *ours, *block[target + 1 :]]
            last = here.split()[-1]
            now = dice.pick(
                [
                    [here + "  # seen"],
                    [f"{space}somebody_was(here)"],
                    [here, f"{space}one_more(line)"],
                    [here.replace(last, "other")],
                    [],
                ]
            )
            change = [[row + touched, row + touched + 1, now]]
            both = {target: ours, touched: now}  # both changes, each in its line
            result = [text for index, was in enumerate(block) for text in both.get(index, [was])]
            if abs(touched - target) > 1:  # next to each other they may be one change
                out.apply(
                    "stale context",
                    doc,
                    form,
                    row,
                    size - 1 + len(now),
                    result,
                    written(form, [(block, new)], lines=[row + 1]),
                    base=changed(doc.lines, change),
                    changes=change,
                )
            if len(ours) == 1:  # the line that is to change is another one by now
                gone = [[row + target, row + target + 1, [line + " # changed by somebody"]]]
                out.add("stale line", doc, form, written(form, [(block, new)], lines=[row + 1]), changes=gone)
            elif dice.chance(0.5):
                out.add(
                    "stale by half",
                    doc,
                    form,
                    written(form, [(block, new)], lines=[row + 1]),
                    changes=[[row, row + size, block[::2]]],
                )


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _opens(lines: Sequence[str], row: int) -> bool:
    indent = len(lines[row]) - len(lines[row].lstrip())
    following = next((line for line in lines[row + 1 :] if line.strip()), "")
    return len(following) - len(following.lstrip()) > indent


def not_there(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc, other in itertools.pairwise(docs):
        for form in FORMATS:
            row, block = other.pick(dice, dice.between(3, 8))
            if any(line in doc.lines for line in block if line.strip()) and dice.chance(0.5):
                continue
            if not any(doc.lines[index : index + len(block)] == block for index in range(len(doc.lines))):
                out.add("not in the file", doc, form, written(form, [(block, edited(dice, block))], lines=[row + 1]))
        row, block = doc.pick(dice, 3)
        form = dice.pick(FORMATS)
        if (capital := [line.swapcase() for line in block]) != block and not doc.alone(capital):
            out.add("other capitals", doc, form, written(form, [(capital, ["x"])], lines=[row + 1]))
        row, block = doc.pick(dice, 3, lambda _row, block: all(" " in line.strip() for line in block))
        spaced = [line[: len(line) - len(line.lstrip())] + line.lstrip().replace(" ", "  ", 1) for line in block]
        out.add("other spaces inside", doc, form, written(form, [(spaced, ["x"])], lines=[row + 1]))
        row, block = doc.pick(dice, dice.between(6, 9))
        middle = [block[0], *[f"{dice.pick(NOUNS)} {dice.pick(THINGS)} {dice.below(99)}" for _ in block[2:]], block[-1]]
        out.add(
            "only the first and the last line", doc, form, written(form, [(middle, [*middle, "x"])], lines=[row + 1])
        )


def many_blocks(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        rows: list[int] = []
        for _ in range(300):
            row, block = doc.pick(dice, 3)
            if all(abs(row - other) > 8 for other in rows):
                rows.append(row)
            if len(rows) == 3:
                break
        rows.sort()
        changes = [(doc.lines[row : row + 3], edited(dice, doc.lines[row : row + 3])) for row in rows]
        after = joined(
            changed(doc.lines, [[row, row + 3, new] for row, (_, new) in zip(rows, changes, strict=True)]), "lf"
        )
        for form in ("blocks", "v4a", "unified"):
            out.add(
                "many blocks",
                doc,
                form,
                written(form, changes, lines=[row + 1 for row in rows]),
                "applied",
                after,
                rows[0] + _first(*changes[0]),
            )
            lost = [*changes[:2], (["this stands", "nowhere at all"], ["x"])]
            out.add("one of many is not there", doc, form, written(form, lost, lines=[row + 1 for row in rows]))
        # Overlapping: both quote the line between, and change another one.
        row, block = doc.pick(dice, 5, lambda _row, block: all(block) and doc.alone(block[:3]) and doc.alone(block[2:]))
        one = (block[:3], [block[0] + " one", *block[1:3]])
        two = (block[2:], [*block[2:4], block[4] + " two"])
        for form in ("blocks", "v4a", "unified"):
            out.apply(
                "overlapping quotes",
                doc,
                form,
                row,
                5,
                [one[1][0], *block[1:4], two[1][2]],
                written(form, [one, two], lines=[row + 1, row + 3]),
            )
        both = [(block[:3], [*block[:2], block[2] + " one"]), (block[2:], [block[2] + " two", *block[3:]])]
        for form in ("blocks", "v4a", "unified"):
            out.add("overlapping changes", doc, form, written(form, both, lines=[row + 1, row + 3]))
        # The second one quotes what the first one wrote: only blocks are made one after the other.
        chained = [(block[:3], [*block[:2], "a new line"]), ([block[1], "a new line"], [block[1], "another line"])]
        if doc.alone(block[1:3]):
            out.apply(
                "a chain of blocks", doc, "blocks", row, 3, [*block[:2], "another line"], written("blocks", chained)
            )
            out.add("a chain of blocks", doc, "v4a", written("v4a", chained))


def blank_edges(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        for form in FORMATS:
            row, block = doc.pick(
                dice, dice.between(3, 8), lambda row, block: row > 1 and doc.lines[row - 1].strip() and block[1].strip()
            )
            following = doc.lines[row + len(block) : row + len(block) + 1]
            before, behind = dice.between(0, 1), dice.between(1, 2) if any(line.strip() for line in following) else 0
            before = before or 1 - min(behind, 1)
            new = edited(dice, block, keep=(0, len(block) - 1))
            old, wrote = ([*[""] * before, *side, *[""] * behind] for side in (block, new))
            out.apply(
                "blank lines around the quote",
                doc,
                form,
                row,
                len(block),
                new,
                written(form, [(old, wrote)], lines=[row + 1]),
            )


def wrong_numbers(out: Cases, docs: list[Doc], dice: Dice) -> None:
    for doc in docs:
        row, block = doc.pick(dice, dice.between(4, 9))
        new = edited(dice, block)
        patch = str(written("unified", [(block, new)], lines=[dice.below(2 * len(doc.lines))]))
        head, _, body = patch.partition("@@ -")
        wrong = f"{head}@@ -{dice.below(300)},{dice.below(40)} +{dice.below(300)},{dice.below(40)}{body[body.index(' @@') :]}"
        out.apply("wrong line numbers", doc, "unified", row, len(block), new, patch)
        out.apply("wrong counts", doc, "unified", row, len(block), new, wrong)
        none = f"{head}@@{body[body.index(' @@') + 3 :]}"
        out.apply("no line numbers", doc, "unified", row, len(block), new, none)
        bare = patch.replace("\n \n", "\n\n")  # a model drops the space of an empty line
        out.apply("empty context", doc, "unified", row, len(block), new, bare)


def generated(large: bool) -> Iterator[Case]:
    docs = [Doc(name, spec) for name, spec in (LARGE if large else SMALL).items()]
    out = Cases()
    for make in (
        exact,
        part_of_a_line,
        white_space,
        indentation,
        punctuation,
        line_ends,
        duplicates,
        twins,
        elisions,
        stale,
        not_there,
        many_blocks,
        wrong_numbers,
        blank_edges,
    ):
        make(out, docs, Dice(f"{make.__name__} {large}"))
    for case in out.all:
        case.id = f"{'large' if large else 'small'}-{case.id}".replace(" ", "-").replace(",", "")
        yield case


def main() -> None:
    documents = [
        {"id": name, "language": spec[0], "seed": spec[1], "lines": spec[2]} for name, spec in (SMALL | LARGE).items()
    ]
    past = history_documents()
    documents += [{"id": name, "text": text} for name, text in past.items()]
    hand, texts = hand_cases()
    documents += [{"id": name, "text": text} for name, text in texts.items()]
    (HERE / "documents.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in documents), "utf-8"
    )
    counts = {}
    for file, cases in (
        ("cases-small.jsonl", list(generated(large=False))),
        ("cases-large.jsonl", list(generated(large=True))),
        ("cases-history.jsonl", history_cases(past)),
        ("cases-hand.jsonl", hand),
    ):
        dump(file, cases)
        counts[file] = len(cases)
    print(counts, sum(counts.values()), file=sys.stderr)


if __name__ == "__main__":
    main()
