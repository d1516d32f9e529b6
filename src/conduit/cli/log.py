"""`conduit log`: the journal of what was sent to models, what they answered and which tools ran; secrets are masked."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from conduit.config.folders import find_folders
from conduit.sessions.journal import clear_journal
from conduit.sessions.journal_reading import read_journal, render_record
from conduit.sessions.paths import journal_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `conduit log`."""
    parser.add_argument("--follow", action="store_true", help="go on with what comes, until Ctrl-C")
    parser.add_argument("--clear", action="store_true", help="remove the journal")
    parser.add_argument("--session", metavar="ID", help="only this conversation (the beginning of its id is enough)")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")


def run(arguments: argparse.Namespace) -> int:
    """Print, follow or clear the journal."""
    path = journal_path(find_folders().state)
    if arguments.clear:
        print(f"Removed {clear_journal(path):,} bytes.", file=sys.stderr)
        return 0
    shown = 0
    for record in read_journal(path, follow=arguments.follow):
        if record.session_id.startswith(arguments.session or ""):
            shown += 1
            print(json.dumps(asdict(record), ensure_ascii=False) if arguments.json else render_record(record))
            if arguments.follow:
                sys.stdout.flush()
    if not shown and not arguments.json:
        print(f"Nothing is recorded in {path}.", file=sys.stderr)
    sys.stdout.flush()
    return 0
