"""A backend of the `keyring` package that keeps keys in the file that FILE_RING names."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class FileRing(KeyringBackend):
    """Chosen by PYTHON_KEYRING_BACKEND=fakes.file_ring.FileRing."""

    priority = 1

    def _read(self) -> dict[str, str]:
        file = Path(os.environ["FILE_RING"])
        return json.loads(file.read_text()) if file.exists() else {}

    def _write(self, found: dict[str, str]) -> None:
        Path(os.environ["FILE_RING"]).write_text(json.dumps(found))

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._read(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        found = self._read()
        if found.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError(username)
        self._write(found)
