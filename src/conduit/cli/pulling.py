"""Shows how far the fetching of a model is: a bar on a terminal, else a line for each step. Used by `models`."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from conduit.cli.output import printable
from conduit.providers.base import PullProgress


class PullDisplay:
    """A context in which steps are shown on stderr."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._terminal = console.is_terminal
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not self._terminal)
        self._task = self._progress.add_task("", total=None)
        self._last = ""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, step: PullProgress) -> None:
        """Show a step."""
        status = printable(step.status)
        if not self._terminal:
            if status != self._last:
                print(status, file=sys.stderr, flush=True)
        elif status != self._last:
            self._progress.reset(self._task, description=status, total=step.total_bytes)
        if self._terminal and step.done_bytes is not None:
            self._progress.update(self._task, completed=step.done_bytes, total=step.total_bytes)
        self._last = status
