"""A real Neovim, headless, with the plugin of `editors/nvim`, against `conduit serve` with the scripted provider."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from e2e.neovim import HERE, Play

APP = "def add(a, b):\n    return a + b\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file, as a person opens it."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "app.py").write_text(APP)
    return folder


def test_a_chat_streams_into_neovim_and_sees_the_unsaved_buffer(play: Play, folder: Path):
    seen = play(
        "chat",
        folder,
        [
            {"when": {"round": 0}, "reply": [{"call": "read_file", "arguments": {"path": "app.py"}}]},
            {
                "when": {"round": 1, "result": "typed and not saved"},
                "reply": [{"text": "It is typed"}, {"pause_s": 0.3}, {"text": " and not saved. The end."}],
            },
        ],
    )
    answer = "It is typed and not saved. The end."
    assert "".join(seen["chunks"]) == seen["whole"] == answer
    assert len(seen["chunks"]) > 1
    lines = seen["chat"].splitlines()
    assert lines[:6] == ["## You", "", "what is in the first line?", "", "## Conduit", ""]
    tool = lines[6:-3]
    assert tool[0].startswith("> ✓ Read app.py")
    assert tool[1] == "> path: `app.py`"
    assert "> # typed and not saved" in "\n".join(tool).replace("1\t", "")
    assert lines[-3:] == [answer, "", "## Prompt"]
    assert seen["saved"] == APP.splitlines()


def test_a_code_action_changes_the_unsaved_buffer_and_one_undo_takes_it_back(play: Play, folder: Path):
    seen = play(
        "code_action",
        folder,
        [
            {
                "when": {"round": 0},
                "reply": [
                    {
                        "call": "edit_file",
                        "arguments": {
                            "path": "app.py",
                            "old_text": "def add(a, b):\n",
                            "new_text": 'def add(a, b):\n    """Add two numbers."""\n',
                        },
                    }
                ],
            },
            {"when": {}, "reply": [{"text": "Documented."}]},
        ],
    )
    typed = "# typed and not saved"
    assert seen["edited"] == [typed, "def add(a, b):", '    """Add two numbers."""', "    return a + b"]
    assert seen["undone"] == [typed, *APP.splitlines()]
    assert seen["modified"] is True
    assert seen["saved"] == APP.splitlines()


def test_proposed_changes_are_shown_follow_the_typing_and_are_decided_one_by_one(play: Play, folder: Path):
    code = APP + "\n\ndef double(a):\n    return a * 2\n"
    (folder / "app.py").write_text(code)
    edits = [("return a + b", "return b + a"), ("return a * 2", "return a + a")]
    calls = [
        {"call": "edit_file", "arguments": {"path": "app.py", "old_text": old, "new_text": new}} for old, new in edits
    ]
    seen = play("review", folder, [{"when": {"round": 0}, "reply": calls}, {"reply": [{"text": "Proposed."}]}])
    assert seen["first"] == [{"row": 1, "text": "    return b + a"}, {"row": 5, "text": "    return a + a"}]
    assert seen["untouched"] == code.splitlines()
    assert [each["row"] for each in seen["moved"]] == [2, 6]
    assert seen["jumped"] == 3
    typed = ["# typed", *code.splitlines()]
    assert seen["accepted"] == [*typed[:2], "    return b + a", *typed[3:]]
    assert seen["listed"] == 1
    assert seen["undone"] == typed
    assert seen["saved"] == code.splitlines()


def test_the_chat_opens_where_it_is_wanted_names_complete_and_all_proposals_are_decided_at_once(
    play: Play, folder: Path
):
    (folder / "app.py").write_text(APP + "\n\ndef double(a):\n    return a * 2\n")
    edits = [("return a + b", "return b + a"), ("return a * 2", "return a + a")]
    calls = [
        {"call": "edit_file", "arguments": {"path": "app.py", "old_text": old, "new_text": new}} for old, new in edits
    ]
    seen = play("places", folder, [{"when": {"round": 0}, "reply": calls}, {"reply": [{"text": "Proposed."}]}])
    assert seen["where"] == {each: each for each in ("right", "left", "below", "above", "float", "tab")}
    assert seen["windows"] == 1
    assert seen["coloured"] is True
    assert seen["subcommands"] == ["accept", "acceptall"]
    assert seen["modes"] == ["ask", "review", "auto"]
    assert sorted(seen["commands"]) == ["/doc", "/explain", "/fix", "/summarize", "/tests"]
    assert seen["back"] == 2
    lines = ["def add(a, b):", "    return b + a", "", "", "def double(a):", "    return a + a"]
    assert seen["accepted"] == lines
    assert seen["rejected"] is True


def test_the_model_is_switched_in_mid_conversation(play: Play, folder: Path):
    seen = play(
        "model_switch",
        folder,
        [
            {"when": {"model": "demo"}, "reply": [{"text": "I am the first model."}]},
            {"when": {"model": "other", "user": "and now"}, "reply": [{"text": "I am the other model."}]},
        ],
    )
    assert seen["selected"] == "yes"
    assert seen["chat"].index("first model") < seen["chat"].index("and now?") < seen["chat"].index("other model")


def test_a_conversation_is_opened_again_in_another_neovim_and_goes_on(play: Play, folder: Path):
    rules = [
        {"when": {"user": "first"}, "reply": [{"text": "The first answer."}]},
        {"when": {"user": "second"}, "reply": [{"text": "The second answer."}]},
    ]
    first = play("ask", folder, rules)
    seen = play("reopen", folder, rules)
    assert len(seen["offered"]) == 1
    assert "what is first?" in seen["offered"][0]
    assert seen["reopened"].strip() == first["chat"].strip()
    said = seen["reopened"].removesuffix("## Prompt\n")
    assert seen["chat"] == f"{said}## You\n\nwhat is second?\n\n## Conduit\n\nThe second answer.\n\n## Prompt\n"
    assert [each["messageCount"] for each in seen["sessions"]] == [4]


def test_a_question_while_another_is_answered_waits_comes_back_when_all_is_stopped_and_the_mode_is_chosen(
    play: Play, folder: Path
):
    rules = [{"when": {}, "reply": [{"text": "So far, so good."}, {"hold": True}]}]
    seen = play("busy", folder, rules)
    assert "\nwhat takes long?\n" in seen["while_busy"]
    assert "too early" not in seen["while_busy"].partition("## Prompt")[0]
    assert seen["queue"] == ["what is too early?"]
    assert seen["prompt_while_busy"] == [""]
    assert seen["put_back"] == ["what is too early?"]
    assert seen["queue_afterwards"] == []
    assert (seen["set"], seen["chosen"]) == ("auto", "ask")


def test_an_answer_is_made_anew_a_message_edited_and_the_conversation_renamed_written_out_and_counted(
    play: Play, folder: Path
):
    rules = [
        {"when": {"user": "^what is first"}, "reply": [{"text": "The first answer."}]},
        {"when": {"user": "^what is second"}, "reply": [{"text": "The second answer."}]},
        {"when": {"user": "^what is third"}, "reply": [{"text": "The third answer."}]},
    ]
    seen = play("again", folder, rules)
    first = "## You\n\nwhat is first?\n\n## Conduit\n\nThe first answer.\n\n"
    second = "## You\n\nwhat is second?\n\n## Conduit\n\nThe second answer.\n\n"
    assert seen["asked"] == first + second + "## Prompt\n"
    assert seen["regenerated"] == seen["asked"]
    assert seen["answers"][0] != seen["answers"][1]
    assert seen["prompt"] == ["what is second?"]
    assert seen["edited"] == first + second.replace("second", "third") + "## Prompt\n"
    assert seen["title"] == "Three questions"
    markdown = (folder / "out.md").read_text()
    assert markdown.startswith("# Three questions\n")
    assert "The third answer." in markdown
    assert "second" not in markdown
    today, conversation, context = seen["usage"].splitlines()
    assert "today " in today
    assert " tokens in, " in conversation
    assert context.startswith("its context holds ")


def test_lines_that_were_asked_about_go_along_when_the_message_is_sent_again(play: Play, folder: Path):
    (folder / "src").mkdir()
    (folder / "src" / "app.py").write_text(APP)
    rules = [
        {"when": {"user": r"^what is it\?[\s\S]*\.py#L2-L2:\s+return a \+ b"}, "reply": [{"text": "It adds."}]},
        {"when": {"user": r"^why is it\?[\s\S]*\.py#L2-L2:\s+return a \+ b"}, "reply": [{"text": "To add."}]},
        {"when": {"user": r"^what is this\?[\s\S]*```\n    in no file\n```"}, "reply": [{"text": "A draft."}]},
        {"when": {"user": r"^why is this\?[\s\S]*```\n    in no file\n```"}, "reply": [{"text": "To try."}]},
    ]
    seen = play("lines", folder, rules)
    first = "## You\n\nwhat is it? @src/app.py#L2-L2\n\n## Conduit\n\nIt adds.\n\n## Prompt\n"
    assert seen["asked"] == seen["anew"] == first
    assert seen["prompt"] == ["what is it? @src/app.py#L2-L2"]
    assert seen["edited"] == first.replace("what", "why").replace("It adds.", "To add.")
    assert seen["draft"] == ["what is this?", "", "```", "    in no file", "```"]
    assert seen["edited_draft"].endswith("## Conduit\n\nTo try.\n\n## Prompt\n")


def test_a_server_that_is_missing_ends_at_once_or_does_not_fit_is_told_and_nothing_typed_is_lost(
    play: Play, folder: Path
):
    programs = {"CONDUIT_TEST_PYTHON": sys.executable, "CONDUIT_TEST_NEWER": str(HERE / "nvim" / "newer_server.py")}
    seen = play("troubles", folder, [{"when": {}, "reply": [{"text": "At last."}]}], programs)
    assert "`no-such-conduit` was not found. Install it with `pipx install conduit-ls`" in seen["missing"]
    assert seen["asked"] == ["who is there?"]
    assert seen["statusline"] == "conduit failed"
    assert [each.rpartition(" in ")[2] for each in seen["pauses"]] == ["0.5 s", "1.0 s"]
    assert ":checkhealth conduit" in seen["ended"]
    assert seen["asked_again"] == ["and now?"]
    assert "speaks protocol 2 and this plugin 1; update the plugin" in seen["newer"]
    assert seen["state"] == "failed"
    assert seen["chat"] == "## You\n\nand at last?\n\n## Conduit\n\nAt last.\n\n## Prompt\n"


def test_a_prompt_names_files_lines_and_pictures_and_what_is_written_is_never_lost(play: Play, folder: Path):
    rules = [
        {"when": {"user": "first"}, "reply": [{"text": "The first answer."}]},
        {"when": {"user": "second"}, "reply": [{"text": "The second answer."}]},
    ]
    seen = play("prompt", folder, rules)
    assert seen["prompt"] == '@app.py#L2-L2 @"a picture.png" '
    assert seen["content"] == [
        {"type": "text"},
        {"type": "resource", "text": "    return a + b\n", "fragment": "#L2-L2"},
        {"type": "image", "mime": "image/png"},
        {"type": "resource_link", "name": "app.py"},
    ]
    assert seen["mentions"][0] == ["app.py", "@app.py", 8]
    assert seen["none"] == []
    assert seen["omnifunc"] == "v:lua.vim.lsp.omnifunc"
    assert seen["draft"] == ["a draft", "of two lines"]
    assert seen["mended"] == (
        "## Prompt\na draft\nof two lines".join(
            ["## You\n\nwhat is second?\n\n## Conduit\n\nThe second answer.\n\n", ""]
        )
    )


def test_a_conversation_goes_back_and_forth_is_copied_and_deleted_and_the_logs_are_collected(play: Play, folder: Path):
    note = {"call": "write_file", "arguments": {"path": "notes.txt", "text": "Buy more.\n"}}
    rules = [
        {"when": {"user": "^what is first"}, "reply": [{"text": "The first answer."}]},
        {"when": {"user": "^write the notes", "round": 0}, "reply": [note]},
        {"when": {"user": "^write the notes", "round": 1}, "reply": [{"text": "Noted."}]},
        {"when": {"user": "^what is third"}, "reply": [{"text": "The third answer."}]},
        {"when": {"user": "^what is fourth"}, "reply": [{"text": "The fourth answer."}]},
    ]
    seen = play("branches", folder, rules, {"CONDUIT_LOG_LEVEL": "info"})
    assert (seen["rewound"], seen["gone"]) == (["write the notes"], True)
    assert (seen["unrewound"], seen["again"]) == (["a draft"], ["Buy more."])
    assert (seen["rewound_again"], seen["stays"]) == (["write the notes"], ["Buy more."])
    first = "## You\n\nwhat is first?\n\n## Conduit\n\nThe first answer.\n\n"
    third = "## You\n\nwhat is third?\n\n## Conduit\n\nThe third answer.\n\n"
    assert seen["other_way"] == first + third
    assert sorted(seen["stored"]) == [["the copy", 6], ["the original", 4]]
    assert seen["kept"] == 2
    assert seen["left"] == [["the original", 4]]
    assert seen["anew"] == [True, True]
    with zipfile.ZipFile(seen["logs"]) as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert any(name.startswith("doctor") for name in texts)
    assert not any("The first answer" in text or "Buy more" in text for text in texts.values())
    assert "INFO conduit." in seen["log"]
    assert "deprecated" not in seen["messages"]
