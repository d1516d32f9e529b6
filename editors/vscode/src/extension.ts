/** The entry point: makes the server's keeper, registers every part, and then starts the server. */
import * as vscode from 'vscode';
import { registerAbilities } from './abilities';
import { registerActions } from './actions';
import { registerChat } from './chat/chat';
import { registerInlineEdit } from './inlineEdit';
import { registerKeys } from './keys';
import { CHANNEL, registerLogs } from './logs';
import { registerModels } from './models';
import { registerReview } from './review';
import { registerProblems } from './server/problems';
import { Supervisor } from './server/supervisor';
import { registerStatus } from './status';

/** What answers requests of the server is registered before it starts: it is told then what this editor can do. */
const PARTS: ((context: vscode.ExtensionContext, conduit: Supervisor) => void)[] = [
  registerProblems,
  registerStatus,
  registerModels,
  registerKeys,
  registerLogs,
  registerAbilities,
  registerReview,
  registerInlineEdit,
  registerActions,
  registerChat,
];

let supervisor: Supervisor | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel(CHANNEL, { log: true });
  const conduit = new Supervisor(context, log);
  supervisor = conduit;
  context.subscriptions.push(log, conduit);
  for (const register of PARTS) register(context, conduit);
  void conduit.restart();
}

export async function deactivate(): Promise<void> {
  await supervisor?.stop();
}
