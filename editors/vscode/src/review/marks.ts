/** The smaller signs that something waits: the status bar, the explorer, a lens that opens the diff, and context keys. */
import * as vscode from 'vscode';
import { INPUT_SCHEME } from '../instructionField';
import type { Diffs } from './diffs';
import type { HunkStore } from './hunks';
import { PROPOSED } from './proposed';
import type { Targets } from './targets';
import { plural } from './counts';
import { summaryOf } from './words';

export function registerMarks(store: HunkStore, targets: Targets, diffs: Diffs): vscode.Disposable[] {
  return [statusItem(store), ...contextKeys(store, targets, diffs), ...lenses(store), ...explorer(store)];
}

function statusItem(store: HunkStore): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('conduit.changes', vscode.StatusBarAlignment.Left, 40);
  item.name = 'Conduit: Proposed Changes';
  item.command = 'conduit.showChanges';
  const show = () => {
    const { all } = store;
    item.text = `$(git-pull-request-draft) ${all.length}`;
    item.tooltip = `${summaryOf(all)}. Click to review.`;
    item.accessibilityInformation = { label: `Conduit: ${summaryOf(all)}` };
    if (all.length > 0) item.show();
    else item.hide();
  };
  show();
  return vscode.Disposable.from(item, store.onChange(show));
}

function contextKeys(store: HunkStore, targets: Targets, diffs: Diffs): vscode.Disposable[] {
  const set = (key: string, value: unknown) => vscode.commands.executeCommand('setContext', `conduit.review.${key}`, value);
  const active = () => {
    const document = vscode.window.activeTextEditor?.document.uri;
    if (document?.scheme === INPUT_SCHEME) return; // The field of an inline edit is in the file that it is about.
    const file = targets.fileOf(document);
    void set('inFile', document?.scheme !== PROPOSED && file !== undefined && store.of(file).length > 0);
    // Several files in one editor, one below the other, are no tab that is known as a diff.
    void set('inDiff', diffs.active || document?.scheme === PROPOSED);
  };
  const all = () => {
    void set('pending', store.all.length);
    void set('files', store.uris.map((uri) => uri.fsPath));
    active();
  };
  all();
  return [
    store.onChange(all),
    vscode.window.onDidChangeActiveTextEditor(active),
    vscode.window.tabGroups.onDidChangeTabs(active),
    vscode.window.tabGroups.onDidChangeTabGroups(active),
  ];
}

/** The server's lenses accept, reject and explain; what opens an editor is the editor's. */
function lenses(store: HunkStore): vscode.Disposable[] {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: (document) => {
      if (document.uri.scheme === PROPOSED) return [];
      return store.of(document.uri).map((hunk) => {
        const line = Math.min(hunk.line, document.lineCount - 1);
        const title = hunk.conflict && hunk.kind === 'edit' ? 'Show both sides' : 'Diff';
        const given = { hunkIds: [hunk.hunkId] };
        return new vscode.CodeLens(new vscode.Range(line, 0, line, 0), {
          title,
          tooltip: 'What is there now beside what is proposed',
          command: 'conduit.openDiff',
          arguments: [given],
        });
      });
    },
  };
  return [changed, store.onChange(() => changed.fire()), vscode.languages.registerCodeLensProvider({ scheme: 'file' }, provider)];
}

function explorer(store: HunkStore): vscode.Disposable[] {
  const changed = new vscode.EventEmitter<undefined>();
  const provider: vscode.FileDecorationProvider = {
    onDidChangeFileDecorations: changed.event,
    provideFileDecoration: (uri) => {
      const count = uri.scheme === PROPOSED ? 0 : store.of(uri).length;
      if (count === 0) return undefined;
      return new vscode.FileDecoration(count > 99 ? '99' : String(count), `${plural(count, 'proposed change')} (Conduit)`);
    },
  };
  return [changed, store.onChange(() => changed.fire(undefined)), vscode.window.registerFileDecorationProvider(provider)];
}
