/** The entry point: makes the server's keeper, registers every part, and then starts the server. */
import * as vscode from 'vscode';
import { registerAbilities } from './abilities';
import { registerActions } from './actions';
import { registerInlineEdit } from './inlineEdit';
import { registerReview } from './review';
import { Supervisor } from './server/supervisor';

let supervisor: Supervisor | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel('Conduit', { log: true });
  const conduit = new Supervisor(context, log);
  supervisor = conduit;
  context.subscriptions.push(log, conduit);
  context.subscriptions.push(vscode.commands.registerCommand('conduit.restartServer', () => conduit.restart()));

  // What answers requests of the server has to be registered before it starts.
  const parts: ((context: vscode.ExtensionContext, conduit: Supervisor) => void)[] = [registerAbilities, registerReview, registerInlineEdit, registerActions];
  for (const register of parts) register(context, conduit);

  void conduit.restart();
}

export async function deactivate(): Promise<void> {
  await supervisor?.stop();
}
