"""Keys that a person entered: in the system's keyring, or in this process's memory alone; never in a file of ours.

A key that was entered for this process counts first, then the environment, then the keyring. The keyring is read once,
when the App opens, and only for vendors whose keys are there: a keyring may be slow, or wait for a person to unlock
it. Which those are is in a file of names. For `compose`, by which `cli` reaches it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeVar, cast

from conduit.config.secrets import FoundKey, find_key
from conduit.errors import MissingKey, UserError

SERVICE = "conduit"
"""The name under which keys are in the keyring; the vendor's name stands for the account."""

INDEX_FILE = "keyring.json"
"""In the state folder: the vendors whose keys are in the keyring."""

RING_TIMEOUT_S = 20.0
"""How long a keyring may take, which may ask the person to unlock it."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Ring(Protocol):
    """What is needed of a backend of the `keyring` package."""

    @property
    def priority(self) -> float:
        """How good it is; below 1, keys are not protected."""
        ...

    def get_password(self, service: str, username: str) -> str | None:
        """Return a key, or None."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a key."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forget a key."""
        ...


class Keys:
    """Finds the keys of vendors, and keeps those that a person enters."""

    def __init__(self, environ: Mapping[str, str], state_folder: Path, hide: Callable[[str], None]) -> None:
        """Take the parts.

        Args:
            environ: where keys are looked up, too.
            state_folder: where the names of the vendors are kept whose keys are in the keyring.
            hide: is told each key that is entered or read, so that no log shows it.
        """
        self._environ = environ
        self._index = state_folder / INDEX_FILE
        self._hide = hide
        self._entered: dict[str, str] = {}
        self._kept: dict[str, str] = {}

    async def load(self) -> None:
        """Read the keys in the keyring; what goes wrong is logged, and those keys are missing."""
        names = await asyncio.to_thread(self._names)
        if not names:
            return
        try:
            ring = await usable_ring()
            for name in names:
                value = await _in_time(lambda name=name: ring.get_password(SERVICE, name))  # type: ignore[misc]
                if value:
                    self._hide(value)
                    self._kept[name] = value
        except UserError as error:
            _log.warning("the keys in the keyring are not used: %s", error)

    def find(self, vendor: str, variables: Sequence[str]) -> FoundKey | None:
        """Return the key of a vendor, or None; raises ConfigError as `find_key`."""
        from pydantic import SecretStr

        if (entered := self._entered.get(vendor)) is not None:
            return FoundKey(variables[0] if variables else "", SecretStr(entered), "session")
        found = find_key(variables, self._environ)
        if found is None and (kept := self._kept.get(vendor)) is not None:
            return FoundKey(variables[0] if variables else "", SecretStr(kept), "keyring")
        return found

    def require(self, vendor: str, name: str, variables: Sequence[str]) -> FoundKey:
        """Return the key of a vendor whom people call `name`; raises MissingKey, which says what to do."""
        found = self.find(vendor, variables)
        if found is None:
            raise MissingKey(
                f"There is no key for {name}. Set the variable {' or '.join(variables)}, enter it by "
                f"'conduit keys set {vendor}' or in your editor, or choose another model."
            )
        return found

    def in_keyring(self, vendor: str) -> bool:
        """Say whether the keyring holds a key of a vendor."""
        return vendor in self._kept

    async def keep(self, vendor: str, key: str, where: Literal["keyring", "session"]) -> None:
        """Keep a key.

        Raises:
            UserError: it is no key, or there is no keyring that can be used; the sentence says what to do.
        """
        value = key.strip()
        if not value or not all("!" <= character <= "~" for character in value):
            raise UserError("This is no key: it is empty, or holds a space or a character that no key has.")
        self._hide(value)
        if where == "session":
            self._entered[vendor] = value
            return
        ring = await usable_ring()
        await _in_time(lambda: ring.set_password(SERVICE, vendor, value))
        if await _in_time(lambda: ring.get_password(SERVICE, vendor)) != value:
            raise UserError("The keyring of this system did not keep the key. Keep it in a variable instead.")
        self._kept[vendor] = value
        self._entered.pop(vendor, None)
        await asyncio.to_thread(self._note, {*self._names(), vendor})

    async def forget(self, vendor: str) -> None:
        """Forget a key that was entered; one of the environment stays. Raises UserError."""
        self._entered.pop(vendor, None)
        if vendor not in await asyncio.to_thread(self._names):
            return
        ring = await usable_ring()
        if await _in_time(lambda: ring.get_password(SERVICE, vendor)) is not None:
            await _in_time(lambda: ring.delete_password(SERVICE, vendor))
        self._kept.pop(vendor, None)
        await asyncio.to_thread(self._note, self._names() - {vendor})

    def _names(self) -> set[str]:
        try:
            found = json.loads(self._index.read_text("utf-8"))
        except FileNotFoundError:
            return set()
        except (OSError, ValueError) as error:
            _log.warning("%s cannot be read: %s", self._index, error)
            return set()
        return {name for name in found if isinstance(name, str)} if isinstance(found, list) else set()

    def _note(self, names: set[str]) -> None:
        self._index.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._index.with_name(f"{self._index.name}.{os.getpid()}.new")
        fresh.write_text(json.dumps(sorted(names)) + "\n", "utf-8")
        fresh.replace(self._index)


async def ring_problem() -> str:
    """Return why keys cannot be kept in a keyring here, with what to do, or an empty string."""
    try:
        await usable_ring()
    except UserError as error:
        return str(error)
    return ""


async def usable_ring() -> Ring:
    """Return the system's keyring; raises UserError where there is none, with what to do."""
    return await _in_time(_open_ring)


def _open_ring() -> Ring:
    instead = "Set the vendor's variable instead, or enter the key in your editor for as long as it runs."
    try:
        import keyring
        from keyring.backends import fail, null
    except ImportError as error:
        raise UserError(f"The package 'keyring' is not installed with Conduit ({error}). {instead}") from error
    ring = keyring.get_keyring()
    if isinstance(ring, fail.Keyring | null.Keyring):
        raise UserError(f"This system has no keyring (on Linux: a Secret Service such as GNOME Keyring). {instead}")
    if cast("Ring", ring).priority < 1 and "PYTHON_KEYRING_BACKEND" not in os.environ:
        raise UserError(f"The keyring of this system ({type(ring).__module__}) would not protect keys. {instead}")
    return cast("Ring", ring)


async def _in_time(work: Callable[[], T]) -> T:
    """Run what may block for good on a thread that never keeps the process from ending; raises UserError."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, problem: BaseException | None) -> None:
        if done.done():
            return
        if problem is not None:
            done.set_exception(problem)
        else:
            done.set_result(cast("T", result))

    def run() -> None:
        result: T | None = None
        problem: BaseException | None = None
        try:
            result = work()
        except UserError as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - backends raise what their system raised
            problem = UserError(f"The keyring of this system failed: {type(error).__name__}: {error}")
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, problem)

    threading.Thread(target=run, name="conduit-keyring", daemon=True).start()
    try:
        async with asyncio.timeout(RING_TIMEOUT_S):
            return await done
    except TimeoutError as error:
        raise UserError(f"The keyring of this system gave no answer for {RING_TIMEOUT_S:.0f} s. Unlock it.") from error
