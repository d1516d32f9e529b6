"""`conduit batch …`: many questions handed in at once, and their answers brought later, in their order."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path

from conduit.app.batch import Batches
from conduit.app.batch_view import BatchView, Collected
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.opening import opened
from conduit.cli.output import Output
from conduit.cli.parameters import add_parameters, read_parameters
from conduit.cli.table import columns
from conduit.errors import UserError
from conduit.jobs.batch_store import ItemResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    submitting = commands.add_parser("submit", help="hand a file of questions in, or ask them one by one")
    submitting.add_argument("file", metavar="FILE", nargs="?", help="one JSON object in each line; - reads a pipe")
    submitting.add_argument("--model", "-m", metavar="MODEL", help="a model, as vendor/name or an alias")
    submitting.add_argument("--own", action="store_true", help="ask one by one, also where the vendor runs batches")
    submitting.add_argument("--jobs", metavar="N", type=_count, default=4, help="ask at most N at once (default: 4)")
    submitting.add_argument("--again", action="store_true", help="ask once more what was submitted before")
    submitting.add_argument("--resume", metavar="ID", help="go on with a batch that was interrupted, instead of FILE")
    add_parameters(submitting)
    submitting.set_defaults(run=run_submit)
    telling = commands.add_parser("status", help="list the batches, or show how far one is")
    telling.add_argument("id", metavar="ID", nargs="?", help="its id; the beginning is enough")
    telling.set_defaults(run=run_status)
    collecting = commands.add_parser("collect", help="print the answers, in the order of the questions")
    collecting.add_argument("id", metavar="ID", help="its id; the beginning is enough")
    collecting.add_argument("--wait", action="store_true", help="wait until there are all answers")
    collecting.add_argument("--every", metavar="S", type=_seconds, default=30.0, help="look every S seconds (30)")
    collecting.add_argument("--output", metavar="FILE", help="write the answers to FILE instead of standard output")
    collecting.set_defaults(run=run_collect)
    cancelling = commands.add_parser("cancel", help="stop a batch; what was answered stays")
    cancelling.add_argument("id", metavar="ID", help="its id; the beginning is enough")
    cancelling.set_defaults(run=run_cancel)
    for each in (submitting, telling, collecting, cancelling):
        each.add_argument("--json", action="store_true", help="print one JSON object per batch instead of a line")


def run(arguments: argparse.Namespace) -> int:
    """Never called: a subcommand is required."""
    raise NotImplementedError


def run_submit(arguments: argparse.Namespace) -> int:
    """Hand a batch in, or ask its items, and print what it is now.

    Raises:
        UserError: a line is bad, or the same was submitted before.
        ProviderError: the vendor refused it, or does not answer.
    """
    if (arguments.file is None) == (arguments.resume is None):
        raise UserError("Name either a file of questions, or with --resume a batch that was interrupted.")
    text = None if arguments.file is None else _read(arguments.file)
    asyncio.run(_with_batches(arguments, lambda batches, output: _submit(arguments, batches, output, text)))
    return 0


def run_status(arguments: argparse.Namespace) -> int:
    """Print how far batches are; raises UserError, ProviderError for the one that was named."""

    async def tell(batches: Batches, output: Output) -> None:
        views = [await batches.status(arguments.id)] if arguments.id else await batches.known()
        if not views:
            output.note("There are no batches yet. 'conduit batch submit FILE' makes one.")
        _print(arguments, output, views)

    asyncio.run(_with_batches(arguments, tell))
    return 0


def run_collect(arguments: argparse.Namespace) -> int:
    """Print the answers; 1 while some are missing, or when an item failed. Raises UserError, ProviderError."""
    collected: list[Collected] = []

    async def collect(batches: Batches, output: Output) -> None:
        found = await batches.collect(
            arguments.id, wait=arguments.wait, every_s=arguments.every, watch=lambda view: output.progress(_line(view))
        )
        collected.append(found)
        lines = "".join(f"{json.dumps(_row(result), ensure_ascii=False)}\n" for result in found.results)
        if arguments.output is None:
            output.data(lines)
        else:
            _write(Path(arguments.output), lines)
        if arguments.json and arguments.output is not None:
            _print(arguments, output, [found.view])
        output.note(_summary(found))

    asyncio.run(_with_batches(arguments, collect))
    (found,) = collected
    return 0 if found.view.phase == "ended" and not any(result.error for result in found.results) else 1


def run_cancel(arguments: argparse.Namespace) -> int:
    """Stop a batch and print what it is now; raises UserError, ProviderError."""

    async def cancel(batches: Batches, output: Output) -> None:
        _print(arguments, output, [await batches.cancel(arguments.id)])

    asyncio.run(_with_batches(arguments, cancel))
    return 0


async def _with_batches(
    arguments: argparse.Namespace, work: Callable[[Batches, Output], Coroutine[object, object, None]]
) -> None:
    output = Output()
    try:
        async with opened(workspace_root(working_folder(None)), arguments) as app:
            await work(app.batches(), output)
    finally:
        output.close()
    if output.error is not None:
        raise output.error


async def _submit(arguments: argparse.Namespace, batches: Batches, output: Output, text: str | None) -> None:
    wanted: str = arguments.resume
    if text is not None:
        settings = read_parameters(arguments)
        view = batches.prepare(text, settings=settings, own=arguments.own, again=arguments.again)
        wanted = view.id
        if view.own:
            output.note(f"{view.id}: {view.items} items for {view.model}, at most {arguments.jobs} at once")
    through = False
    try:
        view = await batches.run(wanted, jobs=arguments.jobs, watch=lambda view: output.progress(_line(view)))
        through = True
    finally:
        if not through and text is not None:
            output.note(f"{wanted} is kept: 'conduit batch submit --resume {wanted}' goes on with it.")
    _print(arguments, output, [view])
    output.note(f"'conduit batch collect {view.id}' brings the answers.")


def _print(arguments: argparse.Namespace, output: Output, views: list[BatchView]) -> None:
    if arguments.json:
        output.data("".join(f"{json.dumps(asdict(view), ensure_ascii=False)}\n" for view in views))
    else:
        output.data(columns([_cells(view) for view in views]))


def _cells(view: BatchView) -> tuple[str, ...]:
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(view.made_at))
    failed = f", {view.failed} failed" if view.failed else ""
    done = "?" if view.done is None else str(view.done)
    return view.id, made, view.model, view.phase, f"{done} of {view.items}{failed}", view.note


def _line(view: BatchView) -> str:
    *_, phase, counts, note = _cells(view)
    return f"{view.id}: {phase}, {counts}{' · ' + note if note else ''}"


def _row(result: ItemResult) -> dict[str, object]:
    if result.error is not None:
        row: dict[str, object] = {"id": result.id, "error": result.error.model_dump()}
        if result.text:
            row["text"] = result.text
    else:
        row = {"id": result.id, **({"text": result.text} if result.value is None else {"value": result.value})}
        row["stop_reason"] = result.stop_reason
    return {**row, "usage": result.usage.model_dump(), "cost_usd": result.cost_usd}


def _summary(found: Collected) -> str:
    view, results = found.view, found.results
    failed = sum(1 for result in results if result.error)
    costs = [result.cost_usd for result in results if result.cost_usd is not None]
    price = f", ${sum(costs):.6f}" if costs else ""
    said = f"{view.id}: {len(results) - failed} answers, {failed} failures of {view.items} items{price}"
    if view.phase == "ended":
        return said
    if view.phase == "stopped":
        return f"{said}; no process works on it: 'conduit batch submit --resume {view.id}' goes on"
    through = "" if view.done is None else f", {view.done} are through"
    return f"{said}; it is {view.phase}{through}: --wait waits for the others"


def _read(name: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"The file {name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"The file {name} is no UTF-8 at byte {error.start}.") from error


def _write(path: Path, text: str) -> None:
    """Write a file whole: what is killed on the way leaves the old one."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(text, "utf-8")
        os.replace(new, path)
    except OSError as error:
        raise UserError(f"The file {path} cannot be written: {error.strerror}.") from error


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError("must be more than 0")
    return number
