/** Which hunks a command means: those that it was given, those of a row of the tree or of a file, or those at the cursor. */
import * as vscode from 'vscode';
import type { HunkLine } from '../protocol';
import type { HunkStore } from './hunks';
import { PROPOSED, type ProposedDocuments } from './proposed';

/** What a link, a lens, a menu or the tree hands over; menus of an editor hand over its URI. */
export type Given = { hunkIds?: string[]; hunks?: readonly HunkLine[] } | vscode.Uri | undefined;

export class Targets {
  constructor(
    private readonly store: HunkStore,
    private readonly documents: ProposedDocuments,
  ) {}

  /** The hunks that were given, else those that the selection of the active editor touches. */
  async hunks(given: Given): Promise<HunkLine[]> {
    const ids = idsOf(given);
    return ids ? this.store.all.filter((hunk) => ids.includes(hunk.hunkId)) : this.atCursor();
  }

  /** All hunks of the file that was given, else of the active one. */
  async file(given: Given): Promise<HunkLine[]> {
    const row = given instanceof vscode.Uri ? undefined : given?.hunks?.[0];
    const uri = given instanceof vscode.Uri ? given : row && vscode.Uri.parse(row.uri);
    const file = this.fileOf(uri ?? vscode.window.activeTextEditor?.document.uri);
    return file ? [...(await this.store.fresh(file))] : [];
  }

  /** The file that a document is or is about. */
  fileOf(uri: vscode.Uri | undefined): vscode.Uri | undefined {
    return uri?.scheme === PROPOSED ? this.documents.fileOf(uri) : uri;
  }

  private async atCursor(): Promise<HunkLine[]> {
    const editor = vscode.window.activeTextEditor;
    if (!editor) return [];
    const { start, end } = editor.selection;
    const lines = await this.linesIn(editor.document.uri);
    const found = lines.filter(({ first, last }) => first <= end.line && last >= start.line);
    if (found.length > 0) return found.map((each) => each.hunk);
    // The text of an insertion is shown on the line before it.
    return lines
      .filter(({ hunk, first }) => hunk.oldText === '' && editor.selection.isEmpty && first === end.line + 1)
      .map((each) => each.hunk);
  }

  /** The hunks of a document, with the first and the last line of each in it. */
  async linesIn(uri: vscode.Uri): Promise<{ hunk: HunkLine; first: number; last: number }[]> {
    if (uri.scheme !== PROPOSED) {
      const hunks = await this.store.fresh(uri);
      return hunks.map((hunk) => ({ hunk, first: hunk.line, last: Math.max(hunk.line, hunk.endLine - 1) }));
    }
    const places = await this.documents.placesIn(uri);
    return places.flatMap((place) => {
      const hunk = this.store.find(place.hunkId);
      return hunk ? [{ hunk, first: place.line, last: Math.max(place.line, place.endLine - 1) }] : [];
    });
  }
}

/** The ids that a command was given; none when it means what is at the cursor. */
export function idsOf(given: Given): string[] | undefined {
  if (given instanceof vscode.Uri) return undefined;
  return given?.hunkIds ?? given?.hunks?.map((hunk) => hunk.hunkId);
}
