"""What a completion costs, in US dollars, found without a network.

A row's own price wins; else the table of the package `genai-prices` is asked, which is imported on first use (0.2 s).
A price that nobody knows is None, never zero. Not a bill: vendors round and discount. For `compose`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

from conduit.catalog.model import ModelInfo, Price, Vendor
from conduit.messages.message import MediaUsage, Usage

TABLE = "genai-prices"
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars for a million tokens as they are now, and who says so; `note` tells of what they leave out."""

    input: float | None
    output: float | None
    cache_read: float | None
    cache_write: float | None
    source: str
    note: str = ""


def needs_table(model: ModelInfo, vendor: Vendor) -> bool:
    """Say whether the price of this model can only be in the table."""
    return not vendor.free and model.price is None and vendor.price_name is not None


def load() -> None:
    """Import the table; for a thread."""
    import genai_prices  # noqa: F401


def cost_usd(model: ModelInfo, vendor: Vendor, usage: Usage, *, batch: bool = False) -> float | None:
    """Return what these tokens cost; None when no price is known.

    With `batch` the vendor's price for batches counts, where the table knows one; a row's own price is for both.
    """
    if vendor.free:
        return 0.0
    if model.price is not None:
        return _own_cost(model.price, usage)
    if not needs_table(model, vendor):
        return None
    import genai_prices

    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        **_media_parts(usage),
    )
    try:
        found = genai_prices.calc_price(
            counted,
            model.name,
            provider_id=vendor.price_name,
            price_context={"processing": "batch"} if batch else None,
        )
    except (LookupError, ValueError):
        return None
    if found.model_price.audio_hours is not None and not (isinstance(usage, MediaUsage) and usage.audio_seconds):
        return None  # it is the time that costs, and nobody told it
    return float(found.total_price)


def _media_parts(usage: Usage) -> dict[str, int | float]:
    """Return what the table wants to know of pictures and sound."""
    if not isinstance(usage, MediaUsage):
        return {}
    parts = {
        "input_image_tokens": usage.image_input_tokens,
        "output_image_tokens": usage.image_output_tokens,
        "input_audio_tokens": usage.audio_input_tokens,
        "output_audio_tokens": usage.audio_output_tokens,
        "audio_seconds": usage.audio_seconds,
        "input_audio_seconds": usage.audio_seconds,
    }
    return {name: value for name, value in parts.items() if value}


def rates(model: ModelInfo, vendor: Vendor) -> Rates | None:
    """Return the price of a model for people; None when none is known."""
    if vendor.free:
        return Rates(0.0, 0.0, None, None, vendor.source, "nothing is paid for a token")
    if model.price is not None:
        own = model.price
        return Rates(own.input, own.output, own.cache_read, own.cache_write, f"{own.source} ({own.date})")
    if vendor.price_name is None:
        return None
    import genai_prices

    try:
        found = genai_prices.calc_price(genai_prices.Usage(), model.name, provider_id=vendor.price_name)
    except (LookupError, ValueError):
        return None
    price = found.model_price
    where = found.provider.pricing_urls or [""]
    tiers = hasattr(price.input_mtok, "tiers")
    return Rates(
        _base(price.input_mtok),
        _base(price.output_mtok),
        _base(price.cache_read_mtok),
        _base(price.cache_write_mtok),
        source=f"{where[0]} (by {TABLE} {metadata.version(TABLE)})",
        note="long prompts cost more" if tiers else "",
    )


def _own_cost(price: Price, usage: Usage) -> float | None:
    if price.input is None or price.output is None:
        return None
    read, write = usage.cache_read_tokens, usage.cache_write_tokens
    plain = max(0, usage.input_tokens - read - write)
    dollars = plain * price.input + usage.output_tokens * price.output
    dollars += read * (price.input if price.cache_read is None else price.cache_read)
    dollars += write * (price.input if price.cache_write is None else price.cache_write)
    if price.image_input is not None and isinstance(usage, MediaUsage):
        dollars += usage.image_input_tokens * (price.image_input - price.input)
    return dollars / _MILLION


def _base(value: object) -> float | None:
    base = getattr(value, "base", value)
    return None if base is None else float(str(base))
