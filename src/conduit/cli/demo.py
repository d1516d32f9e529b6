"""`conduit demo`: starts a real server, drives it as an editor would, and shows what really happened."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from conduit.cli.demo_screen import Screen
from conduit.cli.demo_steps import Demo
from conduit.cli.folder import working_folder
from conduit.errors import UserError

MAX_COPY_BYTES = 50_000_000
_LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".*_cache",
    "target",
    "dist",
    "build",
    ".env*",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--workspace", metavar="DIR", help="show it on a copy of DIR (DIR itself is never touched) instead of a sample"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per step instead of showing it")


def run(arguments: argparse.Namespace) -> int:
    """Play the demo; 0 only if every step really happened."""
    with tempfile.TemporaryDirectory(prefix="conduit-demo-") as place:
        root = Path(place) / "project"
        if arguments.workspace:
            copy_workspace(working_folder(arguments.workspace), root)
        else:
            with as_file(files("conduit.cli") / "sample") as sample:
                shutil.copytree(sample, root, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
        demo = Demo(root, Path(place) / "state", Screen(as_json=arguments.json))
        return asyncio.run(demo.play())


def copy_workspace(source: Path, target: Path) -> None:
    """Copy a project without what is made or private.

    Raises:
        UserError: it is larger than the demo should copy.
    """
    ignored = _LEFT_OUT
    size = sum(
        path.stat().st_size
        for path in source.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and not ignored(str(path.parent), list(path.relative_to(source).parts))
    )
    if size > MAX_COPY_BYTES:
        raise UserError(
            f"{source} holds {size:,} bytes; the demo copies at most {MAX_COPY_BYTES:,}. Name a smaller folder."
        )
    shutil.copytree(source, target, ignore=ignored, symlinks=True, ignore_dangling_symlinks=True)
