"""The file of a batch: one JSON object in each line, all of them read and checked before anybody is asked anything."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from conduit.app.parameters import cascade, parameters
from conduit.catalog.capabilities import refuse_unreadable
from conduit.catalog.model import ModelInfo
from conduit.errors import UserError
from conduit.jobs.batch_store import StoredItem
from conduit.jobs.structured import SchemaForm, in_form
from conduit.messages.content import Audio, Block, Document, Image, Text, sanitize_text
from conduit.messages.message import Message
from conduit.messages.request import ContextLayer, ModelRequest, ModelSettings

_MAX_ID = 200


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    role: Literal["user", "assistant"]
    content: str | list[Text | Image | Audio | Document] = Field(min_length=1)


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    id: str | int | None = None
    prompt: str | None = None
    messages: list[_Said] | None = Field(default=None, min_length=1)
    system: str = ""
    wanted: JsonValue = Field(default=None, alias="schema")
    parameters: dict[str, JsonValue] = Field(default_factory=dict)


def read_lines(text: str, model: ModelInfo, settings: ModelSettings) -> list[StoredItem]:
    """Return the items of a file; empty lines are passed over.

    Args:
        text: the file.
        model: who is asked; what it cannot take is refused here.
        settings: parameters of every item, which a line's own win over.

    Raises:
        UserError: names the first bad line and what is wrong with it.
    """
    items: list[StoredItem] = []
    seen: dict[str, int] = {}
    bad: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            item = _read(line, number, model, settings)
            if item.id in seen:
                raise UserError(f"its id {item.id!r} is that of line {seen[item.id]} too.")
            seen[item.id] = number
            items.append(item)
        except UserError as error:
            bad.append(f"Line {number}: {error}")
    if bad:
        more = f" {len(bad) - 1} more lines are bad." if len(bad) > 1 else ""
        raise UserError(f"{bad[0]}{more} Nothing was submitted.")
    if not items:
        raise UserError(
            'There is nothing to ask. Each line is a JSON object such as {"id": "one", "prompt": "Say hello."}.'
        )
    return items


def _read(line: str, number: int, model: ModelInfo, settings: ModelSettings) -> StoredItem:
    try:
        given = _Line.model_validate(_object(line))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(place) for place in problem["loc"])
        raise UserError(f"{where}: {problem['msg'].lower()}.") from error
    if (given.prompt is None) == (given.messages is None):
        raise UserError("it needs either 'prompt' or 'messages'.")
    name = str(number) if given.id is None else sanitize_text(str(given.id))
    if not name or len(name) > _MAX_ID:
        raise UserError(f"its id must have 1 to {_MAX_ID} characters.")
    messages = _messages(given)
    for message in messages:
        refuse_unreadable(model, message.content)
    request = ModelRequest(
        model=model.name,
        layers=(ContextLayer(name="system", text=sanitize_text(given.system)),),
        messages=messages,
        settings=cascade(settings, parameters(given.parameters)),
    )
    if given.wanted is not None:
        request = in_form(request, SchemaForm(given.wanted))
    return StoredItem(id=name, request=request, schema_wanted=given.wanted)


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"it is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise UserError("it is no JSON object.")
    return found


def _messages(given: _Line) -> tuple[Message, ...]:
    if given.prompt is not None:
        if not given.prompt.strip():
            raise UserError("its prompt is empty.")
        return (Message(role="user", content=(Text(text=sanitize_text(given.prompt)),)),)
    messages = tuple(Message(role=said.role, content=_blocks(said.content)) for said in given.messages or ())
    if messages[0].role != "user" or messages[-1].role != "user":
        raise UserError("its first and its last message must be the user's.")
    return messages


def _blocks(content: str | list[Text | Image | Audio | Document]) -> tuple[Block, ...]:
    blocks = [Text(text=content)] if isinstance(content, str) else content
    return tuple(Text(text=sanitize_text(each.text)) if isinstance(each, Text) else each for each in blocks)
