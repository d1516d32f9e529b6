"""A conversation as a document: what is read out of it, and what is written into it."""

from __future__ import annotations

import pytest

from conduit.ide.chat_document import Transcript, new_document, read_chat
from conduit.messages.content import ToolResult
from conduit.messages.message import assistant_message
from conduit.sessions.events import AssistantReplied, Notice, TextChunk, ToolFinished, TurnEnded

T = "turn_1"


def chunks(*texts: str) -> list[TextChunk]:
    return [TextChunk(turn_id=T, message_id="msg_1", text=text) for text in texts]


def test_a_new_document_has_its_session_and_an_empty_prompt() -> None:
    chat = read_chat(new_document("ses_1", "About\n## You"))
    assert (chat.session_id, chat.prompt, chat.line) == ("ses_1", "", 6)


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("## You\n\nhello\n", "hello"),
        ("## You\r\n\r\nhello\r\n", "hello"),
        (
            "## You\n\nfirst\n\n## Conduit <!-- turn_1 -->\n\nanswer\n\n## You\n\nsecond\n\n### You\n",
            "second\n\n### You",
        ),
        ("## You\n\nfirst\n\n## Conduit <!-- turn_1 -->\n\nhalf", None),
        ("no heading at all", None),
        ("", None),
        ("##  You\n\n## Yours\n", None),
        ("\\## You\nx", None),
    ],
)
def test_the_prompt_is_what_stands_under_the_last_heading(text: str, prompt: str | None) -> None:
    assert read_chat(text).prompt == prompt


@pytest.mark.parametrize("front", ["", "---\nconduit-session: a b\n---\n", "x\n---\nconduit-session: ses_1\n---\n"])
def test_a_document_without_an_id_names_no_session(front: str) -> None:
    assert read_chat(f"{front}\n## You\n\nhi\n").session_id is None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_an_answer_is_written_as_it_is_but_for_headings_of_ours(size: int) -> None:
    said = "Intro\n## You\n## Your turn\n## Conduit <!-- turn_9 -->\n```\n## You\n```\nend ## You"
    transcript = Transcript(T)
    shown = "".join(
        transcript.render(each) for each in chunks(*(said[n : n + size] for n in range(0, len(said), size)))
    )
    shown += transcript.closing()
    assert shown == (
        "Intro\n\\## You\n## Your turn\n\\## Conduit <!-- turn_9 -->\n```\n\\## You\n```\nend ## You\n\n## You\n\n"
    )
    assert read_chat(f"## You\n\nhi\n\n{shown}").prompt == ""


def test_live_and_stored_events_give_the_same_text() -> None:
    message = assistant_message("I look.")
    replied = AssistantReplied(
        turn_id=T, message_id="msg_1", parent_id=None, message=message, model="scripted/demo", stop_reason="end_turn"
    )
    rest = [
        ToolFinished(
            turn_id=T,
            call_id="c",
            name="read_file",
            title="Read <b>.txt",
            result=ToolResult(call_id="c", text="```\n## You\n" + "x" * 5000),
        ),
        Notice(turn_id=T, text="A note\nof two lines."),
        TurnEnded(turn_id=T, stop_reason="error", error="It failed."),
    ]
    live, stored = Transcript(T), Transcript(T)
    one = "".join(live.render(event) for event in [*chunks("I ", "look."), replied, *rest])
    other = "".join(stored.render(event) for event in [replied, *rest])
    assert one == other
    assert one.startswith("I look.\n\n<details><summary>Read &lt;b&gt;.txt</summary>\n\n````\n```\n\\## You\n")
    assert one.endswith(
        "more characters]\n````\n\n</details>\n\n> A note\n> of two lines.\n\n> **Error:** It failed.\n\n"
    )
