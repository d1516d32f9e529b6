"""A conversation as Markdown."""

from __future__ import annotations

from conduit.cli.transcript import fence, render_time, render_transcript
from conduit.messages.content import Image, Source, Sources, Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Message, assistant_message, tool_message, user_message
from conduit.sessions.events import SessionInfo, StoredMessage

INFO = SessionInfo(
    id="s-1",
    title="Why is\nit slow?",
    mode="ask",
    model="scripted/demo",
    cwd="/w",
    created_at=0.0,
    updated_at=1_700_000_000.0,
    message_count=4,
)


def stored(number: int, message: Message, *, interrupted: bool = False) -> StoredMessage:
    return StoredMessage(id=f"m{number}", parent_id=None, turn_id="t", message=message, interrupted=interrupted)


PAGES = (Source(url="https://one.example", title="One"), Source(url="https://two.example"))


def test_every_kind_of_block_is_shown():
    text = render_transcript(
        INFO,
        [
            stored(1, user_message(Text(text="Look at this"), Image(media_type="image/png", data="aGk="))),
            stored(
                2,
                assistant_message(
                    Thinking(text="hm\n\nyes"), ToolCall(id="c", name="read_file", arguments={"path": "ä.py"})
                ),
            ),
            stored(3, tool_message([ToolResult(call_id="c", text="```\ncode\n```", is_error=False)])),
            stored(4, assistant_message("Because", Sources(sources=PAGES)), interrupted=True),
        ],
    )
    assert text == (
        f"# Why is it slow?\n\ns-1 · scripted/demo · ask · {render_time(1_700_000_000.0)} · /w\n\n"
        "## You\n\nLook at this\n\n(image, image/png)\n\n"
        '## Conduit\n\n> hm\n>\n> yes\n\nCall of `read_file`:\n\n```json\n{\n  "path": "ä.py"\n}\n```\n\n'
        "## Tools\n\nResult:\n\n````\n```\ncode\n```\n````\n\n"
        "## Conduit (interrupted)\n\nBecause\n\nSources:\n\n1. [One](https://one.example)\n"
        "2. [https://two.example](https://two.example)\n"
    )


def test_a_fence_is_longer_than_any_in_the_text():
    assert fence("a ````` b") == "``````\na ````` b\n``````"
    assert fence("") == "```\n```"
