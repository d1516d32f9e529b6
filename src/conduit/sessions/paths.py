"""Where a workspace's database is. It knows no settings: the state directory is handed in."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

DATABASE_NAME = "sessions.db"


def database_path(state_dir: Path, root: Path) -> Path:
    """Return `<state_dir>/workspaces/<name>-<hash>/sessions.db` for a workspace whose first root is `root`.

    The name is for people; the hash, of the real path, tells workspaces apart. Nothing is created.
    """
    real = os.path.realpath(root)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", os.path.basename(real)).strip("-.")[:40] or "root"
    digest = hashlib.sha256(os.fsencode(real)).hexdigest()[:16]
    return state_dir / "workspaces" / f"{name}-{digest}" / DATABASE_NAME


def blobs_path(database: Path) -> Path:
    """Return the folder of the texts of a workspace's changes, beside its database."""
    return database.parent / "blobs"


def journal_path(state_dir: Path) -> Path:
    """Return the file of the journal of exchanges; one for each user, all workspaces in it."""
    return state_dir / "journal.jsonl"
