"""Settings: the values in force and where each came from.

Which keys there are is in `keys.py`, how a source is read in `sources.py`. Read once at the edge, by
`compose`, `cli` and `api`, and handed on as plain values.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from conduit.config.folders import find_folders
from conduit.config.keys import SettingValues, known_keys
from conduit.config.sources import (
    file_text,
    find_line,
    read_arguments,
    read_client,
    read_environment,
    read_file,
)


class Settings(SettingValues):
    """The settings in force, and where each one came from.

    Attributes:
        sources: dotted key to place, such as `/home/ann/.config/conduit/config.toml`, `CONDUIT_MODEL`,
            `the editor's settings` or `--model`. A key that is not there has its default.
        warnings: sentences about what was ignored.
        config_file: the settings file that was looked for; it may not exist.
    """

    sources: dict[str, str] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    config_file: Path | None = None

    def place(self, key: str) -> str:
        """Return where `key`, or the first key of the table `key`, was set, to begin a sentence with; empty when unset.

        A file is read again to find the line, so this is for the moment when something is wrong.
        """
        source = next((at for name, at in self.sources.items() if f"{name}.".startswith(f"{key}.")), "")
        if source and source == str(self.config_file):
            return f"{source}, line {find_line(file_text(Path(source), required=False), key.split('.'))}"
        if source.startswith("CONDUIT_"):
            return f"The variable {source}"
        return source[:1].upper() + source[1:]


def load_settings(
    *,
    client: Mapping[str, object] | None = None,
    arguments: Mapping[str, object] | None = None,
    environ: Mapping[str, str] = os.environ,
    config_file: Path | None = None,
) -> Settings:
    """Read the settings: the file, then the environment, the editor and the arguments; the later one wins.

    Args:
        client: what the editor sent, keys in snake_case or camelCase; null means unset.
        arguments: values from the command line by setting key; None means not given.
        environ: the environment.
        config_file: the TOML file; by default `config.toml` in the config folder, which may be missing.

    Raises:
        ConfigError: a bad value; it names the file and line, the variable, the editor's key or the argument.
    """
    path = config_file or find_folders(environ).config_file
    warnings: list[str] = []
    found = (
        *read_file(path, required=config_file is not None),
        *read_environment(environ, warnings),
        *read_client(client or {}, warnings),
        *read_arguments(arguments or {}),
    )
    keys = known_keys()
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    for each in found:
        values[each.name] = each.check(keys[each.pattern])
        sources[each.name] = each.source
    return Settings.model_validate(
        {**_nest(values), "sources": sources, "warnings": tuple(warnings), "config_file": path}
    )


def _nest(values: Mapping[str, object]) -> dict[str, object]:
    nested: dict[str, object] = {}
    for name, value in values.items():
        *tables, last = name.split(".")
        table: dict[str, Any] = nested
        for part in tables:
            table = table.setdefault(part, {})
        table[last] = value
    return nested
