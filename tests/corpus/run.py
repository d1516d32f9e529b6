"""Run the corpus: `poe corpus`. The last line of its output has the figures."""

from __future__ import annotations

import difflib
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from conduit.edits import match
from conduit.edits.blocks import parse_search_replace
from conduit.edits.edit import TextEdit
from conduit.edits.patch import FilePatch, apply
from conduit.edits.unified import parse_unified
from conduit.edits.v4a import parse_v4a
from conduit.errors import ToolError
from conduit.workspace.document import split_lines
from corpus.cases import PATH, Case, digest, load_cases, load_documents, text_of
from corpus.documents import document

PARSERS = {"blocks": parse_search_replace, "v4a": parse_v4a, "unified": parse_unified}


@dataclass
class Outcome:
    """What became of a case: `right`, `wrong place`, `not applied`, `refused` (as it must be), `wrongly applied`."""

    case: Case
    what: str
    said: str = ""


def run(case: Case, text: str) -> Outcome:
    """Apply a case's patch and compare."""
    try:
        after, edits = made(case, text)
    except ToolError as error:
        return Outcome(case, "refused" if case.expect == "refused" else "not applied", str(error))
    if case.expect == "refused":
        return Outcome(case, "wrongly applied", _diff(text, after))
    first = min((edit.range.start.line for edit in edits), default=-1) + 1
    right = digest(after) == case.after and in_lines(text, edits) == after and first <= case.line
    return Outcome(case, "right" if right else "wrong place", "" if right else _diff(text, after))


def made(case: Case, text: str) -> tuple[str, Sequence[TextEdit]]:
    """Return the text after the case's patch, and its edits."""
    if case.format == "edit":
        old, new, *hint = case.patch
        replaced = match.replace(text, old, new, hint_line=hint[0] if hint else None)
        return replaced.text, replaced.edits()
    patches = (
        [FilePatch(PATH, "write", text=case.patch)] if case.format == "whole" else PARSERS[case.format](case.patch)
    )
    (file,) = apply(patches, {PATH: text})
    return file.after or "", file.edits


def in_lines(text: str, edits: Sequence[TextEdit]) -> str:
    """Return `text` after edits, made as an editor makes them."""
    lines = [*split_lines(text), ""]
    for edit in sorted(edits, key=lambda each: each.range.start, reverse=True):
        start, end = edit.range.start, edit.range.end
        lines[start.line : end.line + 1] = [
            lines[start.line][: start.column] + edit.new_text + lines[end.line][end.column :]
        ]
    return "".join(lines)


def _diff(before: str, after: str) -> str:
    return "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), n=1))[:600]


def run_all() -> list[Outcome]:
    docs = load_documents()
    return [run(case, text_of(case, docs)) for case in load_cases()]


def figures(outcomes: Sequence[Outcome]) -> dict[str, object]:
    counts = Counter(outcome.what for outcome in outcomes)
    wanted = sum(outcome.case.expect == "applied" for outcome in outcomes)
    refusals = len(outcomes) - wanted
    return {
        "cases": len(outcomes),
        "applied": counts["right"] / wanted,
        "refused": counts["refused"] / refusals,
        "wrong place": counts["wrong place"],
        "wrongly applied": counts["wrongly applied"],
        "wanted": wanted,
        "refusals": refusals,
    }


def _median_ms(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.thread_time()
        work()
        taken.append(time.thread_time() - started)
    return statistics.median(taken) * 1000


def _window(lines: list[str], block: list[str]) -> int:
    """Find the most similar window as a plain difflib search does; for scale."""
    matcher = difflib.SequenceMatcher(None, autojunk=False)
    matcher.set_seq2("".join(block))
    best, at = 0.0, 0
    for row in range(len(lines) - len(block) + 1):
        matcher.set_seq1("".join(lines[row : row + len(block)]))
        score = matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and matcher.ratio()
        if score and score > best:
            best, at = score, row
    return at


def times() -> dict[str, float]:
    """Measure the processor time on a file of 1 MB: a block of 14 lines at three quarters of it, exact and with a line that differs."""
    text = ""
    seed = 1
    while len(text) < 1_000_000:
        text += document("python", seed, 4000)
        seed += 1
    text = text[:1_000_000]
    lines = split_lines(text)
    row = next(row for row in range(len(lines) * 3 // 4, len(lines)) if text.count("".join(lines[row : row + 14])) == 1)
    block = lines[row : row + 14]
    changed = next(index for index in range(5, 10) if block[index].strip() and not block[index].rstrip().endswith(":"))
    stale = [*block[:changed], block[changed].rstrip("\n") + "  # another comment\n", *block[changed + 1 :]]
    part = lines[row - 150 : row + 150]  # the window over the whole file takes minutes
    return {
        "exact": _median_ms(lambda: match.find(text, "".join(block)), 31),
        "exact, replaced": _median_ms(lambda: match.replace(text, "".join(block), "".join(block[1:])), 31),
        "fuzzy": _median_ms(lambda: match.find(text, "".join(stale)), 31),
        "difflib": _median_ms(lambda: _window(part, stale), 1) * len(lines) / len(part),
    }


def main() -> int:
    verbose = "-v" in sys.argv
    outcomes = run_all()
    kinds: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        kinds.setdefault(f"{outcome.case.origin}: {outcome.case.kind}", Counter())[outcome.what] += 1
        if verbose and outcome.what not in {"right", "refused"}:
            print(f"--- {outcome.what}: {outcome.case.id} ({outcome.case.format}, {outcome.case.doc})\n{outcome.said}")
    for kind, counts in sorted(kinds.items()):
        print(f"{kind:55} {'  '.join(f'{what} {count}' for what, count in counts.most_common())}")
    all_of_them, taken = figures(outcomes), times()
    print(
        f"{all_of_them['cases']} cases: applied {all_of_them['applied']:.2%} of {all_of_them['wanted']}, "
        f"refused {all_of_them['refused']:.2%} of {all_of_them['refusals']}, "
        f"wrong place = {all_of_them['wrong place']}, wrongly applied = {all_of_them['wrongly applied']}; "
        f"1 MB file: exact {taken['exact']:.2f} ms ({taken['exact, replaced']:.2f} ms with the new text), "
        f"fuzzy {taken['fuzzy']:.1f} ms, difflib window {taken['difflib'] / 1000:.0f} s"
    )
    return 1 if all_of_them["wrong place"] or all_of_them["wrongly applied"] else 0


if __name__ == "__main__":
    sys.exit(main())
