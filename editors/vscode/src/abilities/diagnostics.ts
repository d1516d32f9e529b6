/**
 * What the other extensions say of a document. VS Code does not tell which version they speak of, so what they said
 * counts for the present one only if they said it after the last change and have been quiet since.
 */
import * as vscode from 'vscode';
import type { DiagnosticsParams, DiagnosticsResult } from '../protocol';
import { fromDiagnostic, versionOf } from './wire';

/** Whoever says something of an older version is corrected by then, as a rule. */
const QUIET_MS = 300;
/** The server's hints about its own suggestions. */
const OWN = 'conduit';

export class Findings implements vscode.Disposable {
  private readonly changed = new Map<string, number>();
  private readonly said = new Map<string, number>();
  private readonly heard = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[];

  constructor() {
    const stamp = (times: Map<string, number>, uri: vscode.Uri) => times.set(uri.toString(), Date.now());
    this.disposables = [
      this.heard,
      vscode.workspace.onDidOpenTextDocument(({ uri }) => stamp(this.changed, uri)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) stamp(this.changed, document.uri);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.changed.delete(uri.toString());
        this.said.delete(uri.toString());
      }),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        for (const uri of uris) stamp(this.said, uri);
        this.heard.fire();
      }),
    ];
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
  }

  /** Waits until they have spoken of the present text, at most as long as the server says. */
  async of({ textDocument, waitMs }: DiagnosticsParams, token: vscode.CancellationToken): Promise<DiagnosticsResult> {
    const uri = vscode.Uri.parse(textDocument.uri);
    await vscode.workspace.openTextDocument(uri);
    const end = Date.now() + waitMs;
    for (;;) {
      const left = end - Date.now();
      const settles = this.settlesIn(uri);
      if (settles === 0) return this.now(uri);
      if (left <= 0 || token.isCancellationRequested) return { version: null, diagnostics: [] };
      await this.hear(Math.min(left, settles), token);
    }
  }

  private now(uri: vscode.Uri): DiagnosticsResult {
    const found = vscode.languages.getDiagnostics(uri).filter((each) => each.source !== OWN);
    return { version: versionOf(uri), diagnostics: found.map(fromDiagnostic) };
  }

  /** In how many milliseconds what was said counts, if nothing more is said; for ever while nothing was said. */
  private settlesIn(uri: vscode.Uri): number {
    const changed = this.changed.get(uri.toString()) ?? 0;
    // What there was before this extension listened is known only by being there.
    const said = this.said.get(uri.toString()) ?? (changed === 0 && vscode.languages.getDiagnostics(uri).length > 0 ? 1 : 0);
    if (said <= changed) return Number.POSITIVE_INFINITY;
    return Math.max(0, said + QUIET_MS - Date.now());
  }

  private hear(forMs: number, token: vscode.CancellationToken): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        listeners.dispose();
        resolve();
      };
      const timer = setTimeout(done, forMs);
      const listeners = vscode.Disposable.from(this.heard.event(done), token.onCancellationRequested(done));
    });
  }
}
