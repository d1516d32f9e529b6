"""The models that can be chosen and the endpoints that serve them, made of the catalogue, the settings and the keys."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from conduit.agent.setup import Target
from conduit.app.parts import ModelChoice
from conduit.catalog.catalog import Catalog
from conduit.catalog.model import ModelInfo, Vendor
from conduit.compose.batching import RetryingRunner
from conduit.compose.embedding import BatchingEmbedder
from conduit.compose.library import LISTS_FILE, Library
from conduit.compose.media import abilities
from conduit.config.settings import Settings
from conduit.config.vault import Keys
from conduit.errors import ConfigError, UnknownModel, UserError
from conduit.providers.base import BatchRunner, Embeds, Provider, RunsBatches
from conduit.providers.media import MediaAbilities
from conduit.providers.retry import RetryingProvider

_log = logging.getLogger(__name__)

EMBEDDED = "embedded/smollm2-135m"

INTRODUCTION = (
    "No model is configured, so the embedded SmolLM2-135M answers: without a key or a network it can chat and write "
    "short texts, with many mistakes; for real work set ANTHROPIC_API_KEY or OPENAI_API_KEY, or "
    "CONDUIT_MODEL=ollama/<model>."
)

MakeProvider = Callable[[Vendor, str | None, str | None], Provider]
"""Makes the wire that a row names, from that row, its base URL and its key."""


class Endpoints:
    """Serves every model of every vendor, one endpoint for each wire of each vendor, opened on first use."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        make: MakeProvider,
        *,
        notify: Callable[[str], None],
        told: Path,
        keys: Keys,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Take the parts.

        Args:
            settings: decides the default model and changes vendors' rows.
            catalog: the packaged rows.
            make: makes a wire.
            notify: is told when a request waits for its next try.
            told: a file whose existence says that the person was introduced to the embedded model.
            keys: finds the keys of vendors.
            environ: where addresses are looked up.
        """
        self._catalog = addressed(catalog, settings, environ)
        self._settings = settings
        self._make = make
        self._notify = notify
        self._told = told
        self.keys = keys
        self._open: dict[tuple[str, str], RetryingProvider] = {}
        self.library = Library(self, told.with_name(LISTS_FILE), self._take_in)

    @property
    def catalog(self) -> Catalog:
        """The catalogue with the person's changes."""
        return self._catalog

    def resolve(self, name: str) -> ModelInfo:
        """Return the row of a model, an alias or a bare name.

        Raises:
            UnknownModel: with the nearest names, and the place in the settings where it is the configured one.
        """
        try:
            return self._catalog.resolve(name)
        except UnknownModel as error:
            if name != self._settings.model:
                raise
            raise UnknownModel(f"{self._settings.place('model')}: {error}") from error

    def provider(self, model: ModelInfo) -> Provider:
        """Return the endpoint that serves `model`.

        Raises:
            MissingKey: its vendor needs a key and the variable is empty.
            ConfigError: its vendor has no address, or the key is no key.
        """
        vendor = self._catalog.vendor(model.vendor)
        if model.wire is not None:
            vendor = vendor.model_copy(update={"wire": model.wire})
        place = (vendor.name, vendor.wire)
        if place not in self._open:
            self._open[place] = RetryingProvider(
                self._make(vendor, _address(vendor), self._key(vendor)), notify=self._notify
            )
        return self._open[place]

    def fallbacks(self, model: ModelInfo) -> tuple[Target, ...]:
        """Return who is asked when `model` does not answer: the configured ones that are there and lack nothing."""
        targets: list[Target] = []
        for name in self._settings.fallback_models or ():
            try:
                info = self.resolve(name)
                if info.id != model.id:
                    targets.append(Target(self.provider(info), info.id, info.name))
            except UserError as error:
                _log.warning("fallback_models: %s is left out: %s", name, error)
        return tuple(targets)

    def endpoint(self, model: ModelInfo) -> Provider:
        """Return the bare wire of a model, for what it may do beside streaming; raises as `provider` does."""
        self.provider(model)
        vendor = self._catalog.vendor(model.vendor)
        return self._open[vendor.name, model.wire or vendor.wire].inner

    def embedder(self, model: ModelInfo) -> Embeds | None:
        """Return who embeds with `model`, or None when its endpoint has no such ability; raises as `provider` does."""
        inner = self.endpoint(model)
        vendor = self._catalog.vendor(model.vendor)
        if not isinstance(inner, Embeds):
            return None
        return BatchingEmbedder(inner, self._open[vendor.name, model.wire or vendor.wire], batch=vendor.embedding_batch)

    def media(self, model: ModelInfo) -> MediaAbilities:
        """Return who makes pictures, speech and transcripts with `model`; raises as `provider` does."""
        inner = self.endpoint(model)
        wire = model.wire or self._catalog.vendor(model.vendor).wire
        return abilities(inner, self._open[model.vendor, wire])

    def batches(self, model: ModelInfo) -> BatchRunner | None:
        """Return who runs batches of `model` at its vendor, or None when nobody does; raises as `provider` does."""
        inner = self.endpoint(model)
        vendor = self._catalog.vendor(model.vendor)
        if not vendor.batches or not isinstance(inner, RunsBatches):
            return None
        retrying = self._open[vendor.name, model.wire or vendor.wire]
        return RetryingRunner(inner.batches(model.name), retrying, model.name)

    def choices(self) -> list[ModelChoice]:
        """Return every listed model for chat and the configured one, with what is missing where it is not ready."""
        models = {model.id: model for model in self._catalog.models if model.kind == "chat"}
        with suppress(UnknownModel):
            default = self._catalog.resolve(self.default())
            models.setdefault(default.id, default)
        return [
            ModelChoice(model.id, model.display_name, model.vendor, ready=not missing, note=missing)
            for model in models.values()
            for missing in [self.lack(self._catalog.vendor(model.vendor))]
        ]

    def default(self) -> str:
        """Return the configured model, else the first listed one whose key is there, else the embedded one.

        A configured one that nobody knows is returned as it was written; `problem` and `resolve` say what is wrong.
        """
        if self._settings.model:
            with suppress(UnknownModel):
                return self._catalog.resolve(self._settings.model).id
            return self._settings.model
        for model in self._catalog.models:
            vendor = self._catalog.vendor(model.vendor)
            if model.kind == "chat" and vendor.key_required and not self.missing(vendor):
                return model.id
        return EMBEDDED

    def problem(self) -> str:
        """Return why the default model cannot be found, or an empty string."""
        try:
            self.resolve(self.default())
        except UnknownModel as error:
            return str(error)
        return ""

    def introduction(self, model: ModelInfo) -> str:
        """Return what the person is told once, when nothing was configured and the embedded model is used."""
        if model.id != EMBEDDED or self._settings.model or self._told.exists():
            return ""
        self._told.parent.mkdir(parents=True, exist_ok=True)
        self._told.touch()
        return INTRODUCTION

    def lack(self, vendor: Vendor) -> str:
        """Return what is missing, or wrong: one vendor's bad key must not hide the models of the others."""
        try:
            return self.missing(vendor)
        except ConfigError as error:
            return str(error)

    def missing(self, vendor: Vendor) -> str:
        """Return what the vendor lacks, in words, or an empty string; looks at no network."""
        if vendor.wire == "scripted":
            return "" if self._settings.script else "set CONDUIT_SCRIPT to a script"
        if vendor.wire == "embedded":
            return ""
        if vendor.base_url is None:
            return f"set vendors.{vendor.name}.base_url"
        if vendor.key_required and vendor.key_variables and self.keys.find(vendor.name, vendor.key_variables) is None:
            return f"set {vendor.key_hint}"
        return ""

    async def aclose(self) -> None:
        """Close every endpoint that was opened."""
        open_now, self._open = self._open, {}
        for provider in open_now.values():
            await provider.aclose()

    def _take_in(self, catalog: Catalog) -> None:
        if not self._catalog.follows:
            self._catalog = catalog

    def _key(self, vendor: Vendor) -> str | None:
        if vendor.key_required and vendor.key_variables:
            return self.keys.require(vendor.name, vendor.display_name, vendor.key_variables).value.get_secret_value()
        found = self.keys.find(vendor.name, vendor.key_variables)
        return found.value.get_secret_value() if found else None


def addressed(catalog: Catalog, settings: Settings, environ: Mapping[str, str]) -> Catalog:
    """Return the catalogue with the addresses and key variables of the environment and the settings.

    Raises:
        ConfigError: the settings name a vendor that there is none of.
    """
    for name in settings.vendors:
        try:
            catalog.vendor(name)
        except UnknownModel as error:
            raise ConfigError(f"{settings.place(f'vendors.{name}')}: {error}") from error
    changes = {
        name: {key: value for key, value in vendor.model_dump().items() if value is not None}
        for name, vendor in settings.vendors.items()
    }
    return catalog.with_endpoints(_hosts(catalog, environ)).with_endpoints(changes)


def _address(vendor: Vendor) -> str | None:
    if vendor.base_url is None and vendor.wire not in ("scripted", "embedded"):
        raise ConfigError(
            f"{vendor.display_name} has no address. Set CONDUIT_BASE_URL, or vendors.{vendor.name}.base_url in the "
            "settings file."
        )
    return vendor.base_url


def _hosts(catalog: Catalog, environ: Mapping[str, str]) -> dict[str, dict[str, str | None]]:
    """Return the addresses that the environment gives, as the vendors' own tools read it; settings count more."""
    hosts = {vendor.name: environ.get(vendor.host_variable or "", "").strip() for vendor in catalog.vendors}
    return {name: {"base_url": _host_url(host, catalog.vendor(name).base_url)} for name, host in hosts.items() if host}


def _host_url(host: str, usual: str | None) -> str:
    """Return the URL of `host`, `host:port`, `:port` or a URL; what is missing is as in `usual`.

    A server told to listen on all interfaces is reached on this machine.
    """
    scheme, separator, rest = host.rpartition("://")
    parts = urlsplit(f"{scheme or 'http'}://{rest}")
    name = parts.hostname or "localhost"
    if name in ("0.0.0.0", "::"):  # noqa: S104
        name = "127.0.0.1"
    try:
        port = parts.port
    except ValueError:
        return host  # whoever opens it says that it is none
    if port is None and not separator and usual is not None:
        port = urlsplit(usual).port
    shown = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}{parts.path.rstrip('/')}"
