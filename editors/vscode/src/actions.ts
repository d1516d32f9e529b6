/** The commonest code actions as commands: the server is asked what it offers at the cursor, as the light bulb asks it. */
import * as vscode from 'vscode';
import { offer } from './said';

const RUN = 'conduit.action.run';

export function registerActions(context: vscode.ExtensionContext): void {
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

async function run(kind: string, otherwise = 'Conduit offers nothing for this place.'): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) throw new Error('Open a file first.');
  const { document, selection } = editor;
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
