"""`conduit models …`: what can be chosen, what is known of it, and what it does; rendering is in `model_card.py`."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict

from conduit.app import App, Listing, ModelCard
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.model_card import render_card, render_context, render_finding
from conduit.cli.opening import opened_to_choose
from conduit.cli.output import printable
from conduit.cli.table import columns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list the known models; * marks the one in use")
    listing.add_argument("--provider", metavar="P", default="", help="only the models of this vendor")
    listing.add_argument("--capability", metavar="C", default="", help="only the models that have it, such as vision")
    listing.add_argument("--json", action="store_true", help="print one JSON object per line")
    listing.set_defaults(run=run)
    showing = commands.add_parser("show", help="print all that is known of a model, with its sources")
    showing.add_argument("model", metavar="MODEL", help="a model, as vendor/name or an alias")
    showing.add_argument("--json", action="store_true", help="print one JSON object")
    showing.set_defaults(run=run_show)
    updating = commands.add_parser("update", help="ask servers which models they have, and keep their lists")
    updating.add_argument("--provider", metavar="P", default="", help="ask this vendor instead of all that need no key")
    updating.add_argument("--json", action="store_true", help="print one JSON object per line")
    updating.set_defaults(run=run_update)
    probing = commands.add_parser("probe", help="find out what a model does with a few small requests to it")
    probing.add_argument("model", metavar="MODEL", help="a model, as vendor/name or an alias")
    probing.add_argument("--json", action="store_true", help="print one JSON object per line")
    probing.set_defaults(run=run_probe)
    pulling = commands.add_parser("pull", help="have Ollama fetch a model")
    pulling.add_argument("name", metavar="MODEL", help="a name of Ollama's library, such as qwen3:8b")
    pulling.set_defaults(run=run_pull)
    unloading = commands.add_parser("unload", help="have Ollama take a model out of memory")
    unloading.add_argument("name", metavar="MODEL", help="the model, as Ollama calls it")
    unloading.set_defaults(run=run_unload)
    for each in (listing, showing, updating, probing, pulling, unloading):
        each.add_argument("--cwd", metavar="DIR", help="the workspace of DIR instead of the current folder's")
    fetching = commands.add_parser("fetch", help="fetch the embedded model's weights now, and print where they are")
    fetching.set_defaults(run=_fetch)


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    cards, default = asyncio.run(_cards(arguments))
    if arguments.json:
        for card in cards:
            print(json.dumps({**asdict(card), "default": card.id == default}))
    elif cards:
        rows = [
            (
                "*" if card.id == default else "",
                card.id,
                card.name,
                render_context(card.context_tokens),
                "; ".join(filter(None, ["ready" if card.ready else card.note, card.deprecated])),
            )
            for card in cards
        ]
        print(columns(rows), end="")
    else:
        print("No model is known that fits.", file=sys.stderr)
    sys.stdout.flush()
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Print one card; raises UnknownModel with the nearest names."""
    card = asyncio.run(_card(arguments))
    if arguments.json:
        print(json.dumps(asdict(card)))
    else:
        print(render_card(card, width=shutil.get_terminal_size().columns), end="")
    sys.stdout.flush()
    return 0


def run_update(arguments: argparse.Namespace) -> int:
    """Ask for lists, and print a line for each server; 1 when a vendor was named and gave none."""
    listings = asyncio.run(_update(arguments))
    for listing in listings:
        if arguments.json:
            print(json.dumps(asdict(listing)))
        else:
            print(printable(f"{listing.vendor}: {listing.problem or f'{listing.models} models'}"))
    sys.stdout.flush()
    return 1 if arguments.provider and any(listing.problem for listing in listings) else 0


def run_probe(arguments: argparse.Namespace) -> int:
    """Ask the model, and print each finding as it comes; raises ProviderError when it does not answer."""
    asyncio.run(_probe(arguments))
    return 0


def run_pull(arguments: argparse.Namespace) -> int:
    """Fetch a model and show how far it is; raises UserError or ProviderError when that cannot be."""
    asyncio.run(_pull(arguments))
    return 0


def run_unload(arguments: argparse.Namespace) -> int:
    """Take a model out of memory; raises UserError or ProviderError when that cannot be."""
    asyncio.run(_unload(arguments))
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    from conduit.cli import fetch

    return fetch.run(arguments)


@asynccontextmanager
async def _opened_for_any(arguments: argparse.Namespace) -> AsyncIterator[App]:
    """Open the App for a command whose MODEL is what it is about, and no setting."""
    without = argparse.Namespace(**{**vars(arguments), "model": None})
    async with opened_to_choose(workspace_root(working_folder(arguments.cwd)), without) as (app, _):
        yield app


async def _cards(arguments: argparse.Namespace) -> tuple[list[ModelCard], str]:
    async with opened_to_choose(workspace_root(working_folder(arguments.cwd)), arguments) as (app, known):
        default = app.default_model() if known else ""
        cards = app.library().cards(provider=arguments.provider, capability=arguments.capability)
        filtered = bool(arguments.provider or arguments.capability)
        if known and not filtered and default not in {card.id for card in cards}:
            cards.append(app.library().card(default))
        return cards, default


async def _card(arguments: argparse.Namespace) -> ModelCard:
    async with _opened_for_any(arguments) as app:
        return app.library().card(arguments.model)


async def _update(arguments: argparse.Namespace) -> list[Listing]:
    async with opened_to_choose(workspace_root(working_folder(arguments.cwd)), arguments) as (app, _):
        return await app.library().update(arguments.provider)


async def _probe(arguments: argparse.Namespace) -> None:
    async with _opened_for_any(arguments) as app:
        library = app.library()
        known = library.card(arguments.model).capabilities
        async for finding in library.probe(arguments.model):
            if arguments.json:
                print(json.dumps({**asdict(finding), "known": known[finding.capability]}), flush=True)
            else:
                print(render_finding(finding, known[finding.capability]), flush=True)


async def _pull(arguments: argparse.Namespace) -> None:
    from conduit.cli.pulling import PullDisplay

    async with opened_to_choose(workspace_root(working_folder(arguments.cwd)), arguments) as (app, _):
        with PullDisplay() as display:
            async for step in app.library().pull(arguments.name):
                display.show(step)


async def _unload(arguments: argparse.Namespace) -> None:
    async with opened_to_choose(workspace_root(working_folder(arguments.cwd)), arguments) as (app, _):
        await app.library().unload(arguments.name)
