"""How the demo is shown: a transcript for people, or one JSON object per step."""

from __future__ import annotations

import json
import sys

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from conduit.cli.output import printable

_DIFF_STYLES = (("+++", "bold"), ("---", "bold"), ("@@", "cyan"), ("+", "green"), ("-", "red"))


class Screen:
    """Shows headings, streamed text, diffs and results; with `as_json` only the results, for programs."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._console = Console(quiet=as_json, highlight=False, soft_wrap=True)
        self._download: tuple[Progress, TaskID] | None = None
        self._open_line = False

    def heading(self, text: str) -> None:
        """Begin a step."""
        self._end_line()
        self._console.print(f"\n[bold]{escape(text)}[/bold]")

    def line(self, text: str) -> None:
        """Show a line about what happens."""
        self._end_line()
        self._console.print(f"[dim]  {escape(printable(text))}[/dim]")

    def person(self, text: str) -> None:
        """Show what the person asks."""
        self._end_line()
        self._console.print(f"  [cyan]>[/cyan] {escape(printable(text))}")

    def stream(self, text: str) -> None:
        """Show more of an answer as it arrives."""
        if not self._open_line:
            self._console.print("  ", end="")
        self._open_line = True
        self._console.print(escape(printable(text)).replace("\n", "\n  "), end="")

    def diff(self, text: str) -> None:
        """Show a unified diff in colours."""
        self._end_line()
        for line in printable(text).splitlines():
            style = next((style for mark, style in _DIFF_STYLES if line.startswith(mark)), "")
            self._console.print(f"  {line}".rstrip(), style=style, markup=False)

    def result(self, step: str, *, ok: bool, detail: str, **facts: object) -> None:
        """Say whether a step really happened."""
        self._end_line()
        if self._as_json:
            print(json.dumps({"step": step, "ok": ok, "detail": detail, **facts}), flush=True)
            return
        mark = "[green]ok[/green]" if ok else "[red]FAILED[/red]"
        self._console.print(f"  {mark}  {escape(detail)}")

    def download(self, done: int, total: int) -> None:
        """Show the progress of a download."""
        if self._as_json:
            return
        if self._download is None:
            columns = (
                TextColumn("  fetching the model's weights"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
            )
            progress = Progress(*columns, console=self._console, transient=True)
            progress.start()
            self._download = (progress, progress.add_task("", total=total))
        progress, task = self._download
        progress.update(task, completed=done, total=total)
        if done >= total:
            progress.stop()
            self._download = None

    def _end_line(self) -> None:
        if self._open_line:
            self._console.print()
            self._open_line = False
        sys.stdout.flush()
