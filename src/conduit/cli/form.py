"""`conduit ask --schema FILE`: one question whose answer is JSON that fits a schema, outside of any conversation."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from contextlib import suppress
from pathlib import Path

from pydantic import JsonValue

from conduit.cli.answer import show_status
from conduit.cli.errors import complain
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.opening import opened
from conduit.cli.output import Output
from conduit.cli.parameters import read_parameters
from conduit.errors import UserError
from conduit.jobs.structured import SchemaForm, Structured

_ENDING_SIGNALS = ((signal.SIGINT, 130), (signal.SIGTERM, 143))
_CONVERSATION = ("session", "newest", "mode", "yes")
_FLAGS = {"newest": "continue"}


def add_form_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--schema`."""
    parser.add_argument(
        "--schema",
        metavar="FILE",
        help="print only JSON that fits the JSON schema in FILE; no tools, and outside of any conversation",
    )


def clash(arguments: argparse.Namespace) -> str:
    """Return why `--schema` does not go with another argument, or nothing."""
    for name in _CONVERSATION:
        if getattr(arguments, name):
            return f"--schema does not go with --{_FLAGS.get(name, name)}: it asks outside of any conversation."
    return "--schema does not go with --attach: it asks with words alone." if arguments.attach else ""


def read_form(path: str) -> SchemaForm:
    """Read a schema; raises UserError when the file holds none that can be checked in full."""
    try:
        schema: JsonValue = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise UserError(f"The schema {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"The schema {path} is no JSON: {error}.") from error
    try:
        return SchemaForm(schema)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def ask_in_form(arguments: argparse.Namespace, content: str, output: Output) -> int:
    """Ask, print the JSON and return the exit code; raises what `App.ask_structured` raises."""
    form = read_form(arguments.schema)
    ending = _Ending()
    try:
        answer = asyncio.run(_ask(arguments, content, form, output, ending))
    except asyncio.CancelledError:
        complain("Interrupted.")
        return ending.code
    if arguments.json:
        last = {
            "type": "result", "value": answer.value, "tries": answer.tries, "usage": answer.usage.model_dump()
        }  # fmt: skip
        output.data(json.dumps(last, ensure_ascii=False) + "\n")
    else:
        output.data(json.dumps(answer.value, ensure_ascii=False, indent=2) + "\n")
    output.flush()
    if output.error is not None and not isinstance(output.error, BrokenPipeError):
        complain(f"The answer could not be written: {output.error.strerror}.")
        return 1
    return 141 if output.error is not None else 0


class _Ending:
    """What a signal makes of the exit code."""

    code = 130

    def end(self, code: int, task: asyncio.Task[object] | None) -> None:
        self.code = code
        if task is not None:
            task.cancel()


async def _ask(
    arguments: argparse.Namespace, content: str, form: SchemaForm, output: Output, ending: _Ending
) -> Structured[JsonValue]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number, code in _ENDING_SIGNALS:
        with suppress(NotImplementedError):  # Windows: KeyboardInterrupt cancels the task instead
            loop.add_signal_handler(number, ending.end, code, task)
    async with opened(workspace_root(working_folder(arguments.cwd)), arguments) as app:
        app.subscribe_status(lambda status: show_status(output, status))
        answer = await app.ask_structured(content, form, arguments.model, read_parameters(arguments))
        if answer.tries > 1:
            output.note(f"{answer.tries} tries")
        return answer
