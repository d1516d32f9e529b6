/** What a page asks for, one function each. */
import * as vscode from 'vscode';
import { fromRange } from '../abilities/wire';
import { describe, draftOf, pickFiles, problemsOf, selectionOf } from './attachments';
import type { UndoResult } from '../protocol';
import type { Ask, Asks, Attachment } from './messages';
import { here } from './places';
import type { Room } from './room';

type Answers = { [K in keyof Asks]: (room: Room, params: Asks[K]['params']) => Promise<Asks[K]['result']> };

export async function answer(room: Room, message: Ask): Promise<unknown> {
  return (ANSWERS[message.what] as (room: Room, params: unknown) => Promise<unknown>)(room, message.params);
}

const ANSWERS: Answers = {
  async mentions(room, { query }) {
    const { mentions } = await room.house.conduit.request('conduit/mention/list', { query, limit: 30, sessionId: room.sessionId });
    return mentions;
  },
  async commands(room) {
    return (await room.house.conduit.request('conduit/command/list', { sessionId: room.sessionId })).commands;
  },
  sessions: (room, { query, cursor }) => room.house.conduit.request('conduit/session/list', { query, cursor, limit: 50 }),
  async rename(room, params) {
    const { session } = await room.house.conduit.request('conduit/session/rename', params);
    room.house.sessions.changed({ sessionId: session.sessionId, session });
    return session;
  },
  async delete(room, { sessionId }) {
    await room.house.conduit.request('conduit/session/delete', { sessionId });
    room.house.deleted(sessionId);
    return { deleted: true };
  },
  export: (room, { sessionId }) => exportChat(room, sessionId),
  async send(room, { draft, queue, files }) {
    await room.send({ draft, messageId: draft.editing, queue, files });
    return { sent: true };
  },
  async regenerate(room, { messageId, files }) {
    await room.send({ messageId, queue: false, files });
    return { sent: true };
  },
  async rewind(room, params) {
    const done = await room.house.conduit.request('conduit/session/rewind', { sessionId: shown(room), ...params });
    const { prompt, ...rest } = done;
    return { ...rest, draft: draftOf(prompt) };
  },
  unrewind: (room) => room.house.conduit.request('conduit/session/unrewind', { sessionId: shown(room) }),
  async unqueue(room, { queueId }) {
    room.unqueued.add(queueId);
    try {
      return draftOf((await room.house.conduit.request('conduit/session/unqueue', { sessionId: shown(room), queueId })).prompt);
    } catch (error) {
      room.unqueued.delete(queueId);
      throw error;
    }
  },
  pickFiles: () => pickFiles(),
  dropped: (_, { uris }) => describe(uris.map((uri) => here(vscode.Uri.parse(uri)))),
  selection: async (room) => some(selectionOf(room.house.lastEditor.get()), 'Nothing is selected. Select the text, then mention it again.'),
  async problems(room) {
    const document = room.house.lastEditor.get()?.document;
    const none = document ? `No problem is reported in ${vscode.workspace.asRelativePath(document.uri)}.` : 'Open the file whose problems you mean, then mention them again.';
    return some(problemsOf(document), none);
  },
  async setMode(room, { mode }) {
    return changed(room, await room.house.conduit.request('conduit/session/setMode', { sessionId: shown(room), modeId: mode }));
  },
  async setModel(room, { model }) {
    return changed(room, await room.house.conduit.request('conduit/session/setModel', { sessionId: shown(room), modelId: model }));
  },
  models: (room) => room.refreshModels(),
  hunks: (room, { turnId, accept, uri }) =>
    room.house.conduit.request(accept ? 'conduit/hunk/accept' : 'conduit/hunk/reject', { sessionId: shown(room), turnId, uri }),
  async undo(room, { turnId, redo }) {
    // Says first what would come back and what stays; nothing when the person leaves it at that.
    const done = await vscode.commands.executeCommand<UndoResult | undefined>(redo ? 'conduit.redoTurn' : 'conduit.undoTurn', { sessionId: shown(room), turnId });
    return { message: done?.message ?? '' };
  },
  diff: (room, params) => room.house.conduit.request('conduit/session/diff', { sessionId: shown(room), ...params }),
  async insert(room, { code }) {
    const editor = room.house.lastEditor.get();
    if (editor === undefined) throw new Error('Open the file that the code goes into, and put the cursor where it goes.');
    const inserted = await editor.edit((edit) => edit.replace(editor.selection, code));
    await vscode.window.showTextDocument(editor.document, { viewColumn: editor.viewColumn, preserveFocus: true });
    return { inserted };
  },
  apply: (room, { code }) => propose(room, code),
};

/** What was found; a sentence for the person where that is nothing. */
function some(found: Attachment[], none: string): Attachment[] {
  if (found.length === 0) throw new Error(none);
  return found;
}

/** Has the server make a proposal of the code for the active file. */
async function propose(room: Room, code: string): Promise<{ message: string }> {
  const editor = room.house.lastEditor.get();
  if (editor === undefined) throw new Error('Open the file that the code is for.');
  const { document, selection } = editor;
  const options = { location: vscode.ProgressLocation.Notification, title: `Conduit proposes a change of ${vscode.workspace.asRelativePath(document.uri)}`, cancellable: true };
  const done = await vscode.window.withProgress(options, (_, token) =>
    room.house.conduit.request('conduit/inlineEdit',
      { textDocument: { uri: document.uri.toString(), version: document.version }, range: fromRange(selection), code },
      token,
    ),
  );
  if (done.hunkIds.length === 0) throw new Error(`Nothing is proposed. ${done.message}`.trim());
  return { message: done.message || `${done.hunkIds.length} proposed` };
}

export async function exportChat(room: Room, sessionId: string): Promise<{ saved: boolean }> {
  const { title, markdown } = await room.house.conduit.request('conduit/session/export', { sessionId });
  const name = `${(title || 'chat').replace(/[\\/:*?"<>|\s]+/g, '-').slice(0, 80)}.md`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({ defaultUri: folder ? vscode.Uri.joinPath(folder, name) : undefined, filters: { Markdown: ['md'] }, title: 'Export Chat' });
  if (uri === undefined) return { saved: false };
  await vscode.workspace.fs.writeFile(uri, Buffer.from(markdown, 'utf8'));
  await vscode.window.showTextDocument(uri, { preview: true });
  return { saved: true };
}

function changed(room: Room, opened: Parameters<Room['house']['sessions']['changed']>[0]) {
  const chat = room.house.sessions.changed(opened);
  if (chat === undefined) throw new Error('This chat is not open any more.');
  return chat;
}

function shown(room: Room): string {
  if (room.sessionId === undefined) throw new Error('The server of Conduit does not run yet.');
  return room.sessionId;
}
