"""The commands there are, and how one is chosen; only the chosen one is imported. For `__main__`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from importlib import import_module
from io import TextIOWrapper

from conduit import __version__

Run = Callable[[argparse.Namespace], int]


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, its module and a line about it; `serve` is in `__main__`."""

    name: str
    module: str
    summary: str


COMMANDS = (
    Command("serve", "", "run the language server (editors start this)"),
    Command("demo", "conduit.cli.demo", "show what Conduit does, with a real server on a sample project"),
    Command("ask", "conduit.cli.ask", "ask a question about this folder"),
    Command("sessions", "conduit.cli.sessions", "list and show conversations"),
    Command("review", "conduit.cli.review", "accept or reject the changes that a conversation proposes"),
    Command("undo", "conduit.cli.undo", "take back what a turn changed in files"),
    Command("redo", "conduit.cli.redo", "make again what was taken back"),
    Command("models", "conduit.cli.models", "list, show and probe the models that can be chosen"),
    Command("tokenize", "conduit.cli.tokenize", "count the tokens of a text"),
    Command("embed", "conduit.cli.embed", "turn texts into vectors whose nearness is nearness of meaning"),
    Command("imagegen", "conduit.cli.imagegen", "make pictures from words"),
    Command("speak", "conduit.cli.speak", "speak a text into a file"),
    Command("transcribe", "conduit.cli.transcribe", "write down what a recording says"),
    Command("batch", "conduit.cli.batch", "hand in a file of questions, bring the answers"),
    Command("keys", "conduit.cli.keys", "list, keep and remove the keys of vendors"),
    Command("doctor", "conduit.cli.doctor", "check what is there and what is missing"),
    Command("log", "conduit.cli.log", "show what was sent to models and what they answered"),
)
_EPILOG = "Exit codes: 0 done, 1 error, 2 wrong usage, 130 interrupted. 'conduit COMMAND --help' says more."


class _Help(argparse.HelpFormatter):
    """Leaves room for the longest name of a command: argparse forgets that these are indented once more."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = max(len(command.name) for command in COMMANDS) + 4


def run(arguments: Sequence[str]) -> int:
    """Parse `arguments`, run the command and return its exit code; errors become one sentence on stderr."""
    parser = build_parser(arguments[:1])
    try:
        chosen = parser.parse_args(list(arguments))
    except SystemExit as done:  # argparse has printed its help, the version or a usage error
        return done.code if isinstance(done.code, int) else 2
    if not hasattr(chosen, "run"):
        parser.print_help(sys.stderr)
        return 2
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal cannot show must not end the command
    from conduit.cli.errors import run_reporting

    return run_reporting(chosen.run, chosen)


def build_parser(whole: Collection[str]) -> argparse.ArgumentParser:
    """Return the parser; only the commands named in `whole` have their arguments, so only they are imported."""
    parser = argparse.ArgumentParser(
        prog="conduit",
        description="An agent server for any editor, with any model.",
        epilog=_EPILOG,
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"conduit {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        summary = command.summary[0].upper() + command.summary[1:] + "."
        own = commands.add_parser(command.name, help=command.summary, description=summary)
        if command.name in whole:
            _fill(own, command)
    return parser


def _fill(parser: argparse.ArgumentParser, command: Command) -> None:
    if command.name == "serve":
        from conduit.lsp.arguments import add_serve_arguments

        add_serve_arguments(parser)
        return
    module = import_module(command.module)
    module.add_arguments(parser)
    if parser.get_default("run") is None:
        parser.set_defaults(run=module.run)
    for each in list(subcommands(parser).values()) or [parser]:
        _add_logging_arguments(each)


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of a command's own commands, such as `list` of `sessions`."""
    return {
        name: own
        for action in parser._actions  # noqa: SLF001 - argparse has no public way to walk a parser
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
        for name, own in action.choices.items()
    }


def _add_logging_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every command takes."""
    group = parser.add_argument_group("logging")
    levels = ["debug", "info", "warning", "error"]
    group.add_argument("--log-level", choices=levels, help="how much is logged; debug also shows where an error arose")
    group.add_argument("--log-file", metavar="FILE", help="log to FILE instead of standard error")
