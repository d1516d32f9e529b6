/**
 * A field beneath some lines of an editor: what should change there is typed right at them.
 *
 * Only VS Code's comments let an extension put an input into the text. So the field is a comment that is being written; it and its
 * controller are there while it is open, and nothing of them afterwards. Keys and menus know it by the controller's name.
 */
import * as vscode from 'vscode';

const CONTROLLER = 'conduit.inlineEdit';
/** The scheme of the documents in which comments are written. */
export const INPUT_SCHEME = 'comment';
/** As high as the field is, about: where fewer lines are beneath it, it is scrolled to. */
const FIELD_LINES = 13;
/** What is left of the text above it then. */
const LINES_ABOVE = 4;
/** Comments may be hidden (in Zen Mode, or by *Toggle Editor Commenting*), which only the `when` of a key can know. */
const HIDDEN_AFTER_MS = 8000;

/** What became of an input: an instruction, or none. */
export type Shown = { instruction: string } | 'closed';
/** Or it did not show, so that another input is needed. */
export type Answer = Shown | 'hidden';

export interface Question {
  title: string;
  hint: string;
  /** What is in the field at first. */
  draft: string;
  /** Is told each text that the person types. */
  typed: (text: string) => void;
}

export class InstructionField implements vscode.Disposable {
  readonly answer: Promise<Answer>;
  private settle: (answer: Answer) => void = () => undefined;
  private readonly controller = vscode.comments.createCommentController(CONTROLLER, 'Conduit');
  private readonly thread: vscode.CommentThread;
  /** One for each editor that shows the document. */
  private readonly inputs = new Set<vscode.TextEditor>();
  private readonly filled = new Set<vscode.TextDocument>();
  private readonly disposables: vscode.Disposable[] = [];

  constructor(
    private readonly editor: vscode.TextEditor,
    range: vscode.Range,
    private readonly question: Question,
  ) {
    this.answer = new Promise((resolve) => (this.settle = resolve));
    const { title, hint } = question;
    // The draft is written later: for a comment with a text VS Code would open its list of comments.
    const comment = { author: { name: 'What should change here?' }, label: hint, body: '', mode: vscode.CommentMode.Editing };
    this.thread = this.controller.createCommentThread(editor.document.uri, range, [comment]);
    this.thread.canReply = false;
    this.thread.label = title;
    this.thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    const late = setTimeout(() => this.end('hidden'), HIDDEN_AFTER_MS);
    this.disposables.push(
      { dispose: () => clearTimeout(late) },
      vscode.window.onDidChangeVisibleTextEditors((editors) => {
        if (!editors.some(({ document }) => document === editor.document)) return this.end('closed');
        for (const each of editors.filter(isInput)) void this.fill(each);
        if (this.inputs.size > 0) clearTimeout(late);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (this.filled.has(document)) question.typed(document.getText());
      }),
      // Its own button folds a comment, and an extension is not told of that either.
      vscode.window.onDidChangeTextEditorSelection(() => this.endFolded()),
      vscode.window.onDidChangeActiveTextEditor(() => this.endFolded()),
    );
  }

  /** Takes what was typed; without a word the field only closes. A key gives no text: it comes before VS Code knows what its own would submit. */
  submit(given?: string | vscode.MarkdownString): void {
    const text = typeof given === 'string' ? given : this.typed;
    this.back();
    this.end(text.trim() ? { instruction: text.trim() } : 'closed');
  }

  /** Closes the field; the text has the focus again. */
  close(): void {
    this.back();
    this.end('closed');
  }

  /** Puts another text into the field, all of it selected. */
  async write(text: string): Promise<void> {
    for (const each of this.inputs) await replace(each, text);
  }

  dispose(): void {
    this.end('closed');
  }

  private get typed(): string {
    const { activeTextEditor } = vscode.window;
    const input = activeTextEditor && isInput(activeTextEditor) ? activeTextEditor : [...this.inputs].at(-1);
    return input?.document.getText() ?? '';
  }

  private async fill(input: vscode.TextEditor): Promise<void> {
    if (this.inputs.has(input)) return;
    this.inputs.add(input);
    this.reveal();
    const { document } = input;
    const { draft } = this.question;
    // VS Code writes into a new input once itself, and refuses an edit of the version before.
    for (let tries = 0; tries < 3 && draft && document.getText() === ''; tries++) await replace(input, draft);
    this.filled.add(document);
  }

  private reveal(): void {
    const { end } = this.thread.range ?? this.editor.selection;
    const above = new vscode.Position(Math.max(0, end.line - LINES_ABOVE), 0);
    const { visibleRanges } = this.editor;
    const [top, bottom] = [visibleRanges.at(0)?.start.line ?? 0, visibleRanges.at(-1)?.end.line ?? 0];
    if (top <= end.line && bottom - end.line >= FIELD_LINES) return;
    this.editor.revealRange(new vscode.Range(above, end), vscode.TextEditorRevealType.AtTop); // A low editor has no room beneath its centre.
  }

  private endFolded(): void {
    if (this.thread.collapsibleState === vscode.CommentThreadCollapsibleState.Collapsed) this.end('closed');
  }

  private back(): void {
    const { document, viewColumn } = this.editor;
    // A side of a diff has no column; its group is the active one.
    if (viewColumn === undefined) void vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    else void vscode.window.showTextDocument(document, { viewColumn });
  }

  private end(answer: Answer): void {
    for (const each of this.disposables.splice(0)) each.dispose();
    this.thread.dispose();
    this.controller.dispose();
    this.settle(answer);
  }
}

function isInput({ document: { uri } }: vscode.TextEditor): boolean {
  return uri.scheme === INPUT_SCHEME && uri.path.startsWith('/commentinput-');
}

/** Writes a text into an input and selects it, both at once, so that whoever types meanwhile replaces all of it or nothing. */
async function replace(input: vscode.TextEditor, text: string): Promise<void> {
  const { document } = input;
  const all = document.validateRange(new vscode.Range(0, 0, document.lineCount, 0));
  const selected = new vscode.SnippetString().appendPlaceholder(text, 0);
  await input.insertSnippet(selected, all).then(undefined, () => undefined); // It is closed by now, and needs no text.
}
