"""Ten thousand random edits of files in mixed encodings: outside of the hunk not one byte changes (a few in CI).

What the bytes must be is known without the code that reads and writes them: a file is made of lines that are bytes
from the beginning, and an edit replaces some of them, or some of their characters. Several files are edited at once,
and some of them are open in an editor, which alone changes those.
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
from conduit.lsp.applier import EditorApplier
from conduit.sandbox.confine import Door
from conduit.workspace.document import split_lines
from conduit.workspace.workspace import Workspace
from fakes.editor import FakeEditor
from fakes.model_editors import MODELS, ModelEditor

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
ENDS = ("\n", "\r\n", "\r")
PLAIN = ["value = 1", "def f():", "\treturn x", "", "   ", "# comment", "a\x0cb", "end"]


class File:
    """A file as a list of lines in bytes."""

    def __init__(self, chosen: random.Random, codec: str) -> None:
        self.codec = codec
        self.mark = MARKS.get(codec, codecs.BOM_UTF8 if codec == "utf-8" and chosen.random() < 0.3 else b"")
        ends = ENDS if chosen.random() < 0.4 else (chosen.choice(ENDS),)
        self.lines = [self._line(chosen, chosen.choice(ends)) for _ in range(chosen.randrange(1, 30))]
        if chosen.random() < 0.5:
            self.lines[-1] = self._line(chosen, "")

    def _line(self, chosen: random.Random, end: str) -> bytes:
        words = chosen.choices([*PLAIN, *WORDS[self.codec]], k=chosen.randrange(1, 5))
        # A line end inside of the line would make two of it; CR then LF would make one of two.
        return (" ".join(words) + "." + end).encode(self.codec)

    @property
    def data(self) -> bytes:
        return self.mark + b"".join(self.lines)

    def edited(self, chosen: random.Random, text: str) -> tuple[str, bytes]:
        """Return what an edit makes of the text, as it is read, and what it makes of the bytes."""
        if self.codec.startswith("utf-"):
            start = chosen.randrange(len(text) + 1)
            end = min(len(text), start + chosen.choice((0, 1, 5, 40)))
            new = "".join(
                chosen.choice(PLAIN + WORDS[self.codec]) + chosen.choice(("", *ENDS))
                for _ in range(chosen.randrange(3))
            )
            parts = (text[:start], new, text[end:])
            return "".join(parts), self.mark + b"".join(part.encode(self.codec) for part in parts)
        # Which older encoding it is can only be guessed, and is guessed wrong: of whole lines the bytes are known, and
        # every reader agrees on ASCII.
        lines = split_lines(text)
        assert len(lines) == len(self.lines), self.codec
        # A line without its end stays the last one.
        first = chosen.randrange(len(lines))
        last = min(len(lines) - 1, first + chosen.randrange(3))
        new = "".join(chosen.choice(PLAIN) + "." + chosen.choice(ENDS[:2]) for _ in range(chosen.randrange(4)))
        after = b"".join([*self.lines[:first], new.encode("ascii"), *self.lines[last:]])
        return "".join([*lines[:first], new, *lines[last:]]), after


async def test_no_byte_changes_outside_of_the_hunk(tmp_path: Path) -> None:
    chosen = random.Random("bytes")
    made = dict.fromkeys(WORDS, 0)
    opened = 0
    while sum(made.values()) < EDITS:
        files = {f"file-{codec}-{number}.txt": File(chosen, codec) for codec in WORDS for number in range(2)}
        for name, file in files.items():
            (tmp_path / name).write_bytes(file.data)
        editor = ModelEditor(chosen.choice(MODELS))
        with Door([tmp_path]) as door:
            workspace = Workspace([tmp_path], editor.documents, door)
            read = {name: (await workspace.read(name)).text for name in files}
            for name in chosen.sample(sorted(files), 8):
                editor.open(tmp_path / name, read[name])
            after = {name: file.edited(chosen, read[name]) for name, file in files.items()}
            changes = [FileChange(tmp_path / name, name, read[name], after[name][0]) for name in files]
            changes = [change for change in changes if change.before != change.after]
            await ApplyAtOnce(workspace, door, EditorApplier(editor)).submit(changes)
        for change in changes:
            file, shown = files[change.name], editor.text(change.path)
            assert shown in (None, change.after), (file.codec, change)
            expected = after[change.name][1] if shown is None else file.data
            assert change.path.read_bytes() == expected, (file.codec, change)
            made[file.codec] += 1
            opened += shown is not None
    left = [path.name for path in tmp_path.iterdir() if ".conduit-" in path.name]
    print(f"{sum(made.values()):,} edits in {len(made)} encodings, {opened:,} of them in open documents, 0 bytes wrong")
    assert left == []
    assert min(made.values()) > 0
    assert opened > 0


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
