"""The arguments that set a completion's parameters for one call. For commands that ask a model."""

from __future__ import annotations

import argparse
import json
from typing import get_args

from pydantic import JsonValue

from conduit.app.parameters import parameters
from conduit.errors import UserError
from conduit.messages.request import ModelSettings, ThinkingLevel

_CHOICES = ("auto", "required", "none")
_NAMES = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "stop",
    "tool_choice",
    "parallel_tool_calls",
    "seed",
    "thinking",
    "prompt_cache",
    "keep_alive_s",
)


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """Add one argument for each parameter, and `--extra` for what only one vendor knows."""
    group = parser.add_argument_group(
        "parameters",
        "For this call only; they win over the conversation's own. What the model does not take is left out.",
    )
    group.add_argument("--temperature", metavar="X", type=float, help="how freely words are chosen; 0 is least")
    group.add_argument("--top-p", metavar="X", type=float, help="choose among the likeliest words up to this share")
    group.add_argument("--top-k", metavar="N", type=int, help="choose among the N likeliest words")
    group.add_argument("--max-tokens", metavar="N", type=int, help="the longest answer")
    group.add_argument("--stop", metavar="TEXT", action="append", help="end the answer at TEXT; may be repeated")
    group.add_argument("--tool-choice", choices=_CHOICES, help="whether the model must, may or must not call tools")
    group.add_argument(
        "--parallel-tool-calls", action=argparse.BooleanOptionalAction, help="whether it may call several at once"
    )
    group.add_argument("--seed", metavar="N", type=int, help="make answers repeatable, as far as the vendor can")
    group.add_argument("--thinking", choices=get_args(ThinkingLevel), help="how much the model thinks")
    group.add_argument(
        "--prompt-cache", action=argparse.BooleanOptionalAction, help="whether the vendor is asked to keep the prompt"
    )
    group.add_argument(
        "--keep-alive",
        dest="keep_alive_s",
        metavar="SECONDS",
        type=float,
        help="how long Ollama keeps the model in memory afterwards; 0 unloads it, -1 keeps it for ever",
    )
    group.add_argument(
        "--extra", metavar="KEY=JSON", action="append", help="put KEY into the request as it is; may be repeated"
    )


def read_parameters(arguments: argparse.Namespace) -> ModelSettings | None:
    """Return what was given, or None; raises UserError for a value that the parameter cannot have."""
    given: dict[str, JsonValue] = {name: value for name in _NAMES if (value := getattr(arguments, name)) is not None}
    extra = dict(_extra(text) for text in arguments.extra or ())
    if extra:
        given["extra"] = extra
    return parameters(given) if given else None


def _extra(text: str) -> tuple[str, JsonValue]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UserError(f"--extra {text}: KEY=JSON is wanted, such as --extra service_tier='\"flex\"'.")
    try:
        return name, json.loads(value)
    except ValueError as error:
        raise UserError(f"--extra {text}: what is behind the = is no JSON; a text needs its own quotes.") from error
