/** Files by the names that the server gives them, and the editor that was used last. */
import * as vscode from 'vscode';

/** The editor that had the focus last: while the chat has it, none is active. */
export class LastEditor implements vscode.Disposable {
  private last = vscode.window.activeTextEditor;
  private readonly disposable = vscode.window.onDidChangeActiveTextEditor((editor) => {
    if (editor !== undefined) this.last = editor;
  });

  get(): vscode.TextEditor | undefined {
    const active = vscode.window.activeTextEditor;
    if (active !== undefined) return active;
    return vscode.window.visibleTextEditors.find((each) => each === this.last || each.document === this.last?.document);
  }

  dispose(): void {
    this.disposable.dispose();
  }
}

/**
 * Returns a place as the extension and the server know it: they run where the files are, and what the window calls
 * `vscode-remote` (it says so of what is dropped on the chat's page) is a file there.
 */
export function here(uri: vscode.Uri): vscode.Uri {
  return uri.scheme === 'vscode-remote' ? vscode.Uri.file(uri.path) : uri;
}

/** Returns where a file is, by URI, absolute path or name in the workspace; undefined when there is none. */
export async function find(name: string): Promise<vscode.Uri | undefined> {
  for (const uri of candidates(name)) {
    const there = await vscode.workspace.fs.stat(uri).then(() => true, () => uri.scheme === 'untitled');
    if (there) return uri;
  }
  return undefined;
}

function candidates(name: string): vscode.Uri[] {
  if (/^[a-z][\w+.-]+:/i.test(name)) return [vscode.Uri.parse(name, true)];
  const folders = vscode.workspace.workspaceFolders ?? [];
  const first = folders[0]?.uri;
  if (name.startsWith('/') || /^[a-z]:[\\/]/i.test(name)) return [first?.with({ path: name }) ?? vscode.Uri.file(name)];
  // With several folders, a name begins with that of its folder.
  const named = folders.filter((each) => name.startsWith(`${each.name}/`)).map((each) => vscode.Uri.joinPath(each.uri, name.slice(each.name.length + 1)));
  return [...named, ...folders.map((each) => vscode.Uri.joinPath(each.uri, name))];
}

/** Opens a file; `line` is zero-based, and so are the lines of a fragment `L3-L9`. */
export async function openFile(name: string, line?: number): Promise<void> {
  const uri = await find(name);
  if (uri === undefined) {
    void vscode.window.showWarningMessage(`${name} is not there.`);
    return;
  }
  const fragment = /^L(\d+)(?:-L(\d+))?$/.exec(uri.fragment);
  const first = line ?? (fragment ? Number(fragment[1]) - 1 : undefined);
  const last = fragment?.[2] ? Number(fragment[2]) : undefined;
  const selection = first === undefined ? undefined : new vscode.Range(first, 0, last ?? first, 0);
  const type = await vscode.workspace.fs.stat(uri.with({ fragment: '' })).then((stat) => stat.type, () => vscode.FileType.File);
  if (type & vscode.FileType.Directory) await vscode.commands.executeCommand('revealInExplorer', uri);
  else await vscode.commands.executeCommand('vscode.open', uri.with({ fragment: '' }), { selection, preview: true });
}
