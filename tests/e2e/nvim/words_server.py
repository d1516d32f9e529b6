"""A language server for the language of words, over stdio, in UTF-16: what Conduit asks through the editor.

Its argument says how it speaks of problems: `push` (with versions), `unversioned`, `behind` (for an older version),
`pull` (only when asked).
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

from conduit.lsp.convert import path_from_uri
from conduit.workspace.document import Document
from conduit.workspace.positions import PositionEncoding
from fakes.wire_language import WireLanguage

THINKS_S = 0.3
CAPABILITIES = {
    "textDocumentSync": 1,
    "referencesProvider": True,
    "definitionProvider": True,
    "renameProvider": True,
    "documentSymbolProvider": True,
    "workspaceSymbolProvider": True,
    "codeActionProvider": {"resolveProvider": True},
}


class Server:
    """One client, whole texts."""

    def __init__(self, speaks: str) -> None:
        self.speaks = speaks
        self.documents: dict[str, Document] = {}
        self.language = WireLanguage(Path.cwd(), PositionEncoding.UTF16, lambda: list(self.documents.values()))
        self.writing = threading.Lock()

    def serve(self) -> None:
        while line := sys.stdin.buffer.readline():
            length = int(line.split(b":")[1])
            while sys.stdin.buffer.readline() != b"\r\n":
                pass
            message = json.loads(sys.stdin.buffer.read(length))
            if message.get("method") == "exit":
                return
            result = self.take(message.get("method"), message.get("params") or {})
            if "id" in message:
                self.send({"id": message["id"], "result": result})

    def take(self, method: str, params: dict[str, Any]) -> Any:
        match method:
            case "initialize":
                pull = {"diagnosticProvider": {"interFileDependencies": False, "workspaceDiagnostics": False}}
                return {"capabilities": CAPABILITIES | (pull if self.speaks == "pull" else {})}
            case "textDocument/didOpen":
                item = params["textDocument"]
                uri = item["uri"]
                self.documents[uri] = Document(uri, path_from_uri(uri), "", item["version"], item["text"])
                self.think(uri)
            case "textDocument/didChange":
                uri = params["textDocument"]["uri"]
                self.documents[uri].replace(params["textDocument"]["version"], params["contentChanges"][0]["text"])
                self.think(uri)
            case "textDocument/diagnostic":
                return {"kind": "full", "items": self.problems(params["textDocument"]["uri"])}
            case "textDocument/references" | "textDocument/definition":
                return self.ask(method.partition("/")[2], params)["locations"]
            case "textDocument/rename":
                return self.ask("rename", params)["edit"]
            case "textDocument/documentSymbol" | "workspace/symbol":
                return self.ask("symbols", params)["symbols"]
            case "textDocument/codeAction":
                return [each | {"data": params} for each in self.ask("codeActions", params)["actions"]]
            case "codeAction/resolve":
                resolved = self.ask("codeActions", {**params["data"], "resolve": params["id"]})["actions"]
                return resolved[0]
        return None

    def ask(self, ability: str, params: dict[str, Any]) -> Any:
        return self.language.answer(f"conduit/editor/{ability}", params)

    def problems(self, uri: str) -> Any:
        return self.ask("diagnostics", {"textDocument": {"uri": uri}})["diagnostics"]

    def think(self, uri: str) -> None:
        """Publish problems of this version a while later."""
        if self.speaks != "pull":
            said = {"uri": uri, "diagnostics": self.problems(uri)}
            if self.speaks != "unversioned":
                said["version"] = self.documents[uri].version - (self.speaks == "behind")
            threading.Timer(
                THINKS_S, self.send, [{"method": "textDocument/publishDiagnostics", "params": said}]
            ).start()

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with self.writing:
            sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    Server(sys.argv[1]).serve()
