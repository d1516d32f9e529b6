"""A model's card, and what a probe found, for people. Pure. For `models`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from conduit.app import ModelCard
from conduit.cli.output import printable
from conduit.providers.probe import Finding

_LABEL = 10
_WORDS: Mapping[bool | None, str] = {True: "yes", False: "no", None: "unknown"}


def render_card(card: ModelCard, *, width: int = 100) -> str:
    """Return the card, lines at most `width` characters where words allow it, ending with a newline."""
    lines = [f"{card.name} ({card.id})", *_lines(card)]
    wrapped = [
        part
        for line in lines
        for part in textwrap.wrap(
            line, max(width, 40), subsequent_indent=" " * (_LABEL + 2), break_long_words=False, break_on_hyphens=False
        )
    ]
    return "".join(f"{printable(line)}\n" for line in wrapped)


def render_context(tokens: int | None) -> str:
    """Return a number of tokens, short: `128k`, `1M`."""
    if tokens is None:
        return ""
    if tokens >= 1_000_000:
        return f"{tokens / 1_000_000:.3g}M"
    return f"{tokens / 1000:.0f}k"


def render_finding(finding: Finding, known: bool | None) -> str:
    """Return one line; it says so when the endpoint and the row disagree."""
    name = finding.capability.replace("_", " ")
    clash = "" if None in (finding.found, known) or finding.found == known else f" (the row says {_WORDS[known]})"
    return printable(f"{name:18} {_WORDS[finding.found]:8} {finding.detail}{clash}")


def _lines(card: ModelCard) -> Iterator[str]:
    def line(label: str, text: str) -> str:
        return f"{label:{_LABEL}}  {text}"

    if card.aliases:
        yield line("alias", ", ".join(card.aliases))
    yield line("state", "ready" if card.ready else card.note)
    for label, text in (("ends", card.deprecated), ("note", card.remark)):
        if text:
            yield line(label, text)
    if card.kind != "chat":
        yield line("for", card.kind)
    yield line("reads", _tokens(card.context_tokens))
    yield line("writes", _tokens(card.max_output_tokens))
    for label, answer in (("can", True), ("cannot", False), ("unknown", None)):
        names = [name.replace("_", " ") for name, said in card.capabilities.items() if said is answer]
        if names:
            yield line(label, ", ".join(names))
    for name, text in card.details.items():
        yield line("", f"{name}: {text}")
    yield line("source", f"{card.source} ({card.tier}, read {card.date})")
    if card.price:
        kinds = ", ".join(f"{kind.replace('_', ' ')} ${dollars:.6g}" for kind, dollars in card.price.items())
        yield line("price", f"{kinds} for a million tokens")
        yield line("source", card.price_source)
    else:
        yield line("price", "unknown")


def _tokens(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,} tokens"
