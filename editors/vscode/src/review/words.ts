/** Hunks in words: what the tree, the hovers and the messages say of them. */
import * as vscode from 'vscode';
import type { HunkLine } from '../protocol';
import { linesOf, plural } from './counts';

/** `3 proposed changes in 2 files`. */
export function summaryOf(hunks: readonly HunkLine[]): string {
  const files = new Set(hunks.map((hunk) => hunk.uri)).size;
  return `${plural(hunks.length, 'proposed change')} in ${plural(files, 'file')}`;
}

/** One line that lets a hunk be known among others of its file. */
export function titleOf(hunk: HunkLine): string {
  if (hunk.kind === 'delete') return 'Delete the file';
  if (hunk.kind === 'move') return `Move to ${nameOf(vscode.Uri.parse(hunk.movedTo ?? hunk.uri))}`;
  if (hunk.kind === 'create') return hunk.conflict ? 'Replace the file' : 'Create the file';
  const lines = [...linesOf(hunk.newText), ...linesOf(hunk.oldText)];
  return lines.map((line) => line.trim()).find((line) => /\w/.test(line)) ?? 'Blank lines';
}

export function nameOf(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri);
}

/** The change as a hover shows it; of a conflict, all three sides. */
export function hoverOf(hunk: HunkLine, languageId: string): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', true);
  text.isTrusted = { enabledCommands: ['conduit.acceptHunk', 'conduit.rejectHunk', 'conduit.openDiff'] };
  const link = (title: string, command: string) =>
    `[${title}](command:${command}?${encodeURIComponent(JSON.stringify([{ hunkIds: [hunk.hunkId] }]))})`;
  if (hunk.kind === 'delete' || hunk.kind === 'move') text.appendMarkdown(`**Conduit proposes:** ${escaped(titleOf(hunk))}\n\n`);
  else if (hunk.conflict) {
    text.appendMarkdown('**You changed these lines meanwhile.** It was to replace:\n');
    text.appendCodeblock(shortened(hunk.wasText ?? ''), languageId);
    text.appendMarkdown('You have now:\n');
    text.appendCodeblock(shortened(hunk.oldText), languageId);
    text.appendMarkdown('Conduit proposes:\n');
    text.appendCodeblock(shortened(hunk.newText), languageId);
  } else text.appendCodeblock(shortened(diffOf(hunk)), 'diff');
  if (hunk.note) text.appendMarkdown(`\n$(shield) The file ${escaped(hunk.note)}.\n\n`);
  text.appendMarkdown(
    [
      link('$(check) Accept', 'conduit.acceptHunk'),
      link('$(discard) Reject', 'conduit.rejectHunk'),
      link('$(diff) Diff', 'conduit.openDiff'),
    ].join(' &nbsp; '),
  );
  return text;
}

/** Removed and added lines with their signs, as in a unified diff. */
function diffOf(hunk: HunkLine): string {
  const lines = [
    ...linesOf(hunk.oldText).map((line) => `-${line}`),
    ...linesOf(hunk.newText).map((line) => `+${line}`),
  ];
  return lines.join('\n');
}

const MOST_HOVER_LINES = 60;

function shortened(text: string): string {
  const lines = linesOf(text);
  if (lines.length <= MOST_HOVER_LINES) return lines.join('\n');
  return [...lines.slice(0, MOST_HOVER_LINES), `… ${lines.length - MOST_HOVER_LINES} more lines`].join('\n');
}

function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!<>|~]/g, '\\$&');
}
