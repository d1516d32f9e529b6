/** The conversations that are open in some page: loaded once, kept up to date, and asked about permissions. */
import * as vscode from 'vscode';
import type { Conduit } from '../conduit';
import type { OpenedSession, PermissionOutcome, RequestPermissionParams, SessionUpdateParams, TurnState } from '../protocol';
import { givenTo, toFollow, wantedNow, type Given } from './given';
import { SessionLog } from './log';
import type { ChatInfo, Question } from './messages';

/** Updates are handed on in bundles: a page draws no faster. */
const BUNDLE_MS = 24;
const BLANK = 'conduit.blankChat';

/** The conversation that was begun last, in which nothing may have been said yet. */
interface Blank {
  sessionId: string;
  given: Given;
}

/** A page, as far as a conversation cares. */
export interface Viewer {
  readonly visible: boolean;
  loaded(): void;
  updated(updates: SessionUpdateParams[]): void;
  asked(): void;
  changed(): void;
}

export interface OpenSession {
  chat: ChatInfo;
  log: SessionLog;
  questions: Question[];
  viewers: Set<Viewer>;
  running: boolean;
  /** Unix seconds; when the running turn began. */
  since: number;
  /** Of one that was begun here. */
  given?: Given;
}

export class Sessions implements vscode.Disposable {
  private readonly open = new Map<string, OpenSession>();
  private readonly loading = new Map<string, Promise<OpenSession>>();
  private readonly answers = new Map<string, (outcome: PermissionOutcome) => void>();
  private readonly bundles = new Map<string, SessionUpdateParams[]>();
  private readonly ended = new vscode.EventEmitter<{ session: OpenSession; seconds: number; failed: boolean }>();
  private readonly unseen = new vscode.EventEmitter<Question>();
  private readonly waiting = new vscode.EventEmitter<boolean>();
  private readonly disposables: vscode.Disposable[];
  private questions = 0;

  /** A turn ended. */
  readonly onEnded = this.ended.event;
  /** A question came that no page shows. */
  readonly onUnseenQuestion = this.unseen.event;
  /** Whether some question waits. */
  readonly onAsking = this.waiting.event;

  constructor(
    private readonly conduit: Conduit,
    private readonly memory: vscode.Memento,
  ) {
    this.disposables = [
      conduit.onUpdate((params) => this.take(params)),
      conduit.onRestarted(() => void this.reloadAll()),
      conduit.handle('conduit/session/requestPermission', (params, token) => this.ask(params, token)),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('conduit')) for (const session of this.open.values()) void this.follow(session);
      }),
      this.ended,
      this.unseen,
      this.waiting,
    ];
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
  }

  get(sessionId: string): OpenSession | undefined {
    return this.open.get(sessionId);
  }

  /** Opens a conversation for a page; rejects with a sentence for the person. */
  async view(sessionId: string, viewer: Viewer): Promise<OpenSession> {
    const session = await this.load(sessionId);
    session.viewers.add(viewer);
    void this.follow(session); // the settings may be others than when it was left
    return session;
  }

  /** Opens a conversation in which nothing was said yet: the one that was left so, or a new one. */
  async blank(viewer: Viewer): Promise<OpenSession> {
    const known = this.memory.get<Blank>(BLANK);
    if (known !== undefined) {
      const session = await this.load(known.sessionId).catch(() => undefined); // it may have been deleted
      if (session !== undefined && !session.running && session.viewers.size === 0 && isBlank(session.log)) {
        session.viewers.add(viewer);
        await this.follow(session);
        return session;
      }
    }
    const opened = await this.conduit.request('conduit/session/new', {});
    const session = entry(opened);
    session.given = givenTo(session.chat);
    await this.remember(opened.sessionId, session.given);
    this.open.set(opened.sessionId, session);
    session.viewers.add(viewer);
    return session;
  }

  leave(sessionId: string, viewer: Viewer): void {
    const session = this.open.get(sessionId);
    if (session === undefined) return;
    session.viewers.delete(viewer);
    // A conversation at work is kept, so that its end can be told.
    if (session.viewers.size === 0 && !session.running && session.questions.length === 0) this.open.delete(sessionId);
  }

  /** The conversation is not there any more. */
  forget(sessionId: string): Viewer[] {
    const viewers = [...(this.open.get(sessionId)?.viewers ?? [])];
    this.open.delete(sessionId);
    return viewers;
  }

  /** Takes what `setMode`, `setModel` or `rename` answered. */
  changed(opened: Pick<OpenedSession, 'sessionId' | 'session'>): ChatInfo | undefined {
    const session = this.open.get(opened.sessionId);
    if (session === undefined) return undefined;
    const { title, mode, model } = opened.session;
    session.chat = { ...session.chat, title, mode, model };
    for (const viewer of session.viewers) viewer.changed();
    return session.chat;
  }

  /** The conversation in which a question waits, if there is one. */
  asking(): string | undefined {
    return [...this.open.values()].find((each) => each.questions.length > 0)?.chat.sessionId;
  }

  answer(questionId: string, optionId: string): void {
    this.answers.get(questionId)?.({ outcome: 'selected', optionId });
  }

  /** Gives a conversation in which nothing was said or chosen yet what is set for new ones now. */
  private async follow(session: OpenSession): Promise<void> {
    const { chat, given, log } = session;
    const { sessionId } = chat;
    if (sessionId === undefined || given === undefined || session.running || !isBlank(log)) return;
    const wanted = wantedNow();
    if (wanted.mode === given.wanted.mode && wanted.model === given.wanted.model) return;
    const { mode, model } = toFollow(chat, given, wanted);
    try {
      if (mode !== undefined) given.mode = this.changed(await this.conduit.request('conduit/session/setMode', { sessionId, modeId: mode }))?.mode ?? mode;
      if (model !== undefined) given.model = this.changed(await this.conduit.request('conduit/session/setModel', { sessionId, modelId: model }))?.model ?? model;
      given.wanted = wanted;
      if (this.memory.get<Blank>(BLANK)?.sessionId === sessionId) await this.remember(sessionId, given);
    } catch (error) {
      this.conduit.log.info(`An empty chat keeps what it has: ${String(error)}`);
    }
  }

  private async remember(sessionId: string, given: Given): Promise<void> {
    await this.memory.update(BLANK, { sessionId, given } satisfies Blank);
  }

  private load(sessionId: string): Promise<OpenSession> {
    const known = this.open.get(sessionId);
    if (known !== undefined) return Promise.resolve(known);
    const under = this.loading.get(sessionId) ?? this.reload(sessionId, new SessionLog());
    this.loading.set(sessionId, under);
    return under.finally(() => this.loading.delete(sessionId));
  }

  /** Loads what comes after what `log` has. While that lasts, updates go into the log only. */
  private async reload(sessionId: string, log: SessionLog): Promise<OpenSession> {
    const before = this.open.get(sessionId);
    const blank = this.memory.get<Blank>(BLANK);
    const arrived: SessionUpdateParams[] = [];
    const take = this.conduit.onUpdate((params) => {
      if (params.sessionId === sessionId) arrived.push(params);
    });
    this.open.delete(sessionId);
    try {
      const opened = await this.conduit.request('conduit/session/load', { sessionId, replayFrom: log.lastSeq });
      log.fill(arrived, Date.now() / 1000);
      const given = before?.given ?? (blank?.sessionId === sessionId ? blank.given : undefined);
      const session = { ...entry(opened), log, given, questions: before?.questions ?? [], viewers: before?.viewers ?? new Set<Viewer>() };
      this.open.set(sessionId, session);
      for (const viewer of session.viewers) viewer.loaded();
      return session;
    } catch (error) {
      log.fill(arrived, Date.now() / 1000);
      if (before !== undefined) this.open.set(sessionId, before);
      throw error;
    } finally {
      take.dispose();
    }
  }

  private async reloadAll(): Promise<void> {
    for (const resolve of [...this.answers.values()]) resolve({ outcome: 'cancelled' }); // who asked is gone
    for (const [sessionId, session] of [...this.open]) {
      session.log.forgetLive();
      session.questions = [];
      try {
        await this.reload(sessionId, session.log);
      } catch (error) {
        this.conduit.log.warn(`A chat could not be loaded again: ${String(error)}`);
      }
    }
    this.waiting.fire(false);
  }

  private take(params: SessionUpdateParams): void {
    const session = this.open.get(params.sessionId);
    if (session === undefined) return;
    const { update } = params;
    if (update.sessionUpdate === 'conversation_reset') {
      this.bundles.delete(params.sessionId);
      void this.reload(params.sessionId, new SessionLog()).catch((error) => this.conduit.log.warn(String(error)));
      return;
    }
    const stamped = session.log.add(params, Date.now() / 1000);
    if (stamped === undefined) return;
    if (update.sessionUpdate === 'session_info_update' && update.title) {
      session.chat = { ...session.chat, title: update.title };
      for (const viewer of session.viewers) viewer.changed();
    }
    if (update.sessionUpdate === 'user_message_chunk' && session.chat.title === '' && update.content.type === 'text') {
      // As the list of sessions calls one without a title.
      session.chat = { ...session.chat, title: String(update.content.text).split('\n')[0]?.slice(0, 80) ?? '' };
      for (const viewer of session.viewers) viewer.changed();
    }
    this.bundle(params.sessionId, stamped);
    if (update.sessionUpdate === 'turn_state') this.turned(session, update);
  }

  private turned(session: OpenSession, { state, error }: TurnState): void {
    const now = Date.now() / 1000;
    if (state !== 'idle') {
      if (!session.running) session.since = now;
      session.running = true;
      return;
    }
    if (!session.running) return;
    session.running = false;
    this.ended.fire({ session, seconds: now - session.since, failed: error !== undefined });
    if (session.viewers.size === 0 && session.chat.sessionId) this.open.delete(session.chat.sessionId);
  }

  private bundle(sessionId: string, update: SessionUpdateParams): void {
    const waiting = this.bundles.get(sessionId);
    if (waiting !== undefined) {
      waiting.push(update);
      return;
    }
    this.bundles.set(sessionId, [update]);
    setTimeout(() => {
      const updates = this.bundles.get(sessionId);
      this.bundles.delete(sessionId);
      if (updates === undefined) return;
      for (const viewer of this.open.get(sessionId)?.viewers ?? []) viewer.updated(updates);
    }, BUNDLE_MS);
  }

  private async ask(request: RequestPermissionParams, token: vscode.CancellationToken): Promise<{ outcome: PermissionOutcome }> {
    this.questions += 1;
    const question: Question = { id: `question-${this.questions}`, request };
    const session = this.open.get(request.sessionId) ?? (await this.load(request.sessionId));
    const outcome = await new Promise<PermissionOutcome>((resolve) => {
      this.answers.set(question.id, resolve);
      token.onCancellationRequested(() => resolve({ outcome: 'cancelled' }));
      this.change(session, [...session.questions, question]);
      if (![...session.viewers].some((viewer) => viewer.visible)) this.unseen.fire(question);
    });
    this.answers.delete(question.id);
    this.change(this.open.get(request.sessionId) ?? session, session.questions.filter((each) => each.id !== question.id));
    return { outcome };
  }

  private change(session: OpenSession, questions: Question[]): void {
    session.questions = questions;
    for (const viewer of session.viewers) viewer.asked();
    this.waiting.fire([...this.open.values()].some((each) => each.questions.length > 0));
  }
}

function entry(opened: OpenedSession): OpenSession {
  const { sessionId, session, modes, models } = opened;
  const chat = { sessionId, title: session.title, mode: session.mode, modes: modes.availableModes, model: models.currentModelId };
  return { chat, log: new SessionLog(), questions: [], viewers: new Set(), running: session.running, since: Date.now() / 1000 };
}

function isBlank(log: SessionLog): boolean {
  return !log.all().some(({ update }) => update.sessionUpdate === 'user_message_chunk');
}
