"""Which function answers what: names only, imported on first use, so that `initialize` waits for none of them.

A handler is `async def name(server, params)`; a command is `async def name(server, *arguments)`. Parameters of
`conduit/*` methods are pydantic models, those of standard methods lsprotocol's.
"""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types

_FEATURES = "conduit.lsp.features."
_REPORTS = _FEATURES + "reports:"
_CONVERSATIONS = _FEATURES + "conversations:"
_BRANCHES = _FEATURES + "branches:"
_KEYS = _FEATURES + "keys:"
_SESSION = "conduit.lsp.features.session:"
_CACHES = "conduit.lsp.features.caches:"
_COMMANDS = "conduit.lsp.features.commands:"
_REVIEW = "conduit.lsp.features.review:"
_UNDO = "conduit.lsp.features.undo:"
_SUGGESTIONS = "conduit.lsp.features.suggestions:"
_PAYLOADS = "conduit.lsp.protocol."
_ABILITIES = _PAYLOADS + "abilities:"


@dataclass(frozen=True, slots=True)
class Row:
    """Where a method's handler and the model of its parameters are (`module:name`).

    `params` is None for a standard method, whose parameters lsprotocol knows.
    """

    target: str
    params: str | None = None


METHODS: dict[str, Row] = {
    "conduit/session/new": Row(_SESSION + "new_session", _PAYLOADS + "session:NewSessionParams"),
    "conduit/session/list": Row(_SESSION + "list_sessions", _PAYLOADS + "session:ListSessionsParams"),
    "conduit/session/load": Row(_SESSION + "load_session", _PAYLOADS + "session:LoadSessionParams"),
    "conduit/session/prompt": Row(_SESSION + "prompt", _PAYLOADS + "prompt:PromptParams"),
    "conduit/session/cancel": Row(_SESSION + "cancel", _PAYLOADS + "session:SessionParams"),
    "conduit/session/setMode": Row(_SESSION + "set_mode", _PAYLOADS + "session:SetModeParams"),
    "conduit/session/setModel": Row(_SESSION + "set_model", _PAYLOADS + "session:SetModelParams"),
    "conduit/session/setParameters": Row(_SESSION + "set_parameters", _PAYLOADS + "parameters:SetParametersParams"),
    "conduit/session/rename": Row(_CONVERSATIONS + "rename_session", _PAYLOADS + "branch:RenameSessionParams"),
    "conduit/session/delete": Row(_CONVERSATIONS + "delete_session", _PAYLOADS + "session:SessionParams"),
    "conduit/session/export": Row(_CONVERSATIONS + "export_session", _PAYLOADS + "session:SessionParams"),
    "conduit/session/fork": Row(_CONVERSATIONS + "fork_session", _PAYLOADS + "branch:ForkParams"),
    "conduit/session/rewind": Row(_BRANCHES + "rewind", _PAYLOADS + "branch:RewindParams"),
    "conduit/session/unrewind": Row(_BRANCHES + "unrewind", _PAYLOADS + "session:SessionParams"),
    "conduit/session/resend": Row(_BRANCHES + "resend", _PAYLOADS + "branch:ResendParams"),
    "conduit/session/unqueue": Row(_FEATURES + "queue:unqueue", _PAYLOADS + "queue:UnqueueParams"),
    "conduit/command/list": Row(_FEATURES + "slash:list_commands", _PAYLOADS + "command:CommandParams"),
    "conduit/session/undo": Row(_UNDO + "undo", _PAYLOADS + "undo:UndoParams"),
    "conduit/session/redo": Row(_UNDO + "redo", _PAYLOADS + "undo:UndoParams"),
    "conduit/session/diff": Row(_FEATURES + "difference:show_difference", _PAYLOADS + "undo:DiffParams"),
    "conduit/cache/list": Row(_CACHES + "list_caches", _PAYLOADS + "caches:CacheParams"),
    "conduit/cache/invalidate": Row(_CACHES + "invalidate_caches", _PAYLOADS + "caches:CacheParams"),
    "conduit/cache/disable": Row(_CACHES + "disable_caches", _PAYLOADS + "caches:CacheParams"),
    "conduit/cache/enable": Row(_CACHES + "enable_caches", _PAYLOADS + "caches:CacheParams"),
    "conduit/hunk/list": Row(_REVIEW + "list_hunks", _PAYLOADS + "hunk:HunkParams"),
    "conduit/hunk/accept": Row(_REVIEW + "accept_hunks", _PAYLOADS + "hunk:HunkParams"),
    "conduit/hunk/reject": Row(_REVIEW + "reject_hunks", _PAYLOADS + "hunk:HunkParams"),
    "conduit/hunk/regenerate": Row(_REVIEW + "regenerate_hunk", _PAYLOADS + "hunk:RegenerateParams"),
    "conduit/hunk/text": Row(_REVIEW + "proposed_text", _PAYLOADS + "hunk:ProposedParams"),
    "conduit/inlineEdit": Row(
        "conduit.lsp.features.inline_edit:inline_edit", _PAYLOADS + "inline_edit:InlineEditParams"
    ),
    "conduit/models/list": Row(_SESSION + "list_models", _PAYLOADS + "status:NoParams"),
    "conduit/key/list": Row(_KEYS + "list_keys", _PAYLOADS + "status:NoParams"),
    "conduit/key/set": Row(_KEYS + "set_key", _PAYLOADS + "keys:SetKeyParams"),
    "conduit/key/remove": Row(_KEYS + "remove_key", _PAYLOADS + "keys:RemoveKeyParams"),
    "conduit/usage/report": Row(_REPORTS + "report_usage", _PAYLOADS + "report:UsageReportParams"),
    "conduit/logs/collect": Row(_REPORTS + "collect_logs", _PAYLOADS + "status:NoParams"),
    "conduit/doctor": Row(_REPORTS + "examine", _PAYLOADS + "status:NoParams"),
    "conduit/mention/list": Row(_FEATURES + "mentions:list_mentions", _PAYLOADS + "mentions:MentionParams"),
    types.TEXT_DOCUMENT_CODE_ACTION: Row("conduit.lsp.features.actions:code_action"),
    types.TEXT_DOCUMENT_INLINE_COMPLETION: Row("conduit.lsp.features.completion:inline_completion"),
    types.TEXT_DOCUMENT_CODE_LENS: Row(_REVIEW + "code_lens"),
    types.WORKSPACE_TEXT_DOCUMENT_CONTENT: Row(_REVIEW + "text_document_content"),
    "workspace/didChangeConfiguration": Row("conduit.lsp.features.configuration:did_change_configuration"),
}
"""Requests and notifications alike; the message's own shape says which it is."""

COMMANDS: dict[str, str] = {
    "conduit.model.list": _COMMANDS + "list_models",
    "conduit.model.select": _COMMANDS + "select_model",
    "conduit.model.show": _COMMANDS + "show_model",
    "conduit.model.parameters": _COMMANDS + "model_parameters",
    "conduit.session.list": _COMMANDS + "list_sessions",
    "conduit.session.open": _COMMANDS + "open_session",
    "conduit.session.new": _COMMANDS + "new_session",
    "conduit.chat.open": "conduit.lsp.features.chat:open_chat",
    "conduit.chat.send": "conduit.lsp.features.chat:send",
    "conduit.chat.stop": "conduit.lsp.features.chat:stop",
    "conduit.hunk.list": _REVIEW + "list_command",
    "conduit.hunk.accept": _REVIEW + "accept_command",
    "conduit.hunk.reject": _REVIEW + "reject_command",
    "conduit.hunk.regenerate": _REVIEW + "regenerate_command",
    "conduit.hunk.why": _REVIEW + "why_command",
    "conduit.turn.undo": _UNDO + "undo_turn",
    "conduit.turn.redo": _UNDO + "redo_turn",
    "conduit.turn.diff": _FEATURES + "difference:diff_turn",
    "conduit.usage": _COMMANDS + "show_usage",
    "conduit.doctor": _COMMANDS + "show_doctor",
    "conduit.action.run": "conduit.lsp.features.actions:run",
    "conduit.suggest": _SUGGESTIONS + "suggest",
    "conduit.suggestion.explain": _SUGGESTIONS + "explain_suggestion",
    "conduit.suggestion.dismiss": _SUGGESTIONS + "dismiss_suggestion",
}

PROTOCOL_VERSION = 1
"""Raised when an older plugin could no longer work; a plugin asks for the one that it was made for."""

ASKED: dict[str, tuple[str, str]] = {
    "conduit/session/requestPermission": (
        _PAYLOADS + "permission:RequestPermissionParams",
        _PAYLOADS + "permission:RequestPermissionResult",
    ),
    "conduit/editor/save": (_ABILITIES + "DocumentParams", _ABILITIES + "SaveResult"),
    "conduit/editor/diagnostics": (_ABILITIES + "DiagnosticsParams", _ABILITIES + "DiagnosticsResult"),
    "conduit/editor/references": (_ABILITIES + "ReferencesParams", _ABILITIES + "LocationsResult"),
    "conduit/editor/definition": (_ABILITIES + "PositionParams", _ABILITIES + "LocationsResult"),
    "conduit/editor/rename": (_ABILITIES + "RenameParams", _ABILITIES + "RenameResult"),
    "conduit/editor/symbols": (_ABILITIES + "SymbolsParams", _ABILITIES + "SymbolsResult"),
    "conduit/editor/codeActions": (_ABILITIES + "CodeActionsParams", _ABILITIES + "CodeActionsResult"),
    "conduit/editor/terminalSelection": (_PAYLOADS + "payload:NoParams", _ABILITIES + "TerminalSelectionResult"),
    "conduit/editor/openDiff": (_ABILITIES + "OpenDiffParams", _ABILITIES + "OpenDiffResult"),
}
"""What the server asks its client, with the models of the parameters and of the answer."""

SENT: dict[str, str] = {
    "conduit/session/update": _PAYLOADS + "update:SessionUpdateParams",
    "conduit/status": _PAYLOADS + "status:StatusNote",
}
"""What the server tells its client, with the model of the parameters."""

OPTIONS: dict[str, object] = {
    types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(
        code_action_kinds=["quickfix", "refactor.extract", "refactor.inline", "refactor.rewrite", "conduit"]
    ),
    types.TEXT_DOCUMENT_INLINE_COMPLETION: types.InlineCompletionOptions(),
}
"""What is said of a standard method in the answer to `initialize`, beyond that it is there."""

WATCH_REVIEW = "conduit.lsp.reviewing:watch_review"

REFRESH_HINTS = "conduit.lsp.hints:refresh_hints"

OPEN_APP = "conduit.compose:open_app"
"""Handed in from above by name; the face itself knows only `conduit.app`."""

HOLDS_SETTING = "conduit.compose:holds_setting"
"""Says whether what a client sent has a key of Conduit's."""

FIND_FOLDERS = "conduit.compose:find_folders"
"""Where previews are kept."""

AFTER_INITIALIZE = (
    "conduit.lsp.protocol.session",
    "conduit.lsp.protocol.prompt",
    "conduit.lsp.protocol.parameters",
    "conduit.lsp.protocol.status",
    "conduit.lsp.protocol.mentions",
    "conduit.lsp.protocol.hunk",
    "conduit.lsp.protocol.update",
    "conduit.lsp.protocol.permission",
    "conduit.lsp.features.session",
    "conduit.lsp.features.mentions",
    "conduit.lsp.features.configuration",
    "conduit.lsp.features.actions",
    "conduit.lsp.features.completion",
    "conduit.lsp.features.review",
    "conduit.lsp.approver",
    "conduit.lsp.applier",
    "conduit.lsp.language",
    "conduit.lsp.watching",
    "conduit.app",
    "conduit.compose",
)
"""What the background thread imports as soon as `initialize` has been answered: what an editor asks for first.

The rest is small, and imported when it is asked for: not every editor asks for it, and each has its memory.
"""
