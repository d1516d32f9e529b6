"""From a vendor's row to the wire that speaks to it.

A wire is imported when the first of its vendors is asked: most people use one, and the others would only take memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from conduit.app import Status
from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Vendor
from conduit.compose.endpoints import EMBEDDED
from conduit.config.settings import Settings
from conduit.errors import ConfigError
from conduit.providers.base import Provider

if TYPE_CHECKING:
    from conduit.providers.local import EmbeddedStatus, Phase
    from conduit.providers.weights import Weights


@dataclass(frozen=True)
class Wires:
    """Makes providers.

    `data` is the folder of the weights, `report` shows the progress of a download, and `caches` is the folder of the
    records of what was stored at vendors; None stores nothing there. `factor` sets a count of a model's tokens right.
    """

    settings: Settings
    catalog: Catalog
    data: Path
    report: Callable[[Status], None]
    caches: Path | None = None
    factor: Callable[[str], float] = lambda model: 1.0

    def make(self, vendor: Vendor, base_url: str | None, key: str | None) -> Provider:
        """Return a new provider for `vendor`; raises ConfigError when it has no address."""
        match vendor.wire:
            case "openai_chat":
                from conduit.providers.openai_chat import OpenAIChatProvider

                return OpenAIChatProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key)
            case "openai_responses":
                from conduit.providers.openai_responses import OpenAIResponsesProvider

                return OpenAIResponsesProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key)
            case "anthropic":
                from conduit.providers.anthropic import AnthropicProvider

                return AnthropicProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key)
            case "google":
                return self._google(vendor, base_url, key)
            case "dashscope":
                from conduit.providers.dashscope import DashScopeProvider

                return DashScopeProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key)
            case "ollama":
                return self._ollama(vendor, base_url, key)
            case "scripted":
                from conduit.providers.scripted import ScriptedProvider

                return ScriptedProvider(self.settings.script, name=vendor.name)
            case "embedded":
                return self._embedded(vendor)
            case _:
                raise ConfigError(f"This Conduit has no wire {vendor.wire!r} for {vendor.display_name}.")

    def weights(self) -> Weights:
        """Return where the embedded model's weights are, or come from."""
        from conduit.providers.weights import Weights

        return Weights(self.data / "weights", own=self.settings.embedded.weights)

    def _ollama(self, vendor: Vendor, base_url: str | None, key: str | None) -> Provider:
        from conduit.context.tokens import TokenCounter
        from conduit.providers.ollama import OllamaProvider

        counter = TokenCounter()
        return OllamaProvider(
            vendor,
            catalog=self.catalog,
            base_url=base_url,
            api_key=key,
            count=lambda request: counter.count_request(request).tokens,
            factor=self.factor,
        )

    def _google(self, vendor: Vendor, base_url: str | None, key: str | None) -> Provider:
        from conduit.providers.google import GoogleProvider
        from conduit.providers.google_caches import CacheOptions

        life = self.settings.cache_ttl_s
        caches = CacheOptions(self.caches, ttl_s=life) if self.caches is not None else None
        return GoogleProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key, caches=caches)

    def _embedded(self, vendor: Vendor) -> Provider:
        from conduit.providers.local import EmbeddedOptions, EmbeddedProvider
        from conduit.providers.openai_chat import OpenAIChatProvider
        from conduit.providers.prompted_tools import PromptedToolsProvider

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
