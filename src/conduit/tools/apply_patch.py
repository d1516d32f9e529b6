"""`apply_patch`: change, create, delete and move any number of files by one patch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, JsonValue

from conduit.edits.drafting import Draft, draft
from conduit.edits.recognise import parse_patch
from conduit.tools.base import Effect, Preview, ToolContext, ToolOutcome
from conduit.tools.drafts import previewed, submitted
from conduit.tools.function import tool

_Patch = Annotated[str, Field(description="The whole patch, from '*** Begin Patch' to '*** End Patch'.", min_length=1)]

_NAMES = re.compile(r"^(?:\*\*\* (?:Update|Add|Delete) File:|\+\+\+ (?!/dev/null)(?:b/)?) *(.+?) *$", re.MULTILINE)
_SHOWN = 3


def title_of(arguments: Mapping[str, JsonValue]) -> str:
    """Return a line for people that names the first files of a patch."""
    names = list(dict.fromkeys(_NAMES.findall(str(arguments.get("patch") or ""))))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"Patch {', '.join(names[:_SHOWN])}{more}" if names else "Apply a patch"


async def preview_patch(context: ToolContext, patch: _Patch) -> Preview:
    """Return the diff of all files."""
    return previewed(await _plan(context, patch))


@tool(effect=Effect.WRITE, kind="edit", title=title_of, preview=preview_patch)
async def apply_patch(context: ToolContext, patch: _Patch) -> ToolOutcome:
    """Apply a patch to files."""
    return await submitted(context, await _plan(context, patch))


async def _plan(context: ToolContext, patch: str) -> Draft:
    return await draft(parse_patch(patch), context.workspace)
