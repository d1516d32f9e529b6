"""Reading of Ollama's chat stream: from its JSON lines to stream events.

Pure: no SDK, no connection. Used by the wire `ollama` alone.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any, Literal

from conduit.messages.content import ProviderData
from conduit.messages.message import CompletionStop, Usage
from conduit.messages.stream import BlockDelta, BlockStart, BlockStop, Stop, StreamEvent, UsageReport
from conduit.providers.thinking_tags import ThinkingTags
from conduit.providers.whole_text import WholeText

WIRE = "ollama"


def own_data(model: str) -> ProviderData:
    """Return the mark on thinking that goes back to the model that thought it, and to no other."""
    return ProviderData(wire=WIRE, data={"model": model})


class LineDecoder:
    """Folds the lines of one answer into stream events; reads every field with suspicion.

    Attributes:
        prompt_tokens: what the server says that it read of the prompt; None until the end, or when it did not say.
        ended: whether the server said that the answer is over.
    """

    def __init__(self, model: str, *, think_tags: bool) -> None:
        self._model = model
        self._tags = ThinkingTags() if think_tags else None
        self._whole = WholeText()
        self._next = 0
        self._open: tuple[int, Literal["text", "thinking"]] | None = None
        self._calls = 0
        self._reason = ""
        self.prompt_tokens: int | None = None
        self.ended = False

    def feed(self, line: Any) -> Iterator[StreamEvent]:
        """Take in one line."""
        if not isinstance(line, dict):
            return
        message = line.get("message")
        if isinstance(message, dict):
            if thinking := _string(message.get("thinking")):
                yield from self._say("thinking", thinking)
            if text := _string(message.get("content")):
                yield from self._text(text)
            calls = message.get("tool_calls")
            for call in calls if isinstance(calls, list) else []:
                yield from self._call(call)
        if line.get("done") is True:
            self.ended = True
            self._reason = _string(line.get("done_reason"))
            self.prompt_tokens = _count(line.get("prompt_eval_count")) or None
            usage = Usage(input_tokens=self.prompt_tokens or 0, output_tokens=_count(line.get("eval_count")))
            yield UsageReport(usage=usage)

    def finish(self) -> Iterator[StreamEvent]:
        """Close what is open and say why the answer ended."""
        if self._tags is not None:
            for kind, text in self._tags.finish():
                yield from self._say(kind, text)
        yield from self._close()
        # Ollama says `stop` with calls too, and for a stop sequence.
        reason: CompletionStop = "tool_use" if self._calls else "end_turn"
        yield Stop(reason="max_tokens" if self._reason == "length" else reason)

    def _text(self, text: str) -> Iterator[StreamEvent]:
        if self._tags is None or self._tags.over:
            yield from self._say("text", text)
            return
        for kind, piece in self._tags.feed(text):
            yield from self._say(kind, piece)

    def _say(self, kind: Literal["text", "thinking"], text: str) -> Iterator[StreamEvent]:
        if self._open is None or self._open[1] != kind:
            yield from self._close()
            self._open = (self._take(), kind)
            yield BlockStart(index=self._open[0], kind=kind)
        if shown := self._whole.feed(self._open[0], text):
            yield BlockDelta(index=self._open[0], text=shown)

    def _close(self) -> Iterator[StreamEvent]:
        if self._open is not None:
            index, kind = self._open
            self._open = None
            if rest := self._whole.finish(index):
                yield BlockDelta(index=index, text=rest)
            yield BlockStop(index=index, provider_data=own_data(self._model) if kind == "thinking" else None)

    def _call(self, call: Any) -> Iterator[StreamEvent]:
        """A call comes whole; older servers give it no id."""
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            return
        name = _string(function.get("name"))  # without one it is a call all the same, which gets a result
        yield from self._close()
        self._calls += 1
        index = self._take()
        call_id = _string(call.get("id")) or f"call_{uuid.uuid4().hex[:12]}"
        arguments = function.get("arguments")
        # Arguments of another shape than an object go on as they are: they become a result that says so.
        text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
        yield BlockStart(index=index, kind="tool_call", call_id=call_id, name=name)
        shown = self._whole.feed(index, text) + self._whole.finish(index)
        yield BlockDelta(index=index, text=shown)
        yield BlockStop(index=index)

    def _take(self) -> int:
        self._next += 1
        return self._next - 1


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
