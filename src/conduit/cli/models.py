"""`conduit models list`: what can be chosen, and what is missing for it; `fetch` is in `fetch.py`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict

from conduit.app import ModelChoice
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.opening import opened
from conduit.cli.table import columns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list the known models; * marks the one in use")
    listing.add_argument("--json", action="store_true", help="print one JSON object per line")
    listing.add_argument("--cwd", metavar="DIR", help="the workspace of DIR instead of the current folder's")
    listing.set_defaults(run=run)
    fetching = commands.add_parser("fetch", help="fetch the embedded model's weights now, and print where they are")
    fetching.set_defaults(run=_fetch)


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    choices, default = asyncio.run(_choices(arguments))
    if arguments.json:
        for choice in choices:
            print(json.dumps({**asdict(choice), "default": choice.id == default}))
    else:
        rows = [
            ("*" if each.id == default else "", each.id, each.name, "ready" if each.ready else each.note)
            for each in choices
        ]
        print(columns(rows), end="")
    sys.stdout.flush()
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    from conduit.cli import fetch

    return fetch.run(arguments)


async def _choices(arguments: argparse.Namespace) -> tuple[list[ModelChoice], str]:
    async with opened(workspace_root(working_folder(arguments.cwd)), arguments) as app:
        return app.models(), app.default_model()
