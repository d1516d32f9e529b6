"""From a vendor's row to the wire that speaks to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conduit.app import Status
from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Vendor
from conduit.config.settings import Settings
from conduit.providers.anthropic import AnthropicProvider
from conduit.providers.base import Provider
from conduit.providers.openai_chat import OpenAIChatProvider
from conduit.providers.prompted_tools import PromptedToolsProvider
from conduit.providers.scripted import ScriptedProvider


@dataclass(frozen=True)
class Wires:
    """Makes providers; `data` is the folder of the weights, `report` shows the progress of a download."""

    settings: Settings
    catalog: Catalog
    data: Path
    report: Callable[[Status], None]

    def make(self, vendor: Vendor, base_url: str | None, key: str | None) -> Provider:
        """Return a new provider for `vendor`; raises ConfigError when it has no address."""
        match vendor.wire:
            case "openai_chat":
                return OpenAIChatProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key)
            case "anthropic":
                return AnthropicProvider(vendor, catalog=self.catalog, base_url=base_url, api_key=key)
            case "scripted":
                return ScriptedProvider(self.settings.script, name=vendor.name)
            case "embedded":
                return self._embedded(vendor)

    def _embedded(self, vendor: Vendor) -> Provider:
        from conduit.providers.local import EmbeddedProvider

        return PromptedToolsProvider(EmbeddedProvider())
