"""A question whose answer has a form, asked of the App."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from conduit.app import App
from conduit.config.folders import find_folders
from conduit.errors import InvalidAnswer, UnknownModel
from conduit.jobs.structured import ModelForm, SchemaForm
from conduit.messages.request import ModelSettings
from conduit.sessions.paths import journal_path


class Verdict(BaseModel):
    good: bool


def play(folder: Path, *texts: str) -> None:
    """Let the model say one text after the other: each time it is told what is wrong, the next."""
    rules = [{"when": {"user": "^Is it"}, "reply": [{"text": texts[0]}]}]
    rules += [{"when": {"user": "^Your answer is not valid"}, "reply": [{"text": text}]} for text in texts[1:]]
    (folder / "script.json").write_text(json.dumps({"rules": rules}))


async def test_a_repaired_answer_is_a_value_and_every_try_is_billed(app: App, tmp_path: Path):
    play(tmp_path, '{"good": "perhaps"}', '{"good": true}')
    got = await app.ask_structured("Is it good?", ModelForm(Verdict))
    assert (got.value, got.tries) == (Verdict(good=True), 2)
    entries = await app._parts.ledger.entries()
    assert [(entry.model, entry.session_id) for entry in entries] == [("scripted/demo", "")] * 2
    assert sum(entry.usage.output_tokens for entry in entries) == got.usage.output_tokens > 0
    assert await app.sessions() == []


async def test_a_schema_gives_json_with_the_parameters_of_the_call(app: App, tmp_path: Path):
    play(tmp_path, '{"n": 3}')
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    settings = ModelSettings(temperature=0.1)
    got = await app.ask_structured("Is it three?", SchemaForm(schema), "scripted/other", settings)
    assert got.value == {"n": 3}
    await app.aclose()
    path = journal_path(find_folders({"HOME": str(tmp_path), "CONDUIT_STATE_DIR": str(tmp_path / "state")}).state)
    asked, _ = map(json.loads, path.read_text().splitlines())
    assert asked["body"]["model"] == "scripted/other"
    assert asked["body"]["settings"]["temperature"] == 0.1


async def test_an_answer_that_stays_wrong_and_an_unknown_model_are_errors(app: App, tmp_path: Path):
    play(tmp_path, '{"good": 5}', '{"good": 6}')
    with pytest.raises(InvalidAnswer, match="good: Input should be a valid boolean"):
        await app.ask_structured("Is it good?", ModelForm(Verdict))
    with pytest.raises(UnknownModel):
        await app.ask_structured("Is it good?", ModelForm(Verdict), "nobody/nothing")
