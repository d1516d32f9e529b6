"""The command `conduit`: chooses what to run and imports nothing else.

`serve` is what editors start, so its way here is short: argparse and the server, nothing of the command line.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Mapping, Sequence

USAGE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells count
PIPE_CLOSED = 141  # 128 + SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 done, 1 error, 2 usage, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _fill_standard_streams()
    try:
        if arguments[:1] == ["serve"]:
            return _serve(arguments[1:])
        from conduit.cli.commands import run

        return run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_stdout()
        return PIPE_CLOSED


def _serve(arguments: list[str]) -> int:
    from conduit.lsp.arguments import add_serve_arguments

    parser = argparse.ArgumentParser(
        prog="conduit serve", description="The language server. Editors start it; it speaks LSP on stdio."
    )
    add_serve_arguments(parser)
    chosen = parser.parse_args(arguments)
    given = {key: value for key in ("log_level", "log_file") if (value := getattr(chosen, key)) is not None}
    if not _start_logging(given):
        return USAGE
    # pydantic would read the description of every installed package for plugins of its own, and none may run in here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Full collections among the objects that lsprotocol makes for good would be a tenth of the start; the server goes
    # back to the usual thresholds when everything is imported.
    gc.set_threshold(5_000, 10, 100_000)
    from conduit.lsp.serve import serve

    return serve(chosen.tcp, given)


def _start_logging(given: Mapping[str, str]) -> bool:
    """Log as the arguments and the environment say; the settings file is read later, after the first answer."""
    from pathlib import Path

    from conduit.config.secrets import secret_values
    from conduit.logs import start_logging

    path = given.get("log_file") or os.environ.get("CONDUIT_LOG_FILE")
    try:
        start_logging(
            given.get("log_level") or os.environ.get("CONDUIT_LOG_LEVEL") or "warning",
            path=Path(path).expanduser() if path else None,
            secrets=secret_values(),
        )
    except (ValueError, OSError) as error:
        sys.stderr.write(f"conduit: logging: {error}\n")
        return False
    return True


def _fill_standard_streams() -> None:
    """Open the null device where a standard stream is closed.

    Otherwise the next file that is opened, perhaps a database, would be descriptor 1, and our output would go there.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - it lives as long as the process
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def _drop_stdout() -> None:
    """Let the interpreter's last flush go nowhere, so that it does not complain about the closed pipe."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


if __name__ == "__main__":
    sys.exit(main())
