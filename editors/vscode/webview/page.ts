/** What the page shows, in one place; whoever changes it calls `changed`, and the page is drawn once a frame. */
import type { Asks, ChatInfo, Draft, Problem, Question, Setup, ToPage } from '../src/chat/messages';
import { joined } from '../src/chat/joined';
import type { SessionUpdateParams, UsageReport } from '../src/protocol';
import { ask, keep, kept, Refused } from './host.ts';
import { codeActions } from './text/markdown.ts';
import { Transcript } from './transcript/transcript.ts';

export const EMPTY: Draft = { text: '', attachments: [] };

export interface Rewinding {
  messageId: string;
  preview: Asks['rewind']['result'];
}

class Page {
  setup: Setup | undefined;
  chat: ChatInfo | undefined;
  transcript = new Transcript();
  questions: Question[] = [];
  usage: UsageReport | undefined;
  problem: Problem | undefined;
  panel: 'chat' | 'history' = 'chat';
  draft: Draft = EMPTY;
  /** What is in the input, but on its way to the server. */
  sending = '';
  /** A rewind that is about to be done, and the sentence about one that was. */
  rewinding: Rewinding | undefined;
  rewound: string | undefined;
  /** Rows that are unfolded. */
  readonly unfolded = new Set<string>();
  /** Said to a screen reader. */
  announcement = '';
  /** Grows when another conversation, or the same one anew, is shown. */
  shown = 0;
  /** Counts up when the input has to take the draft anew, or the focus. */
  draftChanges = 0;
  focusInput = 0;
  focusQuestion = 0;

  private draw: () => void = () => undefined;
  private asked = 0;

  onChange(draw: () => void): void {
    this.draw = draw;
  }

  /** Draws with the next frame; a page that is not seen has none, so that a timer stands in for it. */
  changed(): void {
    if (this.asked !== 0) return;
    const run = () => {
      window.clearTimeout(timer);
      cancelAnimationFrame(this.asked);
      this.asked = 0;
      this.draw();
    };
    const timer = window.setTimeout(run, 200);
    this.asked = requestAnimationFrame(run);
  }

  can(method: string): boolean {
    return this.setup?.methods.includes(method) ?? false;
  }

  get running(): boolean {
    return this.transcript.state !== 'idle';
  }

  take(message: ToPage): void {
    switch (message.type) {
      case 'setup':
        this.setup = message.setup;
        codeActions.apply = this.can('conduit/inlineEdit');
        break;
      case 'chat':
        this.chat = message.chat;
        break;
      case 'load':
        this.load(message);
        break;
      case 'updates':
        this.apply(message.updates);
        break;
      case 'questions':
        if (message.questions.length > this.questions.length) {
          const newest = message.questions[message.questions.length - 1] as Question;
          this.announce(`Conduit asks for permission: ${newest.request.toolCall.title}`);
        }
        this.questions = message.questions;
        break;
      case 'usage':
        this.usage = message.usage;
        break;
      case 'giveBack':
        this.setDraft(joined(message.draft, this.draft));
        break;
      case 'attach':
        this.setDraft({ ...this.draft, attachments: [...this.draft.attachments, ...message.attachments] });
        this.focusInput += 1;
        break;
      case 'focus':
        this.panel = 'chat';
        if (message.where === 'input') this.focusInput += 1;
        else this.focusQuestion += 1;
        break;
      case 'show':
        this.panel = message.panel;
        break;
      case 'problem':
        this.problem = message.problem;
        this.announce(message.problem.text);
        break;
      default:
        return;
    }
    this.changed();
  }

  /** Puts a draft into the input. */
  setDraft(draft: Draft): void {
    this.draft = draft;
    this.draftChanges += 1;
    this.changed();
  }

  announce(text: string): void {
    this.announcement = text;
    this.changed();
  }

  show(panel: 'chat' | 'history'): void {
    this.panel = panel;
    if (panel === 'chat') this.focusInput += 1;
    this.changed();
  }

  toggle(key: string): void {
    if (!this.unfolded.delete(key)) this.unfolded.add(key);
    this.changed();
  }

  /** Asks the extension; a refusal is shown as a problem, and the answer is then undefined. */
  async ask<K extends keyof Asks>(what: K, params: Asks[K]['params']): Promise<Asks[K]['result'] | undefined> {
    try {
      const result = await ask(what, params);
      this.problem = undefined;
      return result;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.problem = error.problem;
      this.announce(error.problem.text);
      return undefined;
    } finally {
      this.changed();
    }
  }

  private load({ chat, updates, questions, draft, taken }: Extract<ToPage, { type: 'load' }>): void {
    const same = chat.sessionId === kept().sessionId;
    const mine = kept().draft ?? EMPTY;
    // Until the server runs, a conversation without an id stands for the one that comes.
    const standIn = chat.sessionId === undefined;
    const first = this.chat?.sessionId === undefined;
    if (this.shown === 0) this.draft = same && !standIn && !isEmpty(mine) && mine.text !== taken ? mine : draft;
    else if (first && isEmpty(this.draft)) this.draft = draft;
    else if (first) this.draft = isEmpty(draft) || this.draft.text.includes(draft.text) ? this.draft : joined(draft, this.draft);
    else if (chat.sessionId !== this.chat?.sessionId) this.draft = draft;
    if (first || chat.sessionId !== this.chat?.sessionId) {
      this.draftChanges += 1;
      this.rewound = undefined;
    }
    if (!same && !standIn) keep({ sessionId: chat.sessionId, scroll: undefined });
    if (!first) this.panel = 'chat';
    this.chat = chat;
    this.questions = questions;
    this.transcript = new Transcript();
    this.rewinding = undefined;
    this.problem = undefined;
    this.usage = undefined;
    this.shown += 1;
    const now = Date.now() / 1000;
    for (const update of updates) this.transcript.apply(update, now);
  }

  private apply(updates: SessionUpdateParams[]): void {
    const before = this.transcript.state;
    const now = Date.now() / 1000;
    for (const update of updates) this.transcript.apply(update, now);
    if (this.transcript.state === 'running') this.rewound = undefined;
    if (before !== 'idle' && this.transcript.state === 'idle') {
      const last = this.transcript.items[this.transcript.items.length - 1];
      const failed = last?.kind === 'end' && last.error ? last.error : '';
      this.announce(failed || `Conduit answered. ${this.transcript.answerOf(this.transcript.turnId).slice(0, 200)}`);
    }
    const { title, mode, model } = this.transcript;
    if (this.chat) this.chat = { ...this.chat, title: title || this.chat.title, mode: (mode || this.chat.mode) as ChatInfo['mode'], model: model || this.chat.model };
  }
}

function isEmpty({ text, attachments }: Draft): boolean {
  return text === '' && attachments.length === 0;
}

export const page = new Page();
