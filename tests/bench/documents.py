"""What one keystroke and one position cost in a document of 1 MB, beside pygls's own text document in the same run."""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence

from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument

from conduit.lsp.documents import OpenDocuments
from conduit.workspace.positions import PositionEncoding

URI = "file:///bench/large.py"
SIZE_BYTES = 1_000_000
MAX_KEYSTROKE_MS = 0.2
MAX_POSITION_MS = 0.05
MIN_TIMES_FASTER = 25.0
LINES = (
    "    total = total + value * 2  # the sum of what was read so far\n",
    "    name = 'naïve café'\n",
    "    title = '漢字と😀 in one line'\n",
    "\n",
    "def function_of_some_length(first, second, third=None):\n",
)


def main(arguments: Sequence[str]) -> int:
    """Measure, print the verdict, and return 0 when every bound holds."""
    parser = argparse.ArgumentParser(prog="poe bench documents")
    parser.add_argument("--keystrokes", type=int, default=400)
    count = parser.parse_args(arguments).keystrokes
    text = _text()
    lines = text.split("\n")
    # Each key on a line of its own, so that no key moves a later one into the middle of an astral character.
    places = [_place(lines, number) for number in random.Random(7).sample(range(len(lines)), count)]
    ours = _ours(text, places)
    theirs, expected = _pygls(text, places)
    equal = ours.documents.by_uri(URI).text == expected
    checks = [
        ("one keystroke (ms, median)", ours.keystroke_ms, MAX_KEYSTROKE_MS),
        ("one keystroke (ms, slowest of a hundred)", ours.slow_ms, MAX_KEYSTROKE_MS),
        ("one keystroke in a text that is one line (ms, median)", _one_line(), MAX_KEYSTROKE_MS),
        ("one position, wire to code points and back (ms, median)", ours.position_ms, MAX_POSITION_MS),
        ("texts that differ from pygls's after all keystrokes", float(not equal), 0.0),
    ]
    for name, found, bound in checks:
        print(f"{'ok  ' if found <= bound else 'FAIL'} {name}: {found:.4f} (at most {bound:.4f})")
    times = theirs / ours.keystroke_ms
    verdict = "ok  " if times >= MIN_TIMES_FASTER else "FAIL"
    print(f"{verdict} pygls's own document: {theirs:.3f} ms a keystroke, {times:.0f} times ours (at least 25)")
    return 0 if all(found <= bound for _, found, bound in checks) and times >= MIN_TIMES_FASTER else 1


class _Figures:
    def __init__(self, documents: OpenDocuments, typing: list[float], positions: list[float]) -> None:
        self.documents = documents
        self.keystroke_ms = statistics.median(typing)
        self.slow_ms = sorted(typing)[int(len(typing) * 0.99)]
        self.position_ms = statistics.median(positions)


def _ours(text: str, places: Sequence[types.Position]) -> _Figures:
    documents = OpenDocuments(PositionEncoding.UTF16)
    documents.open(types.TextDocumentItem(URI, "python", 1, text))
    document = documents.by_uri(URI)
    assert document is not None
    typing, positions = [], []
    for number, place in enumerate(places, 2):
        name = types.VersionedTextDocumentIdentifier(number, URI)
        params = types.DidChangeTextDocumentParams(name, [_key(place)])
        typing.append(_ms(lambda params=params: documents.change(params)))

        def there_and_back(place: types.Position = place) -> None:
            position = document.position_from_units(place.line, place.character, PositionEncoding.UTF16)
            document.units_from_position(position, PositionEncoding.UTF16)

        positions.append(_ms(there_and_back))
    return _Figures(documents, typing, positions)


def _pygls(text: str, places: Sequence[types.Position]) -> tuple[float, str]:
    codec = PositionCodec(types.PositionEncodingKind.Utf16)
    document = TextDocument(URI, text, 1, "python", position_codec=codec)
    times = [_ms(lambda place=place: document.apply_change(_key(place))) for place in places]
    return statistics.median(times), document.source


def _one_line() -> float:
    """Return what a key costs in a minified file, where the touched line is the whole text."""
    documents = OpenDocuments(PositionEncoding.UTF16)
    documents.open(types.TextDocumentItem(URI, "javascript", 1, "a=1;" * (SIZE_BYTES // 4)))
    times = []
    for number in range(2, 60):
        params = types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(number, URI), [_key(types.Position(0, 9000 * number))]
        )
        times.append(_ms(lambda params=params: documents.change(params)))
    return statistics.median(times)


def _text() -> str:
    chosen = random.Random(4)  # the same text every time
    lines, size = [], 0
    while size < SIZE_BYTES:
        lines.append(chosen.choice(LINES))
        size += len(lines[-1].encode())
    return "".join(lines)


def _place(lines: Sequence[str], number: int) -> types.Position:
    head = lines[number][: random.Random(number).randrange(len(lines[number]) + 1)]
    return types.Position(number, len(head.encode("utf-16-le")) // 2)


def _key(place: types.Position) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(types.Range(place, place), "x")


def _ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000
