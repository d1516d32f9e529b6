"""Files that a command makes: whole or not there at all, and never in the place of another one.

Bytes go into a hidden file beside the target, which takes its name when all are there. For the commands.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from conduit.errors import UserError

_MOST_WORDS = 40  # characters of a text that go into a name


@dataclass(frozen=True, slots=True)
class Target:
    """Where a file shall be.

    Attributes:
        path: with its suffix, or without one when that is not known yet.
        named: the person chose the name.
        force: another file of that name may be replaced.
    """

    path: Path
    named: bool = False
    force: bool = False

    def check(self, count: int = 1) -> None:
        """Make sure, before anything is paid for, that `count` files can be there; raises UserError."""
        folder = self.path.parent
        if not folder.is_dir():
            raise UserError(f"There is no folder {str(folder)!r}.")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UserError(f"Nothing can be written into the folder {str(folder)!r}.")
        for number in range(1, count + 1):
            path = self.numbered(number).path
            if self.named and path.is_dir():
                raise UserError(f"{str(path)!r} is a folder.")
            if self.named and not self.force and path.exists():
                raise UserError(f"{str(path)!r} is there already. Choose another name, or replace it with --force.")

    def numbered(self, number: int) -> Target:
        """Return the target of the first file, or of a later one: `cat.png`, `cat-2.png`."""
        if number == 1:
            return self
        return Target(self.path.with_name(f"{self.path.stem}-{number}{self.path.suffix}"), self.named, self.force)


def target_of(output: str | None, *, force: bool, kind: str, text: str) -> Target:
    """Return where a file shall be: the person's choice, else the current folder and a name made of `kind` and `text`.

    Raises:
        UserError: the choice is no name of a file.
    """
    if output is not None:
        if not output.strip() or "\0" in output or output.endswith(("/", os.sep)) or output in (".", "..", "-"):
            raise UserError(f"{output!r} is no name of a file.")
        return Target(Path(output).expanduser(), named=True, force=force)
    words = re.sub(r"[^a-z0-9]+", "-", text.lower())[:_MOST_WORDS].strip("-")
    return Target(Path(f"{kind}-{words}" if words else kind))


@dataclass
class Part:
    """A file that is not whole yet."""

    file: FileIO
    path: Path
    written: int = 0

    def write(self, data: bytes) -> None:
        """Add bytes; raises UserError, for example when the disk is full."""
        left = memoryview(data)
        try:
            while left:
                left = left[self.file.write(left) :]
        except OSError as error:
            raise UserError(f"The file {str(self.path)!r} cannot be written: {error.strerror}.") from error
        self.written += len(data)


@contextmanager
def writing(target: Target) -> Iterator[Part]:
    """Open a hidden file beside the target, which is gone at the end unless `keep` gave it its name."""
    path = target.path.with_name(f".conduit-{secrets.token_hex(6)}.part")
    try:
        file = path.open("xb", buffering=0)  # what cannot be written is told at once
    except OSError as error:
        raise UserError(f"Nothing can be written into {str(path.parent)!r}: {error.strerror}.") from error
    try:
        with file:
            yield Part(file, path)
    finally:
        with suppress(OSError):
            path.unlink()


def keep(part: Part, target: Target, suffix: str) -> Path:
    """Give a whole file its name and return that; `suffix`, without a dot, is for a name that has none.

    Where another file has that name by now, or the name is not the person's choice, the next free one is taken.

    Raises:
        UserError: the disk is full, or the folder is gone.
    """
    wanted = target.path if target.named and target.path.suffix else Path(f"{target.path}.{suffix}")
    try:
        os.fsync(part.file.fileno())
        part.file.close()
        if target.force:
            part.path.replace(wanted)
            return wanted
        for path in _names(wanted):
            if _take(part.path, path):
                return path
    except OSError as error:
        raise UserError(f"The file {str(wanted)!r} cannot be written: {error.strerror}.") from error
    raise UserError(f"There are too many files with names like {str(wanted)!r}.")


def _names(wanted: Path) -> Iterator[Path]:
    yield wanted
    for number in range(2, 10_000):
        yield wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")


def _take(part: Path, path: Path) -> bool:
    """Give `part` the name `path` unless that exists; no other process can come in between."""
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links: an empty file keeps the name
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            return False
        part.replace(path)
    return True
