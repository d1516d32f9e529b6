"""What a person hands on when something went wrong: logs, the doctor, settings and versions in one zip file.

No conversation and no key is in it: what is private among the settings is left out, and everything is redacted once
more. For `compose.assemble`.
"""

from __future__ import annotations

import json
import os
import platform
import time
import zipfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from conduit import __version__
from conduit.app.parts import Check
from conduit.config.folders import ensure_private
from conduit.config.keys import known_keys
from conduit.config.settings import Settings
from conduit.errors import UserError
from conduit.redaction import Redactor

_MOST_LOG_BYTES = 2_000_000
_PACKAGES = ("pygls", "lsprotocol", "pydantic", "openai", "anthropic", "google-genai", "ollama", "aiosqlite", "keyring")


def collect(settings: Settings, state: Path, checks: Sequence[Check], redactor: Redactor) -> Path:
    """Write the bundle under the state folder, readable by this person alone, and return its path; blocks on the disk.

    Raises:
        UserError: it cannot be written.
    """
    folder = ensure_private(state / "bundles")
    path = folder / f"conduit-logs-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.zip"
    texts = {
        "versions.txt": _versions(),
        "doctor.txt": "".join(f"{check.state:8} {check.name}: {check.detail}\n" for check in checks),
        "settings.json": json.dumps(_settings(settings), indent=2, ensure_ascii=False, default=str) + "\n",
        "log.txt": _log(settings.log_file),
    }
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, text in texts.items():
                bundle.writestr(name, redactor.redact(text))
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


def _versions() -> str:
    lines = [f"conduit {__version__}", f"python {platform.python_version()}", platform.platform()]
    for name in _PACKAGES:
        try:
            lines.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            lines.append(f"{name} is not installed")
    return "\n".join(lines) + "\n"


def _settings(settings: Settings) -> dict[str, object]:
    """Return what was set, by key, with its place."""
    keys = known_keys()
    values = settings.model_dump(mode="json")
    found: dict[str, object] = {}
    for name, source in sorted(settings.sources.items()):
        parts = name.split(".")
        pattern = ".".join([parts[0], "*", *parts[2:]]) if parts[0] == "vendors" else name
        value: object = values
        for part in parts:
            value = value.get(part) if isinstance(value, dict) else None
        found[name] = {"value": "(left out)" if keys[pattern].private else value, "from": source}
    return found


def _log(path: Path | None) -> str:
    """Return the end of the log file."""
    if path is None:
        return "Conduit logs to standard error here, which the editor keeps. Set log_file to have a file.\n"
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _MOST_LOG_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or error}.\n"
