/** Inline edit: an instruction for the selected lines; what the model makes of them waits as hunks in place. */
import * as vscode from 'vscode';
import type { Conduit } from './conduit';
import { offer, sentenceOf } from './said';

/** The lines that are to be changed, as they were when they were selected. */
interface Lines {
  document: vscode.TextDocument;
  range: vscode.Range;
  text: string;
}

export function registerInlineEdit(context: vscode.ExtensionContext, conduit: Conduit): void {
  const edits = new InlineEdits(conduit);
  context.subscriptions.push(
    edits,
    offer('conduit.inlineEdit', () => edits.ask()),
    offer('conduit.cancelInlineEdit', async () => edits.cancel()),
    vscode.languages.registerCodeLensProvider({ scheme: 'file' }, edits),
  );
}

/** An edit that runs. */
interface Running extends Lines {
  cancel: vscode.CancellationTokenSource;
}

class InlineEdits implements vscode.Disposable, vscode.CodeLensProvider {
  /** What was typed and not carried out; it is there again when the input is. */
  private draft = '';
  private readonly marked = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
  });
  private readonly running = new Set<Running>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(private readonly conduit: Conduit) {}

  dispose(): void {
    this.cancel();
    this.marked.dispose();
    this.changed.dispose();
  }

  /** Stops every edit that runs; nothing of it is left. */
  cancel(): void {
    for (const { cancel } of this.running) cancel.cancel();
  }

  /** Says above the lines that they are being edited, and stops it. */
  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const here = [...this.running].filter((each) => each.document === document);
    return here.flatMap(({ range }) => {
      const place = new vscode.Range(range.start, range.start);
      const lens = (title: string, command: string) => new vscode.CodeLens(place, { title, command });
      return [lens('$(loading~spin)\u00a0Conduit is editing…', ''), lens('Cancel', 'conduit.cancelInlineEdit')];
    });
  }

  /** Asks what should become of the selected lines of the active editor, or of the cursor's line. */
  async ask(problem?: string): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor || editor.document.uri.scheme !== 'file') {
      throw new Error('Open a file and select the lines that are to be changed.');
    }
    const range = wholeLines(editor.document, editor.selection);
    const lines = { document: editor.document, range, text: editor.document.getText(range) };
    editor.setDecorations(this.marked, [range]);
    const instruction = await this.input(titleOf(range), problem);
    editor.setDecorations(this.marked, []);
    if (instruction) await this.edit(lines, instruction);
  }

  /** Resolves with what was entered; with nothing when the person went away. */
  private input(title: string, problem?: string): Promise<string | undefined> {
    const box = vscode.window.createInputBox();
    box.title = title;
    box.placeholder = 'What should change here?';
    box.value = this.draft;
    box.valueSelection = [0, this.draft.length];
    box.validationMessage = problem;
    box.ignoreFocusOut = true;
    return new Promise((resolve) => {
      box.onDidChangeValue((value) => {
        this.draft = value;
        box.validationMessage = undefined;
      });
      box.onDidAccept(() => {
        const instruction = box.value.trim();
        if (!instruction) return;
        resolve(instruction);
        box.dispose();
      });
      box.onDidHide(() => {
        resolve(undefined);
        box.dispose();
      });
      box.show();
    });
  }

  private async edit(lines: Lines, instruction: string): Promise<void> {
    const { document, range, text } = lines;
    const cancel = new vscode.CancellationTokenSource();
    const edit = { ...lines, cancel };
    try {
      if (document.isClosed || document.getText(range) !== text) {
        throw new Error('The selected lines changed meanwhile. Select them again.');
      }
      this.running.add(edit);
      this.changed.fire();
      const result = await this.conduit.request(
        'conduit/inlineEdit',
        { textDocument: { uri: document.uri.toString(), version: document.version }, range: wireOf(range), instruction },
        cancel.token,
      );
      if (result.stopReason === 'cancelled') return;
      if (result.error) throw new Error(result.error);
      this.draft = '';
      if (result.message) vscode.window.setStatusBarMessage(`$(sparkle) ${result.message}`, 8000);
    } catch (error) {
      if (!cancel.token.isCancellationRequested) void this.again(document, sentenceOf(error));
    } finally {
      this.running.delete(edit);
      this.changed.fire();
      cancel.dispose();
    }
  }

  /** What was typed is not lost: it is in the input when that is opened again. */
  private async again(document: vscode.TextDocument, problem: string): Promise<void> {
    const picked = await vscode.window.showErrorMessage(`Conduit: ${problem}`, 'Edit Again…');
    if (!picked) return;
    await vscode.window.showTextDocument(document.uri);
    await this.ask(problem);
  }
}

/** The lines that a selection touches; one that ends before a line's first character leaves that line out. */
function wholeLines(document: vscode.TextDocument, selection: vscode.Selection): vscode.Range {
  const { start, end } = selection;
  const last = end.line > start.line && end.character === 0 ? end.line - 1 : end.line;
  return new vscode.Range(start.line, 0, last, document.lineAt(last).text.length);
}

function titleOf({ start, end }: vscode.Range): string {
  const lines = start.line === end.line ? `line ${start.line + 1}` : `lines ${start.line + 1}–${end.line + 1}`;
  return `Conduit: edit ${lines}`;
}

function wireOf({ start, end }: vscode.Range) {
  const at = ({ line, character }: vscode.Position) => ({ line, character });
  return { start: at(start), end: at(end) };
}
