"""`conduit doctor`: what works, what is missing, what is broken; and where each setting came from. No network."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass

from conduit import __version__
from conduit.app import Check
from conduit.cli.errors import sentence_of
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.opening import opened
from conduit.cli.table import columns
from conduit.config.settings import load_settings
from conduit.errors import ConduitError

_MARKS = {"ok": "ok", "warning": "warning", "missing": "missing", "broken": "BROKEN"}


@dataclass(frozen=True, slots=True)
class _Setting:
    key: str
    value: str
    source: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `conduit doctor`."""
    parser.epilog = "Exit code 1 when something is broken, 0 when things are only missing. Keys are never printed."
    parser.add_argument("--cwd", metavar="DIR", help="look at the workspace of DIR instead of the current folder's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print the checks; the exit code is 1 when one of them is broken."""
    try:
        checks = asyncio.run(_checks(arguments))
    except ConduitError as error:
        checks = [
            Check("conduit", "ok", __version__),
            Check("python", "ok", f"{platform.python_version()} at {sys.executable}"),
            Check("opening", "broken", sentence_of(error)),
        ]
    settings = _settings(arguments)
    broken = any(check.state == "broken" for check in checks)
    if arguments.json:
        report = {
            "ok": not broken,
            "checks": [asdict(check) for check in checks],
            "settings": [asdict(setting) for setting in settings],
        }
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        print(columns([(_MARKS[check.state], check.name, check.detail) for check in checks]), end="")
        if settings:
            print("\nSettings that are not the default:")
            print(columns([(each.key, each.value, f"from {each.source}") for each in settings]), end="")
    sys.stdout.flush()
    return 1 if broken else 0


async def _checks(arguments: argparse.Namespace) -> list[Check]:
    async with opened(workspace_root(working_folder(arguments.cwd)), arguments) as app:
        return await app.doctor()


def _settings(arguments: argparse.Namespace) -> list[_Setting]:
    given = {"log_level": arguments.log_level, "log_file": arguments.log_file}
    try:
        settings = load_settings(arguments=given, environ=os.environ)
    except ConduitError:
        return []  # said among the checks
    values = settings.model_dump(mode="json")
    found = []
    for key, source in sorted(settings.sources.items()):
        value = values
        for part in key.split("."):
            value = value[part]
        found.append(_Setting(key, str(value), source))
    return found
