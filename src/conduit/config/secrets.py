"""Keys of vendors in the environment: looked up when they are needed, never stored in settings, never shown.

A vendor's row names its variable; this module knows no vendor. For `compose`,
`cli` and `__main__`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from conduit.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import SecretStr

_SECRET_NAME = re.compile(r"(?:API_?KEY|ACCESS_?KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?)(?:_|$)", re.IGNORECASE)
_SHORTEST_SECRET = 8  # masking shorter values would blank ordinary words out of logs


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key, and the variable that holds it, or may hold it when it is from elsewhere."""

    variable: str
    value: SecretStr
    source: Literal["environment", "keyring", "session"] = "environment"


def find_key(variables: Sequence[str], environ: Mapping[str, str] = os.environ) -> FoundKey | None:
    """Return the key in the first of `variables` that is set and not blank, or None.

    Raises:
        ConfigError: the value fits in no HTTP header; the message names the variable, never the value.
    """
    for variable in variables:
        value = environ.get(variable, "").strip()  # a key from a file often ends with a newline
        if not value:
            continue
        if not all("!" <= character <= "~" for character in value):
            raise ConfigError(
                f"The key in the variable {variable} holds a space or a character that no key has. Copy it again."
            )
        from pydantic import SecretStr  # the language server starts to log before it loads pydantic

        return FoundKey(variable, SecretStr(value))
    return None


def secret_values(variables: Iterable[str] = (), environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the values that must never be shown or logged, the longest first.

    These are the keys in `variables` and whatever else is named like a secret in the environment (`…_TOKEN`,
    `…_PASSWORD`, …). Values shorter than 8 characters are left out.
    """
    named = set(variables)
    found = {
        value.strip()
        for name, value in environ.items()
        if (name in named or _SECRET_NAME.search(name)) and len(value.strip()) >= _SHORTEST_SECRET
    }
    return tuple(sorted(found, key=lambda value: (-len(value), value)))
