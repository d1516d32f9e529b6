/** Tells the person what is wrong with the server, with a button for each thing that helps. Said once, not at every restart. */
import * as vscode from 'vscode';
import { onSelectedPython, runners, selectedPython, type Source } from './find';
import { makeEnvironment } from './managed';
import type { Supervisor } from './supervisor';

interface Button {
  title: string;
  act: () => unknown;
}

export function registerProblems(context: vscode.ExtensionContext, conduit: Supervisor): void {
  let told: string | undefined;
  const python = onSelectedPython(() => conduit.failure === 'missing' && void conduit.restart());
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
      if (state !== 'failed' || told === conduit.problem) return;
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
  const log = { title: 'Show Log', act: () => conduit.log.show() };
  const collect = { title: 'Collect Logs', act: () => vscode.commands.executeCommand('conduit.collectLogs') };
  switch (conduit.failure) {
    case 'missing':
      return [install, ...runners().map((name) => ({ title: `Run with ${name}`, act: () => setSource(name) })), choose];
    case 'mismatch':
      return [install, choose, log];
    case 'crashed':
      return [restart, log, collect];
    default:
      return [restart, log, choose];
  }
}

async function installServer(context: vscode.ExtensionContext, conduit: Supervisor): Promise<void> {
  const python = await selectedPython(conduit.log);
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
  const configuration = vscode.workspace.getConfiguration('conduit');
  const named = configuration.get<string>('server.path', '') !== '';
  const source = configuration.get<Source>('server.source', 'auto');
  const hidden = source !== 'managed' && (conduit.failure === 'mismatch' || source !== 'auto');
  if (named) await configuration.update('server.path', undefined, vscode.ConfigurationTarget.Global);
  if (hidden) await setSource('managed');
  if (!named && !hidden) await conduit.restart(); // A changed setting does that by itself.
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
