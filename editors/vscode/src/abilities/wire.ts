/** VS Code's values in the shapes of LSP. Both count columns in UTF-16 units. */
import * as vscode from 'vscode';
import type { WirePosition, WireRange } from '../protocol';

export const toPosition = ({ line, character }: WirePosition) => new vscode.Position(line, character);
export const toRange = ({ start, end }: WireRange) => new vscode.Range(toPosition(start), toPosition(end));

export function fromRange({ start, end }: vscode.Range): WireRange {
  return {
    start: { line: start.line, character: start.character },
    end: { line: end.line, character: end.character },
  };
}

export function fromLocation(found: vscode.Location | vscode.LocationLink): { uri: string; range: WireRange } {
  if ('targetUri' in found) {
    return { uri: found.targetUri.toString(), range: fromRange(found.targetSelectionRange ?? found.targetRange) };
  }
  return { uri: found.uri.toString(), range: fromRange(found.range) };
}

/** LSP's kinds of symbols begin with 1, those of VS Code with 0. */
const FIRST_KIND = 1;

export function fromSymbol(symbol: vscode.DocumentSymbol | vscode.SymbolInformation): Record<string, unknown> {
  const { name } = symbol;
  const kind = symbol.kind + FIRST_KIND;
  // What the command returns for a document has the fields of both; children are only in the former.
  if ('children' in symbol && symbol.children) {
    return { name, kind, selectionRange: fromRange(symbol.selectionRange), children: symbol.children.map(fromSymbol) };
  }
  const { containerName, location } = symbol as vscode.SymbolInformation;
  return { name, kind, containerName: containerName || undefined, location: fromLocation(location) };
}

export function fromDiagnostic(diagnostic: vscode.Diagnostic): Record<string, unknown> {
  const code = typeof diagnostic.code === 'object' ? diagnostic.code.value : diagnostic.code;
  return {
    range: fromRange(diagnostic.range),
    message: diagnostic.message,
    severity: diagnostic.severity + 1,
    source: diagnostic.source,
    code,
  };
}

/** Returns an edit of open documents for the versions that they have now; nothing when there is nothing in it. */
export function fromEdit(edit: vscode.WorkspaceEdit | undefined): Record<string, unknown> | null {
  if (!edit || edit.size === 0) return null;
  const entries = edit.entries();
  if (entries.length !== edit.size) {
    throw new Error('The edit creates, moves or deletes files too, and VS Code does not tell an extension which');
  }
  const documentChanges = entries.map(([uri, edits]) => ({
    textDocument: { uri: uri.toString(), version: versionOf(uri) ?? null },
    edits: edits.map(({ range, newText }) => ({ range: fromRange(range), newText })),
  }));
  return { documentChanges };
}

export function versionOf(uri: vscode.Uri): number | undefined {
  return openDocument(uri)?.version;
}

export function openDocument(uri: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
}
