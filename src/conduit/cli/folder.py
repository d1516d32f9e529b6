"""Which workspace a command works in: the folder it was started in, or the project around it."""

from __future__ import annotations

import os
from pathlib import Path

from conduit.config.folders import find_folders
from conduit.errors import UserError
from conduit.sessions.paths import database_path


def working_folder(chosen: str | None) -> Path:
    """Return the folder that was chosen with `--cwd`, or the current one, absolute.

    Raises:
        UserError: it is no folder.
    """
    try:
        folder = Path(chosen or ".").expanduser().resolve(strict=True)
    except (OSError, RuntimeError) as error:
        if chosen is None:
            raise UserError("The current folder was deleted. Change to another one, or choose one by --cwd.") from error
        raise UserError(f"The folder {chosen!r} does not exist.") from error
    if not folder.is_dir():
        raise UserError(f"{str(folder)!r} is not a folder.")
    return folder


def workspace_root(folder: Path) -> Path:
    """Return the nearest folder from `folder` upwards that an editor has opened or that is a git root, or `folder`.

    The home folder and what is above it count only when they are `folder` itself: many people keep their dotfiles in
    git, and one question must not open everything they have.
    """
    state = find_folders().state
    home = Path(os.path.expanduser("~")).resolve()
    too_wide = {home, *home.parents}
    for candidate in (folder, *folder.parents):
        if candidate in too_wide and candidate != folder:
            break
        # `os.path`, which counts what may not be looked at as not there.
        if os.path.exists(candidate / ".git") or os.path.exists(database_path(state, candidate)):
            return candidate
    return folder
