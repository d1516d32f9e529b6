"""Inline completion: what the model would type at the cursor, without ever being in the way.

A request that comes by itself waits until nothing was typed for a moment, asks only a model that the settings allow,
and is given up for the next one. Nothing here is shown as an error: where there is no answer, there is no text.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import tomllib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files

from conduit.app import App
from conduit.catalog.model import ModelInfo
from conduit.errors import ConduitError
from conduit.ide.insertion import CURSOR, insertion
from conduit.messages.message import Message, assistant_message, user_message
from conduit.messages.request import ModelSettings
from conduit.prompts.render import render_prompt

log = logging.getLogger(__name__)

ANSWER_S = 15.0
"""After so long nobody waits for a proposal any more."""

REST_S = 20.0
"""How long nothing is asked by itself after a failure."""

_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|--|;|%|<!--|\"\"\"|''')")


@dataclass(frozen=True, slots=True)
class Room:
    """How much of the text around the cursor a model gets, in characters, and how many tokens it may answer with."""

    before: int
    after: int
    tokens: int


WIDE, NARROW = Room(6000, 2000, 160), Room(800, 0, 48)
"""For models that follow a description, and for those that are too small to."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a completion is asked for: the whole text before and after the cursor.

    Attributes:
        name: the document, as the model is told it.
        language: the editor's id of the language.
        before: the text before the cursor.
        after: the text after it.
        invoked: whether the person asked for it, or it came by itself.
    """

    name: str
    language: str
    before: str
    after: str
    invoked: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """An answer that was given; of the text before it only the length and a digest."""

    name: str
    length: int
    before: str
    after: str
    text: str


@dataclass
class _Asked:
    """A request that a model is being asked, and how many callers wait for it."""

    spot: Spot
    task: asyncio.Task[str]
    waiting: int = 0

    def serves(self, spot: Spot) -> bool:
        """Say whether its answer is one for a newer request too, which would not be asked more of the model."""
        return replace(spot, invoked=self.spot.invoked) == self.spot and (self.spot.invoked or not spot.invoked)


class Completer:
    """Completes for one person, who types in one place at a time."""

    def __init__(self) -> None:
        self._known: deque[_Known] = deque(maxlen=16)
        self._running: _Asked | None = None
        self._rests_until = 0.0

    async def complete(self, app: App, spot: Spot, moved: Callable[[], bool]) -> str:
        """Return the text to propose, or nothing; never raises but when the caller is cancelled.

        A later call ends an earlier one, which then returns nothing, unless both are about the same spot.

        Args:
            app: the agent.
            spot: where.
            moved: whether the text is another one by now; then nothing is proposed.
        """
        asked = self._running
        if asked is None or asked.task.done() or not asked.serves(spot):
            if asked is not None:
                asked.task.cancel()
                self._running = None
            known = self._recall(spot)
            if known is not None:
                return known
            if not spot.invoked and not is_worth_it(spot):
                return ""
            asked = self._running = _Asked(spot, asyncio.create_task(self._ask(app, spot, moved), name="complete"))
        asked.waiting += 1
        try:
            await asyncio.wait({asked.task})
        finally:
            asked.waiting -= 1
            if not asked.waiting:  # nobody waits any more, and nobody may join what ends
                asked.task.cancel()
                self._running = None if self._running is asked else self._running
        if asked.task.cancelled():
            return ""
        return "" if moved() else asked.task.result()

    async def _ask(self, app: App, spot: Spot, moved: Callable[[], bool]) -> str:
        loop = asyncio.get_running_loop()
        if not spot.invoked:
            if loop.time() < self._rests_until or app.setup.completions.enabled == "off":
                return ""
            await asyncio.sleep(app.setup.completions.debounce_s)
            if moved():
                return ""
        try:
            completions = app.completions()
            model = completions.model(invoked=spot.invoked)
            if model is None:
                return ""
            small = model.capabilities.tools == "prompted"
            free = app.library().costs_nothing(model)
            async with asyncio.timeout(ANSWER_S):
                answer = await completions.complete(
                    model,
                    render_prompt("complete_small" if small else "complete"),
                    _messages(spot, small=small),
                    _settings(spot, model, free=free, small=small),
                )
        except (ConduitError, TimeoutError) as error:
            log.info("no completion: %r", error)
            self._rests_until = loop.time() + REST_S
            return ""
        text = insertion(answer, spot.before, spot.after)
        self._known.append(_Known(spot.name, len(spot.before), _digest(spot.before), _digest(spot.after), text))
        return text

    def _recall(self, spot: Spot) -> str | None:
        """Return what is left of an answer that the person is typing along, or None."""
        after = ""
        for known in reversed(self._known):
            typed = len(spot.before) - known.length
            if known.name != spot.name or not 0 <= typed <= len(known.text):
                continue
            begins = known.text.startswith(spot.before[known.length :])
            if not begins or (typed and typed == len(known.text)):
                continue
            after = after or _digest(spot.after)
            if after == known.after and _digest(spot.before[: known.length]) == known.before:
                return known.text[typed:]
        return None


def is_worth_it(spot: Spot) -> bool:
    """Say whether a model should be asked though nobody asked for it.

    Not inside of a word, and not in a document without any code yet: nobody knows what it will be.
    """
    if re.match(r"\w", spot.after):
        return False
    whole = f"{spot.before}{spot.after}"
    return any(line.strip() and not _COMMENT.match(line) for line in whole.splitlines())


def _messages(spot: Spot, *, small: bool) -> tuple[Message, ...]:
    room = NARROW if small else WIDE
    before = _from_a_line(spot.before[-room.before :], len(spot.before) > room.before)
    if small:
        shown = [message for each in _examples() for message in each]
        return (*shown, user_message(f"Complete the code:\n{before}"))
    after = spot.after[: room.after]
    if len(spot.after) > room.after:
        after = after.rpartition("\n")[0]
    return (user_message(f"File: {spot.name} ({spot.language})\n\n{before}{CURSOR}{after}"),)


def _from_a_line(text: str, cut: bool) -> str:
    """Let a text that was cut begin with a whole line."""
    return text.partition("\n")[2] or text if cut else text


def _examples() -> list[tuple[Message, Message]]:
    text = files("conduit.prompts").joinpath("templates", "complete_small.toml").read_text(encoding="utf-8")
    return [
        (user_message(f"Complete the code:\n{row['before']}"), assistant_message(row["next"]))
        for row in tomllib.loads(text)["example"]
    ]


def _settings(spot: Spot, model: ModelInfo, *, free: bool, small: bool) -> ModelSettings:
    """Return short answers without thinking; where nothing is paid, one that stops at an empty line or at the line."""
    in_line = bool(spot.after.partition("\n")[0].strip())
    # Vendors refuse white space as a stop; servers of the person's own take it.
    stop = (("\n",) if in_line else ("\n\n",)) if free and model.vendor != "scripted" else ()
    tokens = (NARROW if small else WIDE).tokens
    return ModelSettings(max_tokens=tokens, temperature=0, thinking="off", stop=stop)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
