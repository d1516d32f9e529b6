"""What a person typed and an edit went over: found when the edit is taken back, and put beside what stands there now.

An editor that knows no versions may put an edit on lines that were typed a moment before. Mostly that is taken back to
the letter; where the person typed in the same lines once more, their lines are offered as a proposed change. Pure.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conduit.workspace.document import split_lines
from conduit.workspace.encoding import line_end_of


@dataclass(frozen=True, slots=True)
class Overwritten:
    """Text of a document in which an edit landed that was made for another one.

    Attributes:
        path: of the document.
        name: as people see it.
        sent_for: the text that the edit was made for.
        meant: what that was to become.
        stood: the text that it went into.
        became: that text with the edit in it.
    """

    path: Path
    name: str
    sent_for: str
    meant: str
    stood: str
    became: str

    def lost(self, now: str) -> list[str]:
        """Return the lines that went with the edit, were not meant to, and are not back; blank ones do not count."""
        stood = _counted(self.stood)
        gone = stood - _counted(self.became) - (_counted(self.sent_for) - _counted(self.meant))
        return list((gone & (stood - _counted(now))).elements())

    def put_back(self, now: str) -> str:
        """Return a text with those lines in it, each where the lines around it are now."""
        stood, there = split_lines(self.stood), split_lines(now)
        missing = Counter(self.lost(now))
        result: list[str] = []
        matcher = difflib.SequenceMatcher(None, stood, there, autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            result += there[j1:j2]
            for line in stood[i1:i2] if tag != "equal" else ():
                if missing[line.strip()] > 0:
                    missing[line.strip()] -= 1
                    result.append(line)
        end = line_end_of(now or self.stood)
        return "".join(
            line if line.endswith(("\n", "\r")) or number == len(result) - 1 else line + end
            for number, line in enumerate(result)
        )


OnOverwritten = Callable[[Sequence[Overwritten]], None]


def _counted(text: str) -> Counter[str]:
    return Counter(line.strip() for line in split_lines(text) if line.strip())
