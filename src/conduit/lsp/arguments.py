"""The arguments of `conduit serve`, for `__main__`, which starts it, and for `cli`, whose help shows them."""

from __future__ import annotations

import argparse


def add_serve_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `conduit serve`."""
    parser.add_argument("--stdio", action="store_true", help="speak LSP on standard input and output (the default)")
    parser.add_argument("--tcp", metavar="HOST:PORT", help="wait for one client on this machine instead (debugging)")
    parser.add_argument("--log-level", choices=["debug", "info", "warning", "error"], help="how much is logged")
    parser.add_argument("--log-file", metavar="FILE", help="log to FILE instead of standard error")
    parser.add_argument(
        "--clientProcessId",
        dest="client_process_id",
        type=int,
        metavar="PID",
        help="accepted, since some editors add it; the process that is watched is the one that `initialize` names",
    )
