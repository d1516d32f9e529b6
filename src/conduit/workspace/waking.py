"""Waker: calls when something happens in a few folders, by the system's own notices (watchfiles).

It says only that something happened. Where the system has no notices left, or none at all, it says that it cannot
watch, and the caller looks by itself. Only `workspace.events` uses it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_log = logging.getLogger(__name__)

_DEBOUNCE_MS = 100
_STEP_MS = 250  # how often the thread asks whether it shall end
_MOST_FOLDERS = 500


class Waker:
    """Watches folders, not what is beneath them, on a daemon thread. Used on one event loop."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called on the event loop."""
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        self._folders: frozenset[Path] = frozenset()
        self._stop = threading.Event()
        self._works = True

    def watch(self, folders: frozenset[Path]) -> bool:
        """Watch these folders and no others; return whether they are watched already: a new watch begins later."""
        if not self._works or len(folders) > _MOST_FOLDERS:
            self.stop()
            return False
        if folders != self._folders:
            self.stop()
            self._folders, self._stop = folders, threading.Event()
            if folders:
                threading.Thread(target=self._run, args=(folders, self._stop), name="watch", daemon=True).start()
            return False
        return True

    def stop(self) -> None:
        """Watch nothing."""
        self._stop.set()
        self._folders = frozenset()

    def _run(self, folders: frozenset[Path], stop: threading.Event) -> None:
        try:
            from watchfiles import watch  # loads anyio; most servers never need it

            there = [folder for folder in folders if folder.is_dir()]
            for _ in watch(
                *there,
                watch_filter=None,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=stop,
                debug=False,
                raise_interrupt=False,
                force_polling=False,
                recursive=False,
            ):
                self._call(self._wake)
        except (ImportError, OSError, RuntimeError) as error:
            _log.info("folders cannot be watched, so files are looked at: %s", error)
            self._call(self._give_up)

    def _give_up(self) -> None:
        self._works = False
        self._wake()

    def _call(self, work: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(work)
