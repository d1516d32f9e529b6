"""The command line's table from error to outcome, and its one broad handler.

Every class of `conduit.errors` has a row, so that nobody meets a traceback. For `commands.py`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conduit import errors
from conduit.cli.output import printable

FAILED = 1


@dataclass(frozen=True, slots=True)
class Row:
    """How one class of error ends a command.

    Attributes:
        exit_code: of the process.
        lead: words before the error's own sentence.
        hint: a sentence after it: what to do next.
    """

    exit_code: int = FAILED
    lead: str = ""
    hint: str = ""


_SHOWN = Row()  # the error's own sentence says what to do
_FOR_THE_MODEL = Row(lead="A tool failed: ")
_STORAGE = Row(lead="The conversations' database: ", hint="'conduit doctor' says where it is.")

ROWS: Mapping[type[errors.ConduitError], Row] = MappingProxyType(
    {
        errors.ConduitError: _SHOWN,
        errors.UserError: _SHOWN,
        errors.ConfigError: _SHOWN,
        errors.MissingKey: _SHOWN,
        errors.UnknownModel: Row(hint="'conduit models list' shows the known ones."),
        errors.SessionNotFound: _SHOWN,
        errors.SessionBusy: Row(hint="Without --session and --continue another conversation begins."),
        errors.ToolError: _FOR_THE_MODEL,
        errors.UnknownTool: _FOR_THE_MODEL,
        errors.InvalidArguments: _FOR_THE_MODEL,
        errors.PathNotFound: _FOR_THE_MODEL,
        errors.NotText: _FOR_THE_MODEL,
        errors.EditNotFound: _FOR_THE_MODEL,
        errors.EditAmbiguous: _FOR_THE_MODEL,
        errors.StaleDocument: _FOR_THE_MODEL,
        errors.EditRefused: _FOR_THE_MODEL,
        errors.EditorFailed: _FOR_THE_MODEL,
        errors.PartlyApplied: _FOR_THE_MODEL,
        errors.PermissionDenied: _FOR_THE_MODEL,
        errors.OutsideWorkspace: _FOR_THE_MODEL,
        errors.ProviderError: Row(hint="'conduit log' shows the request."),
        errors.InvalidAnswer: _SHOWN,
        errors.LimitReached: Row(lead="The turn was stopped: "),
        errors.StoreError: _STORAGE,
        errors.SchemaTooNew: _SHOWN,
        errors.StoreCorrupt: _STORAGE,
        errors.CheckpointLost: _SHOWN,
    }
)


def row_of(error: errors.ConduitError) -> Row:
    """Return the row of the nearest class that has one."""
    return next(ROWS[kind] for kind in type(error).__mro__ if kind in ROWS)


def sentence_of(error: errors.ConduitError) -> str:
    """Return what the person reads, in one line."""
    row = row_of(error)
    said = " ".join(str(error).split()) or type(error).__name__
    ended = said if said.endswith((".", "!", "?")) else f"{said}."
    return f"{row.lead}{ended}{' ' + row.hint if row.hint else ''}"


def complain(sentence: str) -> None:
    """Print one sentence on stderr."""
    print(f"conduit: {printable(sentence)}", file=sys.stderr, flush=True)


def run_reporting(run: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """Run a command; an error becomes one sentence on stderr and an exit code.

    A traceback is shown only at log level debug. KeyboardInterrupt and BrokenPipeError pass through.
    """
    debug = "debug" in (getattr(arguments, "log_level", None), os.environ.get("CONDUIT_LOG_LEVEL"))
    try:
        return run(arguments)
    except errors.ConduitError as error:
        if debug:
            _show_traceback()
        complain(sentence_of(error))
        return row_of(error).exit_code
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the face's one broad handler: anything else is a bug of ours
        if debug:
            _show_traceback()
        complain(
            f"Something unexpected went wrong ({type(error).__name__}: {' '.join(str(error).split())}). "
            "Run the command again with --log-level debug to see where."
        )
        return FAILED


def _show_traceback() -> None:
    import traceback

    traceback.print_exc()
