/** The list of what waits: files with their hunks, by conversation where more than one proposes something. */
import * as vscode from 'vscode';
import type { Conduit } from '../conduit';
import type { HunkLine } from '../protocol';
import type { HunkStore } from './hunks';
import { countsOf, countText, plural } from './counts';
import { hoverOf, summaryOf, titleOf } from './words';

export const VIEW = 'conduit.changes';

export type Node =
  | { kind: 'turn'; sessionId: string; turnId: string; hunks: HunkLine[] }
  | { kind: 'file'; uri: vscode.Uri; hunks: HunkLine[] }
  | { kind: 'hunk'; hunks: [HunkLine] };

export class ChangesTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly titles = new Map<string, string>();
  private readonly view: vscode.TreeView<Node>;
  private readonly disposables: vscode.Disposable[];
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly conduit: Conduit,
    private readonly store: HunkStore,
  ) {
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this, showCollapseAll: true });
    this.disposables = [this.changed, this.view, store.onChange(() => this.refresh())];
    this.refresh();
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.kind === 'turn') return this.turnItem(node);
    return node.kind === 'file' ? fileItem(node) : hunkItem(node.hunks[0]);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) {
      const turns = grouped(this.store.all, (hunk) => hunk.turnId);
      if (turns.length < 2) return filesOf(this.store.all);
      await this.learnTitles(turns);
      return turns.map((hunks) => {
        const { sessionId, turnId } = hunks[0] as HunkLine;
        return { kind: 'turn', sessionId, turnId, hunks };
      });
    }
    if (node.kind === 'turn') return filesOf(node.hunks);
    return node.kind === 'file' ? node.hunks.map((hunk) => ({ kind: 'hunk', hunks: [hunk] })) : [];
  }

  private refresh(): void {
    const hunks = this.store.all;
    this.view.badge = hunks.length > 0 ? { value: hunks.length, tooltip: summaryOf(hunks) } : undefined;
    this.changed.fire(undefined);
  }

  private turnItem(node: Node & { kind: 'turn' }): vscode.TreeItem {
    const title = this.titles.get(node.sessionId) || 'Conversation';
    const item = new vscode.TreeItem(title, vscode.TreeItemCollapsibleState.Expanded);
    item.id = node.turnId;
    item.description = countText(countsOf(node.hunks));
    item.tooltip = `${title}: ${summaryOf(node.hunks)}`;
    item.iconPath = new vscode.ThemeIcon('comment-discussion');
    item.contextValue = 'conduitTurn';
    return item;
  }

  private async learnTitles(turns: readonly HunkLine[][]): Promise<void> {
    if (turns.every((hunks) => this.titles.has((hunks[0] as HunkLine).sessionId))) return;
    try {
      const { sessions } = await this.conduit.request('conduit/session/list', { limit: 200 });
      for (const each of sessions) this.titles.set(each.sessionId, each.title);
    } catch (error) {
      this.conduit.log.warn(`Titles of conversations are not known: ${error instanceof Error ? error.message : error}`);
    }
  }
}

function fileItem(node: Node & { kind: 'file' }): vscode.TreeItem {
  const whole = node.hunks.find((hunk) => hunk.kind !== 'edit');
  const what = whole ? { create: 'new', delete: 'deleted', move: 'moved', edit: '' }[whole.kind] : '';
  const conflicts = node.hunks.filter((hunk) => hunk.conflict).length;
  const parent = vscode.workspace.asRelativePath(vscode.Uri.joinPath(node.uri, '..'));
  const folder = parent === node.uri.path || parent.startsWith('/') ? '' : parent;
  const item = new vscode.TreeItem(node.uri, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `${node.hunks[0]?.turnId} ${node.uri}`;
  item.description = [countText(countsOf(node.hunks)), what, conflicts ? plural(conflicts, 'conflict') : '', folder, node.hunks[0]?.note]
    .filter(Boolean)
    .join(' · ');
  const note = node.hunks[0]?.note;
  item.tooltip =
    `${vscode.workspace.asRelativePath(node.uri)}: ${plural(node.hunks.length, 'proposed change')}` +
    (note ? `\nThe file ${note}.` : '');
  item.contextValue = 'conduitFile';
  return item;
}

function hunkItem(hunk: HunkLine): vscode.TreeItem {
  const item = new vscode.TreeItem(titleOf(hunk));
  item.id = hunk.hunkId;
  item.description = [countText(countsOf([hunk])), hunk.kind === 'edit' ? `line ${hunk.line + 1}` : '']
    .filter(Boolean)
    .join(' · ');
  item.tooltip = hoverOf(hunk, '');
  item.iconPath = iconOf(hunk);
  item.contextValue = hunk.conflict ? 'conduitConflict' : 'conduitHunk';
  item.command = { title: 'Show', command: 'conduit.revealHunk', arguments: [{ hunkIds: [hunk.hunkId] }] };
  return item;
}

function iconOf(hunk: HunkLine): vscode.ThemeIcon {
  const icon = (name: string, color: string) => new vscode.ThemeIcon(name, new vscode.ThemeColor(color));
  if (hunk.conflict) return icon('warning', 'list.warningForeground');
  if (hunk.kind === 'move') return icon('diff-renamed', 'gitDecoration.renamedResourceForeground');
  if (hunk.oldText === '') return icon('diff-added', 'gitDecoration.addedResourceForeground');
  if (hunk.newText === '') return icon('diff-removed', 'gitDecoration.deletedResourceForeground');
  return icon('diff-modified', 'gitDecoration.modifiedResourceForeground');
}

function filesOf(hunks: readonly HunkLine[]): Node[] {
  return grouped(hunks, (hunk) => hunk.uri).map((each) => ({
    kind: 'file',
    uri: vscode.Uri.parse((each[0] as HunkLine).uri),
    hunks: each,
  }));
}

function grouped(hunks: readonly HunkLine[], key: (hunk: HunkLine) => string): HunkLine[][] {
  const groups = new Map<string, HunkLine[]>();
  for (const hunk of hunks) groups.set(key(hunk), [...(groups.get(key(hunk)) ?? []), hunk]);
  return [...groups.values()];
}
