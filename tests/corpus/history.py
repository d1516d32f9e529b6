"""Cases from this repository's own past: changes that people made, written in every format and made harder. Imports nothing of ours."""

from __future__ import annotations

import difflib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus.cases import Case, changed, digest, joined, written
from corpus.documents import Dice

ROOT = Path(__file__).parents[2]
MOST_LINES, MOST_FILES = 170, 44
END = "e4244aa..762ae3a"


def git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True, text=True).stdout


def changes() -> Iterator[tuple[str, str, str]]:
    """Yield a name, the text before and the text after, of files that a commit changed a little."""
    seen: dict[str, int] = {}
    for commit in git("rev-list", "--reverse", "--no-merges", END).split():
        for path in git(
            "show", "--diff-filter=M", "--name-only", "--format=", commit, "--", "src", "docs", "tests"
        ).split():
            if not path.endswith((".py", ".md", ".toml")) or seen.get(path, 0) >= 2:
                continue
            before, after = git("show", f"{commit}~:{path}"), git("show", f"{commit}:{path}")
            lines = before.count("\n")
            added = abs(after.count("\n") - lines)
            if 30 <= lines <= MOST_LINES and added < 40 and before.endswith("\n") and after.endswith("\n"):
                seen[path] = seen.get(path, 0) + 1
                yield f"{commit[:8]}:{path}", before, after


def history_documents() -> dict[str, str]:
    docs: dict[str, str] = {}
    all_of_them = list(changes())
    step = max(len(all_of_them) // MOST_FILES, 1)
    for name, before, after in all_of_them[::step][:MOST_FILES]:
        docs[f"{name}@before"], docs[f"{name}@after"] = before, after
    return docs


def parts(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Return the ranges of each hunk with three lines around it: rows before, rows after."""
    groups = difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(3)
    return [(group[0][1], group[-1][2], group[0][3], group[-1][4]) for group in groups]


def once(block: Sequence[str], lines: Sequence[str]) -> bool:
    """Say whether a block stands once, white space around its lines aside."""
    want, here = [line.strip() for line in block], [line.strip() for line in lines]
    return sum(here[row : row + len(want)] == want for row in range(len(here))) == 1


def history_cases(docs: dict[str, str]) -> list[Case]:
    cases: list[Case] = []
    for name, before in docs.items():
        if name.endswith("@before"):
            old, new = (text.split("\n")[:-1] for text in (before, docs[name.replace("@before", "@after")]))
            cases += _of_one(name, old, new)
    for number, case in enumerate(cases):
        case.id, case.origin = f"history-{number}", "history"
    return cases


def _of_one(name: str, old: list[str], new: list[str]) -> Iterator[Case]:
    dice = Dice(name)
    hunks = parts(old, new)
    quotes = [(old[i1:i2], new[j1:j2]) for i1, i2, j1, j2 in hunks]
    alone = all(once(quote[0], old) for quote in quotes)
    first = next((row for row, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))) + 1
    lines = [i1 + 1 for i1, _, _, _ in hunks]

    def applied(kind: str, form: str, patch: object, after: str, line: int = first, **more) -> Case:
        return Case("", kind, "", name, form, patch, "applied", digest(after), line, **more)

    yield applied("a commit", "unified", written("unified", quotes, lines=lines), joined(new, "lf"))
    if alone:
        yield applied("a commit", "v4a", written("v4a", quotes), joined(new, "lf"))
        if all(quote[0] for quote in quotes):
            yield applied("a commit", "blocks", written("blocks", quotes), joined(new, "lf"))
            yield applied("a commit, CRLF", "blocks", written("blocks", quotes), joined(new, "crlf"), ends="crlf")
        off = [line + dice.between(5, 60) for line in lines]
        yield applied("a commit, wrong lines", "unified", written("unified", quotes, lines=off), joined(new, "lf"))
        # Somebody added lines at the top.
        top = [f"# a note {index}" for index in range(dice.between(3, 30))]
        if once([*top], [*top, *old]):
            patch = written("unified", quotes, lines=lines)
            yield applied(
                "a commit, moved down",
                "unified",
                patch,
                joined([*top, *new], "lf"),
                first + len(top),
                changes=[[0, 0, top]],
            )
        dented = [
            (
                [f"    {line}" if line else line for line in side[0]],
                [f"    {line}" if line else line for line in side[1]],
            )
            for side in quotes
        ]
        yield applied("a commit, indented", "v4a", written("v4a", dented), joined(new, "lf"))
    # Done already: what was quoted is there no longer.
    if not any(once(quote[0], new) or _stands(quote[0], new) for quote in quotes):
        case_form = dice.pick(["v4a", "blocks", "unified"])
        yield Case(
            "",
            "a commit, made already",
            "",
            name.replace("@before", "@after"),
            case_form,
            written(case_form, quotes, lines=lines),
            "refused",
        )
    # One of the lines that it takes away was changed by somebody.
    for (i1, _, _, _), (was, becomes) in zip(hunks, quotes, strict=True):
        gone = [index for index, line in enumerate(was) if line.strip() and line not in becomes]
        if gone and alone:
            at = i1 + gone[0]
            form = dice.pick(["v4a", "blocks", "unified"])
            yield Case(
                "",
                "a commit, stale line",
                "",
                name,
                form,
                written(form, quotes, lines=lines),
                "refused",
                changes=[[at, at + 1, [old[at] + "  # hm"]]],
            )
            break


def _stands(block: Sequence[str], lines: Sequence[str]) -> bool:
    want = [line.strip() for line in block]
    here = [line.strip() for line in changed(lines, [])]
    return any(here[row : row + len(want)] == want for row in range(len(here)))
