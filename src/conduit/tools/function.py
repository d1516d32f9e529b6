"""`@tool`: an async function becomes a `Tool`; its signature is the schema, and its text stands beside it.

The first parameter is the `ToolContext`; every other one is `Annotated[type, Field(description=…)]`. The description
that the model reads is `<name>.md` beside the function's module, or else its docstring. A function that does not
fit is refused when it is decorated, with all its faults at once. This is not a registry: `compose` chooses the tools.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Literal, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUndefined

from conduit.errors import InvalidArguments
from conduit.messages.request import ToolKind, ToolSpec
from conduit.tools.base import Effect, Preview, ToolContext, ToolOutcome

ToolFunction = Callable[..., Awaitable[ToolOutcome | str]]
PreviewFunction = Callable[..., Awaitable[Preview | None]]
TitleFunction = Callable[[Mapping[str, JsonValue]], str]
"""Makes a title of the arguments as they came, whatever they are; never raises."""

FaultCode = Literal[
    "not_introspectable",
    "not_async",
    "unstable_name",
    "missing_docstring",
    "missing_context",
    "var_positional_not_supported",
    "var_keyword_not_supported",
    "positional_only_not_supported",
    "missing_annotation",
    "unresolved_annotation",
    "missing_param_description",
    "unsupported_type",
    "invalid_default",
]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SHOWN_ERRORS = 20
_TITLE_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a function; `parameter` is empty when it is about all of it."""

    code: FaultCode
    message: str
    parameter: str = ""


class InvalidTool(TypeError):
    """A function cannot be a tool; `faults` holds everything that is wrong with it."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"{name} cannot be a tool: " + "; ".join(f"[{one.code}] {one.message}" for one in faults))
        self.faults = faults


class FunctionTool:
    """A `Tool` made of a function."""

    def __init__(
        self,
        function: ToolFunction,
        arguments: type[BaseModel],
        spec: ToolSpec,
        effect: Effect,
        kind: ToolKind,
        title: str | TitleFunction,
        preview: PreviewFunction | None,
    ) -> None:
        self._function = function
        self._arguments = arguments
        self._spec = spec
        self._effect = effect
        self._kind: ToolKind = kind
        self._title = title
        self._preview = preview

    @property
    def spec(self) -> ToolSpec:
        """Name, description and JSON schema."""
        return self._spec

    @property
    def effect(self) -> Effect:
        """What it does to the world."""
        return self._effect

    @property
    def kind(self) -> ToolKind:
        """How faces show it."""
        return self._kind

    def title(self, arguments: Mapping[str, JsonValue]) -> str:
        """Fill the title with the arguments; unprintable characters are escaped, and long ones cut."""

        def value(match: re.Match[str]) -> str:
            given = arguments.get(match[1])
            return _printable(given if isinstance(given, str) else "" if given is None else str(given))

        if not isinstance(self._title, str):
            return _printable(self._title(arguments))
        return re.sub(r"\{(\w+)\}", value, self._title).strip()

    async def preview(self, arguments: Mapping[str, JsonValue], context: ToolContext) -> Preview | None:
        """Return what the call would do; see `Tool`."""
        if self._preview is None:
            return None
        return await self._preview(context, **self._validate(arguments))

    async def run(self, arguments: Mapping[str, JsonValue], context: ToolContext) -> ToolOutcome:
        """Validate the arguments and call the function; see `Tool`."""
        outcome = await self._function(context, **self._validate(arguments))
        return ToolOutcome(outcome) if isinstance(outcome, str) else outcome

    def _validate(self, arguments: Mapping[str, JsonValue]) -> dict[str, object]:
        if _has_half_characters(arguments):
            raise InvalidArguments(
                f"The arguments of {self._spec.name} hold half of a surrogate pair, which is no character."
            )
        try:
            valid = self._arguments.model_validate(dict(arguments))
        except ValidationError as error:
            raise InvalidArguments(self._explain(error.errors(include_url=False, include_input=False))) from None
        return {name: getattr(valid, name) for name in type(valid).model_fields}

    def _explain(self, errors: list[ErrorDetails]) -> str:
        fields = ", ".join(
            f"{name} (required)" if field.is_required() else name
            for name, field in self._arguments.model_fields.items()
        )
        lines = [f"- {_where(error)}: {_what(error)}" for error in errors[:_SHOWN_ERRORS]]
        more = [f"- and {len(errors) - _SHOWN_ERRORS} more"] if len(errors) > _SHOWN_ERRORS else []
        head = f"The arguments of {self._spec.name} are not valid; nothing was done."
        return "\n".join([head, *lines, *more, f"It takes: {fields or 'nothing'}."])


def tool(
    *,
    effect: Effect,
    kind: ToolKind,
    title: str | TitleFunction = "",
    preview: PreviewFunction | None = None,
    name: str | None = None,
) -> Callable[[ToolFunction], FunctionTool]:
    """Make a tool of an async function.

    Args:
        effect: what it does to the world.
        kind: how faces show it.
        title: a line for people, in which `{parameter}` stands for an argument, or what makes one; the name when empty.
        preview: an async function with the same parameters that tells the effect beforehand.
        name: what the model calls it; the function's own name when None.

    Raises:
        InvalidTool: from the decorator, with every fault of the function.
    """

    def decorate(function: ToolFunction) -> FunctionTool:
        shown = name or str(getattr(function, "__name__", ""))
        description = _description(function, shown)
        fields, faults = _read_signature(function)
        faults = [*_faults_of_function(function, shown, description), *faults]
        arguments = _model(shown, fields, faults)
        if faults or arguments is None:
            raise InvalidTool(shown or repr(function), tuple(faults))
        schema = cast("dict[str, JsonValue]", _without_titles(arguments.model_json_schema()))
        spec = ToolSpec(name=shown, description=description, input_schema=schema)
        return FunctionTool(function, arguments, spec, effect, kind, title or shown, preview)

    return decorate


def _faults_of_function(function: Callable[..., object], name: str, description: str) -> list[Fault]:
    faults: list[Fault] = []
    if not _NAME.fullmatch(name):
        faults.append(Fault("unstable_name", f"its name {name!r} is not of lower-case letters, digits and underscores"))
    if not inspect.iscoroutinefunction(function):
        faults.append(Fault("not_async", "it is not an `async def`, so it would block the server"))
    if not description:
        faults.append(Fault("missing_docstring", f"it has neither a {name}.md beside it nor a docstring"))
    return faults


def _description(function: Callable[..., object], name: str) -> str:
    package = str(getattr(function, "__module__", "")).rpartition(".")[0]
    if package and _NAME.fullmatch(name):
        beside = files(package) / f"{name}.md"
        if beside.is_file():
            return beside.read_text(encoding="utf-8").strip()
    return (inspect.getdoc(function) or "").strip()


def _read_signature(function: Callable[..., object]) -> tuple[dict[str, tuple[object, FieldInfo]], list[Fault]]:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        return {}, [Fault("not_introspectable", f"its signature cannot be read: {error}")]
    fields: dict[str, tuple[object, FieldInfo]] = {}
    faults: list[Fault] = []
    first = parameters[0] if parameters else None
    if first is None or _hint(function, first)[0] is not ToolContext:
        faults.append(Fault("missing_context", "its first parameter is not annotated as ToolContext"))
    else:
        parameters = parameters[1:]
    for parameter in parameters:
        field = _read_parameter(function, parameter)
        if isinstance(field, Fault):
            faults.append(field)
        else:
            fields[parameter.name] = field
    return fields, faults


def _read_parameter(function: Callable[..., object], parameter: inspect.Parameter) -> tuple[object, FieldInfo] | Fault:
    name = parameter.name
    unsupported: dict[object, FaultCode] = {
        inspect.Parameter.VAR_POSITIONAL: "var_positional_not_supported",
        inspect.Parameter.VAR_KEYWORD: "var_keyword_not_supported",
        inspect.Parameter.POSITIONAL_ONLY: "positional_only_not_supported",
    }
    if parameter.kind in unsupported:
        return Fault(unsupported[parameter.kind], f"{parameter} cannot be given by a model", name)
    if parameter.annotation is inspect.Parameter.empty:
        return Fault("missing_annotation", f"{name} has no annotation", name)
    hint, problem = _hint(function, parameter)
    if problem:
        return Fault("unresolved_annotation", f"the annotation of {name} cannot be resolved: {problem}", name)
    if not _has_description(hint):
        message = f"{name} is not Annotated[…, Field(description=…)], so the model does not learn what it is"
        return Fault("missing_param_description", message, name)
    default = PydanticUndefined if parameter.default is inspect.Parameter.empty else parameter.default
    return hint, FieldInfo(default=default, validate_default=True)


def _hint(function: Callable[..., object], parameter: inspect.Parameter) -> tuple[object, str]:
    """Resolve one annotation by itself, so that a bad one does not hide the faults of the others."""

    def holder() -> None: ...

    holder.__annotations__ = {"it": parameter.annotation}
    names = getattr(inspect.unwrap(function), "__globals__", {})
    try:
        return get_type_hints(holder, globalns=names, include_extras=True)["it"], ""
    except (NameError, SyntaxError, TypeError, AttributeError) as error:
        return None, str(error)


def _has_description(hint: object) -> bool:
    if get_origin(hint) is not Annotated:
        return False
    return any(isinstance(one, FieldInfo) and (one.description or "").strip() for one in get_args(hint)[1:])


def _model(name: str, fields: dict[str, tuple[object, FieldInfo]], faults: list[Fault]) -> type[BaseModel] | None:
    """Build the arguments' model; types that pydantic cannot read are added to `faults`, each by its parameter."""
    good: dict[str, tuple[object, FieldInfo]] = {}
    for parameter, field in fields.items():
        try:
            one = _create(name, {parameter: field})
            one.model_json_schema()
            if not field[1].is_required():
                one()
        except PydanticUserError as error:
            message = f"the type of {parameter} has no JSON schema: {str(error).splitlines()[0]}"
            faults.append(Fault("unsupported_type", message, parameter))
        except ValidationError:
            faults.append(Fault("invalid_default", f"the default of {parameter} does not fit its type", parameter))
        else:
            good[parameter] = field
    return None if faults else _create(name, good)


def _create(name: str, fields: dict[str, tuple[object, FieldInfo]]) -> type[BaseModel]:
    definitions = cast("dict[str, object]", dict(fields))
    return cast(
        "type[BaseModel]",
        create_model(  # type: ignore[call-overload]
            f"{name}_arguments", __config__=ConfigDict(extra="forbid", protected_namespaces=()), **definitions
        ),
    )


def _without_titles(schema: object) -> object:
    """Leave out the titles that pydantic makes of names; a property that is called `title` stays."""
    if isinstance(schema, list):
        return [_without_titles(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_titles(one) for name, one in value.items()}
        if key in ("properties", "$defs") and isinstance(value, dict)
        else _without_titles(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }


def _has_half_characters(arguments: Mapping[str, JsonValue]) -> bool:
    """Whether a text has a lone surrogate: it could be neither written to a file nor sent to a model again."""
    todo: list[object] = [dict(arguments)]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo.extend(value.keys())
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
        elif isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                return True
    return False


def _printable(text: str) -> str:
    cut = text if len(text) <= _TITLE_CHARACTERS else text[:_TITLE_CHARACTERS] + "…"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)


def _where(error: ErrorDetails) -> str:
    path = ".".join(map(str, error["loc"])) or "arguments"
    return ascii(path[:100])[1:-1]


def _what(error: ErrorDetails) -> str:
    known = {"missing": "it is required", "extra_forbidden": "there is no such argument"}
    return known.get(error["type"], error["msg"][:300])
