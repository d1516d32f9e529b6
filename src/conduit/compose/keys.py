"""The keys of the catalogue's vendors."""

from __future__ import annotations

from collections.abc import Callable

from conduit.app.keys import Keep, KeyState, KeyStates
from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Vendor
from conduit.config.vault import Keys, ring_problem
from conduit.errors import ConfigError, UserError


class CatalogKeys:
    """See `app.keys.KeyShelf`."""

    def __init__(self, keys: Keys, catalog: Callable[[], Catalog]) -> None:
        self._keys = keys
        self._catalog = catalog

    async def states(self) -> KeyStates:
        """Return what is there; see the protocol."""
        takers = [vendor for vendor in self._catalog().vendors if vendor.key_variables]
        return KeyStates(await ring_problem(), tuple(self._state(vendor) for vendor in takers))

    async def set(self, vendor: str, key: str, keep: Keep) -> None:
        """Keep a key; see the protocol."""
        await self._keys.keep(self._taker(vendor).name, key, keep)

    async def remove(self, vendor: str) -> None:
        """Forget a key; see the protocol."""
        await self._keys.forget(self._taker(vendor).name)

    def _taker(self, name: str) -> Vendor:
        vendor = self._catalog().vendor(name)
        if not vendor.key_variables:
            raise UserError(f"{vendor.display_name} takes no key.")
        return vendor

    def _state(self, vendor: Vendor) -> KeyState:
        try:
            found = self._keys.find(vendor.name, vendor.key_variables)
        except ConfigError:  # the variable holds what is no key; the doctor says so
            found = None
        return KeyState(
            vendor=vendor.name,
            name=vendor.display_name,
            source=found.source if found else "none",
            variable=vendor.key_variables[0],
            kept=self._keys.in_keyring(vendor.name),
        )
