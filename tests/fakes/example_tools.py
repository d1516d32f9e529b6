"""Functions that are, or cannot be, tools. Annotations are deferred, as everywhere in the house."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from conduit.tools.base import ToolContext, ToolOutcome


class Point(BaseModel):
    """A nested model."""

    title: str
    x: int = 0


Text = Annotated[str, Field(description="a text")]


async def good(
    context: ToolContext,
    text: Text,
    mode: Annotated[Literal["a", "b"], Field(description="a choice")],
    point: Annotated[Point, Field(description="a place")],
    count: Annotated[int, Field(description="a number", ge=0)] = 3,
    until: Annotated[int | None, Field(description="maybe a number")] = None,
    words: Annotated[dict[str, list[int]] | None, Field(description="nested")] = None,
) -> ToolOutcome:
    """Do a good thing."""
    return ToolOutcome(f"{text} {mode} {point.title} {point.x} {count} {until} {words}")


async def plain(context: ToolContext) -> str:
    """Return a text."""
    return "plain"


def everything_wrong(text, number: int, odd: Missing, bad: Annotated[int, Field(description="n")] = "x", *rest, **more):  # noqa: F821
    return ""


async def positional(context: ToolContext, first: Text, only: Text, /) -> str:
    """Have parameters without names."""
    return ""


async def bad_default(context: ToolContext, count: Annotated[int, Field(description="a number", ge=5)] = 3) -> str:
    """Have a default that does not fit."""
    return ""


async def undocumented(context: ToolContext) -> str:
    return ""


async def no_json(context: ToolContext, call: Annotated[Callable[[], int], Field(description="a function")]) -> str:
    """Want what JSON cannot say."""
    return ""


def blocking(context: ToolContext) -> str:
    """Block the server."""
    return ""


anonymous = lambda context: ""  # noqa: E731
