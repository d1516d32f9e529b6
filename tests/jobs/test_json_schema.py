"""The validator of schemas that a person wrote."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from conduit.errors import UserError
from conduit.jobs.json_schema import MAX_PROBLEMS, JsonSchema

RULES: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"type": "integer"}, [1, -3, 2.0], [True, 1.5, "1", None]),
    ({"type": "number"}, [1, 1.5], [True, "1"]),
    ({"type": ["string", "null"]}, ["", None], [0, []]),
    ({"enum": ["a", 1, None]}, ["a", 1, None, 1.0], ["b", True, 0]),
    ({"const": {"a": [1]}}, [{"a": [1]}], [{"a": [True]}, {"a": [1], "b": 2}]),
    ({"minimum": 1, "maximum": 3}, [1, 3, "text"], [0.9, 4]),
    ({"exclusiveMinimum": 1, "exclusiveMaximum": 3}, [2], [1, 3]),
    ({"multipleOf": 0.1}, [0.3, 1], [0.25]),
    ({"minLength": 2, "maxLength": 3, "pattern": "^[äb]+$"}, ["äb", "bbb"], ["b", "bbbb", "cc"]),
    ({"minItems": 1, "maxItems": 2, "uniqueItems": True}, [[1], [1, True]], [[], [1, 2, 3], [1, 1]]),
    ({"items": {"type": "string"}, "prefixItems": [{"type": "integer"}]}, [[1, "a"], []], [["a"], [1, 2]]),
    ({"items": False, "prefixItems": [True]}, [["x"]], [["x", "y"]]),
    ({"required": ["a"], "properties": {"a": {"type": "null"}}}, [{"a": None, "b": 1}], [{}, {"a": 0}]),
    ({"properties": {"a": {}}, "additionalProperties": False}, [{}, {"a": 1}], [{"b": 1}]),
    ({"additionalProperties": {"type": "integer"}}, [{"x": 1}], [{"x": "1"}]),
    ({"minProperties": 1, "maxProperties": 1}, [{"a": 1}], [{}, {"a": 1, "b": 2}]),
    ({"anyOf": [{"type": "string"}, {"minimum": 5}]}, ["a", 6], [4]),
    ({"oneOf": [{"type": "integer"}, {"minimum": 5}]}, [4, 5.5], [6, 4.5]),
    ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, [1], [0, 3]),
    ({"$ref": "#/$defs/N", "$defs": {"N": {"type": "integer"}}}, [1], ["a"]),
    ({"type": "string", "format": "date"}, ["not checked"], [1]),
]


@pytest.mark.parametrize(("schema", "good", "bad"), RULES, ids=[", ".join(rule[0]) for rule in RULES])
def test_each_keyword_takes_what_it_should_and_nothing_else(schema: dict[str, Any], good: list[Any], bad: list[Any]):
    rules = JsonSchema(schema)
    assert [value for value in good if rules.problems(value)] == []
    assert [value for value in bad if not rules.problems(value)] == []


def test_a_problem_names_its_place_what_is_wanted_and_what_was_found():
    schema = {
        "type": "object",
        "properties": {"tags": {"type": "array", "items": {"enum": ["a", "b"]}}, "n": {"minimum": 2}},
        "required": ["tags", "kind"],
        "additionalProperties": False,
    }
    assert JsonSchema(schema).problems({"tags": ["a", "c"], "n": 1, "x": 0}) == [
        "the answer lacks 'kind'",
        "tags[1] must be one of 'a', 'b', not 'c'",
        "n is 1, which is less than 2",
        "the answer must not have 'x'",
    ]
    union = JsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "required": ["a", "b"]}]})
    assert union.problems({}) == [
        "the answer fits none of the 2 allowed forms; for the nearest: the answer must be of type string, not {}"
    ]


def test_no_more_than_a_bounded_number_of_problems_is_told():
    assert len(JsonSchema({"items": {"type": "null"}}).problems([1] * 500)) == MAX_PROBLEMS


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ([], "not a JSON object"),
        ({}, "not a JSON object"),
        ({"type": "object", "properties": {"a": {"not": {}}}}, r"In the schema.properties.a: .*'not'"),
        ({"if": {}}, "'if'"),
        ({"type": "text"}, "type is 'text'"),
        ({"type": []}, "type is"),
        ({"properties": []}, "properties must be an object"),
        ({"items": 5}, "a schema is wanted, not 5"),
        ({"pattern": "("}, "no regular expression"),
        ({"minLength": -1}, "minLength must be"),
        ({"maximum": "5"}, "maximum must be a number"),
        ({"multipleOf": 0}, "multipleOf must be a number"),
        ({"enum": []}, "something in it"),
        ({"required": [1]}, "must list names"),
        ({"$ref": "#/properties/a"}, "not of the form"),
        ({"$ref": "#/$defs/A"}, "no definition 'A'"),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}]}}}, "refers to itself"),
        ({"$defs": {"A": {"contains": {}}}}, r"\$defs.A: .*'contains'"),
    ],
)
def test_a_schema_that_cannot_be_checked_in_full_is_refused(schema: Any, said: str):
    with pytest.raises(UserError, match=said):
        JsonSchema(schema)


class Leaf(BaseModel):
    kind: Literal["leaf"]
    weight: float = Field(gt=0, le=10)


class Tree(BaseModel, extra="forbid"):
    kind: Literal["tree"]
    name: str = Field(min_length=1, max_length=3)
    inside: list[Tree | Leaf] = Field(max_length=2)
    notes: dict[str, int] = {}
    size: int | None = None


# Pydantic's strict mode does not take 2.0 for an integer, JSON Schema does.
FRACTIONS = st.floats(-1, 11).filter(lambda number: not number.is_integer())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 12) | FRACTIONS | st.sampled_from(["", "a", "abcd", "tree", "leaf"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "name", "inside", "notes", "size", "weight", "x"]), inner, max_size=5
        )
    ),
    max_leaves=8,
)
LEAVES = st.fixed_dictionaries({"kind": st.just("leaf"), "weight": FRACTIONS})
TREES = st.recursive(
    LEAVES,
    lambda inner: st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["tree", "leaf"]),
            "name": st.text("ab", max_size=4),
            "inside": st.lists(inner, max_size=3),
        },
        optional={"size": st.none() | st.integers(), "notes": JSON, "x": st.none()},
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(value=JSON | TREES)
def test_it_judges_as_pydantic_does_what_pydantic_wrote(value: Any):
    adapter: TypeAdapter[Any] = TypeAdapter(Tree)
    try:
        adapter.validate_python(value, strict=True)
        fits = True
    except ValidationError:
        fits = False
    assert (JsonSchema(Tree.model_json_schema()).problems(value) == []) == fits
