"""The language of `words` on the wire: what a client answers to `conduit/editor/*`, as LSP shapes in some encoding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conduit.lsp.convert import path_from_uri, uri_from_path
from conduit.workspace.document import Document
from conduit.workspace.positions import PositionEncoding, Range
from fakes import words

Open = Callable[[], Iterable[Document]]


@dataclass
class WireLanguage:
    """Answers for the files under a root, open ones as they are in the buffers.

    Attributes:
        root: the folder.
        encoding: the unit of columns.
        open: returns the open documents.
        overrides: raw answers by ability, instead of right ones.
        behind: how many versions diagnostics lag behind.
        asked: the methods and params that came.
        selection: what is selected in the terminal.
    """

    root: Path
    encoding: PositionEncoding
    open: Open
    overrides: dict[str, Any] = field(default_factory=dict)
    behind: int = 0
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    selection: str = ""

    def answer(self, method: str, params: dict[str, Any]) -> Any:
        """Return the raw result of one request."""
        self.asked.append((method, params))
        ability = method.removeprefix("conduit/editor/")
        if ability in self.overrides:
            override = self.overrides[ability]
            return override(params) if callable(override) else override
        return getattr(self, f"_{ability}")(params)

    # -- the answers ------------------------------------------------------------------------------------------------

    def _diagnostics(self, params: Mapping[str, Any]) -> Any:
        document = self._document(params)
        found = [
            {"range": self._range(document, place), "message": "there is something to do"}
            | {"severity": 2, "source": "words", "code": "W1"}
            for place in words.problems(document.text)
        ]
        version = self._version(params)
        return {"version": None if version is None else version - self.behind, "diagnostics": found}

    def _references(self, params: Mapping[str, Any]) -> Any:
        word = self._word(params)
        declaration = params["context"]["includeDeclaration"]
        found = []
        for document in self._documents():
            declared = {place for name, _, place in words.declarations(document.text) if name == word}
            for place in words.uses(document.text, word) if word else ():
                if declaration or place not in declared:
                    found.append({"uri": document.uri, "range": self._range(document, place)})
        return {"version": self._version(params), "locations": found}

    def _definition(self, params: Mapping[str, Any]) -> Any:
        word = self._word(params)
        found = [
            {"targetUri": document.uri, "targetRange": self._range(document, place)}
            | {"targetSelectionRange": self._range(document, place)}
            for document in self._documents()
            for name, _, place in words.declarations(document.text)
            if name == word
        ]
        return {"version": self._version(params), "locations": found}

    def _symbols(self, params: Mapping[str, Any]) -> Any:
        if params.get("query") is not None:
            return {
                "symbols": [
                    symbol for document in self._documents() for symbol in self._flat(document, params["query"])
                ]
            }
        document = self._document(params)
        top: list[dict[str, Any]] = []
        levels = [top]
        for name, depth, place in words.declarations(document.text):
            range_ = self._range(document, place)
            symbol = {"name": name, "kind": 12, "range": range_, "selectionRange": range_, "children": []}
            del levels[depth + 1 :]
            levels[-1].append(symbol)
            levels.append(symbol["children"])
        return {"version": self._version(params), "symbols": top}

    def _flat(self, document: Document, query: str) -> list[dict[str, Any]]:
        found, holders = [], list[str]()
        for name, depth, place in words.declarations(document.text):
            del holders[depth:]
            if query in name:
                location = {"uri": document.uri, "range": self._range(document, place)}
                symbol = {"name": name, "kind": 12, "location": location}
                found.append(symbol | ({"containerName": holders[-1]} if holders else {}))
            holders.append(name)
        return found

    def _rename(self, params: Mapping[str, Any]) -> Any:
        word = self._word(params)
        changes = {
            document.uri: [
                {"range": self._range(document, place), "newText": params["newName"]}
                for place in words.uses(document.text, word)
            ]
            for document in self._documents()
        }
        edit = {"changes": {uri: edits for uri, edits in changes.items() if edits}} if word else None
        return {"version": self._version(params), "edit": edit}

    def _codeActions(self, params: Mapping[str, Any]) -> Any:  # noqa: N802 - the ability's name
        document = self._document(params)
        edits = [{"range": self._range(document, place), "newText": "DONE"} for place in words.problems(document.text)]
        lines = range(params["range"]["start"]["line"], params["range"]["end"]["line"] + 1)
        version = self._version(params)
        change = {"textDocument": {"uri": document.uri, "version": version}, "edits": edits}
        tidy = {"id": "tidy", "title": "Remove every TODO", "kind": "quickfix", "isPreferred": True}
        if params.get("resolve") == "tidy":
            tidy["edit"] = {"documentChanges": [change]}
        actions = [
            *([tidy] if any(edit["range"]["start"]["line"] in lines for edit in edits) else []),
            {"id": "run", "title": "Run the tests", "kind": "source"},
            {"id": "never", "title": "Extract a function", "kind": "refactor"}
            | {"disabled": {"reason": "nothing is selected"}},
        ]
        only = params.get("only") or [""]
        kept = [each for each in actions if each["kind"].startswith(only[0])]
        resolve = params.get("resolve")
        return {"version": version, "actions": [each for each in kept if resolve in (None, each["id"])]}

    def _save(self, params: Mapping[str, Any]) -> Any:
        return {"saved": True, "version": self._version(params)}

    def _terminalSelection(self, params: Mapping[str, Any]) -> Any:  # noqa: N802 - the ability's name
        return {"text": self.selection}

    def _openDiff(self, params: Mapping[str, Any]) -> Any:  # noqa: N802 - the ability's name
        return {"opened": True}

    # -- texts and places -------------------------------------------------------------------------------------------

    def _documents(self) -> list[Document]:
        found = {document.path: document for document in self.open() if document.path}
        for path in self.root.rglob("*.py"):
            found.setdefault(path, _closed(path))
        return [found[path] for path in sorted(path for path in found if path)]

    def _document(self, params: Mapping[str, Any]) -> Document:
        uri = params["textDocument"]["uri"]
        path = path_from_uri(uri)
        assert path is not None
        return next((document for document in self.open() if document.uri == uri), None) or _closed(path)

    def _version(self, params: Mapping[str, Any]) -> int | None:
        uri = params["textDocument"]["uri"]
        return next((document.version for document in self.open() if document.uri == uri), None)

    def _word(self, params: Mapping[str, Any]) -> str:
        document = self._document(params)
        place = params["position"]
        position = document.position_from_units(place["line"], place["character"], self.encoding)
        return words.word_at(document.text, position)

    def _range(self, document: Document, range_: Range) -> dict[str, Any]:
        ends = (document.units_from_position(end, self.encoding) for end in (range_.start, range_.end))
        start, end = ({"line": line, "character": character} for line, character in ends)
        return {"start": start, "end": end}


def _closed(path: Path) -> Document:
    return Document(uri_from_path(path), path, "", 0, path.read_bytes().decode())
