"""Where Conduit keeps its files: one folder each for settings, for state and for large data.

XDG on Linux and the BSDs, the system's own places elsewhere. `CONDUIT_CONFIG_DIR`, `CONDUIT_STATE_DIR` and
`CONDUIT_DATA_DIR` win everywhere. Finding a folder does not create it. For `compose` and `cli`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conduit.errors import ConfigError

CONFIG_FILE = "config.toml"


@dataclass(frozen=True, slots=True)
class Folders:
    """The three folders, absolute; none of them needs to exist.

    Attributes:
        config: what the person writes (`config.toml`).
        state: databases and logs.
        data: what can be fetched again, such as weights.
    """

    config: Path
    state: Path
    data: Path

    @property
    def config_file(self) -> Path:
        """The settings file of the person."""
        return self.config / CONFIG_FILE


def find_folders(environ: Mapping[str, str] = os.environ) -> Folders:
    """Return the folders for this environment.

    Follows the XDG Base Directory Specification 0.8 (https://specifications.freedesktop.org/basedir-spec/latest/,
    2021-05-08): a relative path in an XDG variable is ignored.

    Raises:
        ConfigError: a `CONDUIT_*_DIR` variable holds a relative path, or the person has no home folder.
    """
    return Folders(
        config=_find("config", "XDG_CONFIG_HOME", ".config", environ),
        state=_find("state", "XDG_STATE_HOME", ".local/state", environ),
        data=_find("data", "XDG_DATA_HOME", ".local/share", environ),
    )


def ensure_private(folder: Path) -> Path:
    """Create `folder` (and what is missing above it) for this person alone (mode 0700) and return it.

    A folder that exists already keeps its mode: it may be shared on purpose.

    Raises:
        ConfigError: it cannot be created, or a file is in its place.
    """
    missing = []
    place = folder
    while not place.exists() and place != place.parent:
        missing.append(place)
        place = place.parent
    try:
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"The folder {folder} cannot be created: {error.strerror or error}.") from error
    if not folder.is_dir():
        raise ConfigError(f"{folder} should be a folder, but a file is in its place.")
    return folder


def _find(kind: str, xdg_variable: str, fallback: str, environ: Mapping[str, str]) -> Path:
    variable = f"CONDUIT_{kind.upper()}_DIR"
    if chosen := environ.get(variable):
        path = Path(os.path.expanduser(chosen))
        if not path.is_absolute():
            raise ConfigError(f"The variable {variable} must hold an absolute path, not {chosen!r}.")
        return path
    wanted = environ.get(xdg_variable, "")
    if os.path.isabs(wanted):
        return Path(wanted) / "conduit"
    if sys.platform in {"win32", "darwin"}:
        return _platform_folder(kind)
    home = environ.get("HOME") or os.path.expanduser("~")
    if not os.path.isabs(home):
        raise ConfigError(f"No home folder was found. Set HOME, or {variable} to an absolute path.")
    return Path(home) / fallback / "conduit"


def _platform_folder(kind: str) -> Path:
    import platformdirs

    folders = {
        "config": platformdirs.user_config_path,
        "state": platformdirs.user_state_path,
        "data": platformdirs.user_data_path,
    }
    return folders[kind]("conduit", appauthor=False)
