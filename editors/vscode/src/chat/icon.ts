/** The icon where the editor does not colour it by itself. */
import * as vscode from 'vscode';

export function iconOf(context: vscode.ExtensionContext): { light: vscode.Uri; dark: vscode.Uri } {
  const at = (name: string) => vscode.Uri.joinPath(context.extensionUri, 'media', name);
  return { light: at('conduit-light.svg'), dark: at('conduit-dark.svg') };
}
