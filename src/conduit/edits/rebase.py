"""Move a change through what the person typed meanwhile: both land when they are apart, else neither is guessed.

Pure, and line by line: a change of a line and another change of the same line are never put together.
"""

from __future__ import annotations

from conduit.edits.spans import InOrder, Span, apply_spans, spans


def rebase(before: str, after: str, now: str) -> str | None:
    """Return `now` with the change from `before` to `after` made in it too.

    None when the person changed the same lines, put some in at the same place, or one side adds lines behind the last
    one and the other takes its line end away.
    """
    if now == before:
        return after
    ours, theirs = spans(before, after), InOrder(spans(before, now))
    if any(_meet(one, other) or _meet(other, one) for one in ours for other in theirs.near(one)):
        return None
    return apply_spans(before, sorted([*ours, *theirs.changes], key=lambda span: (span.start, span.end)))


def _meet(one: Span, other: Span) -> bool:
    """Say whether two changes overlap; of two texts put in at one place nobody knows which comes first."""
    if (one.start, one.end) == (other.start, other.end) or (one.start < other.end and other.start < one.end):
        return True
    return one.end == other.start and bool(one.lines) and not one.lines[-1].endswith(("\n", "\r"))
