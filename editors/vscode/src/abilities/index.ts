/** What Conduit may ask of the other extensions in this window: the requests `conduit/editor/*`. */
import * as vscode from 'vscode';
import type { Conduit } from '../conduit';
import type { VersionedDocument } from '../protocol';
import { OtherActions } from './actions';
import { Findings } from './diagnostics';
import { openDiffs } from './openDiff';
import { fromEdit, fromLocation, fromSymbol, openDocument, toPosition } from './wire';

type Places = (vscode.Location | vscode.LocationLink)[] | undefined;
type Symbols = (vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined;

export function registerAbilities(context: vscode.ExtensionContext, conduit: Conduit): void {
  const findings = new Findings();
  const actions = new OtherActions();
  const diffs = openDiffs();
  const { executeCommand } = vscode.commands;
  context.subscriptions.push(
    findings,
    diffs,
    conduit.handle('conduit/editor/save', ({ textDocument }) => save(textDocument)),
    conduit.handle('conduit/editor/diagnostics', (params, token) => findings.of(params, token)),
    conduit.handle('conduit/editor/definition', async ({ textDocument, position }) => {
      const { uri, version } = await opened(textDocument);
      const found = await executeCommand<Places>('vscode.executeDefinitionProvider', uri, toPosition(position));
      return { version, locations: (found ?? []).map(fromLocation) };
    }),
    conduit.handle('conduit/editor/references', async ({ textDocument, position, context: wanted }) => {
      const { uri, version } = await opened(textDocument);
      const at = toPosition(position);
      let found = ((await executeCommand<Places>('vscode.executeReferenceProvider', uri, at)) ?? []).map(fromLocation);
      if (!wanted.includeDeclaration) {
        // The command always includes it.
        const known = (await executeCommand<Places>('vscode.executeDefinitionProvider', uri, at)) ?? [];
        const declared = new Set(known.map((each) => JSON.stringify(fromLocation(each))));
        found = found.filter((each) => !declared.has(JSON.stringify(each)));
      }
      return { version, locations: found };
    }),
    conduit.handle('conduit/editor/rename', async ({ textDocument, position, newName }) => {
      const { uri, version } = await opened(textDocument);
      const command = 'vscode.executeDocumentRenameProvider';
      const edit = await executeCommand<vscode.WorkspaceEdit | undefined>(command, uri, toPosition(position), newName);
      return { version, edit: fromEdit(edit) };
    }),
    conduit.handle('conduit/editor/symbols', async ({ textDocument, query }) => {
      if (!textDocument) {
        const found = await executeCommand<Symbols>('vscode.executeWorkspaceSymbolProvider', query ?? '');
        return { symbols: (found ?? []).map(fromSymbol) };
      }
      const { uri, version } = await opened(textDocument);
      const found = await executeCommand<Symbols>('vscode.executeDocumentSymbolProvider', uri);
      return { version, symbols: (found ?? []).map(fromSymbol) };
    }),
    conduit.handle('conduit/editor/codeActions', async (params) => actions.of(params, await opened(params.textDocument))),
    conduit.handle('conduit/editor/terminalSelection', async () => ({ text: await terminalSelection() })),
    conduit.handle('conduit/editor/openDiff', (params) => diffs.open(params)),
  );
}

/** The document of a question; one that is not open is opened, without a tab. Its version is read before asking. */
async function opened({ uri, version }: VersionedDocument): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  if (version !== undefined && version !== null && document.version !== version) {
    throw new Error(`${vscode.workspace.asRelativePath(document.uri)} was changed meanwhile`);
  }
  return document;
}

async function save({ uri, version }: VersionedDocument) {
  const document = openDocument(vscode.Uri.parse(uri));
  if (!document) return { saved: false, reason: 'it is not open' };
  if (document.isUntitled) return { saved: false, version: document.version, reason: 'it has no file yet' };
  if (document.version !== version) return { saved: false, version: document.version, reason: 'it was changed meanwhile' };
  await document.save();
  const saved = !document.isDirty;
  return { saved, version: document.version, reason: saved ? undefined : 'VS Code could not save it' };
}

/** Only the clipboard tells an extension what is selected in a terminal; it gets back what was in it. */
async function terminalSelection(): Promise<string> {
  if (!vscode.window.activeTerminal) return '';
  const { clipboard } = vscode.env;
  const before = await clipboard.readText();
  try {
    await clipboard.writeText('');
    await vscode.commands.executeCommand('workbench.action.terminal.copySelection');
    return await clipboard.readText();
  } finally {
    await clipboard.writeText(before);
  }
}
