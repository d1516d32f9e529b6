"""What this client can do, read once at `initialize` from its raw JSON and flattened into booleans.

Raw on purpose: an unknown or odd capability of some editor must never make `initialize` fail. (LSP 3.18, *initialize*.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conduit.lsp.convert import path_from_uri
from conduit.workspace.language import Ability
from conduit.workspace.positions import PositionEncoding

_UNDERSTOOD = ("permission", "updates", "status", "editor")
"""The keys of `initializationOptions.conduit` that name `conduit/*` methods."""

_APPLIES = "applyEdit"
"""Its key by which a person says that the client answers `workspace/applyEdit`, though it announces no such thing."""


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """The client as far as Conduit cares.

    Attributes:
        name: the client's name, or empty.
        process_id: the process whose end ends us, or None.
        encoding: the negotiated unit of columns.
        roots: absolute folders that the person opened.
        settings: what the client sent as settings.
        conduit: which `conduit/*` methods it understands, of its `initializationOptions.conduit`.
        edits_unannounced: `apply_edit` is the person's word; such a client may never answer the request.
        abilities: the `conduit/editor/*` requests that it answers, of its `initializationOptions.conduit.editor`.
    """

    name: str = ""
    process_id: int | None = None
    encoding: PositionEncoding = PositionEncoding.UTF16
    roots: tuple[Path, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    conduit: Mapping[str, object] = field(default_factory=dict)
    apply_edit: bool = False
    edits_unannounced: bool = False
    document_changes: bool = False
    create_files: bool = False
    rename_files: bool = False
    delete_files: bool = False
    change_annotations: bool = False
    show_document: bool = False
    code_lens: bool = False
    code_lens_refresh: bool = False
    work_done_progress: bool = False
    configuration: bool = False
    action_tags: bool = False
    disabled_actions: bool = False
    permission_requests: bool = False
    session_updates: bool = False
    status_updates: bool = False
    abilities: frozenset[Ability] = frozenset()
    watches_files: bool = False


def read_facts(params: Mapping[str, object]) -> ClientFacts:
    """Read the parameters of `initialize`; whatever is missing or odd counts as not there."""
    capabilities = _object(params.get("capabilities"))
    options = _object(params.get("initializationOptions"))
    own = _object(options.get("conduit"))
    conduit = {key: own[key] for key in _UNDERSTOOD if key in own}
    operations = _find(capabilities, "workspace", "workspaceEdit", "resourceOperations")
    resources = operations if isinstance(operations, list) else []
    annotations = _find(capabilities, "workspace", "workspaceEdit", "changeAnnotationSupport")
    announced = _find(capabilities, "workspace", "applyEdit") is True
    process_id = params.get("processId")
    refreshes_lenses = _find(capabilities, "workspace", "codeLens", "refreshSupport") is True
    return ClientFacts(
        name=str(_object(params.get("clientInfo")).get("name") or ""),
        process_id=process_id if isinstance(process_id, int) and not isinstance(process_id, bool) else None,
        encoding=_encoding(_find(capabilities, "general", "positionEncodings")),
        roots=_roots(params),
        settings=_settings(options),
        conduit=conduit,
        apply_edit=announced or own.get(_APPLIES) is True,
        edits_unannounced=not announced and own.get(_APPLIES) is True,
        document_changes=_find(capabilities, "workspace", "workspaceEdit", "documentChanges") is True,
        create_files="create" in resources,
        rename_files="rename" in resources,
        delete_files="delete" in resources,
        change_annotations=isinstance(annotations, dict),
        show_document=_find(capabilities, "window", "showDocument", "support") is True,
        # lsp-mode (Emacs, 8.0) announces nothing of its lenses but that they can be asked for anew.
        code_lens=isinstance(_find(capabilities, "textDocument", "codeLens"), dict) or refreshes_lenses,
        code_lens_refresh=refreshes_lenses,
        work_done_progress=_find(capabilities, "window", "workDoneProgress") is True,
        disabled_actions=_find(capabilities, "textDocument", "codeAction", "disabledSupport") is True,
        action_tags=bool(_find(capabilities, "textDocument", "codeAction", "tagSupport")),
        watches_files=_find(capabilities, "workspace", "didChangeWatchedFiles", "dynamicRegistration") is True,
        configuration=_find(capabilities, "workspace", "configuration") is True,
        permission_requests=conduit.get("permission") is True,
        session_updates=conduit.get("updates", bool(conduit)) is True,
        status_updates=conduit.get("status", bool(conduit)) is True,
        abilities=frozenset(each for each in Ability if _find(conduit, "editor", each.value) is True),
    )


def changed_settings(sent: object) -> Mapping[str, object] | None:
    """Return Conduit's part of a `didChangeConfiguration`; None when there is none and the client has to be asked."""
    if not isinstance(sent, dict) or not sent:
        return None
    return _own_settings(sent) if "conduit" in sent else sent


def _settings(options: Mapping[str, object]) -> Mapping[str, object]:
    """Return the settings of `initializationOptions`.

    They are in its `settings` (or bare beside `conduit`), and in its `conduit`, where clients put them that have one
    place for their server's options; the former count more.
    """
    if "settings" in options:
        settings = _object(options["settings"])
        settings = _own_settings(settings) if isinstance(settings.get("conduit"), dict) else settings
    else:
        settings = {key: value for key, value in options.items() if key != "conduit"}
    return {**_own_settings(options), **settings}


def _own_settings(tree: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in _object(tree.get("conduit")).items() if key not in (*_UNDERSTOOD, _APPLIES)}


def _roots(params: Mapping[str, object]) -> tuple[Path, ...]:
    folders = params.get("workspaceFolders")
    uris = [_object(folder).get("uri") for folder in folders] if isinstance(folders, list) else []
    if not uris:
        uris = [params.get("rootUri")]
    paths = [path_from_uri(uri) for uri in uris if isinstance(uri, str)]
    found = tuple(dict.fromkeys(path for path in paths if path is not None))
    root_path = params.get("rootPath")
    if not found and isinstance(root_path, str) and Path(root_path).is_absolute():
        return (Path(root_path),)
    return found


def _encoding(wanted: object) -> PositionEncoding:
    """Return the client's first choice that we know; UTF-16 is the protocol's default."""
    known = {encoding.value: encoding for encoding in PositionEncoding}
    for name in wanted if isinstance(wanted, list) else ():
        if isinstance(name, str) and name in known:
            return known[name]
    return PositionEncoding.UTF16


def _find(value: object, *keys: str) -> object:
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
