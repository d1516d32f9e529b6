"""Schemas that every vendor takes."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field

from conduit.jobs.vendor_schema import vendor_schema
from conduit.providers.strict_schema import is_strict


class Place(BaseModel):
    line: int = Field(ge=1, description="Counted from one.")


class Finding(BaseModel):
    first: Place
    second: Place
    tag: str = Field(pattern="^[a-z]+$", max_length=8)


class Node(BaseModel):
    name: str
    children: list[Node]


class Empty(BaseModel):
    pass


def test_definitions_are_put_in_place_and_objects_closed():
    made = vendor_schema(Finding.model_json_schema())
    place = {
        "type": "object",
        "properties": {"line": {"type": "integer", "description": "Counted from one. (minimum: 1)"}},
        "required": ["line"],
        "additionalProperties": False,
    }
    tag = {"type": "string", "description": '(maxLength: 8, pattern: "^[a-z]+$")'}
    assert made == {
        "type": "object",
        "properties": {"first": place, "second": place, "tag": tag},
        "required": ["first", "second", "tag"],
        "additionalProperties": False,
    }
    assert is_strict(made)


def test_a_type_that_holds_itself_stays_a_definition():
    made = vendor_schema(Node.model_json_schema())
    children = {"type": "array", "items": {"$ref": "#/$defs/Node"}}
    node = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "children": children},
        "required": ["name", "children"],
        "additionalProperties": False,
    }
    assert made == {**node, "$defs": {"Node": node}}


def test_a_union_becomes_any_of_and_a_constant_a_choice_of_one():
    schema = {"oneOf": [{"const": "a"}, {"type": ["string", "null"], "default": "b"}]}
    assert vendor_schema(schema) == {
        "anyOf": [{"enum": ["a"]}, {"type": ["string", "null"], "description": '(default: "b")'}]
    }


def test_an_object_with_keys_of_its_own_choosing_stays_open():
    counts = {"type": "object", "additionalProperties": {"$ref": "#/definitions/Count"}}
    schema = {**counts, "definitions": {"Count": {"type": "integer", "title": "Count"}}}
    assert vendor_schema(schema) == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert not is_strict(vendor_schema(schema))
    assert vendor_schema({"type": "object"}) == {"type": "object"}
    assert vendor_schema(Empty.model_json_schema())["additionalProperties"] is False


def test_a_description_beside_a_reference_wins_and_a_property_may_have_a_keywords_name():
    schema = {
        "type": "object",
        "properties": {
            "minimum": {"$ref": "#/$defs/N", "description": "The least."},
            "title": {"allOf": [{"type": "string"}]},
        },
        "$defs": {"N": {"type": "integer", "description": "A number."}},
    }
    assert vendor_schema(schema)["properties"] == {
        "minimum": {"type": "integer", "description": "The least."},
        "title": {"type": "string"},
    }


@pytest.mark.parametrize("reference", ["#/$defs/Nowhere", "other.json", 5])
def test_a_reference_that_leads_nowhere_is_refused(reference: object):
    with pytest.raises(ValueError, match=r"definition|reference"):
        vendor_schema({"type": "object", "properties": {"a": {"$ref": reference}}})
