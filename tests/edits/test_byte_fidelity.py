"""Ten thousand random edits of files in mixed encodings: outside of the hunk not one byte changes (a few in CI).

What the bytes must be is known without any code of ours: a file is made of lines that are bytes from the beginning,
and an edit replaces some of them.
"""

from __future__ import annotations

import codecs
import os
import random
from pathlib import Path

import pytest

from conduit.edits.apply import ApplyAtOnce
from conduit.edits.edit import FileChange
from conduit.errors import NotText
from conduit.sandbox.confine import Door
from conduit.workspace.document import split_lines
from conduit.workspace.workspace import Workspace
from fakes.editor import FakeEditor

EDITS = 10_000 if os.environ.get("SOAK") == "1" else 250
WORDS = {
    "utf-8": ["naïve", "漢字", "😀", "e\u0301", "\u2028", "x\ufeffy"],
    "utf-16-le": ["naïve", "漢字", "😀", "e\u0301", "\x85"],
    "utf-16-be": ["naïve", "漢字", "😀", "e\u0301"],
    "utf-32-le": ["naïve", "漢字", "😀"],
    "latin-1": ["café", "Größe", "\x85", "\xa0"],
    "cp1252": ["“quoted”", "5 €", "naïve"],
    "cp1250": ["źdźbło", "Łódź"],
    "cp1251": ["размер файла", "Привет", "комментарий"],
    "koi8_r": ["размер файла", "комментарий"],
    "cp932": ["ファイルの大きさ", "日本語のコメント", "表示ソ能"],
    "euc_jp": ["ファイルの大きさ", "日本語"],
    "gb18030": ["文件的大小", "中文注释"],
    "big5": ["檔案的大小", "許功蓋"],
    "cp949": ["파일의 크기", "한국어"],
}
MARKS = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
}
PLAIN = ["value = 1", "def f():", "\treturn x", "", "   ", "# comment", "a\x0cb", "end"]


class Lines:
    """A file as a list of lines in bytes."""

    def __init__(self, chosen: random.Random, codec: str) -> None:
        self.codec = codec
        self.mark = MARKS.get(codec, codecs.BOM_UTF8 if codec == "utf-8" and chosen.random() < 0.3 else b"")
        self.lines = [self._line(chosen, chosen.choice(["\n", "\r\n", "\r"])) for _ in range(chosen.randrange(1, 30))]
        if chosen.random() < 0.5:
            self.lines[-1] = self._line(chosen, "")

    def _line(self, chosen: random.Random, end: str) -> bytes:
        words = chosen.choices([*PLAIN, *WORDS[self.codec]], k=chosen.randrange(1, 5))
        # A line end inside of the line would make two of it; CR then LF would make one of two.
        return (" ".join(words) + "." + end).encode(self.codec)

    @property
    def data(self) -> bytes:
        return self.mark + b"".join(self.lines)


def replacement(chosen: random.Random, file: Lines) -> str:
    """Return new lines; beyond ASCII only where every reader agrees on what the bytes mean."""
    words = PLAIN + (WORDS[file.codec] if file.codec.startswith("utf-") else [])
    return "".join(chosen.choice(words) + "." + chosen.choice(["\n", "\r\n"]) for _ in range(chosen.randrange(4)))


async def test_no_byte_changes_outside_of_the_hunk(tmp_path: Path) -> None:
    chosen = random.Random("bytes")
    with Door([tmp_path]) as door:
        editor = FakeEditor()
        workspace = Workspace([tmp_path], editor, door)
        sink = ApplyAtOnce(workspace, door, editor)
        made = dict.fromkeys(WORDS, 0)
        while sum(made.values()) < EDITS:
            codec = min(made, key=lambda each: made[each])
            file = Lines(chosen, codec)
            path = tmp_path / f"file-{codec}.txt"
            path.write_bytes(file.data)
            for _ in range(min(5, EDITS)):
                reading = await workspace.read(path.name)
                text = split_lines(reading.text)
                assert len(text) == len(file.lines), (codec, reading.encoding)
                first = chosen.randrange(len(text) + 1)
                last = min(len(text), first + chosen.randrange(3))
                # A line without its end stays the last one.
                first = min(first, len(text) - 1)
                last = min(last, len(text) - 1)
                new = replacement(chosen, file)
                after = "".join([*text[:first], new, *text[last:]])
                if after == reading.text:
                    continue
                await sink.submit([FileChange(path, path.name, reading.text, after)])
                file.lines[first:last] = [line.encode(codec) for line in split_lines(new)]
                assert path.read_bytes() == file.data, (codec, reading.encoding)
                made[codec] += 1
    print(f"{sum(made.values()):,} edits in {len(made)} encodings, 0 bytes changed outside of the hunk")
    assert min(made.values()) > 0


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\0\0", b"\x7fELF\x02\x01\x01\0", b"PK\x03\x04\x14\0\0\0", b"\xff\xd8\x01"]
)
async def test_a_binary_file_is_recognised_and_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file.bin").write_bytes(data)
    with Door([tmp_path]) as door:
        editor = FakeEditor()
        workspace = Workspace([tmp_path], editor, door)
        with pytest.raises(NotText, match="binary"):
            await workspace.read("file.bin")
        change = FileChange(tmp_path / "file.bin", "file.bin", "", "text")
        with pytest.raises(NotText, match="binary"):
            await ApplyAtOnce(workspace, door, editor).submit([change])
    assert (tmp_path / "file.bin").read_bytes() == data
