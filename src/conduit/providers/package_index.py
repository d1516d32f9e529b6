"""Where a wheel lies on the person's own package index, found out by pip, and fetched by pip when nothing else can.

pip knows the person's index, mirror, credentials and certificates; nothing of that is read here, and no host is named.
pip runs as a child: its output goes to our log, never to our stdout. Used by `weights` only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_LOG = logging.getLogger(__name__)
_QUIET = ("--disable-pip-version-check", "--no-input", "--quiet", "--no-color")
_CHOICE = ("--no-deps", "--only-binary", ":all:")
_POLL_S = 0.25


class PipFailed(Exception):
    """pip ended with an error; the text is the last thing that it said."""


@dataclass(frozen=True, slots=True)
class WheelLink:
    """A wheel on an index: its URL (http, https or file) and its SHA-256 in hex, or None when the index has none."""

    url: str
    sha256: str | None


async def find_wheel(requirement: str) -> WheelLink:
    """Return where pip would take `name==version` from; raises PipFailed."""
    with tempfile.TemporaryDirectory(prefix="conduit-pip-") as folder:
        report = Path(folder, "report.json")
        command = ("install", "--dry-run", "--ignore-installed", "--report", str(report), *_CHOICE, requirement)
        try:
            # Reads the wheel's metadata by ranges where an index does not offer it apart: else pip would fetch it all.
            await _run_pip(*command, "--use-feature=fast-deps", folder=folder)
        except PipFailed as error:
            if "fast-deps" not in str(error):
                raise
            await _run_pip(*command, folder=folder)
        return _read_report(report)


async def fetch_wheel(requirement: str, folder: Path, progress: Callable[[int], None]) -> Path:
    """Let pip download the wheel into `folder` and return its path; `progress` is told the bytes so far.

    Raises:
        PipFailed: pip could not.
    """
    with tempfile.TemporaryDirectory(prefix="pip-", dir=folder) as scratch:
        arrived = Path(scratch, "arrived")
        async with _pip("download", "--dest", str(arrived), *_CHOICE, requirement, folder=scratch) as process:
            finished = asyncio.ensure_future(_finished(process))
            try:
                while not (await asyncio.wait({finished}, timeout=_POLL_S))[0]:
                    progress(_largest_file(Path(scratch)))
                await finished
            finally:
                finished.cancel()
        return _take_wheel(arrived, folder)


def _read_report(report: Path) -> WheelLink:
    """Read pip's installation report (https://pip.pypa.io/en/stable/reference/installation-report/, 2026-11)."""
    try:
        info = json.loads(report.read_text(encoding="utf-8"))["install"][0]["download_info"]
        return WheelLink(str(info["url"]), (info.get("archive_info") or {}).get("hashes", {}).get("sha256"))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PipFailed(f"pip gave no usable report ({type(error).__name__})") from error


def _take_wheel(arrived: Path, folder: Path) -> Path:
    for wheel in arrived.glob("*.whl"):
        return wheel.replace(folder / wheel.name)
    raise PipFailed("pip downloaded nothing")


async def _run_pip(*arguments: str, folder: str) -> None:
    async with _pip(*arguments, folder=folder) as process:
        await _finished(process)


@asynccontextmanager
async def _pip(*arguments: str, folder: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run pip with its temporary files in `folder`; a child that is still running at the end is ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the folder that we were started in is the person's project, not a place to import from
        "-m",
        "pip",
        *arguments,
        *_QUIET,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
        env={**os.environ, "TMPDIR": folder, "TMP": folder, "TEMP": folder},
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _finished(process: asyncio.subprocess.Process) -> None:
    output, _ = await process.communicate()
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    for line in lines:
        _LOG.info("pip: %s", line)
    if process.returncode != 0:
        errors = [line for line in lines if line.startswith("ERROR")]
        raise PipFailed((errors or lines or [f"pip ended with {process.returncode}"])[-1].removeprefix("ERROR: "))


def _largest_file(folder: Path) -> int:
    sizes = [0]
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            sizes.append(path.stat().st_size)
    return max(sizes)
