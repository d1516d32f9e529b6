"""`conduit models …` and `conduit tokenize`, as a person and a script read them."""

from __future__ import annotations

import json

from conduit.app import ModelCard
from conduit.cli.model_card import render_card, render_context, render_finding
from conduit.providers.probe import Finding


def test_the_card_of_an_alias_has_capabilities_limits_price_and_the_source_of_each(line):
    done = line.run("models", "show", "sonnet")
    assert (done.returncode, done.stderr) == (0, "")
    shown = " ".join(done.stdout.split())
    assert shown.startswith("Claude Sonnet 5.5 (anthropic/claude-sonnet-5-5) alias sonnet state set ANTHROPIC_API_KEY")
    assert "reads 1,000,000 tokens writes 128,000 tokens can vision, tool calling" in shown
    assert "thinking levels: low, medium, high, max" in shown
    assert "source https://platform.claude.com/" in shown
    assert "price input $2, output $10" in shown
    assert "source https://www.anthropic.com/pricing" in shown


def test_models_with_a_capability_are_listed_for_programs(line):
    done = line.run("models", "list", "--capability", "vision", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    cards = [json.loads(each) for each in done.stdout.splitlines()]
    assert len(cards) > 10
    assert all(card["capabilities"]["vision"] is True for card in cards)
    assert {"id", "ready", "context_tokens", "price", "price_source", "source", "date"} <= set(cards[0])
    groq = line.run("models", "list", "--provider", "groq").stdout.splitlines()
    assert all(each.split()[0].startswith("groq/") for each in groq)


def test_a_wrong_word_is_one_sentence_with_what_there_is(line):
    wrong = line.run("models", "show", "sonet")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "Did you mean sonnet," in wrong.stderr
    assert "There are: vision, " in line.run("models", "list", "--capability", "sight").stderr
    assert "Known vendors: anthropic" in line.run("models", "list", "--provider", "nobody").stderr


def test_a_server_that_is_not_there_is_told_in_its_line(line):
    config = line.home / ".config" / "conduit" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[vendors.vllm]\nbase_url = "http://127.0.0.1:9/v1"\n')
    done = line.run("models", "update", "--provider", "vllm")
    assert done.returncode == 1
    assert done.stdout.startswith("vllm: The connection to vLLM")


def test_the_doctor_answers_for_every_vendor_without_a_network(line):
    lines = [each for each in line.run("doctor").stdout.splitlines() if " vendor " in each]
    names = {each.split()[2] for each in lines}
    assert {"anthropic", "openai", "deepseek", "xai", "minimax", "qwen", "mistral", "groq", "openrouter"} <= names
    assert {"perplexity", "lmstudio", "vllm", "llamacpp", "custom", "embedded", "ollama"} <= names
    others = [each for each in lines if each.split()[2] not in ("custom", "scripted")]
    assert all("key missing: set " in each or "ready, " in each for each in others), others


def test_the_list_is_shown_although_the_configured_model_is_unknown(line):
    done = line.run("models", "list", environ={"CONDUIT_MODEL": "sonet"})
    assert done.returncode == 0
    assert "anthropic/claude-sonnet-5-5" in done.stdout
    assert "*" not in done.stdout
    assert "CONDUIT_MODEL: There is no model 'sonet'. Did you mean sonnet" in done.stderr
    told = line.run("models", "list", "--capability", "vision", "--json", environ={"CONDUIT_MODEL": "sonet"})
    assert not any(json.loads(each)["default"] for each in told.stdout.splitlines())
    assert line.run("models", "update", environ={"CONDUIT_MODEL": "sonet"}).returncode == 0
    assert line.run("models", "list", "--provider", "nobody", environ={"CONDUIT_MODEL": "sonet"}).returncode == 1


def test_tokens_are_counted_and_an_estimate_is_called_one(line):
    assert line.run("tokenize", "hello", "world").stdout == "2 (an estimate)\n"
    told = json.loads(line.run("tokenize", "--json", "-m", "sonnet", piped="hello world\n").stdout)
    assert (told["tokens"], told["estimate"], told["model"]) == (2, True, "anthropic/claude-sonnet-5-5")
    exact = json.loads(line.run("tokenize", "--json", "-m", "openai/gpt-5.4", "hello world").stdout)
    assert (exact["tokens"], exact["estimate"], exact["table"]) == (2, False, "o200k_base")
    assert line.run("tokenize", piped="").returncode == 1


def test_the_vendor_counts_where_it_can_and_is_not_asked_otherwise(line):
    told = line.run("tokenize", "--exact", "--model", "sonnet", "hello")
    assert (told.returncode, "ANTHROPIC_API_KEY" in told.stderr) == (1, True)
    told = line.run("tokenize", "--exact", "hello")
    assert (told.returncode, "counts no tokens" in told.stderr) == (1, True)


def card(**changes: object) -> ModelCard:
    fields: dict[str, object] = {
        "id": "v/m",
        "name": "M",
        "vendor": "v",
        "kind": "chat",
        "ready": True,
        "note": "",
        "aliases": (),
        "context_tokens": None,
        "max_output_tokens": None,
        "capabilities": {"vision": None, "audio": False},
        "details": {},
        "price": {},
        "price_source": "",
        "deprecated": "",
        "tier": "default",
        "source": "s",
        "date": "2026-11-21",
        "remark": "No row.",
    }
    return ModelCard(**{**fields, **changes})


def test_a_card_says_what_is_unknown():
    assert render_card(card()).splitlines() == [
        "M (v/m)",
        "state       ready",
        "note        No row.",
        "reads       unknown",
        "writes      unknown",
        "cannot      audio",
        "unknown     vision",
        "source      s (default, read 2026-11-21)",
        "price       unknown",
    ]
    assert "\x1b" not in render_card(card(name="\x1b[31mred"))


def test_a_context_is_short_and_a_clash_with_the_row_is_told():
    assert [render_context(each) for each in (None, 8192, 131_072, 1_050_000)] == ["", "8k", "131k", "1.05M"]
    assert render_finding(Finding("vision", False, "refused"), True).endswith("refused (the row says yes)")
    assert render_finding(Finding("vision", True, "seen"), None).endswith("yes      seen")
