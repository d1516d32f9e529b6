"""Real wires end to end: one conversation over two vendors, with tools and faults, against a server that judges."""

from __future__ import annotations

from typing import Any

from e2e.harness import Bench, chat, new_session


def configure(bench: Bench, llmock: Any) -> None:
    """Point both vendors at the server, as a person would: in the settings file."""
    folder = bench.home / "config" / "conduit"
    folder.mkdir(parents=True)
    urls = {vendor: llmock.base_url(vendor) for vendor in ("openai", "anthropic")}
    urls["google"] = llmock.base_url("gemini")
    (folder / "config.toml").write_text(
        "".join(f'[vendors.{vendor}]\nbase_url = "{url}"\n' for vendor, url in urls.items())
    )


KEYS = {
    "OPENAI_API_KEY": "test-key-openai",
    "ANTHROPIC_API_KEY": "test-key-anthropic",
    "GEMINI_API_KEY": "test-key-gemini",
    # llmock has no caches; what a Gemini cache does is tried against a server of our own.
    "CONDUIT_CACHE_TTL_S": "0",
}
MODELS = ("openai/gpt-5.4", "anthropic/claude-sonnet-5-5", "google/gemini-3.8-flash")


async def test_one_conversation_goes_over_three_vendors_with_a_tool_call_on_each(bench: Bench, llmock: Any) -> None:
    configure(bench, llmock)
    bench.write("notes.txt", "the answer is 42\n")
    async with await bench.start(**KEYS) as editor:
        session = await new_session(editor, bench.root, model="openai/gpt-5.4")
        for model in MODELS:
            llmock.call_tool("read_file", {"path": "notes.txt"})
            llmock.reply(f"{model} has read it.")
            await editor.request("conduit/session/setModel", {"sessionId": session, "modelId": model})
            result = await chat(editor, session, "What do the notes say?")
            assert result["stopReason"] == "end_turn", result
            assert f"{model} has read it." in editor.seen.text()
        usage = (await editor.command("conduit.usage"))["rows"]
        assert {row["model"] for row in usage} == set(MODELS)
        assert all(row["input_tokens"] > 0 and row["output_tokens"] > 0 for row in usage)
    llmock.assert_resilient()


async def test_a_rate_limit_is_waited_for_and_a_broken_stream_leaves_a_usable_session(
    bench: Bench, llmock: Any
) -> None:
    configure(bench, llmock)
    async with await bench.start(**KEYS) as editor:
        session = await new_session(editor, bench.root, model="anthropic/claude-sonnet-5-5")
        llmock.rate_limit(retry_after=0.2)
        llmock.reply("After the wait.")
        assert (await chat(editor, session, "Hello?"))["stopReason"] == "end_turn"
        assert "After the wait." in editor.seen.text()
        assert any("rate limit" in status.get("message", "") for status in editor.seen.statuses)
        llmock.reply("one two three four five six seven eight")
        llmock.truncate(after_chunks=6)
        broken = await chat(editor, session, "Count.")
        assert broken["stopReason"] == "error"
        assert "one" in editor.seen.text()
        llmock.reply("Here again.")
        assert (await chat(editor, session, "Still there?"))["stopReason"] == "end_turn"
        assert "Here again." in editor.seen.text()


async def test_a_wrong_key_is_said_in_one_sentence_without_the_key(bench: Bench, llmock: Any) -> None:
    configure(bench, llmock)
    llmock.fail(401)
    async with await bench.start(**KEYS) as editor:
        session = await new_session(editor, bench.root, model="openai/gpt-5.4")
        result = await chat(editor, session, "Hello?")
        assert result["stopReason"] == "error"
        assert "key" in result["error"].lower()
        assert "test-key-openai" not in str(editor.seen)
