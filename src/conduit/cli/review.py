"""`conduit review`: the changes that conversations propose, listed, accepted and rejected hunk by hunk."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence

from conduit.app import App
from conduit.app.selection import Decided, PendingHunk, Selection, render_diff
from conduit.cli.approval import RefusingApprover, TerminalApprover, terminal_device
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.opening import find_session, opened
from conduit.cli.output import Output, printable
from conduit.cli.table import columns
from conduit.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list the proposed changes that wait")
    showing = commands.add_parser("diff", help="print them as a unified diff")
    accepting = commands.add_parser("accept", help="write proposed changes into the files; an undo takes them back")
    rejecting = commands.add_parser("reject", help="drop proposed changes")
    for command, run_it in ((listing, run_list), (showing, run_diff), (accepting, run_accept), (rejecting, run_reject)):
        command.epilog = (
            "What is typed in an editor and not saved is not seen here; decide there about what is open there. "
            "Exit code 1 when nothing waits there."
        )
        command.add_argument("hunk", metavar="HUNK", nargs="*", help="ids of hunks (the beginning is enough); else all")
        command.add_argument("--session", metavar="ID", help="only of this conversation (the beginning is enough)")
        command.add_argument("--file", metavar="NAME", help="only those of this file")
        command.add_argument("--turn", metavar="T", help="only those of this turn")
        command.add_argument("--cwd", metavar="DIR", help="the workspace of DIR instead of the current folder's")
        command.set_defaults(run=run_it)
    for command in (listing, accepting, rejecting):
        command.add_argument("--json", action="store_true", help="print one JSON object per line")


def run(arguments: argparse.Namespace) -> int:
    """Never called: a subcommand is required."""
    raise NotImplementedError


def run_list(arguments: argparse.Namespace) -> int:
    """Print what waits."""
    found = asyncio.run(_find(arguments))
    if arguments.json:
        for each in found:
            print(json.dumps(_fields(each), ensure_ascii=False))
    else:
        rows = [(each.hunk.id, f"{each.file.name}:{each.hunk.line + 1}", _size(each)) for each in found]
        print(printable(columns(rows, width=None)), end="")
    sys.stdout.flush()
    return 0


def run_diff(arguments: argparse.Namespace) -> int:
    """Print what waits as a diff."""
    print(printable(render_diff(asyncio.run(_find(arguments)))), end="")
    sys.stdout.flush()
    return 0


def run_accept(arguments: argparse.Namespace) -> int:
    """Accept, and print what came of it."""
    return _say(arguments, asyncio.run(_decide(arguments, accept=True)), "Accepted")


def run_reject(arguments: argparse.Namespace) -> int:
    """Reject, and print what came of it."""
    return _say(arguments, asyncio.run(_decide(arguments, accept=False)), "Rejected")


def _say(arguments: argparse.Namespace, decided: Sequence[Decided], verb: str) -> int:
    done = [each for one in decided for each in one.done]
    left = [each for one in decided for each in one.left]
    if arguments.json:
        for each in done:
            print(json.dumps({**_fields(each), "decision": verb.lower()}, ensure_ascii=False))
    elif done:
        names = ", ".join(dict.fromkeys(each.file.name for each in done))
        print(printable(f"{verb} {len(done)} {'hunk' if len(done) == 1 else 'hunks'} in {names}."))
    for each in left:
        place = f"{each.file.name}:{each.hunk.line + 1}"
        print(
            printable(f"conduit: {each.hunk.id} at {place} was left: you changed its lines yourself."), file=sys.stderr
        )
    sys.stdout.flush()
    return 0 if done else 1


async def _find(arguments: argparse.Namespace) -> list[PendingHunk]:
    async with opened(workspace_root(working_folder(arguments.cwd)), arguments) as app:
        return await _wanted(app, arguments)


async def _decide(arguments: argparse.Namespace, *, accept: bool) -> list[Decided]:
    output = Output()
    device = terminal_device()
    approver = TerminalApprover(output, device) if device else RefusingApprover(output)
    try:
        async with opened(workspace_root(working_folder(arguments.cwd)), arguments, approver) as app:
            decided: list[Decided] = []
            found = await _wanted(app, arguments)
            for session_id in dict.fromkeys(each.session_id for each in found):
                # A conflict is accepted only by its name; a selection by file or turn leaves it.
                named = [each for each in found if each.session_id == session_id]
                left = [each for each in named if accept and not arguments.hunk and each.hunk.conflict]
                ids = frozenset(each.hunk.id for each in named if each not in left)
                one = Decided(())
                if ids:
                    decide = app.reviews.accept if accept else app.reviews.reject
                    one = await decide(session_id, Selection(ids=ids))
                decided.append(Decided(one.done, tuple(left), one.change_ids))
            return decided
    finally:
        output.close()


async def _wanted(app: App, arguments: argparse.Namespace) -> list[PendingHunk]:
    """Return the hunks that the arguments name; raises UserError when there are none."""
    session = (await find_session(app, arguments.session)).id if arguments.session else None
    path = app.workspace.path_of(arguments.file) if arguments.file else None
    found = await app.reviews.hunks(session, Selection(path=path))
    found = [each for each in found if each.hunk.turn_id.startswith(arguments.turn or "")]
    for beginning in arguments.hunk:
        number = sum(each.hunk.id.startswith(beginning) for each in found)
        if number > 1 and found:
            raise UserError(f"{number} hunks begin with {beginning!r}. Write more of the id.")
        if not number and found:
            raise UserError(f"No hunk whose id begins with {beginning!r} waits there.")
    wanted = [each for each in found if not arguments.hunk or each.hunk.id.startswith(tuple(arguments.hunk))]
    if not wanted:
        raise UserError("No proposed change waits there. `conduit ask --mode review` has some made.")
    return wanted


def _size(each: PendingHunk) -> str:
    hunk = each.hunk
    if hunk.kind != "edit":
        return f"{hunk.kind} {each.file.moved_name}".strip()
    removed, added = hunk.end - hunk.line, len(hunk.new.splitlines())
    return f"+{added} -{removed}{' (over your own change)' if hunk.conflict else ''}"


def _fields(each: PendingHunk) -> dict[str, object]:
    hunk = each.hunk
    return {
        "id": hunk.id,
        "session_id": each.session_id,
        "turn_id": hunk.turn_id,
        "file": each.file.name,
        "kind": hunk.kind,
        "line": hunk.line + 1,
        "old": hunk.old,
        "new": hunk.new,
        "conflict": hunk.conflict,
        "moved_to": each.file.moved_name or None,
    }
