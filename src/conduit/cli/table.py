"""Rows in columns for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from conduit.cli.output import printable


def columns(rows: Sequence[Sequence[str]], *, width: int | None = None) -> str:
    """Return `rows` with aligned columns, each line cut at `width` characters when given, ending with a newline."""
    cells = [[printable(" ".join(cell.split())) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))] if cells else []
    lines = []
    for row in cells:
        line = "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()
        lines.append(line if width is None or len(line) <= width else line[: max(1, width - 1)] + "…")
    return "".join(f"{line}\n" for line in lines)
