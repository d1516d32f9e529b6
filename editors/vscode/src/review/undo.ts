/** Undo and redo of a turn: first what would come back and what stays, then the deed. */
import * as vscode from 'vscode';
import type { Conduit } from '../conduit';
import type { UndoneFile, UndoResult } from '../protocol';
import { offer } from '../said';
import { plural } from './counts';

const SHOW = 'Show Changes';

/** Which turn; without one it is the newest that has something to undo, or the last undo to redo. */
export interface Turn {
  sessionId?: string;
  turnId?: string;
}

export function registerUndo(conduit: Conduit): vscode.Disposable[] {
  return [
    offer('conduit.undoTurn', (turn?: Turn) => run(conduit, 'undo', turn)),
    offer('conduit.redoTurn', (turn?: Turn) => run(conduit, 'redo', turn)),
  ];
}

async function run(conduit: Conduit, cause: 'undo' | 'redo', turn?: Turn): Promise<UndoResult | undefined> {
  const method = `conduit/session/${cause}` as const;
  const wanted = { sessionId: turn?.sessionId, turnId: turn?.turnId };
  const preview = await conduit.request(method, { ...wanted, preview: true });
  const verb = cause === 'undo' ? 'Undo Turn' : 'Redo Turn';
  const detail = preview.files.map((file) => describe(file, cause)).join('\n');
  const paths = preview.files.filter((file) => file.action !== 'none').map((file) => file.path);
  const buttons = paths.length > 0 ? [verb, SHOW] : [verb];
  const picked = await vscode.window.showInformationMessage(questionOf(cause, preview), { modal: true, detail }, ...buttons);
  if (picked === SHOW) await show(conduit, preview, paths);
  if (picked !== verb) return undefined;
  const { sessionId, turnId } = preview;
  const result = await conduit.request(method, { sessionId, turnId });
  vscode.window.setStatusBarMessage(`$(check) ${result.message}`, 8000);
  return result;
}

/** Shows what the turn changed in one of its files. */
async function show(conduit: Conduit, { sessionId, turnId }: UndoResult, paths: string[]): Promise<void> {
  const path = paths.length === 1 ? paths[0] : await vscode.window.showQuickPick(paths, { title: 'Show what the turn changed in' });
  if (path !== undefined) await conduit.request('conduit/session/diff', { sessionId, turnId, path });
}

function questionOf(cause: 'undo' | 'redo', { files }: UndoResult): string {
  const concerned = files.filter((file) => file.action !== 'none').length;
  const what = `what this turn changed in ${plural(concerned, 'file')}`;
  return cause === 'undo' ? `Take back ${what}?` : `Make ${what} again?`;
}

const DEEDS = { create: 'comes back', delete: 'is deleted', move: 'goes to', edit: '', none: 'stays as it is' };

/** One file of the preview: what becomes of it, and what of it stays. */
function describe(file: UndoneFile, cause: 'undo' | 'redo'): string {
  const change = cause === 'undo' ? 'back as before' : 'changed again';
  const deed = file.action === 'edit' ? `${plural(file.lines, 'line')} ${change}` : DEEDS[file.action];
  const parts = [file.action === 'move' ? `${deed} ${file.newPath}` : deed];
  if (file.since > 0) parts.push(`${plural(file.since, 'line')} of yours since then stay`);
  const kept = file.kept.map(({ start, end }) => (end > start + 1 ? `${start + 1}–${end}` : `${start + 1}`));
  if (kept.length > 0) parts.push(`kept, since they were changed later: line ${kept.join(', ')}`);
  return [`${file.path}: ${parts.join('; ')}`, ...file.problems.map((problem) => `    ${problem}`)].join('\n');
}
