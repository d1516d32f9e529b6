"""`conduit embed`: texts into vectors, one line of stdout for each text, in their order."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from conduit.app.embedding import Embedded
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.opening import opened
from conduit.cli.output import printable
from conduit.cli.piped import read_piped
from conduit.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("text", metavar="TEXT", nargs="*", help="a text; else one for each line that is piped in")
    parser.add_argument(
        # Not the setting of the same name: that one is the model of conversations.
        *("--model", "-m"),
        dest="embedding_model",
        metavar="M",
        help="a model that embeds, as vendor/name; else the first whose key is there",
    )
    parser.add_argument("--dimensions", metavar="N", type=_count, help="how many numbers a vector has")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line: each text, then a result")


def run(arguments: argparse.Namespace) -> int:
    """Print the vectors.

    Raises:
        UserError: there is no text, or the model does not embed; the message names models that do.
        UnknownModel, MissingKey, ProviderError: as for any model.
    """
    texts = arguments.text or _lines(read_piped(lambda note: print(note, file=sys.stderr), optional=False))
    if not texts:
        raise UserError("There is no text to embed. Write texts as arguments, or pipe them in, one on each line.")
    found = asyncio.run(_embed(arguments, texts))
    for index, (text, vector) in enumerate(zip(texts, found.vectors, strict=True)):
        if arguments.json:
            print(json.dumps({"index": index, "text": text, "vector": vector}))
        else:
            print(*vector)
    tokens = found.usage.input_tokens
    facts = {"model": found.model, "texts": len(texts), "dimensions": len(found.vectors[0]), "input_tokens": tokens}
    if arguments.json:
        print(json.dumps({"type": "result", **facts, "cost_usd": found.cost_usd}))
    else:
        price = "" if found.cost_usd is None else f", ${found.cost_usd:.6f}"
        said = f"{found.model}: {len(texts)} texts, {facts['dimensions']} numbers each, {tokens} tokens{price}"
        print(printable(said), file=sys.stderr)
    sys.stdout.flush()
    return 0


async def _embed(arguments: argparse.Namespace, texts: list[str]) -> Embedded:
    async with opened(workspace_root(working_folder(None)), arguments) as app:
        return await app.embed(texts, arguments.embedding_model, dimensions=arguments.dimensions)


def _lines(text: str) -> list[str]:
    """Return the lines; what Unicode calls the end of a line may stand inside a text."""
    return [line.rstrip("\r") for line in text.split("\n")] if text else []


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
