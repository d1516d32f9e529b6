"""Where settings come from: a TOML file, the environment, the editor, the command line.

A reader only reads. It returns `Found` values, which can name their place when they turn out to be bad.
For `settings.py`.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from conduit.config.keys import Key, VendorName, known_keys
from conduit.errors import ConfigError

_MOST_BYTES = 256 * 1024
_OTHER_VARIABLES = frozenset(
    {"CONDUIT_API_KEY", "CONDUIT_CONFIG_DIR", "CONDUIT_STATE_DIR", "CONDUIT_DATA_DIR", "CONDUIT_LIVE_TESTS"}
)

Reading = Literal["typed", "text"]
"""`typed` values come from a format with kinds, so "10" is no number there; `text` is parsed."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value as one source gives it, not yet checked.

    Attributes:
        name: the dotted key, with a vendor's real name.
        pattern: the same with `*` for the vendor's name.
        value: as read.
        source: the place, for `Settings.sources`.
        subject: begins the sentence about a bad value; called only then.
        reading: how to read `value`.
        folder: what a relative path is relative to; None when the source has no place on this machine.
    """

    name: str
    pattern: str
    value: object
    source: str
    subject: Callable[[], str]
    reading: Reading
    folder: Path | None

    def check(self, key: Key) -> object:
        """Return the value as the model wants it.

        Raises:
            ConfigError: it is not what `key` expects.
        """
        if key.is_path:
            return self._path(key)
        try:
            if self.reading == "text" and isinstance(self.value, str):
                return key.adapter().validate_strings(self.value.strip())
            return key.adapter().validate_json(json.dumps(self.value, default=str), strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            own = first.get("ctx", {}).get("error") if first["type"] == "value_error" else None
            raise self._bad(key, str(own) if own else key.expects()) from error

    def _path(self, key: Key) -> Path:
        text = str(self.value) if isinstance(self.value, str | Path) else ""
        if not text or any(ord(character) < 32 for character in text):
            raise self._bad(key, key.expects())
        path = Path(os.path.expanduser(text))
        if self.folder is None and not path.is_absolute():
            raise self._bad(key, "an absolute path")
        return path if self.folder is None else self.folder / path

    def _bad(self, key: Key, expected: str) -> ConfigError:
        shown = "" if key.private else f", not {_shorten(self.value)}"
        return ConfigError(f"{self.subject()} must be {expected}{shown}.")


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A value in nested tables: its way down, its dotted key, its pattern, or what is wrong with its name."""

    parts: tuple[str, ...]
    name: str
    pattern: str | None
    value: object
    problem: str = ""


def read_file(path: Path, *, required: bool) -> list[Found]:
    """Return what a TOML file sets; nothing when it is missing and not `required`.

    Raises:
        ConfigError: it cannot be read, is no TOML, or has an unknown key; with the line where there is one.
    """
    text = file_text(path, required=required)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_describe_syntax(path, text, error)) from error
    found = []
    for leaf in _walk(tables, known_keys()):
        place = partial(_line_place, path, text, leaf)
        if leaf.pattern is None:
            raise ConfigError(f"{path}, line {find_line(text, leaf.parts)}: {leaf.problem}")
        found.append(Found(leaf.name, leaf.pattern, leaf.value, str(path), place, "typed", path.parent))
    return found


def read_environment(environ: Mapping[str, str], warnings: list[str]) -> list[Found]:
    """Return what `CONDUIT_…` variables set; an empty one is unset. A near miss is warned of."""
    variables = {key.variable: key.name for key in known_keys().values() if key.variable}
    found = []
    for variable, value in environ.items():
        pattern = variables.get(variable)
        if pattern and value.strip():
            name = pattern.replace("*", "custom")
            subject = partial(str, f"The variable {variable}")
            found.append(Found(name, pattern, value, variable, subject, "text", _current_folder()))
        elif pattern is None and variable.startswith("CONDUIT_") and variable not in _OTHER_VARIABLES:
            near = difflib.get_close_matches(variable, variables, n=1, cutoff=0.85)
            if near:
                warnings.append(f"The variable {variable} is ignored. Did you mean {near[0]}?")
    return found


def read_client(sent: Mapping[str, object], warnings: list[str]) -> list[Found]:
    """Return what the editor sets; null is unset. The unknown, and what no editor may set, is warned of.

    Raises:
        ConfigError: a value stands where a group of settings belongs.
    """
    inner = sent.get("conduit")
    keys = known_keys()
    found = []
    for leaf in _walk(inner if isinstance(inner, Mapping) else sent, keys):
        spelled = ".".join(leaf.parts)
        if leaf.value is None:
            continue
        if leaf.pattern is None:
            warnings.append(f"The editor's setting {spelled!r} is ignored: {leaf.problem}")
        elif keys[leaf.pattern].user_only:
            warnings.append(
                f"The editor's setting {spelled!r} is ignored: an opened folder could have set it. "
                "Set it in Conduit's own config.toml or by a variable."
            )
        else:
            subject = partial(str, f"The editor's setting {spelled!r}")
            found.append(Found(leaf.name, leaf.pattern, leaf.value, "the editor's settings", subject, "typed", None))
    return found


def holds_setting(sent: Mapping[str, object]) -> bool:
    """Say whether one of our keys is among what an editor sent, with or without a good value."""
    return any(leaf.pattern is not None for leaf in _walk(sent, known_keys()))


def read_arguments(given: Mapping[str, object]) -> list[Found]:
    """Return what the command line sets, by dotted key; None is not given.

    Raises:
        ConfigError: a key that is no setting.
    """
    keys = known_keys()
    found = []
    for name, value in given.items():
        if value is None:
            continue
        pattern, problem = _match(tuple(name.split(".")), keys)
        if pattern is None:
            raise ConfigError(problem)
        flag = "--" + name.replace("_", "-").replace(".", "-")
        found.append(Found(name, pattern, value, flag, partial(str, flag), "text", _current_folder()))
    return found


def find_line(text: str, parts: Sequence[str]) -> int:
    """Return the line (from 1) of the TOML statement that sets the key `parts`, or 1 when none does.

    The beginnings of the file are parsed, longer and longer: the statement that makes the key appear begins
    after the last beginning that was whole without it. So strings, comments and nested tables cannot mislead.
    """
    lines = text.split("\n")
    whole = 0
    for count in range(1, len(lines) + 1):
        try:
            tables = tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        if _holds(tables, parts):
            return whole + 1
        whole = count
    return 1


def _current_folder() -> Path | None:
    """Return the current folder, or None when it was deleted: only a relative path needs it."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def _line_place(path: Path, text: str, leaf: _Leaf) -> str:
    return f"{path}, line {find_line(text, leaf.parts)}: {leaf.name}"


def file_text(path: Path, *, required: bool) -> str:
    """Return a settings file's text, empty when it is missing and not `required`; raises ConfigError."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        if required:
            raise ConfigError(f"There is no settings file {path}.") from error
        return ""
    except OSError as error:
        raise ConfigError(f"The settings file {path} cannot be read: {error.strerror or error}.") from error
    if len(data) > _MOST_BYTES:
        raise ConfigError(f"The settings file {path} is larger than {_MOST_BYTES:,} bytes.")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}, line {line}: this is not UTF-8 text.") from error


def _describe_syntax(path: Path, text: str, error: tomllib.TOMLDecodeError) -> str:
    said = str(error)
    position = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", said)
    what = said[: position.start()] if position else said
    line = int(position[1]) if position and position[1] else len(text.rstrip("\n").split("\n"))
    return f"{path}, line {line}: this is not TOML ({what[:1].lower()}{what[1:]})."


def _walk(tables: Mapping[str, object], keys: Mapping[str, Key], above: tuple[str, ...] = ()) -> Iterator[_Leaf]:
    for part, value in tables.items():
        parts = (*above, str(part))
        names = tuple(each if above[:1] == ("vendors",) and i == 1 else _snake(each) for i, each in enumerate(parts))
        if isinstance(value, Mapping) and _is_table(names, keys):
            yield from _walk(value, keys, parts)
        else:
            pattern, problem = _match(names, keys, value)
            yield _Leaf(parts, ".".join(names), pattern, value, problem)


def _match(parts: tuple[str, ...], keys: Mapping[str, Key], value: object = None) -> tuple[str | None, str]:
    """Return the pattern of a key, or None and a sentence about what is wrong with it."""
    pattern = ".".join(_as_pattern(parts))
    name = ".".join(parts)
    if pattern in keys:
        if "*" in pattern and not _is_vendor(parts[1]):
            return None, f"{parts[1]!r} cannot be a vendor's name (use a-z, 0-9, '-' and '_')."
        return pattern, ""
    if _is_table(parts, keys):
        return None, f"{name!r} is a group of settings, so it must be a table, not {_shorten(value)}."
    return None, f"there is no setting {name!r}.{_suggest(parts, keys)}"


def _is_table(parts: tuple[str, ...], keys: Mapping[str, Key]) -> bool:
    wanted = _as_pattern(parts)
    return any(len(each) > len(wanted) and each[: len(wanted)] == wanted for each in map(_split, keys))


def _is_vendor(name: str) -> bool:
    try:
        TypeAdapter(VendorName).validate_python(name)
    except ValidationError:
        return False
    return True


def _suggest(parts: tuple[str, ...], keys: Mapping[str, Key]) -> str:
    vendor = parts[1] if parts[0] == "vendors" and len(parts) > 2 else "NAME"
    names = [name.replace("*", vendor) for name in keys]
    tables = {name.split(".")[0] for name in names if "." in name}
    near = difflib.get_close_matches(".".join(parts), [*names, *tables], n=1, cutoff=0.6)
    same = [name for name in names if name.split(".")[-1] == parts[-1]]
    best = near or same
    return f" Did you mean {best[0]!r}?" if best else ""


def _as_pattern(parts: tuple[str, ...]) -> tuple[str, ...]:
    return (parts[0], "*", *parts[2:]) if parts[0] == "vendors" and len(parts) > 1 else parts


def _split(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def _holds(tables: object, parts: Sequence[str]) -> bool:
    for part in parts:
        if not isinstance(tables, Mapping) or part not in tables:
            return False
        tables = tables[part]
    return True


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)


def _shorten(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
