"""The file of a batch: what its lines may be, and which bad line is named with what."""

from __future__ import annotations

import json

import pytest

from conduit.app.batch_lines import read_lines
from conduit.catalog.catalog import Catalog
from conduit.errors import UserError
from conduit.messages.request import ModelSettings

MODEL = Catalog.packaged().resolve("openai/gpt-5.4")
BLIND = Catalog.packaged().resolve("deepseek")
GOOD = '{"prompt": "Say hello."}'


def test_lines_become_requests_in_their_order():
    rows = [
        {"prompt": "one\ud800"},
        {"id": 7, "prompt": "two", "system": "Be brief.", "parameters": {"temperature": 0.5, "seed": None}},
        {
            "id": "last",
            "messages": [
                {"role": "user", "content": "three"},
                {"role": "assistant", "content": "four"},
                {"role": "user", "content": [{"type": "text", "text": "five"}]},
            ],
        },
    ]
    text = "\ufeff".join(["", "\r\n\n".join(json.dumps(row) for row in rows)]).removeprefix("\ufeff")
    first, second, third = read_lines(text, MODEL, ModelSettings(seed=1, temperature=1.0))
    assert [first.id, second.id, third.id] == ["1", "7", "last"]
    assert first.request.messages[0].text == "one\ufffd"
    assert (second.request.system, second.request.settings.temperature, second.request.settings.seed) == (
        "Be brief.",
        0.5,
        1,
    )
    assert [(message.role, message.text) for message in third.request.messages] == [
        ("user", "three"),
        ("assistant", "four"),
        ("user", "five"),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "it is no JSON"),
        ("[1]", "it is no JSON object"),
        ("{}", "it needs either 'prompt' or 'messages'"),
        ('{"prompt": "a", "messages": [{"role": "user", "content": "b"}]}', "it needs either"),
        ('{"prompt": " "}', "its prompt is empty"),
        ('{"prompt": 1}', "prompt: input should be a valid string"),
        ('{"promt": "a"}', "promt: extra inputs are not permitted"),
        ('{"messages": []}', "messages: list should have at least 1 item"),
        ('{"messages": [{"role": "assistant", "content": "b"}]}', "must be the user's"),
        ('{"messages": [{"role": "system", "content": "b"}]}', "messages.0.role"),
        ('{"prompt": "a", "parameters": {"temprature": 1}}', "Did you mean 'temperature'"),
        ('{"prompt": "a", "parameters": {"temperature": -1}}', "temperature"),
        ('{"prompt": "a", "schema": {"type": "array"}}', "must ask for an object"),
        ('{"prompt": "a", "schema": {"type": "object", "if": {}}}', "if"),
        ('{"prompt": "a", "id": ""}', "its id must have 1 to 200 characters"),
        ('{"prompt": "a", "id": "1"}', "its id '1' is that of line 1 too"),
    ],
)
def test_the_first_bad_line_is_named(line: str, said: str):
    with pytest.raises(UserError) as caught:
        read_lines(f"{GOOD}\n{line}\n", MODEL, ModelSettings())
    assert str(caught.value).startswith("Line 2: ")
    assert said in str(caught.value)
    assert str(caught.value).endswith("Nothing was submitted.")


def test_how_many_more_are_bad_is_said():
    with pytest.raises(UserError, match=r"Line 1: .* 2 more lines are bad\. Nothing"):
        read_lines(f"x\ny\n{GOOD}\nz", MODEL, ModelSettings())


def test_what_the_model_cannot_take_is_refused():
    picture = {"type": "image", "media_type": "image/png", "data": "AAAA"}
    row = {"messages": [{"role": "user", "content": [picture]}]}
    assert BLIND.capabilities.vision is False
    with pytest.raises(UserError, match=r"Line 1: .*cannot take a picture"):
        read_lines(json.dumps(row), BLIND, ModelSettings())


def test_an_empty_file_is_told_how_a_line_looks():
    with pytest.raises(UserError, match=r'such as {"id": "one", "prompt": "Say hello."}'):
        read_lines("\n \n", MODEL, ModelSettings())
