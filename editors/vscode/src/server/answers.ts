/** Answers that the server has written into a file, such as an explanation: shown as they read, not as Markdown's source. */
import * as vscode from 'vscode';
import type { ShowDocumentParams, WindowMiddleware } from 'vscode-languageclient/node';

const ANSWER = /\/answers\/[^/]+\.md$/;

export const SHOWING: WindowMiddleware = {
  showDocument: async (params, token, next) => ((await rendered(params)) ? { success: true } : next(params, token)),
};

/** Says whether the document is an answer and is shown. */
async function rendered({ uri, external, selection }: ShowDocumentParams): Promise<boolean> {
  const file = vscode.Uri.parse(uri);
  if (external || selection || !ANSWER.test(file.path)) return false;
  try {
    await vscode.commands.executeCommand('markdown.showPreview', file);
    return true;
  } catch {
    return false; // VS Code's own extension for Markdown is switched off.
  }
}
