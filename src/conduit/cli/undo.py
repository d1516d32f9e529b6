"""`conduit undo`: take back what a turn changed in files, but for what was changed since."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from typing import Literal

from conduit.app.undoing import Coverage, sentence_of
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.opening import find_session, opened
from conduit.cli.output import printable


def add_arguments(parser: argparse.ArgumentParser, cause: Literal["undo", "redo"] = "undo") -> None:
    """Add the arguments of `conduit undo`, or those of `conduit redo`."""
    newest = "has something to undo" if cause == "undo" else "was taken back last"
    parser.epilog = (
        "What is typed in an editor and not saved is not seen here; undo there what is open there. "
        f"Exit code 1 when there is nothing to {cause}."
    )
    parser.add_argument(
        "session", metavar="SESSION", nargs="?", help="a conversation (the beginning of its id); else the newest one"
    )
    parser.add_argument(
        "--turn", metavar="T", help=f"the id of a turn (the beginning is enough); else the one that {newest}"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    parser.add_argument("--cwd", metavar="DIR", help="the workspace of DIR instead of the current folder's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(cause=cause)


def run(arguments: argparse.Namespace) -> int:
    """Do it, and print what came of it."""
    coverage = asyncio.run(_run(arguments))
    if arguments.json:
        print(json.dumps({**asdict(coverage), "message": sentence_of(coverage)}, ensure_ascii=False))
    else:
        print(printable(sentence_of(coverage)))
    sys.stdout.flush()
    return 0


async def _run(arguments: argparse.Namespace) -> Coverage:
    async with opened(workspace_root(working_folder(arguments.cwd)), arguments) as app:
        changes, cause = app.changes, arguments.cause
        if arguments.session:
            session = (await find_session(app, arguments.session)).id
        else:
            session = await changes.find_session(cause)
        turn = await changes.find_turn(session, arguments.turn) if arguments.turn else None
        if arguments.dry_run:
            return await changes.coverage(session, turn, cause)
        return await (changes.undo if cause == "undo" else changes.redo)(session, turn)
