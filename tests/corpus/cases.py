"""What a case of the corpus is, how it is stored, and how a quoted change is written in each format. Imports nothing of ours.

Documents are stored once (`documents.jsonl`: a text, or a language and a seed for `documents.py`); a case names one, says
how it differs from it (`changes`, `ends`), and holds what a model wrote and what must become of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from corpus.documents import document

HERE = Path(__file__).parent
PATH = "src/file.txt"
FORMATS = ("edit", "blocks", "v4a", "unified")


@dataclass
class Case:
    """One case.

    Attributes:
        kind: what is difficult about it.
        origin: `generated`, `history` or `hand`.
        doc: the document it starts from.
        format: `edit` (old and new text), `blocks`, `v4a`, `unified` or `whole`.
        patch: what the model wrote; for `edit` a list of old text, new text and perhaps a zero-based line.
        expect: `applied` or `refused`.
        after: the first 16 digits of the SHA-256 of the resulting text, when it is applied.
        line: the first line that changes, one-based, when it is applied.
        changes: lines from, to, and what stands there instead: what a person did to the document before.
        ends: `lf`, `crlf`, `mixed` or `none` (LF, and no final one).
    """

    id: str
    kind: str
    origin: str
    doc: str
    format: str
    patch: object
    expect: str
    after: str = ""
    line: int = 0
    changes: list = field(default_factory=list)
    ends: str = "lf"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def joined(lines: Sequence[str], ends: str) -> str:
    """Return the text of bare lines."""
    if ends == "crlf":
        return "".join(f"{line}\r\n" for line in lines)
    if ends == "mixed":
        return "".join(line + ("\r\n" if mixed_crlf(line) else "\n") for line in lines)
    text = "".join(f"{line}\n" for line in lines)
    return text[:-1] if ends == "none" else text


def mixed_crlf(line: str) -> bool:
    return hashlib.sha256(line.encode()).digest()[0] % 4 == 0


def changed(lines: Sequence[str], changes: Sequence) -> list[str]:
    """Return bare lines after replacements, each `[from, to, lines]`, given from the top."""
    out = list(lines)
    for first, last, new in reversed(changes):
        out[first:last] = new
    return out


def load_documents() -> dict[str, str]:
    docs = {}
    for line in (HERE / "documents.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        docs[row["id"]] = row["text"] if "text" in row else document(row["language"], row["seed"], row["lines"])
    return docs


def load_cases() -> Iterator[Case]:
    for file in sorted(HERE.glob("cases-*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            yield Case(**json.loads(line))


def text_of(case: Case, docs: dict[str, str]) -> str:
    """Return the text that the case's patch is for."""
    return joined(changed(docs[case.doc].split("\n")[:-1], case.changes), case.ends)


def dump(file: str, cases: Sequence[Case]) -> None:
    defaults = Case("", "", "", "", "", "", "")
    rows = []
    for case in cases:
        row = {name: value for name, value in asdict(case).items() if value != getattr(defaults, name) or name == "id"}
        rows.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
    (HERE / file).write_text("\n".join(rows) + "\n", "utf-8")


# --- how a change is written -----------------------------------------------------------------------------------------

Change = tuple[Sequence[str], Sequence[str]]
"""Old and new lines, bare, with what is quoted around them."""


def written(form: str, changes: Sequence[Change], *, lines: Sequence[int] | None = None, scope: str = "") -> object:
    """Return changes in a format; `lines` are the one-based first lines for a diff, right or wrong."""
    if form == "edit":
        (old, new), *more = changes
        assert not more
        return ["".join(f"{line}\n" for line in old), "".join(f"{line}\n" for line in new)]
    if form == "blocks":
        parts = [
            "<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n".format(
                *tuple("".join(f"{line}\n" for line in side) for side in change)
            )
            for change in changes
        ]
        return "".join(f"{PATH}\n```\n{part}```\n\n" for part in parts)
    if form == "v4a":
        head = f"*** Begin Patch\n*** Update File: {PATH}\n"
        parts = [
            f"@@{' ' + scope if scope else ''}\n" + "".join(f"{line}\n" for line in marked(*change))
            for change in changes
        ]
        return head + "".join(parts) + "*** End Patch\n"
    assert form == "unified"
    out = f"--- a/{PATH}\n+++ b/{PATH}\n"
    for (old, new), first in zip(changes, lines or [1] * len(changes), strict=True):
        out += f"@@ -{first},{len(old)} +{first},{len(new)} @@\n" + "".join(f"{line}\n" for line in marked(old, new))
    return out


def marked(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the lines of a hunk: what is equal at both ends as context, the rest removed and added."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    stop_old, stop_new = len(old) - tail, len(new) - tail
    return [
        *(f" {line}" for line in old[:head]),
        *(f"-{line}" for line in old[head:stop_old]),
        *(f"+{line}" for line in new[head:stop_new]),
        *(f" {line}" for line in old[stop_old:]),
    ]
