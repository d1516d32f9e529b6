/** What waits for the person, as the server last said it: asked for again whenever it may have moved, never computed here. */
import * as vscode from 'vscode';
import type { Conduit } from '../conduit';
import type { HunkLine } from '../protocol';

/** How long after the last key the hunks of a document are asked for again. */
const TYPING_MS = 120;
/** Several updates at once, such as those of one turn over many files, are one question. */
const UPDATES_MS = 30;

export class HunkStore implements vscode.Disposable {
  private files = new Map<string, HunkLine[]>();
  private readonly stale = new Set<string>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[] = [this.changes];
  private asked = 0;
  /** Fires when something else waits, or waits elsewhere. */
  readonly onChange = this.changes.event;

  constructor(private readonly conduit: Conduit) {
    this.disposables.push(
      conduit.onUpdate(({ update }) => {
        const kind = update.sessionUpdate;
        if (kind === 'hunk' || kind === 'hunk_decision') this.later('', UPDATES_MS, () => this.refresh());
      }),
      conduit.onState((state) => {
        if (state === 'running') void this.refresh();
        else if (state === 'stopped' || state === 'failed') this.forget();
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.moved(document.uri, TYPING_MS);
      }),
      vscode.workspace.onDidOpenTextDocument((document) => this.moved(document.uri, 0)),
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused && this.files.size > 0) void this.refresh(); // Files that are not open may have been changed.
      }),
    );
    if (conduit.state === 'running') void this.refresh();
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const each of this.disposables) each.dispose();
  }

  /** Everything that waits, file by file in order. */
  get all(): readonly HunkLine[] {
    return [...this.files.values()].flat();
  }

  /** The files in which something waits. */
  get uris(): vscode.Uri[] {
    return [...this.files.values()].map((hunks) => vscode.Uri.parse((hunks[0] as HunkLine).uri));
  }

  /** What waits in a file, as it was last said. */
  of(uri: vscode.Uri): readonly HunkLine[] {
    return this.files.get(uri.toString()) ?? [];
  }

  find(hunkId: string): HunkLine | undefined {
    return this.all.find((hunk) => hunk.hunkId === hunkId);
  }

  /** What waits in a file for the text that it has now; asks when something was typed since. */
  async fresh(uri: vscode.Uri): Promise<readonly HunkLine[]> {
    if (this.stale.has(uri.toString())) await this.refreshFile(uri);
    return this.of(uri);
  }

  /** Asks what waits everywhere. An answer that is older than another question is dropped. */
  async refresh(): Promise<void> {
    if (this.conduit.state !== 'running') return;
    const number = ++this.asked;
    const versions = openVersions();
    const hunks = await this.ask({});
    if (!hunks || number !== this.asked) return;
    const files = new Map<string, HunkLine[]>();
    for (const hunk of hunks) append(files, vscode.Uri.parse(hunk.uri).toString(), hunk);
    const now = openVersions();
    for (const key of new Set([...files.keys(), ...this.files.keys()])) {
      if (versions.get(key) === now.get(key)) this.stale.delete(key);
      else {
        // Typed in meanwhile: the answer is about another text.
        const known = this.files.get(key);
        if (known) files.set(key, known);
        this.moved(vscode.Uri.parse(key), 0);
      }
    }
    this.show(files);
  }

  private async refreshFile(uri: vscode.Uri): Promise<void> {
    const key = uri.toString();
    for (;;) {
      if (this.conduit.state !== 'running') return;
      const [number, version] = [this.asked, openVersions().get(key)];
      const hunks = await this.ask({ uri: key });
      if (!hunks || number !== this.asked) return; // Failed, or everything was asked for since.
      if (openVersions().get(key) !== version) continue;
      const files = new Map(this.files);
      const here = hunks.filter((hunk) => vscode.Uri.parse(hunk.uri).toString() === key);
      if (here.length > 0) files.set(key, here);
      else files.delete(key);
      this.stale.delete(key);
      this.show(files);
      return;
    }
  }

  private async ask(params: { uri?: string }): Promise<HunkLine[] | undefined> {
    try {
      return (await this.conduit.request('conduit/hunk/list', params)).hunks;
    } catch (error) {
      this.conduit.log.warn(`What waits for review is not known: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }

  private moved(uri: vscode.Uri, pauseMs: number): void {
    const key = uri.toString();
    if (!this.files.has(key)) return;
    this.stale.add(key);
    this.later(key, pauseMs, () => this.refreshFile(uri));
  }

  private later(key: string, pauseMs: number, act: () => Promise<void>): void {
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        void act();
      }, pauseMs),
    );
  }

  private forget(): void {
    this.asked++;
    this.stale.clear();
    this.show(new Map());
  }

  private show(files: Map<string, HunkLine[]>): void {
    // They come conversation by conversation.
    for (const hunks of files.values()) hunks.sort((one, other) => one.line - other.line);
    const same = JSON.stringify([...files]) === JSON.stringify([...this.files]);
    this.files = files;
    if (!same) this.changes.fire();
  }
}

function openVersions(): Map<string, number> {
  return new Map(vscode.workspace.textDocuments.map((each) => [each.uri.toString(), each.version]));
}

function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const there = map.get(key);
  if (there) there.push(value);
  else map.set(key, [value]);
}
