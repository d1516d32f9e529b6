"""What a vendor has read once comes again byte for byte, through a long conversation, on each wire."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from conduit.catalog.catalog import Catalog
from conduit.context.builder import EditorContext, build_layers, build_prompt
from conduit.messages.content import ProviderData, Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Message, assistant_message, tool_message
from conduit.messages.request import ContextLayer, ModelRequest, ToolSpec
from conduit.providers import anthropic_request, dashscope, google, ollama_request, openai_chat, openai_responses
from conduit.providers.base import ServedModel
from fakes.transcript_rules import assert_valid_messages
from fakes.wires import READ_FILE

CATALOG = Catalog.packaged()
TURNS = 50
WRITE_FILE = ToolSpec(name="write_file", description="Write a file", input_schema={"type": "object"})


def parts(body: dict[str, Any], *path: str) -> list[Any]:
    """What stands in a body at one of its lists, with marks taken off and the blocks of a message one by one."""
    body = copy.deepcopy(body)
    for place in (*body.get("tools", []), *as_list(body.get("system"))):
        if isinstance(place, dict):
            place.pop("cache_control", None)
    found: Any = body
    for key in path:
        found = found.get(key, []) if isinstance(found, dict) else []
    flat = []
    for item in as_list(found):
        inner = next(
            (key for key in ("content", "parts") if isinstance(item, dict) and isinstance(item.get(key), list)), ""
        )
        for block in item[inner] if inner else [item]:
            if isinstance(block, dict):
                block.pop("cache_control", None)
            flat.append({**item, inner: block} if inner else block)
    return flat


def text_of(value: Any) -> str:
    return json.dumps(value, default=repr)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def anthropic(request: ModelRequest) -> list[list[Any]]:
    body = anthropic_request.encode_request(request, CATALOG.vendor("anthropic"), CATALOG.resolve("sonnet"))
    assert_valid_messages(body)
    return [parts(body, "tools"), parts(body, "system"), parts(body, "messages")]


def chat(request: ModelRequest, vendor: str = "openai") -> list[list[Any]]:
    row = CATALOG.vendor(vendor)
    body = openai_chat.encode_request(request, row, row.model_defaults)
    return [parts(body, "tools"), parts(body, "messages")]


def deepseek(request: ModelRequest) -> list[list[Any]]:
    return chat(request, "deepseek")


def responses(request: ModelRequest) -> list[list[Any]]:
    row = CATALOG.vendor("openai")
    body = openai_responses.encode_request(request, row, row.model_defaults)
    return [parts(body, "tools"), parts(body, "instructions"), parts(body, "input")]


def gemini(request: ModelRequest) -> list[list[Any]]:
    body = google.encode_request(request, CATALOG.vendor("google"), CATALOG.resolve("flash"))
    config = body["config"]
    declared = [one for tool in as_list(config.get("tools")) for one in tool["function_declarations"]]
    return [declared, as_list(config.get("system_instruction")), parts(body, "contents")]


def ollama(request: ModelRequest) -> list[list[Any]]:
    row = CATALOG.vendor("ollama")
    body = ollama_request.encode_request(request, row, row.model_defaults, ServedModel("m"), num_ctx=8192)
    return [parts(body, "tools"), parts(body, "messages")]


def qwen(request: ModelRequest) -> list[list[Any]]:
    row = CATALOG.vendor("qwen")
    _, body = dashscope.encode_request(request, row, row.model_defaults)
    return [parts(body, "parameters", "tools"), parts(body, "input", "messages")]


WIRES: list[Callable[[ModelRequest], list[list[Any]]]] = [anthropic, chat, deepseek, responses, gemini, ollama, qwen]


def conversation(own: ProviderData | None) -> Iterator[tuple[list[Message], int]]:
    """Yield what was said at each request of a long session, and the number of the turn."""
    said: list[Message] = []
    for turn in range(TURNS):
        seen = EditorContext(active=f"file_{turn}.py", language="python", selection=f"x = {turn}")
        said.append(build_prompt([Text(text=f"Question {turn}")], seen, news=f"file_{turn - 1}.py was undone"))
        yield list(said), turn
        calls = [
            ToolCall(id=f"call_{turn}_{n}", name="read_file", arguments={"path": f"{n}.py"})
            for n in range(1 + turn % 3)
        ]
        said.append(assistant_message(Thinking(text="hm", provider_data=own), "I look.", *calls))
        said.append(tool_message([ToolResult(call_id=call.id, text=f"text {turn}") for call in calls]))
        yield list(said), turn
        said.append(assistant_message(f"Answer {turn}"))


def requests(mode: Callable[[int], str]) -> Iterator[tuple[ModelRequest, int]]:
    own = ProviderData(wire="anthropic", data={"model": "m", "signature": "s"})
    for said, turn in conversation(own):
        now = mode(turn)
        tools = (READ_FILE,) if now == "ask" else (READ_FILE, WRITE_FILE)
        layers = build_layers(["shop"], now, tools=True, instructions="Be brief.")
        yield ModelRequest(model="m", layers=layers, tools=tools, messages=tuple(said)), turn


@pytest.mark.parametrize("wire", WIRES)
def test_each_request_of_a_long_session_begins_with_all_of_the_one_before(
    wire: Callable[[ModelRequest], list[list[Any]]],
) -> None:
    before: list[list[Any]] | None = None
    for request, turn in requests(lambda turn: "ask"):
        now = wire(request)
        if before is not None:
            *stable, said = now
            assert [text_of(part) for part in stable] == [text_of(part) for part in before[:-1]]
            earlier = before[-1]
            assert text_of(said[: len(earlier)]) == text_of(earlier), f"turn {turn}"
            assert len(said) > len(earlier)
        before = now
    assert before is not None
    assert len(before[-1]) > 3 * TURNS


@pytest.mark.parametrize("wire", WIRES)
def test_a_change_of_the_mode_moves_tools_and_the_mode_layer_and_nothing_else(
    wire: Callable[[ModelRequest], list[list[Any]]],
) -> None:
    made = [(request, wire(request)) for request, _ in requests(lambda turn: "ask" if turn < TURNS // 2 else "auto")]
    breaks = 0
    for (request, before), (following, now) in pairwise(made):
        moved = [old.name for old, new in zip(request.layers, following.layers, strict=True) if old != new]
        if not moved:
            assert now[:-1] == before[:-1]
            continue
        breaks += 1
        assert moved == ["mode"]
        assert before[0] == now[0][: len(before[0])]
        texts = [text_of(part) for part in before[-1]]
        own = [text_of(part) for part in now[-1]]
        start = 1 if following.system in str(now[-1][0].get("content")) else 0  # a wire whose first message it is
        assert own[start : len(texts)] == texts[start:]
    assert breaks == 1


def test_marks_stand_where_layers_get_less_stable_and_never_behind_what_is_for_one_prompt() -> None:
    def marked(*layers: ContextLayer, tools: tuple[ToolSpec, ...] = ()) -> list[str]:
        request = ModelRequest(model="m", layers=layers, tools=tools, messages=(build_prompt([Text(text="hi")], None),))
        body = anthropic_request.encode_request(request, CATALOG.vendor("anthropic"), CATALOG.resolve("sonnet"))
        assert_valid_messages(body)
        blocks = as_list(body.get("system"))
        assert "".join(block["text"] for block in blocks) == request.system
        return [layer.name for layer, block in zip(layers, blocks, strict=True) if "cache_control" in block]

    layers = build_layers(["shop"], "ask", tools=True, instructions="Be brief.")
    assert marked(*layers, tools=(READ_FILE,)) == ["project"]
    assert marked(*layers) == ["mode", "project"]
    assert marked(*layers[:2], layers[3]) == ["role", "mode"]
    assert marked(layers[0], layers[3]) == ["role"]
    assert marked(layers[3], layers[0]) == []
    assert marked() == []
    same = ContextLayer(name="skills", text="- pdf")
    assert marked(*layers[:3], same, tools=(READ_FILE,)) == ["skills"]
