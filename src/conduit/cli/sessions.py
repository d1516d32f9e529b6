"""`conduit sessions list` and `conduit sessions show`: the conversations of this workspace."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys

from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.opening import find_session, opened
from conduit.cli.output import printable
from conduit.cli.table import columns
from conduit.cli.transcript import render_time, render_transcript
from conduit.sessions.events import SessionInfo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list conversations, newest first")
    listing.add_argument("--query", metavar="TEXT", default="", help="only those that contain TEXT")
    listing.add_argument("--limit", metavar="N", type=_count, default=20, help="at most N (default: 20)")
    listing.add_argument("--json", action="store_true", help="print one JSON object per line")
    listing.set_defaults(run=run_list)
    showing = commands.add_parser("show", help="print a conversation as Markdown")
    showing.add_argument("session", metavar="ID", help="its id; the beginning is enough")
    showing.add_argument("--json", action="store_true", help="print one JSON object: the session and its messages")
    showing.set_defaults(run=run_show)
    for each in (listing, showing):
        each.add_argument("--cwd", metavar="DIR", help="the workspace of DIR instead of the current folder's")


def run(arguments: argparse.Namespace) -> int:
    """Never called: a subcommand is required."""
    raise NotImplementedError


def run_list(arguments: argparse.Namespace) -> int:
    """Print the list."""
    found = asyncio.run(_list(arguments))
    if arguments.json:
        for info in found:
            print(info.model_dump_json())
    elif found:
        terminal = os.isatty(1)
        rows = [
            (info.id, render_time(info.updated_at), info.model, f"{info.message_count} messages", _title(info))
            for info in found
        ]
        print(columns(rows, width=shutil.get_terminal_size().columns if terminal else None), end="")
    else:
        print("There are no conversations here yet.", file=sys.stderr)
    sys.stdout.flush()
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Print one conversation."""
    print(asyncio.run(_show(arguments)), end="")
    sys.stdout.flush()
    return 0


async def _list(arguments: argparse.Namespace) -> list[SessionInfo]:
    async with opened(workspace_root(working_folder(arguments.cwd)), arguments) as app:
        return await app.sessions(query=arguments.query, limit=arguments.limit)


async def _show(arguments: argparse.Namespace) -> str:
    async with opened(workspace_root(working_folder(arguments.cwd)), arguments) as app:
        info = await app.load_session((await find_session(app, arguments.session)).id)
        messages = await app.conversation(info.id)
    if arguments.json:
        parts = ",".join(message.model_dump_json() for message in messages)
        return f'{{"session":{info.model_dump_json()},"messages":[{parts}]}}\n'
    text = render_transcript(info, messages)
    return printable(text) if os.isatty(1) else text


def _title(info: SessionInfo) -> str:
    return (info.title or "Untitled") + (" (running)" if info.running else "")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
