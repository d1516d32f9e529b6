"""A function becomes a tool, or all that is wrong with it is said at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conduit.errors import InvalidArguments
from conduit.sandbox.confine import Door
from conduit.tools.base import Effect, Preview, ToolContext
from conduit.tools.function import FunctionTool, InvalidTool, tool
from conduit.workspace.workspace import Workspace
from fakes import example_tools
from fakes.editor import FakeEditor
from fakes.stage import Stage

read_only = tool(effect=Effect.READ, kind="read")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[ToolContext]:
    with Door([tmp_path]) as door:
        yield ToolContext(Workspace([tmp_path], FakeEditor(), door), Stage())


@pytest.fixture
def good() -> FunctionTool:
    return tool(effect=Effect.NETWORK, kind="fetch", title="Good {text} {count}")(example_tools.good)


def test_the_schema_is_read_off_the_signature(good: FunctionTool) -> None:
    assert (good.spec.name, good.spec.description) == ("good", "Do a good thing.")
    assert (good.effect, good.kind) == (Effect.NETWORK, "fetch")
    assert good.spec.input_schema == {
        "$defs": {
            "Point": {
                "description": "A nested model.",
                "properties": {"title": {"type": "string"}, "x": {"default": 0, "type": "integer"}},
                "required": ["title"],
                "type": "object",
            }
        },
        "additionalProperties": False,
        "properties": {
            "text": {"description": "a text", "type": "string"},
            "mode": {"description": "a choice", "enum": ["a", "b"], "type": "string"},
            "point": {"$ref": "#/$defs/Point", "description": "a place"},
            "count": {"default": 3, "description": "a number", "minimum": 0, "type": "integer"},
            "until": {
                "anyOf": [{"type": "integer"}, {"type": "null"}],
                "default": None,
                "description": "maybe a number",
            },
            "words": {
                "anyOf": [
                    {"additionalProperties": {"items": {"type": "integer"}, "type": "array"}, "type": "object"},
                    {"type": "null"},
                ],
                "default": None,
                "description": "nested",
            },
        },
        "required": ["text", "mode", "point"],
        "type": "object",
    }


async def test_a_call_gets_validated_values_and_defaults(good: FunctionTool, context: ToolContext) -> None:
    arguments = {"text": "t", "mode": "a", "point": {"title": "p"}, "words": {"w": [1]}}
    assert (await good.run(arguments, context)).text == "t a p 0 3 None {'w': [1]}"
    assert (await read_only(example_tools.plain).run({}, context)).text == "plain"


async def test_every_bad_argument_is_named_without_its_value(good: FunctionTool, context: ToolContext) -> None:
    with pytest.raises(InvalidArguments) as caught:
        await good.run({"text": 5, "mode": "SECRET" * 1000, "count": -1, "extra": "SECRET", "until": "x"}, context)
    message = str(caught.value)
    assert message.splitlines()[0] == "The arguments of good are not valid; nothing was done."
    for part in ("- text: ", "- mode: ", "- point: it is required", "- count: ", "- until: "):
        assert part in message
    assert "- extra: there is no such argument" in message
    assert "It takes: text (required), mode (required), point (required), count, until, words." in message
    assert "SECRET" not in message
    assert len(message) < 2000


@pytest.mark.parametrize(
    "arguments",
    [
        {"__proto__": {}},
        {f"field{number}": 1 for number in range(10_000)},
        {"x" * 10_000_000: 1},
        {"text": "\ud83d", "mode": "a", "point": {"title": "p"}},
        {"text": "t", "mode": "a", "point": {"title": "p"}, "count": float("nan")},
        {"text": "t", "mode": "a", "point": {"title": "p"}, "words": {"w": ["{0.__class__}"]}},
    ],
)
async def test_hostile_arguments_get_a_short_answer(good: FunctionTool, context: ToolContext, arguments: dict) -> None:
    with pytest.raises(InvalidArguments) as caught:
        await good.run(arguments, context)
    assert len(str(caught.value)) < 4000


def test_all_faults_come_together_with_their_codes() -> None:
    with pytest.raises(InvalidTool) as caught:
        read_only(example_tools.everything_wrong)
    assert {(fault.code, fault.parameter) for fault in caught.value.faults} == {
        ("not_async", ""),
        ("missing_docstring", ""),
        ("missing_context", ""),
        ("missing_annotation", "text"),
        ("missing_param_description", "number"),
        ("unresolved_annotation", "odd"),
        ("invalid_default", "bad"),
        ("var_positional_not_supported", "rest"),
        ("var_keyword_not_supported", "more"),
    }
    assert isinstance(caught.value, TypeError)
    assert "[missing_annotation] text has no annotation" in str(caught.value)


def test_positional_only_parameters_are_faults() -> None:
    with pytest.raises(InvalidTool) as caught:
        read_only(example_tools.positional)
    assert [(fault.code, fault.parameter) for fault in caught.value.faults] == [
        ("positional_only_not_supported", "first"),
        ("positional_only_not_supported", "only"),
    ]


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (example_tools.undocumented, "missing_docstring"),
        (example_tools.bad_default, "invalid_default"),
        (example_tools.no_json, "unsupported_type"),
        (example_tools.blocking, "not_async"),
        (example_tools.anonymous, "unstable_name"),
        (print, "missing_context"),
        (dict.fromkeys, "missing_context"),
    ],
)
def test_each_fault_has_its_code(function: object, code: str) -> None:
    with pytest.raises(InvalidTool) as caught:
        read_only(function)  # type: ignore[arg-type]
    assert code in {fault.code for fault in caught.value.faults}


def test_what_has_no_signature_is_not_introspectable() -> None:
    with pytest.raises(InvalidTool) as caught:
        read_only(type)
    assert "not_introspectable" in {fault.code for fault in caught.value.faults}


def test_a_title_never_fails_and_shows_no_control_characters(good: FunctionTool) -> None:
    assert good.title({"text": "x", "count": 2}) == "Good x 2"
    assert good.title({}) == "Good"
    assert good.title({"text": {"a": ["{count}"]}, "count": None}) == "Good {'a': ['{count}']}"
    assert good.title({"text": "a\x1b]0;evil\x07\u202eb"}) == "Good a\\x1b]0;evil\\x07\\u202eb"
    assert len(good.title({"text": "x" * 10**6})) < 200
    assert read_only(example_tools.plain).title({}) == "plain"


async def test_a_preview_gets_the_validated_arguments_too(context: ToolContext) -> None:
    async def preview(context: ToolContext, text: str, **rest: object) -> Preview:
        return Preview(f"would do {text} {sorted(rest)}")

    good = tool(effect=Effect.WRITE, kind="edit", preview=preview)(example_tools.good)
    shown = await good.preview({"text": "t", "mode": "a", "point": {"title": "p"}}, context)
    assert shown == Preview("would do t ['count', 'mode', 'point', 'until', 'words']")
    with pytest.raises(InvalidArguments):
        await good.preview({}, context)
    assert await read_only(example_tools.plain).preview({}, context) is None
