"""Texts whose every line says where it belongs, so that a lost character and a wrong place can be seen.

A line is `KEY word word …`. The key of a line that was there from the beginning is `f0:3`; one that was put in later is
`f0:3_5:17`, which must stand between the lines 2 and 4 of the beginning. A word is `p18@KEY` when a person typed it in
that line, and `m19@KEY` when a model did.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

_KEY = re.compile(r"^(?P<file>[a-z]+\d*):(?P<low>\d+)(?:_(?P<high>\d+):(?P<n>\d+))?$")
_FAR = 999


@dataclass(frozen=True)
class Key:
    """Where a line belongs: in which file, and between which lines of its beginning."""

    name: str
    file: str
    low: int
    high: int
    own: bool

    @classmethod
    def of(cls, line: str) -> Key:
        name = line.split(" ", 1)[0].strip()
        found = _KEY.match(name)
        assert found, f"a line that nobody wrote: {line!r}"
        low, high = int(found["low"]), found["high"]
        if high is None:
            return cls(name, found["file"], low, low, True)
        return cls(name, found["file"], low - 1, int(high) - 1, False)


@dataclass
class Writer:
    """Makes texts and changes them; numbers never repeat.

    `ends` and `began` are the line end and the first lines of each file. `shaken` are those of them that were missing
    at some time: when they come back, nobody knows where lines that were put in meanwhile stand beside them.
    """

    number: int = 0
    ends: dict[str, str] = field(default_factory=dict)
    began: dict[str, set[str]] = field(default_factory=dict)
    shaken: set[str] = field(default_factory=set)

    def next(self) -> int:
        self.number += 1
        return self.number

    def new(self, lines: int, end: str = "\n", *, closed: bool = True) -> str:
        """Return a new text of so many lines; `closed`: the last one has a line end."""
        file = f"f{self.next()}"
        self.ends[file] = end
        self.began[file] = {f"{file}:{number}" for number in range(lines)}
        text = "".join(f"{file}:{number} text 😀{end}" for number in range(lines))
        return text if closed else text.removesuffix(end)

    def changed(self, chance: random.Random, text: str, who: str, *, deletes: bool, steps: int = 3) -> str:
        """Return a text with a few words, lines and deletions more; a model deletes no word of a person."""
        lines = lines_of(text)
        if not lines:
            return text
        end = self.ends[Key.of(lines[0]).file]
        for _ in range(chance.randint(1, steps)):
            at = chance.randrange(len(lines))
            what = chance.random()
            if what < 0.45:
                key = Key.of(lines[at]).name
                body, tail = _split(lines[at])
                lines[at] = f"{body} {who}{self.next()}@{key}{tail}"
            elif what < 0.8 or not deletes or len(lines) < 4:
                self._insert(lines, at + chance.randint(0, 1), end, who)
            else:
                stop = min(len(lines), at + chance.randint(1, 3))
                if who == "p" or not any(_words(line, "p") for line in lines[at:stop]):
                    del lines[at:stop]
            if not lines:
                break
        return "".join(lines)

    def shake(self, text: str) -> None:
        """Remember which lines of the beginning are missing."""
        names = {Key.of(line).name for line in lines_of(text)}
        for file in {name.split(":")[0] for name in names}:
            self.shaken |= self.began[file] - names

    def _insert(self, lines: list[str], at: int, end: str, who: str) -> None:
        before, after = Key.of(lines[at - 1]) if at else None, Key.of(lines[at]) if at < len(lines) else None
        low, high = before.low if before else -1, after.high if after else _FAR
        file = (before or after).file  # type: ignore[union-attr]
        name = f"{file}:{low + 1}_{high + 1}:{self.next()}"  # one more each, since -1 cannot be written
        if at and not lines[at - 1].endswith(("\n", "\r")):
            lines[at - 1] += end
            end = ""
        lines.insert(at, f"{name} {who}{self.next()}@{name} 漢{end}")


def lines_of(text: str) -> list[str]:
    """Return the lines with their ends."""
    return re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$", text)


def words_of(text: str, who: str) -> list[str]:
    """Return all words of persons (`p`) or models (`m`)."""
    return _words(text, who)


def wrong_places(text: str, writer: Writer) -> list[str]:
    """Return what stands in a text where it does not belong."""
    wrong: list[str] = []
    lines = lines_of(text)
    keys = [Key.of(line) for line in lines]
    if len({key.file for key in keys}) > 1:
        wrong.append(f"lines of several files: {sorted({key.file for key in keys})}")
    names = [key.name for key in keys]
    wrong += [f"twice: {name}" for name in set(names) if names.count(name) > 1]
    for number, (line, key) in enumerate(zip(lines, keys, strict=True)):
        wrong += [f"{word} in the line {key.name}" for word in re.findall(r"[pm]\d+@(\S+)", line) if word != key.name]
        body, tail = _split(line)
        if tail != writer.ends[key.file] and not (tail == "" and number == len(lines) - 1):
            wrong.append(f"the line end of {body!r} is {tail!r}")
        for place, other in enumerate(keys):
            if other.name == key.name or not other.own or other.name in writer.shaken:
                continue
            if place < number and other.low >= key.high:
                wrong.append(f"{key.name} after {other.name}")
            if place > number and other.low <= key.low:
                wrong.append(f"{key.name} before {other.name}")
    return wrong


def _split(line: str) -> tuple[str, str]:
    body = line.rstrip("\r\n")
    return body, line[len(body) :]


def _words(text: str, who: str) -> list[str]:
    return re.findall(rf"{who}\d+@\S+", text)
