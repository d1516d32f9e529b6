"""What a client says at `initialize` is read as far as it makes sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from conduit.lsp.facts import ClientFacts, changed_settings, read_facts
from conduit.workspace.language import Ability
from conduit.workspace.positions import PositionEncoding

FULL = {
    "processId": 42,
    "clientInfo": {"name": "An editor"},
    "workspaceFolders": [{"uri": "file:///p/a", "name": "a"}, {"uri": "file:///p/b", "name": "b"}],
    "initializationOptions": {"settings": {"model": "sonnet"}, "conduit": {"permission": True}},
    "capabilities": {
        "general": {"positionEncodings": ["utf-7", "utf-8", "utf-16"]},
        "workspace": {
            "applyEdit": True,
            "configuration": True,
            "workspaceEdit": {
                "documentChanges": True,
                "resourceOperations": ["create", "rename"],
                "changeAnnotationSupport": {"groupsOnLabel": True},
            },
        },
        "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    },
}


def test_everything_is_flattened() -> None:
    assert read_facts(FULL) == ClientFacts(
        name="An editor",
        process_id=42,
        encoding=PositionEncoding.UTF8,
        roots=(Path("/p/a"), Path("/p/b")),
        settings={"model": "sonnet"},
        conduit={"permission": True},
        apply_edit=True,
        document_changes=True,
        create_files=True,
        rename_files=True,
        change_annotations=True,
        show_document=True,
        work_done_progress=True,
        configuration=True,
        permission_requests=True,
        session_updates=True,
        status_updates=True,
    )


@pytest.mark.parametrize(
    ("capabilities", "shows", "refreshes"),
    [
        ({}, False, False),
        ({"textDocument": {"codeLens": {}}}, True, False),
        ({"workspace": {"codeLens": {"refreshSupport": True}}}, True, True),  # lsp-mode says no more than that
        ({"workspace": {"codeLens": {"refreshSupport": False}}}, False, False),
    ],
)
def test_a_client_that_has_lenses_refreshed_shows_them(capabilities: object, shows: bool, refreshes: bool) -> None:
    assert read_facts({"capabilities": capabilities}) == ClientFacts(code_lens=shows, code_lens_refresh=refreshes)


def test_a_person_may_say_what_the_client_does_not() -> None:
    facts = read_facts({"initializationOptions": {"conduit": {"applyEdit": True, "model": "sonnet"}}})
    assert facts == ClientFacts(apply_edit=True, edits_unannounced=True, settings={"model": "sonnet"})


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"capabilities": None, "initializationOptions": [], "workspaceFolders": {}, "processId": "x"},
        {"capabilities": {"general": [], "workspace": 5, "window": {"showDocument": True}}, "processId": True},
        {"workspaceFolders": [None, {"uri": 5}, {"uri": "untitled:x"}], "clientInfo": "x", "rootUri": {}},
    ],
)
def test_what_makes_no_sense_counts_as_not_there(params: dict[str, object]) -> None:
    assert read_facts(params) == ClientFacts()


@pytest.mark.parametrize(
    ("params", "roots"),
    [
        ({"rootUri": "file:///p"}, (Path("/p"),)),
        ({"rootPath": "/p"}, (Path("/p"),)),
        ({"rootPath": "p"}, ()),
        ({"workspaceFolders": [], "rootUri": "file:///p"}, (Path("/p"),)),
    ],
)
def test_roots_of_older_clients(params: dict[str, object], roots: tuple[Path, ...]) -> None:
    assert read_facts(params).roots == roots


@pytest.mark.parametrize(
    "options",
    [
        {"model": "sonnet", "conduit": {"permission": True}},
        {"settings": {"model": "sonnet"}},
        {"settings": {"conduit": {"model": "sonnet"}}},
        {"conduit": {"model": "sonnet"}},
        {"conduit": {"model": "opus", "updates": True}, "settings": {"model": "sonnet"}},
    ],
)
def test_settings_come_in_several_forms(options: dict[str, object]) -> None:
    assert read_facts({"initializationOptions": options}).settings == {"model": "sonnet"}


def test_a_setting_beside_what_a_client_understands_says_nothing_about_that() -> None:
    plain = read_facts({"initializationOptions": {"conduit": {"model": "sonnet"}}})
    assert (plain.conduit, plain.session_updates, plain.status_updates) == ({}, False, False)
    both = read_facts({"initializationOptions": {"conduit": {"model": "sonnet", "status": True}}})
    assert (both.conduit, both.settings) == ({"status": True}, {"model": "sonnet"})
    assert (both.session_updates, both.status_updates) == (True, True)


def test_the_abilities_of_an_editor_are_read_and_are_no_setting() -> None:
    editor = {"rename": True, "codeActions": True, "save": "yes", "references": 1, "unknown": True}
    facts = read_facts({"initializationOptions": {"conduit": {"editor": editor, "model": "sonnet"}}})
    assert facts.abilities == {Ability.RENAME, Ability.CODE_ACTIONS}
    assert facts.settings == {"model": "sonnet"}
    for odd in (None, [], "rename", {"rename": None}):
        assert read_facts({"initializationOptions": {"conduit": {"editor": odd}}}).abilities == frozenset()


def test_changed_settings_may_be_nested_bare_or_left_to_be_asked_for() -> None:
    assert changed_settings({"conduit": {"mode": "auto"}, "other": 1}) == {"mode": "auto"}
    assert changed_settings({"mode": "auto"}) == {"mode": "auto"}
    assert changed_settings({"conduit": {"mode": "auto", "updates": True}}) == {"mode": "auto"}
    assert changed_settings({"conduit": None}) == {}
    assert changed_settings(None) is None
    assert changed_settings({}) is None
