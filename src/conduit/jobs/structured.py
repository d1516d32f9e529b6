"""Ask a model for a value of a given form, and let it repair an answer that is none, at most twice.

The schema goes with the request, so that a vendor which can holds the model to it; the answer is validated all the
same, and a wrong one is answered with exactly what is wrong. This is not a turn: no tools run and nothing is stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import from_json

from conduit.errors import InvalidAnswer, ProviderError, ProviderErrorKind, UserError
from conduit.jobs.json_schema import MAX_PROBLEMS, JsonSchema
from conduit.jobs.vendor_schema import Schema, vendor_schema
from conduit.messages.message import Usage, user_message
from conduit.messages.request import ContextLayer, ModelRequest
from conduit.messages.stream import Accumulator, StreamEvent
from conduit.providers.base import Provider

MAX_REPAIRS = 2

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
M = TypeVar("M", bound=BaseModel)

_FENCED = re.compile(r"\s*```[\w-]*\s*\n(.*?)\s*```\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Structured(Generic[T]):
    """A valid answer; `usage` sums all tries, of which there were `tries`, 1 when the first was right."""

    value: T
    usage: Usage
    tries: int


class Form(Protocol[T_co]):
    """What an answer must be."""

    @property
    def schema(self) -> Schema:
        """The JSON schema that is sent, as vendors take it."""
        ...

    def read(self, text: str) -> T_co:
        """Return the value that `text`, JSON, stands for; raises ValueError that says what is wrong, each in a line."""
        ...


class ModelForm(Generic[M]):
    """The form of a pydantic model."""

    def __init__(self, model_type: type[M]) -> None:
        self._type = model_type
        self.schema: Schema = _rooted(model_type.model_json_schema(), model_type.__name__)

    def read(self, text: str) -> M:
        """Return an instance; see `Form.read`."""
        try:
            return self._type.model_validate_json(text)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False)[:MAX_PROBLEMS]
            lines = [f"{_dotted(one['loc'])}{one['msg']}" for one in found]
            raise ValueError("\n".join(lines)) from error


class SchemaForm:
    """The form of a JSON schema that somebody wrote; the value is JSON."""

    def __init__(self, schema: JsonValue) -> None:
        """Read the schema; raises UserError when it cannot be checked in full, or asks for anything but an object."""
        self._rules = JsonSchema(schema)
        self.schema: Schema = _rooted(self._rules.schema, "the schema")

    def read(self, text: str) -> JsonValue:
        """Return the value; see `Form.read`."""
        value: JsonValue = from_json(text, allow_inf_nan=False)
        if problems := self._rules.problems(value):
            raise ValueError("\n".join(problems))
        return value


async def ask_structured(
    provider: Provider, request: ModelRequest, model_type: type[M], *, repairs: int = MAX_REPAIRS
) -> Structured[M]:
    """Return an instance of `model_type` that the model wrote; see `ask_in_form`."""
    return await ask_in_form(provider, request, ModelForm(model_type), repairs=repairs)


async def ask_in_form(
    provider: Provider,
    request: ModelRequest,
    form: Form[T],
    *,
    repairs: int = MAX_REPAIRS,
    before: Callable[[ModelRequest], None] = lambda request: None,
    after: Callable[[Accumulator], None] = lambda answer: None,
) -> Structured[T]:
    """Ask for a value, and up to `repairs` times for a better one.

    Args:
        provider: who is asked.
        request: what is asked; its tools are left out, since nobody would run them.
        form: what the answer must be.
        repairs: 0 to `MAX_REPAIRS`.
        before: called with every request before it is sent.
        after: called with every answer, also with what arrived of one that failed.

    Raises:
        InvalidAnswer: the last answer was still wrong, or was cut off at its token limit.
        ProviderError: the endpoint failed, or the model refused.
        ValueError: `repairs` is out of bounds.
    """
    if not 0 <= repairs <= MAX_REPAIRS:
        raise ValueError(f"repairs must be 0 to {MAX_REPAIRS}, not {repairs}")
    asked = in_form(request, form)
    usage, problem = Usage(), ""
    for number in range(1, repairs + 2):
        before(asked)
        answer = await _answer(provider, asked, after)
        usage += answer.usage
        if answer.stop_reason == "refusal":
            raise ProviderError(
                f"{request.model} refused to answer.",
                kind=ProviderErrorKind.REFUSED,
                provider=provider.name,
                model=request.model,
            )
        message = answer.message()
        try:
            return Structured(form.read(json_of(message.text)), usage, number)
        except ValueError as error:
            problem = str(error)
        if answer.stop_reason == "max_tokens":
            problem = "it was cut off at its token limit; a higher max_tokens may help"
            break
        asked = asked.model_copy(update={"messages": (*asked.messages, message, user_message(_complaint(problem)))})
    raise InvalidAnswer(
        f"{request.model} gave no valid answer in {number} {'try' if number == 1 else 'tries'}: "
        f"{'; '.join(problem.splitlines())}.",
        provider=provider.name,
        model=request.model,
        problem=problem,
    )


def in_form(request: ModelRequest, form: Form[T]) -> ModelRequest:
    """Return the request that asks for a form, without tools."""
    told = f"Answer with one JSON object and nothing else. It must fit this JSON schema:\n{json.dumps(form.schema)}"
    asked = request.with_layer(ContextLayer(name="form", text=told, stable="prompt"))
    return asked.model_copy(update={"tools": (), "response_schema": form.schema})


async def _answer(provider: Provider, request: ModelRequest, after: Callable[[Accumulator], None]) -> Accumulator:
    answer = Accumulator()
    stream = cast("AsyncGenerator[StreamEvent, None]", provider.stream(request))
    try:
        async with aclosing(stream) as events:
            async for event in events:
                answer.add(event)
    finally:
        after(answer)
    return answer


def _complaint(problem: str) -> str:
    lines = "\n".join(f"- {line}" for line in problem.splitlines())
    return f"Your answer is not valid:\n{lines}\nAnswer again with the whole corrected JSON object and nothing else."


def json_of(text: str) -> str:
    """Return the JSON text of an answer: models that are not held to a schema like to put it into a code block.

    Raises:
        ValueError: there is no text.
    """
    fenced = _FENCED.fullmatch(text)
    inside = fenced.group(1) if fenced else text
    if not inside.strip():
        raise ValueError("the answer is empty")
    return inside


def _dotted(place: tuple[int | str, ...]) -> str:
    return f"{'.'.join(map(str, place))}: " if place else ""


def _rooted(schema: Schema, name: str) -> Schema:
    made = vendor_schema(schema)
    if made.get("type") != "object":
        raise UserError(f"{name[0].upper()}{name[1:]} must ask for an object at its top: vendors take nothing else.")
    return made
