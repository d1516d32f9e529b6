"""From a vendor's row to the wire that speaks to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from conduit.app import Status
from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Vendor
from conduit.compose.endpoints import EMBEDDED
from conduit.config.settings import Settings
from conduit.context.tokens import TokenCounter
from conduit.errors import ConfigError
from conduit.providers.anthropic import AnthropicProvider
from conduit.providers.base import Provider
from conduit.providers.dashscope import DashScopeProvider
from conduit.providers.google import GoogleProvider
from conduit.providers.google_caches import CacheOptions
from conduit.providers.local import EmbeddedOptions, EmbeddedProvider, EmbeddedStatus, Phase
from conduit.providers.ollama import OllamaProvider
from conduit.providers.openai_chat import OpenAIChatProvider
from conduit.providers.openai_responses import OpenAIResponsesProvider
from conduit.providers.prompted_tools import PromptedToolsProvider
from conduit.providers.scripted import ScriptedProvider
from conduit.providers.weights import Weights


@dataclass(frozen=True)
class Wires:
    """Makes providers.

    `data` is the folder of the weights, `report` shows the progress of a download, and `caches` is the folder of the
    records of what was stored at vendors; None stores nothing there.
    """

    settings: Settings
    catalog: Catalog
    data: Path
    report: Callable[[Status], None]
    caches: Path | None = None

    def make(self, vendor: Vendor, base_url: str | None, key: str | None) -> Provider:
        """Return a new provider for `vendor`; raises ConfigError when it has no address."""
        counter = TokenCounter()
        match vendor.wire:
            case "openai_chat":
                return OpenAIChatProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key)
            case "openai_responses":
                return OpenAIResponsesProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key)
            case "anthropic":
                return AnthropicProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key)
            case "google":
                return self._google(vendor, base_url, key)
            case "dashscope":
                return DashScopeProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key)
            case "ollama":
                return OllamaProvider(
                    vendor,
                    catalog=self.catalog,
                    base_url=base_url,
                    api_key=key,
                    count=lambda request: counter.count_request(request).tokens,
                    notify=lambda note: self.report(Status("busy", vendor.name, message=note)),
                )
            case "scripted":
                return ScriptedProvider(self.settings.script, name=vendor.name)
            case "embedded":
                return self._embedded(vendor)
            case _:
                raise ConfigError(f"This Conduit has no wire {vendor.wire!r} for {vendor.display_name}.")

    def weights(self) -> Weights:
        """Return where the embedded model's weights are, or come from."""
        return Weights(self.data / "weights", own=self.settings.embedded.weights)

    def _google(self, vendor: Vendor, base_url: str | None, key: str | None) -> Provider:
        life = self.settings.cache_ttl_s
        caches = CacheOptions(self.caches, ttl_s=life) if self.caches is not None else None
        return GoogleProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key, caches=caches)

    def _embedded(self, vendor: Vendor) -> Provider:
        embedded = self.settings.embedded
        options = EmbeddedOptions(
            context_tokens=embedded.context_tokens, threads=embedded.threads, idle_s=embedded.idle_s
        )

        def make_wire(base_url: str, key: str) -> Provider:
            return OpenAIChatProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key)

        return PromptedToolsProvider(
            EmbeddedProvider(self.weights(), make_wire=make_wire, options=options, on_status=self._show)
        )

    def _show(self, status: EmbeddedStatus) -> None:
        """Pass on what the embedded model is doing, where a person waits for it."""
        if status.phase in _SHOWN:
            state, message = _SHOWN[status.phase]
            self.report(
                Status(
                    state,
                    EMBEDDED,
                    message=status.message or message,
                    downloaded_bytes=status.downloaded_bytes,
                    total_bytes=status.total_bytes,
                )
            )


_SHOWN: Mapping[Phase, tuple[Literal["downloading", "waiting", "busy"], str]] = {
    "downloading": ("downloading", "fetching the embedded model's weights"),
    "starting": ("waiting", "starting the embedded model"),
    "ready": ("busy", ""),
}
