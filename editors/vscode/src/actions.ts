/** The commonest code actions as commands: the server is asked what it offers at the cursor, as the light bulb asks it. */
import * as vscode from 'vscode';
import type { Conduit } from './conduit';
import { offer } from './said';

const RUN = 'conduit.action.run';

export function registerActions(context: vscode.ExtensionContext, conduit: Conduit): void {
  const run = (kind: string, otherwise?: string) => {
    if (conduit.state !== 'running') throw new Error(conduit.problem ?? 'The server of Conduit does not run yet.');
    return runAt(documentInFront(), kind, otherwise);
  };
  context.subscriptions.push(
    offer('conduit.fixProblem', () => run('fix', 'No problem is reported at the cursor.')),
    offer('conduit.explainCode', () => run('explain')),
    offer('conduit.writeDocs', () => run('document')),
    offer('conduit.writeTests', () => run('tests')),
    offer('conduit.toggleCompletions', toggleCompletions),
  );
}

interface Offered extends vscode.CodeAction {
  command: vscode.Command & { arguments: [{ kind: string }] };
}

/** The editor that is meant; where there is none, a sentence says what to do. */
function documentInFront(): vscode.TextEditor {
  const editor = vscode.window.activeTextEditor;
  if (!editor) throw new Error('Open a file and put the cursor into the code that you mean.');
  const { uri, isUntitled } = editor.document;
  if (isUntitled) throw new Error('Save this document first: only files of an open folder are worked on.');
  if (uri.scheme !== 'file') throw new Error('This is no file. Open the file and put the cursor into the code that you mean.');
  if (!vscode.workspace.getWorkspaceFolder(uri)) throw new Error('This file is in none of the folders that are open. Open its folder to work on it with Conduit.');
  return editor;
}

async function runAt({ document, selection }: vscode.TextEditor, kind: string, otherwise = 'Conduit offers nothing for this place.'): Promise<void> {
  // A problem is meant from anywhere in its line.
  const line = document.lineAt(selection.active.line).range;
  const range = kind === 'fix' && selection.isEmpty ? line : selection;
  const found = await vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', document.uri, range);
  const offered = found.filter((each): each is Offered => isOffered(each, kind));
  if (offered.length === 0) throw new Error(otherwise);
  const picked = offered.length === 1 ? offered[0] : await pick(offered);
  if (picked) await vscode.commands.executeCommand(RUN, ...picked.command.arguments);
}

function isOffered(action: vscode.CodeAction, kind: string): boolean {
  const { command } = action;
  return command?.command === RUN && (command.arguments?.[0] as { kind?: string } | undefined)?.kind === kind;
}

async function pick(offered: Offered[]): Promise<Offered | undefined> {
  const items = offered.map((action) => ({ label: action.diagnostics?.[0]?.message ?? action.title, action }));
  return (await vscode.window.showQuickPick(items, { title: 'Conduit: which problem?' }))?.action;
}

/** Switches inline completions off, or back to what they were. */
async function toggleCompletions(): Promise<void> {
  const settings = vscode.workspace.getConfiguration('conduit.completions');
  const inspected = settings.inspect<string>('enabled');
  const isOff = settings.get<string>('enabled') === 'off';
  const fallback = inspected?.defaultValue === 'off' ? 'local' : undefined;
  await settings.update('enabled', isOff ? fallback : 'off', vscode.ConfigurationTarget.Global);
  const now = vscode.workspace.getConfiguration('conduit.completions').get<string>('enabled');
  const sentence = now === 'off' ? 'off' : now === 'on' ? 'on' : 'on, with models that cost nothing';
  vscode.window.setStatusBarMessage(`$(sparkle) Conduit: inline completions are ${sentence}`, 6000);
}
