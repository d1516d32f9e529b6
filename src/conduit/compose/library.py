"""The library of models: cards made of rows, prices and what is set up here, and the lists that endpoints gave."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from conduit.app.library import Listing, ModelCard
from conduit.catalog import prices
from conduit.catalog.capabilities import Facts, answers, check_name, details
from conduit.catalog.catalog import Catalog
from conduit.catalog.model import EditFormat, ModelInfo, Vendor
from conduit.catalog.tiers import Discovered, DiscoveredList, read_lists, with_discovered, with_own, write_lists
from conduit.errors import ConfigError, ProviderError, UserError
from conduit.messages.message import Usage
from conduit.providers.addresses import is_on_this_machine
from conduit.providers.base import FetchesFirst, KeepsModels, ListsModels, Provider, PullProgress

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conduit.providers.probe import Finding

LIST_TIMEOUT_S = 20.0
LISTS_FILE = "served-models.json"
"""In the state folder: what endpoints listed."""

OWN_FILE = "models.toml"
"""In the folder of the settings: the person's rows."""

_HOSTED = ("-cloud", ":cloud")
"""How the names of models end that a server of the person's own only passes on (https://docs.ollama.com/cloud)."""

_DENIED = ("vision", "audio", "tool_calling", "reasoning")


class Shelf(Protocol):
    """What the library needs of the endpoints."""

    @property
    def catalog(self) -> Catalog:
        """The rows."""
        ...

    def endpoint(self, model: ModelInfo) -> Provider:
        """Return the bare wire of a model; raises MissingKey or ConfigError."""
        ...

    def lack(self, vendor: Vendor) -> str:
        """Return what the vendor lacks, in words, or an empty string."""
        ...


def read_tiers(catalog: Catalog, lists: Path, own: Path) -> Catalog:
    """Return the catalogue with the lists that were kept and the person's file; blocks on the disk.

    Raises:
        ConfigError: the person's file is bad.
        UnknownModel: an alias of it leads nowhere.
    """
    catalog = with_discovered(catalog, read_lists(_text(lists)))
    written = _text(own)
    return with_own(catalog, written, str(own), dt.date.today()) if written else catalog  # noqa: DTZ011 - a person's day


class Library:
    """See `app.library.ModelLibrary`."""

    def __init__(self, shelf: Shelf, lists: Path, replaced: Callable[[Catalog], None]) -> None:
        """Take the parts.

        Args:
            shelf: the endpoints.
            lists: the file that keeps what endpoints listed.
            replaced: is given the catalogue with new lists.
        """
        self._shelf = shelf
        self._lists = lists
        self._replaced = replaced

    def cards(self, *, provider: str = "", capability: str = "") -> list[ModelCard]:
        """Return the cards; see the protocol."""
        catalog = self._shelf.catalog
        wanted = check_name(capability) if capability else ""
        if provider:
            catalog.vendor(provider)
        found = [self._card(model) for model in catalog.models if provider in ("", model.vendor)]
        return [card for card in found if not wanted or card.capabilities[wanted]]

    def card(self, name: str) -> ModelCard:
        """Return one card; raises UnknownModel."""
        return self._card(self._shelf.catalog.resolve(name))

    def edit_format(self, model: ModelInfo) -> EditFormat | None:
        """Return the form in which a model changes files best; see the protocol."""
        return None if model.capabilities.tools == "prompted" else self._shelf.catalog.edit_format(model)

    def cost(self, model: ModelInfo, usage: Usage, *, batch: bool = False) -> float | None:
        """Return what these tokens cost, or None."""
        return prices.cost_usd(model, self._shelf.catalog.vendor(model.vendor), usage, batch=batch)

    def costs_nothing(self, model: ModelInfo) -> bool:
        """Say whether nobody pays for it; see the protocol."""
        hosted = model.name.endswith(_HOSTED)
        return self._shelf.catalog.vendor(model.vendor).free and not hosted

    def at_hand(self, model: ModelInfo) -> bool:
        """Say whether nothing has to be fetched first; see the protocol."""
        endpoint = self._shelf.endpoint(model)
        return not isinstance(endpoint, FetchesFirst) or endpoint.at_hand()

    async def load(self, model: ModelInfo) -> None:
        """Import the price table in a thread, if this model's price is in it."""
        if prices.needs_table(model, self._shelf.catalog.vendor(model.vendor)):
            await asyncio.to_thread(prices.load)

    async def update(self, provider: str = "") -> list[Listing]:
        """Ask for lists and keep them; see the protocol."""
        catalog = self._shelf.catalog
        if provider:
            vendors = [catalog.vendor(provider)]
        else:
            vendors = [
                each for each in catalog.vendors if each.lists_models and not each.key_required and each.base_url
            ]
        told = await asyncio.gather(*(self._ask(vendor) for vendor in vendors))
        kept = read_lists(await asyncio.to_thread(_text, self._lists))
        kept |= {listing.vendor: found for listing, found in told if found is not None}
        await asyncio.to_thread(_write, self._lists, write_lists(kept))
        self._replaced(with_discovered(catalog, kept))
        return [listing for listing, _ in told]

    async def probe(self, name: str) -> AsyncIterator[Finding]:
        """Ask the model itself; see the protocol."""
        model = self._shelf.catalog.resolve(name)
        vendor = self._shelf.catalog.vendor(model.vendor)
        said = answers(model, vendor, Facts())
        skip = frozenset(capability for capability in _DENIED if said[capability] is False)
        from conduit.providers.probe import probe

        findings = cast("AsyncGenerator[Finding]", probe(self._shelf.endpoint(model), model.name, skip=skip))
        async with aclosing(findings):
            async for finding in findings:
                yield finding

    async def pull(self, name: str) -> AsyncIterator[PullProgress]:
        """Fetch a model; see the protocol."""
        vendor, model, keeper = self._keeper(name)
        steps = cast("AsyncGenerator[PullProgress]", keeper.pull(model))
        async with aclosing(steps):
            async for step in steps:
                yield step
        await self.update(vendor)

    async def unload(self, name: str) -> None:
        """Take a model out of memory; see the protocol."""
        _, model, keeper = self._keeper(name)
        await keeper.unload(model)

    def _keeper(self, name: str) -> tuple[str, str, KeepsModels]:
        """Return the vendor, its name of the model, and the endpoint that keeps it."""
        catalog = self._shelf.catalog
        keepers = [each.name for each in catalog.vendors if each.keeps_models]
        wanted = catalog.aliases.get(name, name)
        vendor, slash, model = wanted.partition("/")
        if not slash or vendor not in {each.name for each in catalog.vendors}:
            vendor, model = keepers[0], wanted  # names of models have slashes too
        if vendor not in keepers:
            known = ", ".join(f"{each}/{model}" for each in keepers)
            raise UserError(
                f"{catalog.vendor(vendor).display_name} keeps no models that could be fetched; try {known}."
            )
        return vendor, model, cast("KeepsModels", self._shelf.endpoint(catalog.describe(vendor, model)))

    async def _ask(self, vendor: Vendor) -> tuple[Listing, DiscoveredList | None]:
        try:
            endpoint = self._shelf.endpoint(self._shelf.catalog.describe(vendor.name, "any"))
            if not isinstance(endpoint, ListsModels):
                return Listing(vendor.name, problem="it tells no list"), None
            async with asyncio.timeout(LIST_TIMEOUT_S):
                served = await endpoint.list_models()
        except TimeoutError:
            return Listing(vendor.name, problem=f"no answer within {LIST_TIMEOUT_S:.0f} s"), None
        except (UserError, ProviderError) as error:
            return Listing(vendor.name, problem=str(error)), None
        rows = tuple(
            Discovered(
                name=each.name,
                context_tokens=each.context_tokens,
                abilities=None if each.abilities is None else tuple(sorted(each.abilities)),
                detail=each.detail,
            )
            for each in served
        )
        today = dt.date.today()  # noqa: DTZ011 - a person's day
        return Listing(vendor.name, len(rows)), DiscoveredList(base_url=vendor.base_url, at=today, models=rows)

    def _card(self, model: ModelInfo) -> ModelCard:
        catalog = self._shelf.catalog
        vendor = catalog.vendor(model.vendor)
        missing = self._shelf.lack(vendor)
        rates = prices.rates(model, vendor)
        local = True if vendor.base_url is None and vendor.free else None
        if vendor.base_url is not None:
            local = is_on_this_machine(vendor.base_url)
        return ModelCard(
            id=model.id,
            name=model.display_name,
            vendor=model.vendor,
            kind=model.kind,
            ready=not missing,
            note=missing,
            aliases=tuple(alias for alias, target in catalog.aliases.items() if target == model.id),
            context_tokens=model.context_tokens,
            max_output_tokens=model.max_output_tokens,
            capabilities=answers(model, vendor, Facts(local=local, priced=rates is not None)),
            details=details(model.capabilities),
            price=_by_kind(rates),
            price_source="" if rates is None else "; ".join(filter(None, [rates.source, rates.note])),
            deprecated=model.deprecated or "",
            tier=model.tier,
            source=model.source,
            date=model.date.isoformat(),
            remark="There is no row for this model; its vendor's defaults are assumed."
            if model.tier == "default"
            else "",
        )


def _by_kind(rates: prices.Rates | None) -> dict[str, float]:
    if rates is None:
        return {}
    found = {
        "input": rates.input,
        "output": rates.output,
        "cache_read": rates.cache_read,
        "cache_write": rates.cache_write,
    }
    return {kind: value for kind, value in found.items() if value is not None}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from error


def _write(path: Path, text: str) -> None:
    """Replace the file whole, so that another process never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)
