"""One conversation over all six wires and back, against servers that refuse what their vendors would refuse."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from conduit.sessions.ledger import SqliteLedger
from e2e.harness import Bench, chat, new_session
from fakes.byte_server import chat_events, message_events, response_events
from fakes.dashscope_server import DashScopeServer
from fakes.faulty_server import running
from fakes.gemini_server import GeminiServer, serve_gemini
from fakes.ollama_server import OllamaServer
from fakes.response_answers import call_item, completed, created, reasoning_item, text_item
from fakes.wire_answers import (
    CHAT_USAGE,
    block,
    call_block,
    call_chunk,
    chunk,
    gemini_chunk,
    message_end,
    message_start,
    text_block,
)
from fakes.written_server import WrittenServer, encrypted_reasoning, reasoning_content, signed_thinking

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(24)).decode()

CLAUDE, DEEPSEEK, GPT = "anthropic/claude-sonnet-5-5", "deepseek/deepseek-flash", "openai/gpt-6-luna"
GEMINI, OLLAMA, QWEN = "google/gemini-3.8-flash", "ollama/qwen3", "qwen/qwen3.8-max"
ALL = (CLAUDE, DEEPSEEK, GPT, GEMINI, OLLAMA, QWEN)

KEYS = {f"{name}_API_KEY": "test-key" for name in ("ANTHROPIC", "DEEPSEEK", "OPENAI", "GEMINI", "OLLAMA", "DASHSCOPE")}

THOUGHTS = {model: f"thought of {model.partition('/')[0]}" for model in ALL}
SIGNATURE, ENCRYPTED = "SignatureOfClaude==", "gAAAAEncryptedByGpt"
GEMINI_TOKENS = {"promptTokenCount": 50, "candidatesTokenCount": 9, "totalTokenCount": 59}


def claude() -> WrittenServer:
    """The Messages server: a signed thought and a call, an answer, and one more when the person comes back."""
    thought = block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": THOUGHTS[CLAUDE]},
        {"type": "signature_delta", "signature": SIGNATURE},
    )
    call = call_block(1, "toolu_1", "read_file", '{"path": "a.py"}')
    answers = [
        message_events(message_start(), *thought, *call, *message_end("tool_use")),
        *(
            message_events(message_start(cache_read_input_tokens=3), *text_block(f"claude {word}"), *message_end())
            for word in ("has read it", "is back")
        ),
    ]
    return WrittenServer(
        vendor="anthropic",
        answers=[answer[1:] for answer in answers],
        opaque=signed_thinking,
        given=((THOUGHTS[CLAUDE], SIGNATURE),),
    )


def deepseek() -> WrittenServer:
    """The Chat Completions server, of a vendor that wants its thinking back."""
    used = {**chunk({}), "choices": [], "usage": CHAT_USAGE}
    call = call_chunk(0, "call_1", "read_file", '{"path": "a.py"}')
    answers = [
        chat_events(chunk({"reasoning_content": THOUGHTS[DEEPSEEK]}), call, chunk({}, "tool_calls"), used),
        chat_events(chunk({"content": "deepseek has read it"}), chunk({}, "stop"), used),
    ]
    return WrittenServer(
        vendor="openai_chat",
        answers=[answer[1:] for answer in answers],
        opaque=reasoning_content,
        given=(THOUGHTS[DEEPSEEK],),
    )


def gpt() -> WrittenServer:
    """The Responses server, whose reasoning is encrypted."""
    answers = [
        response_events(
            created(),
            *reasoning_item(0, THOUGHTS[GPT], encrypted=ENCRYPTED),
            *call_item(1, "call_1", "read_file", '{"path": "a.py"}'),
            completed(),
        ),
        response_events(created(), *text_item(0, "gpt has read it"), completed()),
    ]
    return WrittenServer(
        vendor="openai_responses",
        answers=[answer[1:] for answer in answers],
        opaque=encrypted_reasoning,
        given=(("rs_0", ENCRYPTED),),
    )


@dataclass
class Endpoints:
    """One server for each wire."""

    claude: WrittenServer
    deepseek: WrittenServer
    gpt: WrittenServer
    gemini: GeminiServer
    ollama: OllamaServer
    qwen: DashScopeServer
    gemini_signature: str

    def configure(self, bench: Bench) -> None:
        urls = {
            "anthropic": self.claude.url,
            "deepseek": self.deepseek.url,
            "openai": self.gpt.url,
            "google": self.gemini.url,
            "ollama": self.ollama.url,
            "qwen": self.qwen.url,
        }
        folder = bench.home / "config" / "conduit"
        folder.mkdir(parents=True)
        rows = (f'[vendors.{vendor}]\nbase_url = "{url}"\n' for vendor, url in urls.items())
        (folder / "config.toml").write_text("".join(rows))

    def completions(self) -> dict[str, list[dict[str, Any]]]:
        """Return the bodies that each server was asked with."""
        return {
            CLAUDE: [each.body for each in self.claude.received],
            DEEPSEEK: [each.body for each in self.deepseek.received],
            GPT: [each.body for each in self.gpt.received],
            GEMINI: self.gemini.asked,
            OLLAMA: [each.body for each in self.ollama.received if each.target == "/api/chat"],
            QWEN: [each.body for each in self.qwen.received],
        }

    def refused(self) -> list[str]:
        servers = (self.claude, self.deepseek, self.gpt, self.gemini, self.ollama, self.qwen)
        return [said for server in servers for said in server.refused]


@asynccontextmanager
async def endpoints() -> AsyncIterator[Endpoints]:
    async with AsyncExitStack() as stack:
        gemini = await stack.enter_async_context(serve_gemini(now=time.time))
        signature = gemini.sign("gemini-3.8-flash", "first call")
        call = {"functionCall": {"id": "g1", "name": "read_file", "args": {"path": "a.py"}}}
        gemini.answers = [
            [
                gemini_chunk({"text": THOUGHTS[GEMINI], "thought": True}),
                gemini_chunk({**call, "thoughtSignature": signature}),
                gemini_chunk(finish="STOP", usageMetadata=GEMINI_TOKENS),
            ],
            [gemini_chunk({"text": "gemini has read it"}, finish="STOP", usageMetadata=GEMINI_TOKENS)],
        ]
        yield Endpoints(
            claude=await stack.enter_async_context(running(claude())),
            deepseek=await stack.enter_async_context(running(deepseek())),
            gpt=await stack.enter_async_context(running(gpt())),
            gemini=gemini,
            ollama=await stack.enter_async_context(
                running(OllamaServer(words="ollama has read it", thinks=THOUGHTS[OLLAMA]))
            ),
            qwen=await stack.enter_async_context(
                running(DashScopeServer(words="qwen has read it", thinks=THOUGHTS[QWEN]))
            ),
            gemini_signature=signature,
        )


async def test_one_conversation_goes_over_all_six_wires_and_back(bench: Bench, llmock: Any) -> None:
    bench.write("a.py", "answer = 42\n")
    async with endpoints() as ends:
        ends.configure(bench)
        async with await bench.start(**KEYS) as editor:
            session = await new_session(editor, bench.root, model=CLAUDE)
            parameters = {"sessionId": session, "parameters": {"thinking": "medium"}}
            await editor.request("conduit/session/setParameters", parameters)
            picture = {"type": "image", "mimeType": "image/png", "data": PNG}
            first = [{"type": "text", "text": "What is on the picture, and in a.py?"}, picture]
            for model in (*ALL, CLAUDE):
                await editor.request("conduit/session/setModel", {"sessionId": session, "modelId": model})
                asked = {"prompt": first} if first else {}
                result = await chat(editor, session, f"And you, {model}?", **asked)
                assert result["stopReason"] == "end_turn", (model, result, ends.refused())
                first = []
            shown = editor.seen.text()
            rows = (await editor.command("conduit.usage"))["rows"]
            assert await editor.shutdown() == 0
        assert ends.refused() == []
        for name in ("claude", "deepseek", "gpt", "gemini", "ollama", "qwen"):
            assert f"{name} has read it" in shown
        assert "claude is back" in shown
        assert all(thought in editor.seen.text("agent_thought_chunk") for thought in THOUGHTS.values())
        asked_of = ends.completions()
        assert {model: len(bodies) for model, bodies in asked_of.items()} == {**dict.fromkeys(ALL, 2), CLAUDE: 3}
        check_whole_history(asked_of)
        check_nothing_foreign(asked_of, ends.gemini_signature)
        check_own_is_replayed(asked_of, ends.gemini_signature)
        assert ends.gemini.alive() == []
        assert {row["model"] for row in rows} == set(ALL)
        await check_ledger(bench)
        await check_another_opinion(asked_of, llmock)


def check_whole_history(asked_of: dict[str, list[dict[str, Any]]]) -> None:
    """Every wire was sent the picture, every call before, and every result, in its own words."""
    for place, model in enumerate(ALL):
        body = asked_of[model][-1]
        raw = json.dumps(body)
        assert PNG in raw.replace("-", "+").replace("_", "/"), model
        turns = 6 if model == CLAUDE else place + 1
        assert COUNT_CALLS[model](body) == turns, model
        assert raw.count("answer = 42") == turns, model


COUNT_CALLS: dict[str, Callable[[dict[str, Any]], int]] = {
    CLAUDE: lambda body: sum(part["type"] == "tool_use" for each in body["messages"] for part in each["content"]),
    DEEPSEEK: lambda body: sum(len(each.get("tool_calls", ())) for each in body["messages"]),
    GPT: lambda body: sum(each["type"] == "function_call" for each in body["input"]),
    GEMINI: lambda body: sum("functionCall" in part for each in body["contents"] for part in each["parts"]),
    OLLAMA: lambda body: sum(len(each.get("tool_calls", ())) for each in body["messages"]),
    QWEN: lambda body: sum(len(each.get("tool_calls", ())) for each in body["input"]["messages"]),
}


def check_nothing_foreign(asked_of: dict[str, list[dict[str, Any]]], gemini_signature: str) -> None:
    """No vendor gets what another one signed, encrypted or thought."""
    secrets = {CLAUDE: [SIGNATURE], GPT: [ENCRYPTED, "rs_0"], GEMINI: [gemini_signature]}
    for owner in ALL:
        for model in ALL:
            if model != owner:
                raw = json.dumps(asked_of[model])
                assert not [each for each in (*secrets.get(owner, ()), THOUGHTS[owner]) if each in raw], (owner, model)


def check_own_is_replayed(asked_of: dict[str, list[dict[str, Any]]], gemini_signature: str) -> None:
    """Every vendor gets back what it gave, with the call that it belongs to; the first one at the very end too."""
    thought = {"type": "thinking", "thinking": THOUGHTS[CLAUDE], "signature": SIGNATURE}
    for body in asked_of[CLAUDE][1:]:
        assert body["messages"][1]["content"][0] == thought
        assert list(signed_thinking(body)) == [(THOUGHTS[CLAUDE], SIGNATURE)]
    assert list(reasoning_content(asked_of[DEEPSEEK][1])) == [THOUGHTS[DEEPSEEK]]
    assert list(encrypted_reasoning(asked_of[GPT][1])) == [("rs_0", ENCRYPTED)]
    parts = [part for each in asked_of[GEMINI][1]["contents"] for part in each["parts"]]
    signed = [part for part in parts if part.get("thoughtSignature", "") == gemini_signature]
    assert [part["functionCall"]["id"] for part in signed] == ["g1"]
    assert [each["thinking"] for each in asked_of[OLLAMA][1]["messages"] if "thinking" in each] == [THOUGHTS[OLLAMA]]
    assert list(reasoning_content(asked_of[QWEN][1])) == []  # its row asks for none back: the vendor leaves it unread


async def check_another_opinion(asked_of: dict[str, list[dict[str, Any]]], llmock: Any) -> None:
    """What our servers accepted is accepted by a server of others too, where that one knows the format."""
    gemini = "/models/gemini-3.8-flash:streamGenerateContent?alt=sse"
    places = {
        CLAUDE: f"{llmock.base_url('anthropic')}/v1/messages",
        DEEPSEEK: f"{llmock.base_url('openai')}/chat/completions",
        GPT: f"{llmock.base_url('openai')}/responses",
        GEMINI: f"{llmock.base_url('gemini')}/v1beta{gemini}",
    }
    keys = {"authorization": "Bearer k", "x-api-key": "k", "x-goog-api-key": "k", "anthropic-version": "2023-06-01"}
    async with httpx.AsyncClient(headers=keys) as client:
        for model, url in places.items():
            for body in asked_of[model]:
                answer = await client.post(url, json=body)
                assert answer.status_code == 200, (model, answer.text)


async def check_ledger(bench: Bench) -> None:
    """Every completion is in the ledger once, with its tokens and its price."""
    ledger = SqliteLedger(bench.home / "state" / "conduit" / "ledger.db")
    try:
        entries = await ledger.entries()
    finally:
        await ledger.aclose()
    assert [entry.model for entry in entries] == [*(model for model in ALL for _ in range(2)), CLAUDE]
    for entry in entries:
        assert entry.usage.input_tokens > 0, entry
        assert entry.usage.output_tokens > 0, entry
        assert entry.cost_usd is not None, entry
        assert (entry.cost_usd > 0) == (entry.model != OLLAMA), entry
    assert entries[-1].usage.cache_read_tokens == 3
    assert entries[-1].usage.input_tokens == 5 + 3
