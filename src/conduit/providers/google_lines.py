"""Events of a Gemini stream on their way into the SDK, with what it cannot take mended or left out.

The SDK takes a comment for a damaged answer, knows `data:` only with a space behind it, and gives a whole answer up
for one odd count of tokens; bytes that are no text it replaces without a word. Lines that are no JSON go through as
they are: that error is the SDK's own. Pure; used by the wire `google` alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from conduit.providers.answer_guard import DamagedAnswer

_MOST_TOKENS = 10**15
_ODD = re.compile(
    rb'Count"\s*:\s*(?!\d{1,15}\s*[,}])|"usageMetadata"\s*:\s*(?!\{)|"finishReason"\s*:\s*(?!")|null|\[\[\[|\d{1000}'
)
"""What makes an event worth a closer look; the rest, which is nearly all, goes through unread."""


class EventLines:
    """Takes bytes as they arrive and gives out whole lines, mended; one of these for each stream."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the lines that `data` completes; raises DamagedAnswer, after the lines before the damage."""
        first, *rest = data.split(b"\n")
        self._held.append(first)
        for piece in rest:
            line = b"".join(self._held)
            mended = line if line in (b"", b"\r") else _mend_line(line)
            if mended is not None:
                yield mended + b"\n"
            self._held = [piece]

    def finish(self) -> bytes:
        """Return what stands behind the last line break: a cut line, which the SDK will refuse."""
        rest, self._held = b"".join(self._held), []
        return rest


def mend_events(response: Any, byte_stream: type) -> None:
    """Put `EventLines` under an httpx response; `byte_stream` is `AsyncByteStream` of the same package."""

    class Mended(byte_stream):  # type: ignore[misc]
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        async def __aiter__(self) -> AsyncIterator[bytes]:
            lines = EventLines()
            async for data in self._inner:
                whole: list[bytes] = []
                try:
                    whole.extend(lines.feed(data))
                except DamagedAnswer:
                    yield b"".join(whole)  # what came before the damage
                    raise
                if whole:
                    yield b"".join(whole)
            if rest := lines.finish():
                yield rest

        async def aclose(self) -> None:
            await self._inner.aclose()

    response.stream = Mended(response.stream)


def _mend_line(line: bytes) -> bytes | None:
    """Return a line for the SDK, or None for one that it should not see."""
    if line.startswith((b":", b"event:", b"id:", b"retry:")):
        return None
    if not line.startswith(b"data:"):
        return line
    try:
        text = line[5:].decode("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedAnswer("an event is no text") from error
    if line.startswith(b"data: {") and _ODD.search(line) is None:
        return line
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return b"data: " + line[5:].lstrip(b" ")
    except (ValueError, RecursionError) as error:
        raise DamagedAnswer("an event is nested too deep, or holds an endless number") from error
    if not isinstance(value, dict):
        return None
    if _mend(value):
        return b"data: " + json.dumps(value).encode()
    return b"data: " + line[5:].lstrip(b" ")


def _mend(value: dict[str, Any]) -> bool:
    """Take out what the SDK would refuse the event for; return whether there was anything."""
    found = False
    if "usageMetadata" in value and not isinstance(value["usageMetadata"], dict):
        del value["usageMetadata"]
        found = True
    counts = value.get("usageMetadata", {})
    for name in [name for name, count in counts.items() if name.endswith("Count") and not _is_count(count)]:
        del counts[name]
        found = True
    candidates = value.get("candidates")
    if isinstance(candidates, list) and (odd := [item for item in candidates if not isinstance(item, dict)]):
        value["candidates"] = [item for item in candidates if item not in odd]
        found = True
    for candidate in value.get("candidates") or [] if isinstance(candidates, list) else []:
        if not isinstance(candidate.get("finishReason", ""), str):
            del candidate["finishReason"]
            found = True
    return found


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_TOKENS
