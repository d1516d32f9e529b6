/** Shows pending hunks where they would land: the lines they replace tinted, the proposed ones beside them. */
import * as vscode from 'vscode';
import type { HunkLine } from '../protocol';
import type { HunkStore } from './hunks';
import { besideInsertion, besideLines, type Beside } from './beside';
import { linesOf } from './counts';
import { hoverOf } from './words';

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

/** The proposed lines, each beside the line that it replaces. */
function ghosts(editor: vscode.TextEditor, hunk: HunkLine): vscode.DecorationOptions[] {
  const { document } = editor;
  const last = document.lineCount - 1;
  const tab = typeof editor.options.tabSize === 'number' ? editor.options.tabSize : 4;
  if (hunk.kind === 'delete') return [ghost(document, Math.min(hunk.line, last), { gap: 4, text: 'the file is to be deleted' })];
  if (hunk.kind === 'move') {
    const target = vscode.workspace.asRelativePath(vscode.Uri.parse(hunk.movedTo ?? hunk.uri));
    return [ghost(document, Math.min(hunk.line, last), { gap: 4, text: `the file is to be moved to ${target}` })];
  }
  const lines = linesOf(hunk.newText);
  if (hunk.oldText === '') {
    // The lenses stand above the line that follows, so the proposal goes to the line before.
    const at = Math.min(Math.max(hunk.line - 1, 0), last);
    return [ghost(document, at, besideInsertion(document.lineAt(at).text, lines, tab))];
  }
  const count = Math.min(hunk.endLine, last + 1) - hunk.line;
  const old = Array.from({ length: count }, (_, index) => document.lineAt(hunk.line + index).text);
  return besideLines(old, lines, tab).map((beside, index) => ghost(document, hunk.line + index, beside));
}

function ghost(document: vscode.TextDocument, line: number, { gap, text }: Beside): vscode.DecorationOptions {
  const end = document.lineAt(line).range.end;
  return {
    range: new vscode.Range(end, end),
    renderOptions: {
      after: {
        contentText: text.replaceAll(' ', '\u00a0'),
        margin: `0 0 0 ${gap}ch`,
        color: new vscode.ThemeColor('conduit.proposedForeground'),
        backgroundColor: new vscode.ThemeColor('diffEditor.insertedTextBackground'),
      },
    },
  };
}
