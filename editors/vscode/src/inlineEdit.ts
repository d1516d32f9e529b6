/** Inline edit: an instruction for the selected lines; what the model makes of them waits as hunks in place. */
import * as vscode from 'vscode';
import { fromRange } from './abilities/wire';
import type { Conduit } from './conduit';
import { type Answer, INPUT_SCHEME, InstructionField, type Shown } from './instructionField';
import { Instructions } from './instructions';
import { Lines } from './lines';
import { offer, sentenceOf } from './said';

const HINT = 'Enter to edit, Escape to cancel';

export function registerInlineEdit(context: vscode.ExtensionContext, conduit: Conduit): void {
  const edits = new InlineEdits(conduit, new Instructions(context.workspaceState));
  context.subscriptions.push(
    edits,
    offer('conduit.inlineEdit', (how?: unknown) => edits.ask(how === 'box')),
    offer('conduit.cancelInlineEdit', async () => edits.cancel()),
    offer('conduit.submitInstruction', async (comment?: vscode.Comment) => edits.field?.submit(comment?.body)),
    offer('conduit.closeInstruction', async () => edits.field?.close()),
    offer('conduit.previousInstruction', () => edits.fetch(-1)),
    offer('conduit.nextInstruction', () => edits.fetch(1)),
    vscode.languages.registerCodeLensProvider({ scheme: 'file' }, edits),
    vscode.workspace.onDidChangeTextDocument((change) => edits.follow(change)),
  );
}

/** An edit that runs. */
interface Running {
  lines: Lines;
  cancel: vscode.CancellationTokenSource;
}

class InlineEdits implements vscode.Disposable, vscode.CodeLensProvider {
  field: InstructionField | undefined;
  /** What was typed and not carried out; it is there again when the input is. */
  private draft = '';
  private readonly marked = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
  });
  private readonly followed = new Set<Lines>();
  private readonly running = new Set<Running>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(
    private readonly conduit: Conduit,
    private readonly given: Instructions,
  ) {}

  dispose(): void {
    this.field?.dispose();
    this.cancel();
    this.marked.dispose();
    this.changed.dispose();
  }

  /** Stops every edit that runs; nothing of it is left. */
  cancel(): void {
    for (const { cancel } of this.running) cancel.cancel();
  }

  follow({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    for (const lines of this.followed) if (lines.document === document) lines.follow(contentChanges);
  }

  /** Puts an instruction that was given before into the field. */
  async fetch(by: number): Promise<void> {
    const instruction = this.given.step(by, this.draft);
    if (instruction !== undefined) await this.field?.write(instruction);
  }

  /** Says above the lines that they are being edited, and stops it. */
  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const here = [...this.running].filter(({ lines }) => lines.document === document);
    return here.flatMap(({ lines: { range } }) => {
      const place = new vscode.Range(range.start, range.start);
      const lens = (title: string, command: string) => new vscode.CodeLens(place, { title, command });
      return [lens('$(loading~spin)\u00a0Conduit is editing…', ''), lens('Cancel', 'conduit.cancelInlineEdit')];
    });
  }

  /** Asks what should become of the selected lines of the active editor, or of the cursor's line. */
  async ask(inBox = false): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (this.field && editor?.document.uri.scheme === INPUT_SCHEME) return; // It is asked already.
    if (editor?.document.uri.scheme !== 'file') {
      throw new Error('Open a file and select the lines that are to be changed.');
    }
    const lines = Lines.of(editor.document, editor.selection);
    this.followed.add(lines);
    try {
      await this.askFor(lines, editor, inBox);
    } finally {
      this.followed.delete(lines);
    }
  }

  private async askFor(lines: Lines, editor: vscode.TextEditor, inBox: boolean, problem?: string): Promise<void> {
    const hidden = inBox || vscode.workspace.getConfiguration('comments').get('visible') === false;
    let answer: Answer = hidden ? 'hidden' : await this.askBeneath(lines, editor, problem);
    if (answer === 'hidden') answer = await this.askInBox(lines, editor, problem);
    if (answer === 'closed') return;
    const { instruction } = answer;
    this.draft = '';
    await this.given.add(instruction);
    const outcome = await this.edit(lines, instruction);
    if (outcome !== 'done') this.draft ||= instruction;
    if (typeof outcome === 'string') return;
    const picked = await vscode.window.showErrorMessage(`Conduit: ${outcome.problem}`, 'Edit Again…');
    if (!picked) return;
    this.draft = instruction;
    const again = await vscode.window.showTextDocument(lines.document.uri);
    again.revealRange(lines.range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    await this.askFor(lines, again, hidden, outcome.problem);
  }

  /** Asks by a field beneath the lines. */
  private async askBeneath(lines: Lines, editor: vscode.TextEditor, problem?: string): Promise<Answer> {
    this.field?.dispose();
    this.given.begin();
    const field = new InstructionField(editor, lines.range, {
      title: `Conduit: edit ${lines.title}`,
      hint: problem ?? HINT,
      draft: this.draft,
      typed: (text) => (this.draft = text),
    });
    this.field = field;
    const answer = await field.answer;
    if (this.field === field) this.field = undefined;
    return answer;
  }

  /** Asks at the top of the window, where comments are hidden and the field with them. */
  private async askInBox(lines: Lines, editor: vscode.TextEditor, problem?: string): Promise<Shown> {
    const box = vscode.window.createInputBox();
    box.title = `Conduit: edit ${lines.title}`;
    box.placeholder = 'What should change here?';
    box.value = this.draft;
    box.valueSelection = [0, this.draft.length];
    box.validationMessage = problem;
    box.ignoreFocusOut = true;
    editor.setDecorations(this.marked, [lines.range]);
    const answer = await new Promise<Shown>((resolve) => {
      box.onDidChangeValue((value) => {
        this.draft = value;
        box.validationMessage = undefined;
      });
      box.onDidAccept(() => {
        const instruction = box.value.trim();
        if (instruction) resolve({ instruction });
      });
      box.onDidHide(() => resolve('closed'));
      box.show();
    });
    box.dispose();
    editor.setDecorations(this.marked, []);
    return answer;
  }

  /** Has the lines edited. */
  private async edit(lines: Lines, instruction: string): Promise<'done' | 'cancelled' | { problem: string }> {
    const { document } = lines;
    const cancel = new vscode.CancellationTokenSource();
    const edit = { lines, cancel };
    this.running.add(edit);
    this.changed.fire();
    try {
      if (document.isClosed) throw new Error('The file was closed meanwhile.');
      const textDocument = { uri: document.uri.toString(), version: document.version };
      const params = { textDocument, range: fromRange(lines.range), instruction };
      const result = await this.conduit.request('conduit/inlineEdit', params, cancel.token);
      if (result.stopReason === 'cancelled') return 'cancelled';
      if (result.error) throw new Error(result.error);
      if (result.message) vscode.window.setStatusBarMessage(`$(sparkle) ${result.message}`, 8000);
      return 'done';
    } catch (error) {
      return cancel.token.isCancellationRequested ? 'cancelled' : { problem: sentenceOf(error) };
    } finally {
      this.running.delete(edit);
      this.changed.fire();
      cancel.dispose();
    }
  }
}
