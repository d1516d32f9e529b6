"""Shows what happens in one session as work-done progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from conduit.app import App
from conduit.lsp.progress import Progress
from conduit.sessions.events import CompletionStarted, SessionUpdate, ToolFinished, ToolStarted


@contextmanager
def follow_session(app: App, progress: Progress) -> Iterator[Callable[[str], None]]:
    """Report the steps of the session whose id is handed to the yielded function, until the block ends."""
    followed: set[str] = set()

    def report(update: SessionUpdate) -> None:
        if update.session_id not in followed:
            return
        if isinstance(update.event, ToolStarted):
            progress.report(update.event.title)
        elif isinstance(update.event, CompletionStarted):
            progress.report(f"asking {update.event.model}")
        elif isinstance(update.event, ToolFinished) and update.event.result.is_error:
            progress.report(f"{update.event.title}: failed")

    stop = app.subscribe(report)
    try:
        yield followed.add
    finally:
        stop()
