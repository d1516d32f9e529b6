/** Tells the person what is wrong with the server, with a button for each thing that helps. Said once, not at every restart. */
import * as vscode from 'vscode';
import { runners, type Source } from './find';
import { makeEnvironment } from './managed';
import { onSelectedPython, selectedPython } from './python';
import type { Supervisor } from './supervisor';

interface Button {
  title: string;
  act: () => unknown;
}

export function registerProblems(context: vscode.ExtensionContext, conduit: Supervisor): void {
  let told: string | undefined;
  const python = onSelectedPython(conduit.onState, () => void conduit.lookAgain());
  context.subscriptions.push(
    python,
    vscode.commands.registerCommand('conduit.restartServer', () => conduit.restart()),
    vscode.commands.registerCommand('conduit.installServer', () => installServer(context, conduit)),
    vscode.commands.registerCommand('conduit.chooseServer', () => chooseServer()),
    vscode.commands.registerCommand('conduit.showLog', () => conduit.log.show()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('conduit.server')) void conduit.restart();
    }),
    conduit.onState((state) => {
      if (state === 'running') told = undefined;
      if (state !== 'failed' || told === conduit.problem || conduit.failure === 'cancelled') return;
      told = conduit.problem;
      void tell(conduit);
    }),
  );
}

async function tell(conduit: Supervisor): Promise<void> {
  const buttons = helpFor(conduit);
  const say = conduit.failure === 'missing' ? vscode.window.showWarningMessage : vscode.window.showErrorMessage;
  const chosen = await say(conduit.problem ?? 'Conduit’s server does not run.', ...buttons.map((each) => each.title));
  await buttons.find((each) => each.title === chosen)?.act();
}

/** Returns what can be done about the failure. */
export function helpFor(conduit: Supervisor): Button[] {
  const install = { title: 'Install Server', act: () => vscode.commands.executeCommand('conduit.installServer') };
  const choose = { title: 'Choose Program…', act: () => vscode.commands.executeCommand('conduit.chooseServer') };
  const restart = { title: 'Restart', act: () => conduit.restart() };
  const again = { title: 'Try Again', act: () => conduit.restart() };
  const copy = { title: 'Copy Command', act: () => vscode.env.clipboard.writeText(conduit.remedy ?? '') };
  const log = { title: 'Show Log', act: () => conduit.log.show() };
  const collect = { title: 'Collect Logs', act: () => vscode.commands.executeCommand('conduit.collectLogs') };
  switch (conduit.failure) {
    case 'missing':
      return [install, ...runners().map((name) => ({ title: `Run with ${name}`, act: () => setSource(name) })), choose];
    case 'mismatch':
      return [install, conduit.remedy ? copy : log, choose];
    case 'unfetched':
      return [again, install, choose, log];
    case 'cancelled':
      return [again, install, choose];
    case 'crashed':
      return [restart, log, collect];
    default:
      return [restart, install, choose, log];
  }
}

async function installServer(context: vscode.ExtensionContext, conduit: Supervisor): Promise<void> {
  const python = await selectedPython(conduit.log, true);
  try {
    await makeEnvironment(context, conduit.log, python ? [python] : []);
  } catch (error) {
    if (error instanceof vscode.CancellationError) return;
    const sentence = error instanceof Error ? error.message : String(error);
    const chosen = await vscode.window.showErrorMessage(`The server could not be installed. ${sentence}`, 'Try Again', 'Show Log');
    if (chosen === 'Try Again') await installServer(context, conduit);
    if (chosen === 'Show Log') conduit.log.show();
    return;
  }
  await useInstalled(conduit);
}

/** Starts what was installed, also where a setting or a server that comes first would hide it. */
async function useInstalled(conduit: Supervisor): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('conduit');
  const source = configuration.get<Source>('server.source', 'auto');
  const first = source === 'managed' || (source === 'auto' && conduit.failure === 'missing');
  const named = configuration.inspect<string>('server.path')?.globalValue;
  if (named) await configuration.update('server.path', undefined, vscode.ConfigurationTarget.Global);
  if (!first) await setSource('managed');
  if (!named && first) await conduit.restart(); // A changed setting does that by itself.
  if (!vscode.workspace.getConfiguration('conduit').get('server.path')) return;
  const choice = await vscode.window.showWarningMessage(
    'The server is installed, but this workspace’s setting conduit.server.path names another program.',
    'Open Settings',
  );
  if (choice) await vscode.commands.executeCommand('workbench.action.openWorkspaceSettings', { query: 'conduit.server.path' });
}

async function chooseServer(): Promise<void> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: 'Conduit: the program “conduit”',
      openLabel: 'Use',
      canSelectMany: false,
    })) ?? [];
  if (!file) return;
  await vscode.workspace.getConfiguration('conduit').update('server.path', file.fsPath, vscode.ConfigurationTarget.Global);
}

async function setSource(source: Source): Promise<void> {
  await vscode.workspace.getConfiguration('conduit').update('server.source', source, vscode.ConfigurationTarget.Global);
}
