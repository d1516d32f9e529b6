"""Writes what is shown to the person as a document into a file that nobody else can read."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Write `text` with mode 0600, in a folder with mode 0700 that is made when needed; raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8", errors="replace") as out:
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)  # one that an earlier version wrote may be open to others
        out.write(text)
