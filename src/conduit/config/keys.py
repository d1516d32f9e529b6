"""Every key that a person can set, with its kind, bounds, default and one sentence about it.

The models are the only list of keys; the readers (`sources.py`) and the page `docs/settings.md` follow them.
Vendors' keys are no settings: see `secrets.py`. For the rest of `config` and the page's test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic.fields import FieldInfo

from conduit.sessions.events import Mode

ApplyActions = Literal["direct", "review"]
CompletionsEnabled = Literal["off", "local", "on"]
LogLevel = Literal["debug", "info", "warning", "error"]


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in url):
        raise ValueError("an address that begins with http:// or https://")
    if parts.username or parts.password:
        raise ValueError("an address without a name or password in it (put the key into a variable)")
    if parts.query or parts.fragment:
        raise ValueError("an address without '?' or '#'")
    return url


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class EmbeddedSettings(_Table):
    """The embedded model."""

    idle_s: Annotated[float, Field(ge=1, le=86_400)] = Field(
        default=300, description="Seconds without a request after which the embedded model is stopped."
    )
    threads: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, description="Threads of the embedded model; all cores but one when unset."
    )
    context_tokens: Annotated[int, Field(ge=512, le=1_048_576)] = Field(
        default=8192, description="Tokens that the embedded model can read at once."
    )
    weights: Path | None = Field(
        default=None,
        description="A GGUF file of your own for the embedded model.",
        json_schema_extra={"user_only": True},
    )


class CheckpointSettings(_Table):
    """The saved texts of changed files, with which turns are taken back."""

    keep_days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(
        default=None,
        description="Days after which the saved texts that `conduit undo` needs are removed; they are kept when unset.",
        json_schema_extra={"user_only": True},
    )


class CodeActionSettings(_Table):
    """Code actions."""

    apply: ApplyActions = Field(
        default="direct",
        description="What becomes of the edits of a code action: `direct` applies them together, since you picked the "
        "action; `review` leaves them for you to accept hunk by hunk.",
    )


class CompletionSettings(_Table):
    """Inline completion."""

    enabled: CompletionsEnabled = Field(
        default="local",
        description="When text is proposed while you type: `off` never, `local` by itself only from a model that costs "
        "nothing, `on` also from one that is paid for.",
    )
    model: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S+$")] | None = Field(
        default=None,
        description="The model that completes while you type; the conversations' one when unset.",
        json_schema_extra={"expects": "the name of a model, without spaces"},
    )
    debounce_ms: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=200, description="Milliseconds without a key after which the model is asked for a completion."
    )


class VendorSettings(_Table):
    """What the person changes in a vendor's row; None keeps the row's own value."""

    base_url: Annotated[str, AfterValidator(_check_url)] | None = Field(
        default=None,
        description="The vendor's address, up to and without `/chat/completions` or `/messages`.",
        json_schema_extra={
            "user_only": True,
            "private": True,
            "expects": "an address that begins with http:// or https://",
        },
    )
    key_variable: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)] | None = Field(
        default=None,
        description="The environment variable that holds the vendor's key (never the key itself).",
        json_schema_extra={
            "user_only": True,
            "private": True,
            "expects": "the name of a variable, such as MY_API_KEY, and never the key itself",
        },
    )


ModelName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S+$")]


def _split_names(value: object) -> object:
    """Take a variable's or an argument's text apart at its commas; a list is taken as it is."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return tuple(value) if isinstance(value, list) else value


VendorName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=60)]


class SettingValues(_Table):
    """Every key that can be set."""

    model: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S+$")] | None = Field(
        default=None,
        description="The model, as `vendor/name` or an alias; when unset, the first one that is ready.",
        json_schema_extra={"expects": "the name of a model, without spaces"},
    )
    fallback_models: Annotated[tuple[ModelName, ...], BeforeValidator(_split_names), Field(max_length=10)] | None = (
        Field(
            default=None,
            description="Models that are asked, in this order, when the chosen one cannot answer just now.",
            json_schema_extra={"expects": "a list of up to 10 names of models"},
        )
    )
    mode: Mode | None = Field(
        default=None,
        description="What a new conversation may do: `ask` only reads, `review` proposes changes that you accept hunk "
        "by hunk, `auto` changes files and asks before the first one. In editors `review`, on the command line `ask`.",
    )
    max_tool_rounds: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=10, description="Rounds of tool calls in one turn."
    )
    max_tool_output_bytes: Annotated[int, Field(ge=1000, le=100_000_000)] = Field(
        default=500_000, description="Bytes of tool output that one turn may give to the model."
    )
    diagnostics_wait_s: Annotated[float, Field(ge=0, le=60)] = Field(
        default=3, description="Seconds that the editor's language servers get to look at what was changed last."
    )
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        default=None, description="Randomness of the answers; the vendor's own default when unset."
    )
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = Field(
        default=None, description="Seed of the random choice, where the vendor takes one."
    )
    max_tokens: Annotated[int, Field(ge=1, le=10_000_000)] | None = Field(
        default=None, description="Tokens of one answer at most; the model's own limit when unset."
    )
    cache_ttl_s: Annotated[float, Field(ge=0, le=604_800)] = Field(
        default=3600, description="Seconds that a cache lives that is paid for (Gemini's); 0 makes none."
    )
    keep_alive_s: Annotated[float, Field(ge=-1, le=31_536_000)] | None = Field(
        default=None,
        description="Seconds that Ollama keeps a model in memory after an answer; 0 unloads it at once, -1 never does.",
    )
    script: Path | None = Field(
        default=None,
        description="The script that `scripted/demo` plays (for tests).",
        json_schema_extra={"user_only": True},
    )
    log_level: LogLevel = Field(default="warning", description="How much is logged.")
    log_file: Path | None = Field(
        default=None,
        description="Log to this file instead of stderr.",
        json_schema_extra={"user_only": True},
    )
    code_actions: CodeActionSettings = CodeActionSettings()
    completions: CompletionSettings = CompletionSettings()
    embedded: EmbeddedSettings = EmbeddedSettings()
    checkpoints: CheckpointSettings = CheckpointSettings()
    vendors: dict[VendorName, VendorSettings] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its dotted name (`*` stands for a vendor's name) and what is known about it."""

    name: str
    field: FieldInfo

    @property
    def is_path(self) -> bool:
        """Whether the value is a path on this machine."""
        return Path in (self.field.annotation, *get_args(self.field.annotation))

    @property
    def user_only(self) -> bool:
        """Whether only the person's own file, environment and arguments may set it.

        An editor mixes the settings of an opened folder into what it sends, and a folder's author must not
        choose where a key is sent or which file is written.
        """
        return bool(self._extra().get("user_only"))

    @property
    def private(self) -> bool:
        """Whether a bad value is left out of messages, since it may be a key in the wrong place."""
        return bool(self._extra().get("private"))

    @property
    def variable(self) -> str | None:
        """The environment variable that sets it, or None."""
        if self.name == "vendors.*.base_url":
            return "CONDUIT_BASE_URL"  # of the vendor `custom`
        return None if "*" in self.name else "CONDUIT_" + self.name.upper().replace(".", "_")

    def adapter(self) -> TypeAdapter[Any]:
        """Return the validator of one value."""
        annotated: Any = Annotated[self.field.annotation, self.field]
        return TypeAdapter(annotated)

    def expects(self) -> str:
        """Return what a good value is, in words."""
        if said := self._extra().get("expects"):
            return str(said)
        return " or ".join(_describe(choice) for choice in self._choices())

    def _extra(self) -> Mapping[str, object]:
        extra = self.field.json_schema_extra
        return extra if isinstance(extra, dict) else {}

    def _choices(self) -> list[dict[str, object]]:
        schema = self.adapter().json_schema()
        choices = schema.get("anyOf", [schema])
        return [choice for choice in choices if choice.get("type") != "null"]


def known_keys() -> dict[str, Key]:
    """Return every key by its dotted name, in the order of the page."""
    return {key.name: key for key in _keys_of(SettingValues, "")}


def _keys_of(table: type[BaseModel], prefix: str) -> Iterator[Key]:
    for name, field in table.model_fields.items():
        if name == "vendors":
            yield from _keys_of(VendorSettings, "vendors.*.")
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys_of(field.annotation, f"{prefix}{name}.")
        else:
            yield Key(prefix + name, field)


def _describe(schema: Mapping[str, object]) -> str:
    choices = schema.get("enum")
    if isinstance(choices, list):
        return ", ".join(f"'{choice}'" for choice in choices[:-1]) + f" or '{choices[-1]}'"
    if schema.get("format") == "path":
        return "the path of a file"
    kind = {"integer": "a whole number", "number": "a number"}.get(str(schema.get("type")), "text")
    low, high = schema.get("minimum"), schema.get("maximum")
    if isinstance(low, int | float) and isinstance(high, int | float):
        return f"{kind} from {low:,} to {high:,}"
    return kind
