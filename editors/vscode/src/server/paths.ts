/** Paths that a person wrote into a setting, and whether a file is there. */
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import * as vscode from 'vscode';

/** Returns a path with its `~` and `${workspaceFolder}` filled in. */
export function expand(path: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  return path.replace(/^~(?=$|[/\\])/, homedir()).replaceAll('${workspaceFolder}', folder);
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
