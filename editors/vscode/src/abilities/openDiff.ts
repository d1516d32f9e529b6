/** Two states of a file beside each other, of which neither need be on disk. */
import * as vscode from 'vscode';
import type { OpenDiffParams, OpenDiffResult } from '../protocol';
import { quiet } from '../quiet';

const SCHEME = 'conduit-state';

export interface OpenDiffs extends vscode.Disposable {
  open(params: OpenDiffParams): Promise<OpenDiffResult>;
}

/** Provides the documents of such diffs until they are closed. */
export function openDiffs(): OpenDiffs {
  const texts = new Map<string, string>();
  let number = 0;
  const keep = (path: string, side: string, text: string): vscode.Uri => {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: quiet(path), query: `${number}-${side}` });
    texts.set(uri.toString(), text);
    return uri;
  };
  const registered = vscode.Disposable.from(
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? '',
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => texts.delete(uri.toString())),
  );
  return {
    dispose: () => registered.dispose(),
    async open({ title, uri, before, after }) {
      number += 1;
      const { path } = vscode.Uri.parse(uri);
      const [left, right] = [keep(path, 'before', before), keep(path, 'after', after)];
      await vscode.commands.executeCommand('vscode.diff', left, right, title, { preview: true });
      return { opened: true };
    },
  };
}
