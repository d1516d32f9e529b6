/** What goes with a prompt: picked, dropped, selected; and from a draft to the server's blocks and back. */
import * as vscode from 'vscode';
import { fromRange } from '../abilities/wire';
import type { PromptContext, Requests } from '../protocol';
import type { Attachment, Draft } from './messages';
import { decoded, named, PROBLEMS } from './named';
import { TERMINAL, TERMINAL_URI } from './terminal';

type Block = Requests['conduit/session/prompt']['params']['prompt'][number];

export function blocksOf(draft: Draft): Block[] {
  const blocks: Block[] = draft.text.trim() === '' ? [] : [{ type: 'text', text: draft.text }];
  for (const each of draft.attachments) {
    if (each.kind === 'image') blocks.push({ type: 'image', mimeType: each.mimeType ?? 'image/png', data: each.data ?? '' });
    else if (each.text !== undefined) blocks.push({ type: 'resource', resource: { uri: each.uri ?? each.name, text: each.text } });
    else if (each.uri !== undefined) blocks.push({ type: 'resource_link', uri: each.uri, name: each.name });
  }
  return blocks;
}

export function draftOf(blocks: Block[]): Draft {
  const draft: Draft = { text: '', attachments: [] };
  for (const block of blocks) {
    if (block.type === 'text') draft.text += (draft.text ? '\n' : '') + block.text;
    else if (block.type === 'image') draft.attachments.push({ kind: 'image', name: 'Picture', mimeType: block.mimeType, data: block.data });
    else if (block.type === 'resource_link' && block.uri === TERMINAL_URI) draft.attachments.push(TERMINAL);
    else if (block.type === 'resource_link') draft.attachments.push({ ...named(block.uri, block.name ?? ''), uri: block.uri });
    else if (block.type === 'resource' && block.resource.uri === TERMINAL_URI) draft.attachments.push({ ...TERMINAL, text: block.resource.text });
    else if (block.type === 'resource') draft.attachments.push({ ...restored(block.resource.uri), uri: block.resource.uri, text: block.resource.text });
  }
  return draft;
}

/** A text that went along is a selection, even where no lines are known. */
function restored(uri: string): Pick<Attachment, 'kind' | 'name'> {
  const { kind, name } = named(uri, '');
  return { kind: kind === 'file' ? 'selection' : kind, name };
}

export async function pickFiles(): Promise<Attachment[]> {
  const picked = await vscode.window.showOpenDialog({ canSelectMany: true, canSelectFolders: false, openLabel: 'Attach', title: 'Attach Files to the Chat' });
  return describe(picked ?? []);
}

/** Files, folders and pictures by where they are; what is not there is left out. */
export async function describe(uris: readonly vscode.Uri[]): Promise<Attachment[]> {
  const found: Attachment[] = [];
  for (const uri of uris) {
    const type = await vscode.workspace.fs.stat(uri).then((stat) => stat.type, () => undefined);
    const picture = { png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' }[uri.path.split('.').pop()?.toLowerCase() ?? ''];
    const name = vscode.workspace.asRelativePath(uri);
    if (type === undefined) continue;
    if (type & vscode.FileType.Directory) found.push({ kind: 'folder', name, uri: uri.toString() });
    else if (picture !== undefined) {
      const data = Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('base64');
      found.push({ kind: 'image', name, mimeType: picture, data });
    } else found.push({ kind: 'file', name, uri: uri.toString() });
  }
  return found;
}

/** What the editor's own chat has with a request; undefined for what the server cannot take. */
export async function referenceOf({ id, value }: vscode.ChatPromptReference): Promise<Attachment | undefined> {
  if (value instanceof vscode.Uri) return (await describe([value]))[0];
  if (value instanceof vscode.Location) return partOf(await vscode.workspace.openTextDocument(value.uri), value.range);
  return typeof value === 'string' ? { kind: 'selection', name: id, uri: id, text: value } : undefined;
}

/** What is selected in an editor; nothing when nothing is. */
export function selectionOf(editor: vscode.TextEditor | undefined): Attachment[] {
  return editor === undefined || editor.selection.isEmpty ? [] : [partOf(editor.document, editor.selection)];
}

function partOf(document: vscode.TextDocument, selection: vscode.Range): Attachment {
  const [first, last] = [selection.start.line + 1, selection.end.line + (selection.end.character === 0 && !selection.isSingleLine ? 0 : 1)];
  const uri = document.uri.with({ fragment: first === last ? `L${first}` : `L${first}-L${last}` }).toString();
  return { ...named(uri, ''), uri, text: document.getText(selection) };
}

/** What the language servers say of a document. */
export function problemsOf(document: vscode.TextDocument | undefined): Attachment[] {
  if (document === undefined) return [];
  const problems = vscode.languages.getDiagnostics(document.uri).filter((each) => each.severity <= vscode.DiagnosticSeverity.Information);
  if (problems.length === 0) return [];
  const name = vscode.workspace.asRelativePath(document.uri);
  const lines = problems.map((each) => `${name}:${each.range.start.line + 1}: ${vscode.DiagnosticSeverity[each.severity]}: ${each.message}${each.source ? ` (${each.source})` : ''}`);
  return [{ kind: 'problems', name: `${problems.length} problem${problems.length === 1 ? '' : 's'} in ${nameOf(name)}`, uri: document.uri.with({ fragment: PROBLEMS }).toString(), text: lines.join('\n') }];
}

/** What the person looks at. */
export function contextOf(editor: vscode.TextEditor | undefined): PromptContext {
  const open = vscode.workspace.textDocuments.filter((each) => ['file', 'untitled', 'vscode-remote'].includes(each.uri.scheme));
  const shown = editor !== undefined && open.includes(editor.document) ? editor : undefined;
  return {
    activeDocument: shown && { uri: shown.document.uri.toString() },
    selection: shown && !shown.selection.isEmpty ? fromRange(shown.selection) : undefined,
    openDocuments: open.map((each) => ({ uri: each.uri.toString() })),
  };
}

function nameOf(path: string): string {
  return decoded(path.slice(path.lastIndexOf('/') + 1)) || path;
}
