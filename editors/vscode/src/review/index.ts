/** Review: shows what is proposed where it would land, and lets the person decide. */
import * as vscode from 'vscode';
import type { Conduit } from '../conduit';
import { ReviewCommands } from './commands';
import { HunkDecorations } from './decorations';
import { Diffs } from './diffs';
import { HunkStore } from './hunks';
import { registerMarks } from './marks';
import { ProposedDocuments } from './proposed';
import { Targets } from './targets';
import { ChangesTree } from './tree';
import { registerUndo } from './undo';

export function registerReview(context: vscode.ExtensionContext, conduit: Conduit): void {
  const store = new HunkStore(conduit);
  const documents = new ProposedDocuments(conduit, store);
  const diffs = new Diffs(store, documents);
  const targets = new Targets(store, documents);
  context.subscriptions.push(
    store,
    documents,
    diffs,
    new HunkDecorations(store, vscode.Uri.joinPath(context.extensionUri, 'media', 'review')),
    new ChangesTree(conduit, store),
    ...new ReviewCommands(conduit, store, targets, diffs).register(),
    ...registerMarks(store, targets, diffs),
    ...registerUndo(conduit),
  );
}
