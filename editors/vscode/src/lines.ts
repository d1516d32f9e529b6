/** Whole lines of a document that stay the same lines while text is typed above them or in them. */
import * as vscode from 'vscode';

export class Lines {
  private constructor(
    readonly document: vscode.TextDocument,
    private first: number,
    private last: number,
  ) {}

  /** The lines that a selection touches; one that ends before a line's first character leaves that line out. */
  static of(document: vscode.TextDocument, { start, end }: vscode.Range): Lines {
    return new Lines(document, start.line, end.line > start.line && end.character === 0 ? end.line - 1 : end.line);
  }

  get range(): vscode.Range {
    return this.document.validateRange(new vscode.Range(this.first, 0, this.last, Number.MAX_SAFE_INTEGER));
  }

  get title(): string {
    return this.first === this.last ? `line ${this.first + 1}` : `lines ${this.first + 1}–${this.last + 1}`;
  }

  /** Follows changes of the document, which come from its end to its beginning. */
  follow(changes: readonly vscode.TextDocumentContentChangeEvent[]): void {
    for (const { range, text } of changes) {
      const more = text.split('\n').length - 1 - (range.end.line - range.start.line);
      const above = range.end.isBeforeOrEqual(new vscode.Position(this.first, 0));
      if (above) this.first += more;
      else this.first = Math.min(this.first, range.start.line);
      if (above || range.start.line <= this.last) this.last = Math.max(this.last + more, this.first);
    }
  }
}
