/** One page and the conversation that it shows. What the page asks goes to the server; what the server tells goes to the page. */
import * as vscode from 'vscode';
import type { Conduit } from '../conduit';
import { makeReady } from '../models';
import type { ModelList, SessionUpdateParams } from '../protocol';
import { sentenceOf } from '../said';
import { answer } from './asks';
import { blocksOf, contextOf, selectionOf } from './attachments';
import { joined } from './joined';
import type { Drafts } from './drafts';
import type { Ask, Attachment, ChatInfo, Draft, Problem, Remedy, Setup, ToHost, ToPage } from './messages';
import { openFile, type LastEditor } from './places';
import type { OpenSession, Sessions, Viewer } from './sessions';
import { Waited } from './waited';

const METHODS = [
  'conduit/session/rename', 'conduit/session/delete', 'conduit/session/export', 'conduit/session/rewind', 'conduit/session/unrewind', 'conduit/session/resend',
  'conduit/session/unqueue', 'conduit/mention/list', 'conduit/command/list', 'conduit/usage/report', 'conduit/inlineEdit', 'conduit/session/diff',
] as const;
const NOTHING: ChatInfo = { title: '', mode: 'review', modes: [], model: '' };
const REMEDIES: Record<Exclude<Remedy, 'new' | 'models'>, string> = { keys: 'conduit.setKey', restart: 'conduit.restartServer', log: 'conduit.showLog', menu: 'conduit.showMenu' };

/** What all pages share. */
export interface House {
  conduit: Conduit;
  sessions: Sessions;
  drafts: Drafts;
  lastEditor: LastEditor;
  /** Opens a conversation elsewhere when it is deleted here. */
  deleted(sessionId: string): void;
}

/** What the person sends: a draft, in place of the message `messageId` if there is one. With `files`, what came after that is undone in them. */
interface Sending {
  draft?: Draft;
  messageId?: string;
  queue: boolean;
  files: boolean;
}

/** Where the page is. */
export interface Seat {
  readonly place: 'view' | 'tab';
  readonly webview: vscode.Webview;
  readonly visible: boolean;
  title(text: string): void;
  /** Remembers the conversation for the next time. */
  remember(sessionId: string | undefined): void;
}

export class Room implements Viewer, vscode.Disposable {
  private session: OpenSession | undefined;
  private models: ModelList = { models: [], defaultModelId: '' };
  private readonly disposables: vscode.Disposable[];
  private ready = false;
  private told = '';
  /** What is to be shown as soon as the server runs. */
  private wanted: string | undefined;
  private opening: Promise<void> | undefined;
  private pending: ToPage[] = [];
  /** The prompt that was taken last, until the page has another draft: a page that is gone by then still has it. */
  private taken: { sessionId: string; text: string } | undefined;
  /** Prompts that the person took out of the queue here, by their ids. */
  readonly unqueued = new Set<string>();

  constructor(
    readonly house: House,
    private readonly seat: Seat,
    sessionId: string | undefined,
  ) {
    this.wanted = sessionId;
    const { conduit } = house;
    this.disposables = [
      seat.webview.onDidReceiveMessage((message: ToHost) => this.take(message)),
      conduit.onState(() => void this.begin()),
      conduit.onStatus(() => this.setUp()),
      vscode.window.onDidChangeActiveTextEditor(() => this.setUp()),
      vscode.window.onDidChangeTextEditorSelection(() => this.setUp()),
    ];
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
    if (this.sessionId) this.house.sessions.leave(this.sessionId, this);
  }

  get visible(): boolean {
    return this.seat.visible;
  }

  get sessionId(): string | undefined {
    return this.session?.chat.sessionId;
  }

  /** Shows a conversation; without one, a new one. */
  async show(sessionId?: string): Promise<void> {
    const before = this.sessionId;
    this.wanted = sessionId;
    const { sessions } = this.house;
    try {
      const session = sessionId === undefined ? await sessions.blank(this) : await sessions.view(sessionId, this);
      if (this.wanted !== sessionId) return;
      if (before !== undefined && before !== session.chat.sessionId) sessions.leave(before, this);
      this.session = session;
      this.seat.remember(session.chat.sessionId);
      this.loaded();
      void this.house.drafts.set('', { text: '', attachments: [] }); // what was typed before is in the page
    } catch (error) {
      if (sessionId !== undefined && before === undefined) return this.show(undefined); // it is gone: begin anew
      this.post({ type: 'problem', problem: problemOf(error) });
    }
  }

  loaded(): void {
    if (this.session?.chat.sessionId) this.session = this.house.sessions.get(this.session.chat.sessionId) ?? this.session;
    const session = this.session;
    if (session === undefined) return;
    const { chat, log, questions } = session;
    this.seat.title(chat.title);
    this.post({ type: 'load', chat, updates: log.all(), questions, draft: this.house.drafts.get(chat.sessionId ?? ''), taken: this.taken?.sessionId === chat.sessionId ? this.taken?.text : undefined });
    void this.report();
  }

  updated(updates: SessionUpdateParams[]): void {
    this.post({ type: 'updates', updates });
    if (updates.some(({ update }) => update.sessionUpdate === 'turn_state' && update.state === 'idle')) void this.report();
  }

  asked(): void {
    if (this.session) this.post({ type: 'questions', questions: this.session.questions });
  }

  changed(): void {
    if (!this.session) return;
    this.seat.title(this.session.chat.title);
    this.post({ type: 'chat', chat: this.session.chat });
  }

  attach(attachments: Attachment[]): void {
    this.post({ type: 'attach', attachments });
  }

  focus(where: 'input' | 'question'): void {
    this.post({ type: 'focus', where });
  }

  panel(panel: 'chat' | 'history'): void {
    this.post({ type: 'show', panel });
  }

  stop(): void {
    if (this.sessionId) void this.house.conduit.request('conduit/session/cancel', { sessionId: this.sessionId }).catch((error) => this.problem(error));
  }

  problem(error: unknown): void {
    this.post({ type: 'problem', problem: problemOf(error) });
  }

  /** Sends a draft; without one, `messageId` is sent again as it was. Resolves when the server has taken it; the turn goes on after that. */
  async send({ draft, messageId, queue, files }: Sending): Promise<void> {
    const { conduit, drafts } = this.house;
    if (this.sessionId === undefined) await this.show(this.wanted);
    const sessionId = this.sessionId;
    if (sessionId === undefined) throw new Error(conduit.problem ?? 'The server of Conduit does not run yet.');
    const context = contextOf(this.house.lastEditor.get());
    const content = draft && blocksOf(draft);
    const waited = new Waited(conduit, sessionId, queue);
    const turn =
      messageId === undefined
        ? conduit.request('conduit/session/prompt', { sessionId, prompt: content ?? [], context, ...(queue ? { queue } : {}) })
        : conduit.request('conduit/session/resend', { sessionId, messageId, prompt: content, context, files, queue });
    // What goes wrong once it is taken is part of the conversation, or the server is gone and says so itself.
    const ended = turn.then(
      ({ stopReason, turnId }) => stopReason === 'cancelled' && waited.had(turnId) && !this.unqueued.delete(turnId),
      (error: unknown) => {
        conduit.log.info(`A turn ended early: ${String(error)}`);
        return waited.waits;
      },
    );
    void ended.then((unsent) => {
      waited.dispose();
      if (unsent && draft) this.giveBack(sessionId, draft);
    });
    await Promise.race([turn, waited.taken]);
    void drafts.set(sessionId, { text: '', attachments: [] });
    if (draft) this.taken = { sessionId, text: draft.text };
  }

  /** A prompt that waited and was never begun goes back to where it was typed. */
  private giveBack(sessionId: string, draft: Draft): void {
    const { drafts } = this.house;
    if (this.sessionId === sessionId && this.ready) this.post({ type: 'giveBack', draft });
    else void drafts.set(sessionId, joined(draft, drafts.get(sessionId)));
  }

  async refreshModels(): Promise<ModelList> {
    this.models = await this.house.conduit.request('conduit/models/list', {});
    return this.models;
  }

  post(message: ToPage): void {
    if (this.ready) void this.seat.webview.postMessage(message);
    else if (message.type === 'attach' || message.type === 'focus' || message.type === 'show') this.pending.push(message);
  }

  private take(message: ToHost): void {
    const { house } = this;
    switch (message.type) {
      case 'ready':
        this.ready = true;
        this.told = '';
        this.setUp();
        if (this.session) this.loaded();
        else this.post({ type: 'load', chat: NOTHING, updates: [], questions: [], draft: house.drafts.get(this.wanted ?? '') });
        void this.begin();
        for (const each of this.pending.splice(0)) this.post(each);
        return;
      case 'ask':
        void this.answer(message);
        return;
      case 'stop':
        return this.stop();
      case 'answer':
        return house.sessions.answer(message.id, message.optionId);
      case 'draft':
        if (this.taken?.sessionId === this.sessionId && this.taken?.text === message.draft.text) return;
        this.taken = undefined;
        void house.drafts.set(this.sessionId ?? this.wanted ?? '', message.draft);
        return;
      case 'copy':
        void vscode.env.clipboard.writeText(message.text);
        return;
      case 'openFile':
        void openFile(message.name, message.line).catch((error) => this.problem(error));
        return;
      case 'openLink':
        if (/^(https?|mailto):/i.test(message.url)) void vscode.env.openExternal(vscode.Uri.parse(message.url));
        else void openFile(message.url).catch((error) => this.problem(error));
        return;
      case 'openSession':
        void this.show(message.sessionId);
        return;
      case 'newChat':
        void this.show();
        return;
      case 'review':
        void this.review(message.uri);
        return;
      case 'makeReady':
        void makeReady(house.conduit, message.model).catch((error) => this.problem(error));
        return;
      case 'remedy':
        if (message.remedy !== 'new' && message.remedy !== 'models') void vscode.commands.executeCommand(REMEDIES[message.remedy]);
        return;
    }
  }

  private async answer(message: Ask): Promise<void> {
    try {
      const result = await answer(this, message);
      this.post({ type: 'answered', id: message.id, result });
    } catch (error) {
      this.post({ type: 'refused', id: message.id, problem: problemOf(error) });
    }
  }

  /** Shows the conversation once the server runs. */
  private async begin(): Promise<void> {
    this.setUp();
    const { conduit } = this.house;
    if (!this.ready || conduit.state !== 'running') return;
    this.opening ??= (async () => {
      await this.refreshModels().catch((error) => this.problem(error));
      this.setUp();
      if (this.session === undefined) await this.show(this.wanted);
    })().finally(() => {
      this.opening = undefined;
    });
    await this.opening;
  }

  /** Tells the page what it can offer, when that is another than it was told. */
  private setUp(): void {
    if (!this.ready) return;
    const { conduit, lastEditor } = this.house;
    const editor = lastEditor.get();
    const status = conduit.status;
    const setup: Setup = {
      place: this.seat.place,
      server: conduit.state,
      problem: conduit.problem,
      methods: METHODS.filter((method) => conduit.has(method)),
      models: this.models.models,
      defaultModel: this.models.defaultModelId,
      activeFile: editor === undefined ? undefined : editor.document.uri.path.split('/').pop(),
      hasSelection: selectionOf(editor).length > 0,
      downloading: status?.state === 'downloading' ? { message: status.message, done: status.downloadedBytes ?? 0, total: status.totalBytes ?? 0 } : undefined,
    };
    const said = JSON.stringify(setup);
    if (said === this.told) return;
    this.told = said;
    this.post({ type: 'setup', setup });
  }

  private async report(): Promise<void> {
    const { conduit } = this.house;
    if (!this.sessionId || !conduit.has('conduit/usage/report')) return;
    const usage = await conduit.request('conduit/usage/report', { sessionId: this.sessionId }).catch(() => undefined); // the meter shows what it knows
    if (usage) this.post({ type: 'usage', usage });
  }

  private async review(uri: string | undefined): Promise<void> {
    if (uri === undefined) await vscode.commands.executeCommand('conduit.reviewAll');
    else await vscode.commands.executeCommand('conduit.openDiff', vscode.Uri.parse(uri));
  }
}

function problemOf(error: unknown): Problem {
  const text = sentenceOf(error);
  return { text, remedy: /API_KEY|\bkey\b/.test(text) ? 'keys' : undefined };
}
