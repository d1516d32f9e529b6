"""When the client's process ends, so do we: a pidfd where the system has one, polling elsewhere."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable

_log = logging.getLogger(__name__)

POLL_S = 0.5


class ProcessWatch:
    """Calls `on_end` once, on the event loop, within a second after process `process_id` ended."""

    def __init__(self, process_id: int, on_end: Callable[[], None]) -> None:
        self._process_id = process_id
        self._on_end = on_end
        self._descriptor: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to watch; a process that does not exist counts as ended."""
        if not _is_alive(self._process_id):
            self._on_end()
            return
        open_pidfd = getattr(os, "pidfd_open", None)
        if open_pidfd is not None:
            try:
                self._descriptor = open_pidfd(self._process_id)
            except ProcessLookupError:
                self._on_end()
                return
            except OSError as error:  # a kernel or a sandbox without it
                _log.debug("no pidfd (%s); polling instead", error)
        loop = asyncio.get_running_loop()
        if self._descriptor is not None:
            loop.add_reader(self._descriptor, self._ended)
        else:
            self._timer = loop.call_later(POLL_S, self._poll)

    def stop(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
        if self._descriptor is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _poll(self) -> None:
        if _is_alive(self._process_id):
            self._timer = asyncio.get_running_loop().call_later(POLL_S, self._poll)
        else:
            self._on_end()

    def _ended(self) -> None:
        self.stop()
        self._on_end()


def _is_alive(process_id: int) -> bool:
    if process_id <= 0:
        return False
    if os.name == "nt":  # os.kill would end it there
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except OverflowError:
        return False
    return True
