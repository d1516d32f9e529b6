"""`conduit keys list|set|remove`: the keys of vendors, in the system's keyring."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import sys
from dataclasses import asdict

from conduit.app.keys import KeyStates
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.opening import opened
from conduit.cli.output import printable
from conduit.cli.table import columns
from conduit.errors import UserError

_PLACES = {"environment": "in the variable", "keyring": "in the keyring", "session": "entered", "none": "no key"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list the vendors that take a key, and where each key is")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    listing.set_defaults(run=run_list)
    setting = commands.add_parser("set", help="keep a key in the keyring; it is asked for, or read from a pipe")
    setting.set_defaults(run=run_set)
    removing = commands.add_parser("remove", help="remove a key from the keyring")
    removing.set_defaults(run=run_remove)
    for each in (setting, removing):
        each.add_argument("vendor", metavar="VENDOR", help="such as anthropic; 'conduit keys list' has all")


def run(arguments: argparse.Namespace) -> int:
    """Never called: a subcommand is required."""
    raise NotImplementedError


def run_list(arguments: argparse.Namespace) -> int:
    """Print where each vendor's key is, never the key."""
    states = asyncio.run(_states(arguments))
    if arguments.json:
        found = {"keyring": not states.problem, "problem": states.problem}
        print(json.dumps({**found, "vendors": [asdict(each) for each in states.vendors]}, ensure_ascii=False))
    else:
        rows = [(each.vendor, _PLACES[each.source], each.variable, each.name) for each in states.vendors]
        print(columns(rows), end="")
        if states.problem:
            print(printable(states.problem), file=sys.stderr)
    sys.stdout.flush()
    return 0


def run_set(arguments: argparse.Namespace) -> int:
    """Keep a key; it is never an argument, which others on the machine could see."""
    key = getpass.getpass(f"Key for {arguments.vendor}: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not key.strip():
        raise UserError("No key was given. Type it when it is asked for, or pipe it in.")
    states = asyncio.run(_set(arguments, key))
    (state,) = (each for each in states.vendors if each.vendor == arguments.vendor)
    print(f"The key for {state.name} is in the keyring.")
    if state.source == "environment":
        print(f"The variable {state.variable} holds one too, which counts.", file=sys.stderr)
    sys.stdout.flush()
    return 0


def run_remove(arguments: argparse.Namespace) -> int:
    """Remove a key."""
    states = asyncio.run(_remove(arguments))
    (state,) = (each for each in states.vendors if each.vendor == arguments.vendor)
    print(f"There is no key for {state.name} in the keyring any more.")
    if state.source == "environment":
        print(f"The variable {state.variable} still holds one.", file=sys.stderr)
    sys.stdout.flush()
    return 0


async def _states(arguments: argparse.Namespace) -> KeyStates:
    async with opened(workspace_root(working_folder(None)), arguments) as app:
        return await app.keys.states()


async def _set(arguments: argparse.Namespace, key: str) -> KeyStates:
    async with opened(workspace_root(working_folder(None)), arguments) as app:
        return await app.keys.set(arguments.vendor, key, "keyring")


async def _remove(arguments: argparse.Namespace) -> KeyStates:
    async with opened(workspace_root(working_folder(None)), arguments) as app:
        return await app.keys.remove(arguments.vendor)
