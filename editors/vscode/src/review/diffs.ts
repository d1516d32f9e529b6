/** Diff editors: a file now and as it is proposed, all files at once, and the sides of a conflict. */
import * as vscode from 'vscode';
import type { HunkLine } from '../protocol';
import type { HunkStore } from './hunks';
import { PROPOSED, type ProposedDocuments } from './proposed';
import { plural } from './counts';
import { nameOf } from './words';

export class Diffs implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[];
  /** Titles of editors that show several texts, and what says that they are of use; a tab does not say what it shows. */
  private readonly together = new Map<string, () => boolean>();

  constructor(
    private readonly store: HunkStore,
    private readonly documents: ProposedDocuments,
  ) {
    this.disposables = [store.onChange(() => void this.closeDecided())];
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
  }

  /** Whether the active tab is a file beside its proposal. */
  get active(): boolean {
    return proposedOf(vscode.window.tabGroups.activeTabGroup.activeTab) !== undefined;
  }

  /** Shows the file of a hunk now and as it is proposed, at that hunk. */
  async open(hunk: HunkLine): Promise<void> {
    if (hunk.conflict && hunk.kind === 'edit') return this.openConflict(hunk);
    const right = this.documents.after(hunk);
    const places = await this.documents.placesIn(right);
    const place = places.find((each) => each.hunkId === hunk.hunkId);
    const line = place?.line ?? 0;
    const title = `${right.path.split('/').pop()} (now ↔ proposed)`;
    await vscode.commands.executeCommand('vscode.diff', this.documents.before(hunk), right, title, {
      preview: true,
      selection: new vscode.Range(line, 0, line, 0),
    });
  }

  /** Shows both sides of a conflict, each against the text that both began with. */
  async openConflict(hunk: HunkLine): Promise<void> {
    const resources = (['now', 'new'] as const).map((side) => {
      const [before, after] = this.documents.sidesOf(hunk, side);
      return [after, before, after];
    });
    const isOpen = () => this.store.find(hunk.hunkId) !== undefined;
    await this.openTogether(`Conflict in ${nameOf(vscode.Uri.parse(hunk.uri))}`, resources, isOpen);
  }

  /** Shows files with proposals in one editor, one below the other. */
  async openAll(hunks: readonly HunkLine[]): Promise<void> {
    const first = new Map(hunks.map((hunk) => [`${hunk.sessionId} ${hunk.uri}`, hunk] as const).reverse());
    const resources = [...first.values()].reverse().map((hunk) => {
      const isNew = hunk.kind === 'create' && !hunk.conflict;
      const [before, after] = [this.documents.before(hunk), this.documents.after(hunk)];
      return [vscode.Uri.parse(hunk.uri), isNew ? undefined : before, hunk.kind === 'delete' ? undefined : after];
    });
    await this.openTogether(`Conduit: ${plural(hunks.length, 'proposed change')}`, resources, () => this.store.all.length > 0);
  }

  private async openTogether(title: string, resources: (vscode.Uri | undefined)[][], isOpen: () => boolean): Promise<void> {
    this.together.set(title, isOpen);
    await vscode.commands.executeCommand('vscode.changes', title, resources);
  }

  /** Closes the diffs of files in which nothing waits any more; they would show no difference. */
  private async closeDecided(): Promise<void> {
    const done = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter((tab) => {
        const proposed = proposedOf(tab);
        const file = proposed && this.documents.fileOf(proposed);
        return file ? this.store.of(file).length === 0 : this.isDoneTogether(tab);
      });
    if (done.length > 0) await vscode.window.tabGroups.close(done, true);
  }

  private isDoneTogether(tab: vscode.Tab): boolean {
    if (tab.isDirty || tab.input instanceof vscode.TabInputText) return false; // What was typed in it is the person's.
    return [...this.together].some(([title, isOpen]) => tab.label.startsWith(title) && !isOpen());
  }
}

function proposedOf(tab: vscode.Tab | undefined): vscode.Uri | undefined {
  const input = tab?.input;
  return input instanceof vscode.TabInputTextDiff && input.modified.scheme === PROPOSED ? input.modified : undefined;
}
