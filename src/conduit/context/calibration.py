"""How wrong estimates of tokens were, by model, learned from what vendors counted, and how to set them right.

Kept in one small file of the state folder, as sums; nothing that was said is in it. For `compose`, which feeds it, and
for whoever shows an estimate.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from conduit.messages.content import Value

CALIBRATION_FILE = "token-estimates.json"
"""In the state folder."""

_LEAST, _MOST = 0.5, 2.0  # a ratio beyond these says that something else was counted


class Error(Value):
    """Sums of what was estimated and what was counted, over `answers` requests."""

    answers: int = 0
    estimated: int = 0
    counted: int = 0

    @property
    def factor(self) -> float:
        """What an estimate is to be multiplied with."""
        if not self.estimated or not self.counted:
            return 1.0
        return min(_MOST, max(_LEAST, self.counted / self.estimated))


_FILE: TypeAdapter[dict[str, Error]] = TypeAdapter(dict[str, Error], config=ConfigDict(defer_build=True))


class Calibration:
    """The errors by model, as the vendor calls it; every call blocks on the disk, shortly."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def errors(self) -> dict[str, Error]:
        """Return what is known; a file that cannot be read counts as empty."""
        try:
            return _FILE.validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return {}

    def error(self, model: str) -> Error:
        """Return what is known of one model."""
        return self.errors().get(model, Error())

    def record(self, model: str, *, estimated: int, counted: int) -> None:
        """Add one request; raises OSError when the file cannot be written.

        Two processes may each lose the other's newest entry, never the file.
        """
        if estimated <= 0 or counted <= 0:
            return
        with self._lock:
            known = self.errors()
            before = known.get(model, Error())
            known[model] = Error(
                answers=before.answers + 1,
                estimated=before.estimated + estimated,
                counted=before.counted + counted,
            )
            fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
            fresh.write_bytes(_FILE.dump_json(known, indent=1))
            fresh.replace(self._path)
