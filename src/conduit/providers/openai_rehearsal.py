"""Read one made-up answer of the Responses format, so that the first real one finds the SDK ready.

The SDK (3.54) builds the validators of its hundreds of event classes when it reads the first event: most of a second,
on the event loop. Nothing is sent anywhere. Used by `openai_responses` alone, in the thread that loads the SDK.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

_ADDRESS = "http://127.0.0.1"  # never asked


def rehearse() -> None:
    """Read an answer with a text; imports the SDK, and takes a while in a process's first call."""
    import httpx2
    import openai

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, text=_stream())

    http_client = httpx2.Client(transport=httpx2.MockTransport(answer), trust_env=False)
    with (
        suppress(openai.OpenAIError, ValueError),
        openai.OpenAI(api_key="none", base_url=_ADDRESS, max_retries=0, http_client=http_client) as client,
    ):
        for _ in client.responses.create(model="none", input="none", stream=True):
            pass


def _stream() -> str:
    text = {"type": "output_text", "text": "", "annotations": []}
    message: dict[str, Any] = {"id": "m", "type": "message", "role": "assistant", "status": "completed"}
    counts = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    response: dict[str, Any] = {"id": "r", "object": "response", "created_at": 1, "model": "none", "output": []}
    completed = {**response, "status": "completed", "output": [{**message, "content": [text]}], "usage": counts}
    place = {"output_index": 0, "content_index": 0, "item_id": "m"}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**response, "status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": {**message, "content": []}},
        {"type": "response.content_part.added", **place, "part": text},
        {"type": "response.output_text.delta", **place, "delta": "x", "logprobs": []},
        {"type": "response.completed", "response": completed},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
