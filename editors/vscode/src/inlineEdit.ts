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
  context.subscriptions.push(edits, offer('conduit.inlineEdit', () => edits.ask()));
}

class InlineEdits implements vscode.Disposable {
  /** What was typed and not carried out; it is there again when the input is. */
  private draft = '';
  private readonly marked = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
  });
  private readonly busy = vscode.window.createTextEditorDecorationType({
    after: {
      contentText: 'Conduit is editing…',
      margin: '0 0 0 4ch',
      color: new vscode.ThemeColor('editorCodeLens.foreground'),
      fontStyle: 'italic',
    },
  });

  constructor(private readonly conduit: Conduit) {}

  dispose(): void {
    this.marked.dispose();
    this.busy.dispose();
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

  private async edit({ document, range, text }: Lines, instruction: string): Promise<void> {
    const show = (lines: vscode.Range[]) => {
      for (const editor of vscode.window.visibleTextEditors) {
        if (editor.document === document) editor.setDecorations(this.busy, lines);
      }
    };
    try {
      if (document.isClosed || document.getText(range) !== text) {
        throw new Error('The selected lines changed meanwhile. Select them again.');
      }
      const first = document.lineAt(range.start.line).range.end;
      show([new vscode.Range(first, first)]);
      // The server shows its progress, with a button that cancels.
      const result = await this.conduit.request('conduit/inlineEdit', {
        textDocument: { uri: document.uri.toString(), version: document.version },
        range: wireOf(range),
        instruction,
      });
      if (result.stopReason === 'cancelled') return;
      if (result.error) throw new Error(result.error);
      this.draft = '';
      if (result.message) vscode.window.setStatusBarMessage(`$(sparkle) ${result.message}`, 8000);
    } catch (error) {
      void this.again(document, sentenceOf(error));
    } finally {
      show([]);
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
