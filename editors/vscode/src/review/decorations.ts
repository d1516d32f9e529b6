/** Shows pending hunks where they would land: the lines they replace tinted, the proposed ones beside them. */
import * as vscode from 'vscode';
import type { HunkLine } from '../protocol';
import type { HunkStore } from './hunks';
import { hoverOf, linesOf, plural } from './words';

/** A proposed line is cut there; the hover and the diff have all of it. */
const MOST_CHARACTERS = 160;
/** Beside longer lines the proposal begins right after them, so that it stays in sight. */
const WIDEST_COLUMN = 72;

/** Of lines that come in between, so many are shown, one after the other. */
const MOST_INSERTED = 3;

type Look = 'edit' | 'insert' | 'remove' | 'conflict';

export class HunkDecorations implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private readonly replaced: vscode.TextEditorDecorationType;
  private readonly contested: vscode.TextEditorDecorationType;
  private readonly insertion: vscode.TextEditorDecorationType;
  private readonly proposed: vscode.TextEditorDecorationType;
  private readonly gutters: Record<Look, vscode.TextEditorDecorationType>;

  constructor(
    private readonly store: HunkStore,
    media: vscode.Uri,
  ) {
    const { createTextEditorDecorationType: create } = vscode.window;
    const color = (id: string) => new vscode.ThemeColor(id);
    this.replaced = create({
      backgroundColor: color('diffEditor.removedTextBackground'),
      overviewRulerColor: color('conduit.proposedForeground'),
      overviewRulerLane: vscode.OverviewRulerLane.Left,
    });
    this.contested = create({
      backgroundColor: color('conduit.conflictBackground'),
      overviewRulerColor: color('editorWarning.foreground'),
      overviewRulerLane: vscode.OverviewRulerLane.Left,
    });
    this.insertion = create({
      isWholeLine: true,
      borderColor: color('conduit.proposedForeground'),
      borderStyle: 'solid',
      borderWidth: '1px 0 0 0',
      overviewRulerColor: color('conduit.proposedForeground'),
      overviewRulerLane: vscode.OverviewRulerLane.Left,
    });
    this.proposed = create({ rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen });
    const gutter = (look: Look) =>
      create({ gutterIconPath: vscode.Uri.joinPath(media, `${look}.svg`), gutterIconSize: 'contain' });
    this.gutters = {
      edit: gutter('edit'),
      insert: gutter('insert'),
      remove: gutter('remove'),
      conflict: gutter('conflict'),
    };
    this.disposables.push(
      ...this.types,
      store.onChange(() => this.show()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.show()),
    );
    this.show();
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
  }

  private get types(): vscode.TextEditorDecorationType[] {
    return [this.replaced, this.contested, this.insertion, this.proposed, ...Object.values(this.gutters)];
  }

  private show(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      // A side of a diff shows the difference itself, and has no column of its own.
      const hunks = editor.viewColumn === undefined ? [] : this.store.of(editor.document.uri);
      this.decorate(editor, hunks);
    }
  }

  private decorate(editor: vscode.TextEditor, hunks: readonly HunkLine[]): void {
    const shown = new Map<vscode.TextEditorDecorationType, vscode.DecorationOptions[]>();
    const add = (type: vscode.TextEditorDecorationType, options: vscode.DecorationOptions) =>
      shown.set(type, [...(shown.get(type) ?? []), options]);
    for (const hunk of hunks) {
      const { document } = editor;
      const last = document.lineCount - 1;
      const first = Math.min(hunk.line, last);
      const end = Math.min(Math.max(hunk.endLine - 1, first), last);
      const range = new vscode.Range(first, 0, end, document.lineAt(end).text.length);
      const look = lookOf(hunk);
      const hoverMessage = hoverOf(hunk, document.languageId);
      const lines = look === 'insert' ? this.insertion : hunk.conflict ? this.contested : this.replaced;
      if (hunk.kind !== 'move') {
        const whole = look === 'insert' ? range.with({ end: range.start }) : range;
        add(lines, { range: whole, hoverMessage });
      }
      add(this.gutters[look], { range: new vscode.Range(first, 0, first, 0), hoverMessage });
      for (const options of ghosts(editor, hunk)) add(this.proposed, { ...options, hoverMessage });
    }
    for (const type of this.types) editor.setDecorations(type, shown.get(type) ?? []);
  }
}

function lookOf(hunk: HunkLine): Look {
  if (hunk.conflict) return 'conflict';
  if (hunk.kind !== 'edit') return hunk.kind === 'delete' ? 'remove' : 'edit';
  if (hunk.oldText === '') return 'insert';
  return hunk.newText === '' ? 'remove' : 'edit';
}

/** The proposed lines, each beside the line that it replaces, in a column of their own; what has no line is counted. */
function ghosts(editor: vscode.TextEditor, hunk: HunkLine): vscode.DecorationOptions[] {
  const { document } = editor;
  const last = document.lineCount - 1;
  if (hunk.kind === 'delete') return [ghost(document, Math.min(hunk.line, last), 4, 'the file is to be deleted')];
  if (hunk.kind === 'move') {
    const target = vscode.workspace.asRelativePath(vscode.Uri.parse(hunk.movedTo ?? hunk.uri));
    return [ghost(document, Math.min(hunk.line, last), 4, `the file is to be moved to ${target}`)];
  }
  const lines = linesOf(hunk.newText);
  if (hunk.oldText === '') {
    // The lenses stand above the line that follows, so the proposal goes to the line before.
    const at = Math.min(Math.max(hunk.line - 1, 0), last);
    const words = lines.map((line) => line.trim()).filter(Boolean);
    const shown = words.slice(0, MOST_INSERTED).join(' ⏎ ') || plural(lines.length, 'blank line');
    const more = words.length > MOST_INSERTED ? `   … ${plural(lines.length, 'new line')}` : '';
    return [ghost(document, at, 4, `+ ${shown}${more}`)];
  }
  const first = hunk.line;
  const count = Math.min(hunk.endLine, last + 1) - first;
  const tab = typeof editor.options.tabSize === 'number' ? editor.options.tabSize : 4;
  const widths = Array.from({ length: count }, (_, index) => widthOf(document.lineAt(first + index).text, tab));
  const column = Math.min(Math.max(...widths, 0) + 4, WIDEST_COLUMN);
  const texts = lines.slice(0, count).map((line) => line.replaceAll('\t', ' '.repeat(tab)));
  const more = lines.length - count;
  if (more > 0) texts[count - 1] += `   … ${plural(more, 'more line')}`;
  const width = Math.min(Math.max(...texts.map((text) => text.length), 0), MOST_CHARACTERS);
  // All as wide as the widest one, so that they are one block.
  return texts.map((text, index) => ghost(document, first + index, Math.max(column - (widths[index] ?? 0), 4), text.padEnd(width)));
}

function ghost(document: vscode.TextDocument, line: number, gap: number, text: string): vscode.DecorationOptions {
  const end = document.lineAt(line).range.end;
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  return {
    range: new vscode.Range(end, end),
    renderOptions: {
      after: {
        contentText: cut.replaceAll(' ', '\u00a0'),
        margin: `0 0 0 ${gap}ch`,
        color: new vscode.ThemeColor('conduit.proposedForeground'),
        backgroundColor: new vscode.ThemeColor('diffEditor.insertedTextBackground'),
      },
    },
  };
}

function widthOf(text: string, tab: number): number {
  let width = 0;
  for (const character of text) width += character === '\t' ? tab - (width % tab) : 1;
  return width;
}
