"""Shows an answer in the client: as a Markdown document where it can open one, as a message elsewhere."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from conduit.lsp.convert import uri_from_path
from conduit.lsp.private_file import write_private

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer

_log = logging.getLogger(__name__)
_MESSAGE_CHARACTERS = 1500


async def show_answer(server: ConduitServer, name: str, markdown: str) -> None:
    """Show `markdown`; its file under the state folder is named after `name` and stays for later reading."""
    if server.facts.show_document:
        # The end of a name tells it from others.
        file = server.state_folder() / "answers" / f"{re.sub(r'[^A-Za-z0-9_-]', '_', name)[-60:]}.md"
        try:
            await asyncio.to_thread(write_private, file, markdown)
        except OSError as error:
            _log.warning("the answer cannot be written: %s", error)
        else:
            with suppress(JsonRpcException, ConnectionError):
                raw = await server.ask(
                    types.WINDOW_SHOW_DOCUMENT, types.ShowDocumentParams(uri=uri_from_path(file), take_focus=True)
                )
                if isinstance(raw, Mapping) and raw.get("success") is True:
                    return
    short = markdown if len(markdown) <= _MESSAGE_CHARACTERS else f"{markdown[:_MESSAGE_CHARACTERS]}…"
    server.show_message(short or "(The model said nothing.)")
