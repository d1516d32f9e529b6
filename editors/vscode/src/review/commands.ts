/** Accept, reject, go on to the next one: what the person does about hunks. The server does it. */
import * as vscode from 'vscode';
import type { Conduit } from '../conduit';
import type { HunkLine, HunkParams } from '../protocol';
import { offer } from '../said';
import type { Diffs } from './diffs';
import type { HunkStore } from './hunks';
import { idsOf, type Given, type Targets } from './targets';
import { VIEW } from './tree';
import { plural } from './counts';
import { summaryOf } from './words';

type Decision = 'accept' | 'reject';

export class ReviewCommands {
  constructor(
    private readonly conduit: Conduit,
    private readonly store: HunkStore,
    private readonly targets: Targets,
    private readonly diffs: Diffs,
  ) {}

  register(): vscode.Disposable[] {
    const act = (name: string, run: (given: Given) => Promise<unknown>) => offer(`conduit.${name}`, run);
    return [
      act('acceptHunk', (given) => this.decideHunks('accept', given)),
      act('rejectHunk', (given) => this.decideHunks('reject', given)),
      act('acceptFile', (given) => this.decideFile('accept', given)),
      act('rejectFile', (given) => this.decideFile('reject', given)),
      act('acceptTurn', (given) => this.decideTurn('accept', given)),
      act('rejectTurn', (given) => this.decideTurn('reject', given)),
      act('acceptAll', () => this.decideAll('accept')),
      act('rejectAll', () => this.decideAll('reject')),
      act('nextHunk', () => this.go(1)),
      act('previousHunk', () => this.go(-1)),
      act('revealHunk', (given) => this.reveal(given)),
      act('openDiff', (given) => this.openDiff(given)),
      act('reviewAll', () => this.openAll()),
      act('whyHunk', (given) => this.why(given)),
      act('regenerateHunk', (given) => this.regenerate(given)),
      act('showChanges', async () => vscode.commands.executeCommand(`${VIEW}.focus`)),
    ];
  }

  private async decideHunks(decision: Decision, given: Given): Promise<void> {
    const hunks = await this.targets.hunks(given);
    if (hunks.length === 0) return nothing(idsOf(given) ? 'This proposed change was decided already.' : 'No proposed change is at the cursor.');
    await this.decide(decision, { hunkIds: hunks.map((hunk) => hunk.hunkId) });
  }

  private async decideFile(decision: Decision, given: Given): Promise<void> {
    const hunks = await this.targets.file(given);
    if (hunks.length === 0) return nothing('No proposed change waits in this file.');
    await this.decide(decision, { uri: hunks[0]?.uri });
  }

  private async decideTurn(decision: Decision, given: Given): Promise<void> {
    const [hunk] = await this.targets.hunks(given);
    const turn = hunk ?? (this.turns().size === 1 ? this.store.all[0] : undefined);
    if (!turn) return nothing('Put the cursor on a proposed change to decide about everything of its turn.');
    await this.decide(decision, { sessionId: turn.sessionId, turnId: turn.turnId });
  }

  private async decideAll(decision: Decision): Promise<void> {
    const { all } = this.store;
    if (all.length === 0) return nothing('No proposed change waits.');
    if (decision === 'reject') {
      const question = `Reject ${summaryOf(all)}? They cannot be brought back.`;
      if ((await vscode.window.showWarningMessage(question, { modal: true }, 'Reject All')) !== 'Reject All') return;
    }
    await this.decide(decision, {});
  }

  private async decide(decision: Decision, which: HunkParams): Promise<void> {
    const method = decision === 'accept' ? 'conduit/hunk/accept' : 'conduit/hunk/reject';
    const { left } = await this.conduit.request(method, which);
    await this.store.refresh();
    if (left.length === 0) return;
    const sentence = `You changed the lines of ${plural(left.length, 'proposed change')} yourself. Decide each of these conflicts by itself.`;
    const picked = await vscode.window.showWarningMessage(`Conduit: ${sentence}`, 'Show');
    const first = this.store.find(left[0] ?? '');
    if (picked && first) await this.show(first, false);
  }

  private async go(step: 1 | -1): Promise<void> {
    const next = await this.neighbour(step);
    if (!next) return nothing('No proposed change waits.');
    await this.show(next, this.diffs.active);
  }

  /** The next hunk after the cursor, in the next file after the last one of this one, and so around. */
  private async neighbour(step: 1 | -1): Promise<HunkLine | undefined> {
    const editor = vscode.window.activeTextEditor;
    const file = this.targets.fileOf(editor?.document.uri);
    const here = editor ? await this.targets.linesIn(editor.document.uri) : [];
    const line = editor?.selection.active.line ?? 0;
    const ahead = step === 1 ? here.filter((each) => each.first > line) : here.filter((each) => each.last < line).reverse();
    if (ahead[0]) return ahead[0].hunk;
    const files = this.store.uris.map((uri) => uri.toString()).sort();
    if (files.length === 0) return undefined;
    const at = file ? files.indexOf(file.toString()) : -1;
    const start = at < 0 && step === -1 ? 0 : at;
    const hunks = this.store.of(vscode.Uri.parse(files[(start + step + files.length) % files.length] as string));
    return step === 1 ? hunks[0] : hunks.at(-1);
  }

  private async reveal(given: Given): Promise<void> {
    const [hunk] = await this.targets.hunks(given);
    if (hunk) await this.show(hunk, this.diffs.active);
  }

  private async show(hunk: HunkLine, inDiff: boolean): Promise<void> {
    const isThere = hunk.kind !== 'create' || hunk.conflict;
    if (inDiff || !isThere) return this.diffs.open(hunk);
    const at = new vscode.Position(hunk.line, 0);
    const editor = await vscode.window.showTextDocument(vscode.Uri.parse(hunk.uri), { preview: true });
    editor.selection = new vscode.Selection(at, at);
    editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  private async openDiff(given: Given): Promise<void> {
    const active = vscode.window.activeTextEditor?.document.uri;
    const elsewhere = given instanceof vscode.Uri && given.toString() !== active?.toString();
    const [at] = elsewhere ? [] : await this.targets.hunks(given);
    const hunk = at ?? (idsOf(given) ? undefined : (await this.targets.file(given))[0]);
    if (!hunk) return nothing('No proposed change waits in this file.');
    // From the diff it goes back to the file.
    await (this.diffs.active && !idsOf(given) ? this.show(hunk, false) : this.diffs.open(hunk));
  }

  private async openAll(): Promise<void> {
    const { all } = this.store;
    if (all.length === 0) return nothing('No proposed change waits.');
    await this.diffs.openAll(all);
  }

  private async why(given: Given): Promise<void> {
    const [hunk] = await this.targets.hunks(given);
    if (!hunk) return nothing('No proposed change is at the cursor.');
    await vscode.commands.executeCommand('conduit.hunk.why', { hunkIds: [hunk.hunkId], sessionId: hunk.sessionId });
  }

  private async regenerate(given: Given): Promise<void> {
    const [hunk] = await this.targets.hunks(given);
    if (!hunk) return nothing('No proposed change is at the cursor.');
    const instruction = await vscode.window.showInputBox({
      title: 'Another proposal for this change',
      prompt: 'What do you want instead?',
      placeHolder: 'for example: keep the old name, and handle an empty list',
    });
    if (instruction === undefined) return;
    const { hunkId, sessionId } = hunk;
    const result = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: 'Conduit: another proposal', cancellable: true },
      (_, token) => this.conduit.request('conduit/hunk/regenerate', { hunkId, sessionId, instruction }, token),
    );
    if (result.error) throw new Error(result.error);
  }

  private turns(): Set<string> {
    return new Set(this.store.all.map((hunk) => hunk.turnId));
  }
}

function nothing(sentence: string): void {
  void vscode.window.showInformationMessage(`Conduit: ${sentence}`);
}
