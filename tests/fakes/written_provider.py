"""A provider that writes given pieces of text and keeps the requests it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from conduit.messages.message import CompletionStop, Usage
from conduit.messages.request import ModelRequest
from conduit.messages.stream import BlockDelta, BlockStart, BlockStop, Stop, StreamEvent, UsageReport


class WrittenProvider:
    name = "written"

    def __init__(self, pieces: Sequence[str], *, thinking: str = "", reason: CompletionStop = "end_turn") -> None:
        self.pieces = pieces
        self.thinking = thinking
        self.reason = reason
        self.requests: list[ModelRequest] = []
        self.closed = False

    async def load(self) -> None:
        pass

    async def aclose(self) -> None:
        self.closed = True

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        self.requests.append(request)
        index = 0
        if self.thinking:
            yield BlockStart(index=0, kind="thinking")
            yield BlockDelta(index=0, text=self.thinking)
            yield BlockStop(index=0)
            index = 1
        yield BlockStart(index=index, kind="text")
        for piece in self.pieces:
            yield BlockDelta(index=index, text=piece)
        yield BlockStop(index=index)
        yield UsageReport(usage=Usage(input_tokens=5, output_tokens=len(self.pieces)))
        yield Stop(reason=self.reason)
