"""A disk on which one call fails, before it took effect or after, and one on which nothing more fits."""

from __future__ import annotations

import errno
import os
from typing import Any, Literal

from conduit.sandbox.folder_calls import FolderCalls, Likeness

Moment = Literal["before", "after", "full"]


class FaultyCalls(FolderCalls):
    """Fails at the call number `at` (from 1); `full`: from then on, whatever needs space fails."""

    def __init__(self, at: int, moment: Moment) -> None:
        super().__init__()
        self._at = at
        self._moment = moment
        self.calls = 0

    @property
    def failed(self) -> bool:
        return self.calls >= self._at

    def write(self, folder: int, name: str, data: bytes, like: Likeness | None) -> os.stat_result:
        return self._counted("write", super().write, folder, name, data, like)

    def exchange(self, folder: int, one: str, other: str) -> None:
        self._counted("exchange", super().exchange, folder, one, other)

    def rename_new(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        self._counted("rename", super().rename_new, folder, name, to_folder, to_name)

    def link(self, folder: int, name: str, other: str) -> bool:
        return self._counted("link", super().link, folder, name, other)

    def unlink(self, folder: int, name: str) -> None:
        self._counted("unlink", super().unlink, folder, name)

    def sync(self, folder: int) -> None:
        self._counted("sync", super().sync, folder)

    def _counted(self, name: str, call: Any, *arguments: Any) -> Any:
        self.calls += 1
        if self._moment == "full":
            if self.calls >= self._at and name == "write":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return call(*arguments)
        if self.calls == self._at and self._moment == "before":
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        result = call(*arguments)
        if self.calls == self._at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return result
