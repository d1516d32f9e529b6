"""The keys of vendors as a face shows and changes them; a key itself goes only in. Used by `App`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

Keep = Literal["keyring", "session"]
"""Where an entered key stays: in the system's keyring, or in the memory of this process."""


@dataclass(frozen=True, slots=True)
class KeyState:
    """A vendor that takes a key, and where the one that counts is.

    `variable` may hold it in the environment; `kept` says that the keyring has one, whichever counts.
    """

    vendor: str
    name: str
    source: Literal["environment", "keyring", "session", "none"]
    variable: str
    kept: bool


@dataclass(frozen=True, slots=True)
class KeyStates:
    """All vendors that take a key; `problem` says why there is no keyring, and what to do, or is empty."""

    problem: str
    vendors: tuple[KeyState, ...]


class KeyShelf(Protocol):
    """Where keys are kept."""

    async def states(self) -> KeyStates:
        """Return what is there."""
        ...

    async def set(self, vendor: str, key: str, keep: Keep) -> None:
        """Keep a key; raises UnknownModel for an unknown vendor, UserError."""
        ...

    async def remove(self, vendor: str) -> None:
        """Forget a key that was entered; raises as `set`."""
        ...


class VendorKeys:
    """The keys of vendors; once one changes, the next turn uses it."""

    def __init__(self, shelf: KeyShelf, renew: Callable[[], None]) -> None:
        self._shelf = shelf
        self._renew = renew

    async def states(self) -> KeyStates:
        """Return where each vendor's key is."""
        return await self._shelf.states()

    async def set(self, vendor: str, key: str, keep: Keep) -> KeyStates:
        """Keep a key and return what is there then.

        Raises:
            UnknownModel: there is no such vendor.
            UserError: it takes no key, this is none, or there is no keyring; the sentence says what to do.
        """
        await self._shelf.set(vendor, key, keep)
        self._renew()
        return await self.states()

    async def remove(self, vendor: str) -> KeyStates:
        """Forget a key that was entered and return what is there then; raises as `set`."""
        await self._shelf.remove(vendor)
        self._renew()
        return await self.states()
