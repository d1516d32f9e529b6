/** Documents that exist in no folder: a file as the server says it would be, and the sides of a conflict. */
import * as vscode from 'vscode';
import type { Conduit } from '../conduit';
import type { HunkLine, HunkPlace } from '../protocol';
import { quiet } from '../quiet';
import type { HunkStore } from './hunks';

export const PROPOSED = 'conduit-proposed';

/** What a document of this scheme shows; it is the query of its URI. */
type Shown =
  | { side: 'before' | 'after'; uri: string; sessionId: string }
  | { side: 'was' | 'now' | 'new'; uri: string; hunkId: string };

export class ProposedDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly places = new Map<string, HunkPlace[]>();
  private readonly disposables: vscode.Disposable[];
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly conduit: Conduit,
    private readonly store: HunkStore,
  ) {
    this.disposables = [
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(PROPOSED, this),
      store.onChange(() => this.refresh()),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.places.delete(uri.toString())),
    ];
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
  }

  /** The URI under which the file of a hunk is shown with everything that its session proposes for it. */
  after(hunk: HunkLine): vscode.Uri {
    return uriOf(hunk.movedTo ?? hunk.uri, { side: 'after', uri: hunk.uri, sessionId: hunk.sessionId });
  }

  /** The URI of what is there now: the file itself, so that typing goes on in it; nothing where none is yet. */
  before(hunk: HunkLine): vscode.Uri {
    const isNew = hunk.kind === 'create' && !hunk.conflict;
    if (!isNew) return vscode.Uri.parse(hunk.uri);
    return uriOf(hunk.uri, { side: 'before', uri: hunk.uri, sessionId: hunk.sessionId });
  }

  /** Two sides of a conflict under one name: what was to be replaced, and what became of it. */
  sidesOf(hunk: HunkLine, side: 'now' | 'new'): [before: vscode.Uri, after: vscode.Uri] {
    const name = vscode.Uri.parse(hunk.uri).path.split('/').pop() ?? '';
    // The folder is what the editor says beside the name.
    const path = `/${side === 'now' ? 'yours' : 'proposed'}/${encodeURIComponent(name)}`;
    const { uri, hunkId } = hunk;
    return [uriOf(path, { side: 'was', uri, hunkId }), uriOf(path, { side, uri, hunkId })];
  }

  /** The file that a document of this scheme is about. */
  fileOf(document: vscode.Uri): vscode.Uri | undefined {
    const shown = shownBy(document);
    return shown && vscode.Uri.parse(shown.uri);
  }

  /** Where the hunks are in a proposed file; a side of a conflict is one hunk and nothing else. */
  async placesIn(document: vscode.Uri): Promise<readonly HunkPlace[]> {
    const shown = shownBy(document);
    if (shown && 'hunkId' in shown) return [{ hunkId: shown.hunkId, line: 0, endLine: Number.MAX_SAFE_INTEGER }];
    if (shown?.side !== 'after') return [];
    const known = this.places.get(document.toString());
    if (!known) await this.provideTextDocumentContent(document);
    return this.places.get(document.toString()) ?? [];
  }

  async provideTextDocumentContent(document: vscode.Uri): Promise<string> {
    const shown = shownBy(document);
    if (!shown) return '';
    if ('hunkId' in shown) {
      const hunk = this.store.find(shown.hunkId);
      if (!hunk) return '';
      return { was: hunk.wasText ?? hunk.oldText, now: hunk.oldText, new: hunk.newText }[shown.side];
    }
    if (!this.waits(shown)) return this.presentText(shown.uri); // Decided: there is no difference any more.
    const text = await this.conduit.request('conduit/hunk/text', { uri: shown.uri, sessionId: shown.sessionId });
    this.places.set(document.toString(), text.places);
    return (shown.side === 'before' ? text.before : text.after) ?? '';
  }

  private waits(shown: { uri: string; sessionId: string }): boolean {
    const hunks = this.store.of(vscode.Uri.parse(shown.uri));
    return hunks.some((hunk) => hunk.sessionId === shown.sessionId);
  }

  private async presentText(uri: string): Promise<string> {
    try {
      return (await vscode.workspace.openTextDocument(vscode.Uri.parse(uri))).getText();
    } catch {
      return ''; // Rejected before it was there, or accepted and gone.
    }
  }

  private refresh(): void {
    for (const { uri } of vscode.workspace.textDocuments) {
      if (uri.scheme !== PROPOSED) continue;
      this.places.delete(uri.toString());
      this.changed.fire(uri);
    }
  }
}

function uriOf(file: string, shown: Shown): vscode.Uri {
  // The path says what language it is.
  return vscode.Uri.from({ scheme: PROPOSED, path: quiet(vscode.Uri.parse(file).path), query: JSON.stringify(shown) });
}

function shownBy(document: vscode.Uri): Shown | undefined {
  if (document.scheme !== PROPOSED) return undefined;
  try {
    return JSON.parse(document.query) as Shown;
  } catch {
    return undefined;
  }
}
