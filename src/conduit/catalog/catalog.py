"""Lookup in the catalogue: from what a person typed to one model.

Pure: the only thing read is the package's own data. Not a registry of providers; `compose` makes those from
the rows.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources

from conduit.catalog.model import EditFormat, ModelInfo, Vendor, WireName
from conduit.errors import UnknownModel

NO_PLACE_FOR: Mapping[WireName | None, tuple[str, ...]] = {
    "anthropic": ("audio",),
    "openai_responses": ("audio",),
    "ollama": ("documents", "audio"),
    "dashscope": ("documents",),
}
"""What a message of a wire's format cannot hold; it is refused before a call, as if the model could not take it."""


class Catalog:
    """Vendors, models and aliases; `follows` says that new rows of its files are taken in by itself."""

    follows = False

    def __init__(self, vendors: Sequence[Vendor], models: Sequence[ModelInfo], aliases: Mapping[str, str]) -> None:
        self._vendors = {vendor.name: vendor for vendor in vendors}
        self._models = {model.id: self._as_sent(model) for model in models}
        self._aliases = dict(aliases)

    @classmethod
    def packaged(cls) -> Catalog:
        """Return the catalogue that ships with Conduit."""
        vendors = tomllib.loads(_data("vendors.toml"))
        models = tomllib.loads(_data("models.toml"))
        return cls(
            [Vendor.model_validate({"name": name, **row}) for name, row in vendors["vendors"].items()],
            [ModelInfo.model_validate(row) for row in models["models"]],
            models["aliases"],
        )

    @property
    def vendors(self) -> tuple[Vendor, ...]:
        """All vendors, in the order of the data."""
        return tuple(self._vendors.values())

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """All models that have a row and are listed, in the order of the data, those for other ends than chat too."""
        return tuple(model for model in self._models.values() if model.listed)

    @property
    def aliases(self) -> Mapping[str, str]:
        """Short names, each with the id that it stands for."""
        return dict(self._aliases)

    def vendor(self, name: str) -> Vendor:
        """Return one vendor; raises UnknownModel with the known names."""
        if name not in self._vendors:
            raise UnknownModel(f"There is no vendor {name!r}. Known vendors: {', '.join(self._vendors)}.")
        return self._vendors[name]

    def resolve(self, name: str) -> ModelInfo:
        """Return the model that a person means by an alias, `vendor/model`, or a bare model name.

        A model without a row works with its vendor's defaults.

        Raises:
            UnknownModel: nothing answers to the name; the message holds the three nearest names.
        """
        wanted = name.strip()
        wanted = self._aliases.get(wanted.lower(), wanted)
        if wanted in self._models:
            return self._models[wanted]
        vendor, slash, model = wanted.partition("/")
        if slash and model and vendor in self._vendors and self._vendors[vendor].any_model:
            return self.describe(vendor, model)
        for row in self._models.values():
            if row.name == wanted:
                return row
        raise UnknownModel(self._unknown(name, wanted))

    def describe(self, vendor: str, model: str) -> ModelInfo:
        """Return the row of a vendor's model, or its vendor's defaults; raises UnknownModel for the vendor."""
        known = self._models.get(f"{vendor}/{model}")
        if known is not None:
            return known
        row = self.vendor(vendor)
        return self._as_sent(
            ModelInfo(
                vendor=vendor,
                name=model,
                display_name=model,
                capabilities=row.model_defaults,
                listed=False,
                tier="default",
                source=row.source,
                date=row.date,
            )
        )

    def edit_format(self, model: ModelInfo) -> EditFormat:
        """Return the form in which a model changes files best: its own, its vendor's, or search and replace."""
        vendor = self._vendors.get(model.vendor)
        return model.edit_format or (vendor.edit_format if vendor else None) or "search_replace"

    def with_endpoints(self, changes: Mapping[str, Mapping[str, str | None]]) -> Catalog:
        """Return a copy in which vendors have other `base_url` or `key_variable`; raises UnknownModel."""
        vendors = dict(self._vendors)
        for name, change in changes.items():
            row = {**self.vendor(name).model_dump(), **change}
            if variable := row.pop("key_variable", None):
                row["key_variables"] = (variable,)
            vendors[name] = Vendor.model_validate(row)
        return Catalog(list(vendors.values()), list(self._models.values()), self._aliases)

    def with_models(self, models: Sequence[ModelInfo], aliases: Mapping[str, str] | None = None) -> Catalog:
        """Return a copy with these rows and aliases, which take the place of others of their name."""
        rows = {model.id: model for model in models}
        rows |= {name: row for name, row in self._models.items() if name not in rows}
        # The order of the data stays: the first model that is ready is the default.
        ordered = [rows.pop(name) for name in self._models] + list(rows.values())
        return Catalog(list(self._vendors.values()), ordered, {**self._aliases, **(aliases or {})})

    def _as_sent(self, model: ModelInfo) -> ModelInfo:
        """Return the row without what its wire's format has no place for, whatever the model could take."""
        vendor = self._vendors.get(model.vendor)
        wire = model.wire or (vendor.wire if vendor else None)
        lacks = [name for name in NO_PLACE_FOR.get(wire, ()) if getattr(model.capabilities, name) is not False]
        if not lacks:
            return model
        can = model.capabilities.model_copy(update=dict.fromkeys(lacks, False))
        return model.model_copy(update={"capabilities": can})

    def _unknown(self, name: str, wanted: str) -> str:
        candidates = [*self._aliases, *self._models, *(model.name for model in self._models.values())]
        near = difflib.get_close_matches(wanted, dict.fromkeys(candidates), n=3, cutoff=0.0)
        hint = f"Did you mean {', '.join(near)}? " if near else ""
        return f"There is no model {name!r}. {hint}'vendor/model' names any model of a vendor."


def _data(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
