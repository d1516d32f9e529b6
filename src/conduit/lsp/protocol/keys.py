"""Payloads of `conduit/key/*`: the keys of vendors. A key itself is only ever sent to the server, never back."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from conduit.lsp.protocol.payload import Payload


class KeyLine(Payload):
    """A vendor that takes a key, and where the key that counts is; `variable` may hold it in the environment.

    `kept` says that the keyring has a key, also when another one counts.
    """

    vendor: str
    name: str
    source: Literal["environment", "keyring", "session", "none"]
    variable: str
    kept: bool = False


class KeyList(Payload):
    """`keyring` says that keys can be kept in this system's keyring; if not, `problem` says why and what to do."""

    keyring: bool
    problem: str = ""
    vendors: list[KeyLine]


class SetKeyParams(Payload):
    """`conduit/key/set`: `session` keeps the key in this server's memory alone."""

    vendor: str
    key: SecretStr = Field(min_length=1, max_length=10_000)
    keep: Literal["keyring", "session"]


class RemoveKeyParams(Payload):
    """`conduit/key/remove`: out of the keyring and out of this server's memory."""

    vendor: str
