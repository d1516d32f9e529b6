"""`conduit tokenize`: how many tokens a text has for a model, and whether that is exact."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from conduit.catalog.catalog import Catalog
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.opening import opened
from conduit.cli.piped import read_piped
from conduit.config.folders import find_folders
from conduit.context.calibration import CALIBRATION_FILE, Calibration, Error
from conduit.context.tokens import TokenCounter, table_of
from conduit.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "text", metavar="TEXT", nargs="*", help="the text; several words are joined; else what is piped in"
    )
    parser.add_argument("--model", "-m", metavar="MODEL", default="", help="count as this model does")
    parser.add_argument(
        "--exact", action="store_true", help="ask the model's endpoint, where it counts (over the network, with a key)"
    )
    parser.add_argument("--cwd", metavar="DIR", help="the workspace of DIR instead of the current folder's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print the number.

    Raises:
        ProviderError: the endpoint that was asked failed.
        UnknownModel: nobody knows the model.
        UserError: there is no text.
    """
    text = " ".join(arguments.text) or read_piped(lambda note: print(note, file=sys.stderr), optional=False)
    if not text:
        raise UserError("There is no text to count. Write it as an argument, or pipe it in.")
    if arguments.exact:
        return _run_exact(arguments, text)
    model = Catalog.packaged().resolve(arguments.model) if arguments.model else None
    error = Calibration(find_folders().state / CALIBRATION_FILE).error(model.name) if model else Error()
    counted = TokenCounter(lambda name: error.factor).count(text, model.name if model else "")
    context = model.context_tokens if model else None
    if arguments.json:
        table, _ = table_of(model.name if model else "")
        told: dict[str, object] = {
            "tokens": counted.tokens,
            "estimate": counted.estimate,
            "table": table,
            "characters": len(text),
        }
        told |= {"factor": error.factor, "answers": error.answers}
        print(json.dumps({**told, "model": model.id if model else None, "context_tokens": context}))
    else:
        share = f", {counted.tokens / context:.1%} of what it can read" if context else ""
        learned = f", set right by {error.answers} answers" if error.answers else ""
        print(f"{counted.tokens}{f' (an estimate{learned})' if counted.estimate else ''}{share}")
    sys.stdout.flush()
    return 0


def _run_exact(arguments: argparse.Namespace, text: str) -> int:
    model, tokens = asyncio.run(_count(arguments, text))
    if arguments.json:
        print(json.dumps({"tokens": tokens, "estimate": False, "characters": len(text), "model": model}))
    else:
        print(f"{tokens} (counted by {model.partition('/')[0]}, as a message)")
    sys.stdout.flush()
    return 0


async def _count(arguments: argparse.Namespace, text: str) -> tuple[str, int]:
    given = argparse.Namespace(**{**vars(arguments), "model": arguments.model or None})
    async with opened(workspace_root(working_folder(arguments.cwd)), given) as app:
        model = app.default_model()
        return model, await app.count_tokens(text, model)
