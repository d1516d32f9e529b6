"""`conduit models fetch`: the embedded model's weights, before they are needed. For set-ups and images."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from conduit.cli.opening import logging_as_set
from conduit.config.folders import ensure_private, find_folders
from conduit.config.settings import Settings, load_settings


def run(arguments: argparse.Namespace) -> int:
    """Fetch and verify the weights, and print their path; when they are there, only verify them.

    Raises:
        UserError: the data folder cannot be written.
        ProviderError: the download was not possible; what had arrived is kept for the next try.
    """
    settings = load_settings(arguments={key: getattr(arguments, key, None) for key in ("log_level", "log_file")})
    with logging_as_set(settings):
        print(asyncio.run(_fetch(settings)))
    return 0


async def _fetch(settings: Settings) -> Path:
    from conduit.catalog.catalog import Catalog
    from conduit.compose.wires import Wires

    data = ensure_private(find_folders().data)
    weights = Wires(settings, Catalog.packaged(), data, lambda status: None).weights()
    state = weights.state()
    if not state.present:
        print("Fetching the embedded model's weights (once) ...", file=sys.stderr, flush=True)
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None, visible=not state.present)
        return await weights.ensure(lambda done, total: progress.update(task, completed=done, total=total))
