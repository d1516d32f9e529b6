"""`conduit sessions list|show|rename|delete|export`: the conversations of this workspace."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
from pathlib import Path

from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.opening import find_session, opened
from conduit.cli.output import printable
from conduit.cli.table import columns
from conduit.cli.transcript import render_time, render_transcript
from conduit.errors import UserError
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
    renaming = commands.add_parser("rename", help="give a conversation another title")
    renaming.add_argument("session", metavar="ID", help="its id; the beginning is enough")
    renaming.add_argument("title", metavar="TITLE", help="the new title")
    renaming.set_defaults(run=run_rename)
    deleting = commands.add_parser("delete", help="delete a conversation for good")
    deleting.add_argument("session", metavar="ID", help="its id; the beginning is enough")
    deleting.add_argument("--yes", action="store_true", help="do not ask")
    deleting.set_defaults(run=run_delete)
    exporting = commands.add_parser("export", help="write a conversation as Markdown, with tool calls folded")
    exporting.add_argument("session", metavar="ID", help="its id; the beginning is enough")
    exporting.add_argument("--out", metavar="FILE", help="write into FILE instead of standard output")
    exporting.set_defaults(run=run_export)
    for each in (listing, showing, renaming, deleting, exporting):
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


def run_rename(arguments: argparse.Namespace) -> int:
    """Give a conversation another title."""
    print(printable(asyncio.run(_rename(arguments))))
    sys.stdout.flush()
    return 0


def run_delete(arguments: argparse.Namespace) -> int:
    """Delete a conversation; asked for, unless `--yes`."""
    return asyncio.run(_delete(arguments))


def run_export(arguments: argparse.Namespace) -> int:
    """Write a conversation as Markdown."""
    text = asyncio.run(_export(arguments))
    if arguments.out is None:
        print(text, end="")
        sys.stdout.flush()
        return 0
    try:
        Path(arguments.out).write_text(text, "utf-8")
    except OSError as error:
        raise UserError(f"{arguments.out!r} cannot be written: {error.strerror or error}.") from error
    return 0


async def _rename(arguments: argparse.Namespace) -> str:
    async with opened(workspace_root(working_folder(arguments.cwd)), arguments) as app:
        found = await find_session(app, arguments.session)
        return (await app.conversations.rename(found.id, arguments.title)).title


async def _delete(arguments: argparse.Namespace) -> int:
    async with opened(workspace_root(working_folder(arguments.cwd)), arguments) as app:
        found = await find_session(app, arguments.session)
        if not arguments.yes and not _agreed(found):
            print("Nothing was deleted.", file=sys.stderr)
            return 1
        await app.conversations.delete(found.id)
    print(f"Deleted {printable(_title(found))} ({found.message_count} messages).")
    sys.stdout.flush()
    return 0


def _agreed(info: SessionInfo) -> bool:
    if not sys.stdin.isatty():
        raise UserError("Nobody can be asked here; say --yes to delete the conversation for good.")
    asked = f"Delete {printable(_title(info))} with its {info.message_count} messages for good? [y/N] "
    print(asked, end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


async def _export(arguments: argparse.Namespace) -> str:
    async with opened(workspace_root(working_folder(arguments.cwd)), arguments) as app:
        return (await app.conversations.export((await find_session(app, arguments.session)).id))[1]


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
