"""The doctor: what works on this machine and what is missing, found without a network call."""

from __future__ import annotations

import platform
from pathlib import Path

from conduit import __version__
from conduit.app.parts import Check
from conduit.compose.endpoints import Endpoints
from conduit.config.folders import Folders
from conduit.config.secrets import FoundKey
from conduit.config.settings import Settings
from conduit.errors import ConfigError
from conduit.sandbox.confine import Door
from conduit.sessions.blobs import BlobStore
from conduit.sessions.paths import blobs_path


def examine(
    *,
    settings: Settings,
    folders: Folders,
    endpoints: Endpoints,
    database: Path,
    ripgrep: Path | None,
    door: Door,
    weights: Check,
    ring: str,
) -> list[Check]:
    """Return one line for each thing that a person may have to put right."""
    problem = endpoints.problem()
    checks = [
        Check("conduit", "ok", __version__),
        Check("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        _settings_check(settings),
        Check("default model", "broken" if problem else "ok", problem or endpoints.default()),
        *_vendor_checks(endpoints),
        _keyring_check(ring),
        weights,
        Check("database", "ok" if database.exists() else "missing", f"{database}{_size(database)}"),
        Check("checkpoints", "ok", _checkpoints(BlobStore(blobs_path(database)))),
        Check("search tool", "ok" if ripgrep else "broken", str(ripgrep) if ripgrep else "ripgrep is not installed"),
        Check("file wall", "ok", door.wall),
        Check("state folder", "ok", str(folders.state)),
        Check("log", "ok", str(settings.log_file or "stderr")),
    ]
    return [*checks, *(Check("settings", "warning", warning) for warning in settings.warnings)]


def _settings_check(settings: Settings) -> Check:
    file = settings.config_file
    if file is None or not file.exists():
        return Check("settings file", "ok", f"{file} (not there: defaults are used)")
    return Check("settings file", "ok", str(file))


def _vendor_checks(endpoints: Endpoints) -> list[Check]:
    checks = []
    for vendor in endpoints.catalog.vendors:
        name = f"vendor {vendor.name}"
        try:
            missing = endpoints.missing(vendor)
            found = endpoints.keys.find(vendor.name, vendor.key_variables)
        except ConfigError as error:
            checks.append(Check(name, "broken", str(error)))
            continue
        if missing:
            lacking = "key" if vendor.key_required else "address" if vendor.wire != "scripted" else "script"
            checks.append(Check(name, "missing", f"{lacking} missing: {missing}"))
        else:
            said = f"ready, {_place(found)}" if found else "ready, no key needed"
            checks.append(Check(name, "ok", said))
    return checks


def _place(found: FoundKey) -> str:
    match found.source:
        case "environment":
            return f"key found in {found.variable}"
        case "keyring":
            return "key found in the keyring"
        case _:
            return "key entered for as long as this runs"


def _keyring_check(problem: str) -> Check:
    return Check("keyring", "warning" if problem else "ok", problem or "can keep keys")


def _checkpoints(blobs: BlobStore) -> str:
    size = blobs.size()
    return f"{blobs.folder} ({size.count:,} texts of changed files, {size.size_bytes:,} bytes)"


def _size(path: Path) -> str:
    return f" ({path.stat().st_size:,} bytes)" if path.exists() else " (made with the first conversation)"
