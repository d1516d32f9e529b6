/** `@conduit` in the editor's own chat: the same server and the same conversations, shown there. */
import * as vscode from 'vscode';
import { blocksOf, contextOf, referenceOf } from './chat/attachments';
import { iconOf } from './chat/icon';
import { find } from './chat/places';
import type { OpenSession, Sessions, Viewer } from './chat/sessions';
import type { Conduit } from './conduit';
import type { PermissionOption, PromptParams, PromptResult, RequestPermissionParams, SessionUpdateParams } from './protocol';
import { plural } from './review/counts';
import { sentenceOf } from './said';

const ID = 'conduit.conduit';
const ANSWER = 'conduit.answerInChat';
const GONE = '*The conversation that this chat was about is gone; this is a new one.*\n\n';

/** What the person chose in this chat, by the question. */
type Answers = Map<string, string>;

/** What an answer remembers for the next one of its chat. */
interface Memory {
  sessionId?: string;
  /** The person's message. */
  messageId?: string;
}

export function registerParticipant(context: vscode.ExtensionContext, conduit: Conduit, sessions: Sessions): void {
  // An editor without a chat of its own has no such part of the API.
  if (typeof vscode.chat?.createChatParticipant !== 'function') return;
  const sent = new Set<string>();
  const answers: Answers = new Map();
  const participant = vscode.chat.createChatParticipant(ID, async (request, chat, stream, token) => {
    const before = memoryOf(chat);
    const turn = new Turn(conduit, sessions, answers, stream, token);
    const memory = (): Memory => ({ sessionId: turn.sessionId ?? before.sessionId, messageId: turn.messageId ?? before.messageId });
    try {
      const session = await turn.open(before.sessionId, request.prompt);
      const result = await turn.run(request, takenBack(session, before.messageId, sent));
      return { metadata: memory(), errorDetails: result.error === undefined ? undefined : { message: result.error } };
    } catch (error) {
      return { metadata: memory(), errorDetails: { message: sentenceOf(error) } };
    } finally {
      turn.close();
      if (turn.messageId !== undefined) sent.add(turn.messageId);
    }
  });
  participant.iconPath = iconOf(context);
  context.subscriptions.push(
    participant,
    vscode.commands.registerCommand(ANSWER, (questionId: string, { optionId, name }: PermissionOption) => {
      answers.set(questionId, name);
      sessions.answer(questionId, optionId);
    }),
  );
}

/** What the newest answer remembers; of one that remembers nothing, at least the conversation that the chat is about. */
function memoryOf({ history }: vscode.ChatContext): Memory {
  const memories = history.flatMap((each) => (each instanceof vscode.ChatResponseTurn ? [(each.result.metadata ?? {}) as Memory] : []));
  const sessionId = memories.filter((each) => each.sessionId !== undefined).at(-1)?.sessionId;
  return { ...memories.at(-1), sessionId };
}

/** The message that this one stands for: one that was sent from this chat after `last`, and was taken back there. */
function takenBack({ log }: OpenSession, last: string | undefined, sent: Set<string>): string | undefined {
  const all = log.all().flatMap(({ update }) => (update.sessionUpdate === 'user_message_chunk' ? [update.messageId] : []));
  const messages = [...new Set(all)];
  const next = messages.find((_, at) => at > 0 && messages[at - 1] === last);
  return next !== undefined && sent.has(next) ? next : undefined;
}

/** One answer. It views the conversation while it lasts, so that what is asked is asked here. */
class Turn implements Viewer {
  readonly visible = true;
  sessionId: string | undefined;
  messageId: string | undefined;
  /** What was told already: updates, messages, places, answers. */
  private readonly told = new Set<string>();
  private readonly asking = new Set<string>();
  private earlier = new Set<string | undefined>();
  private readonly files = new Set<string>();
  private readonly waiting = new Map<string, number>();
  private telling: Promise<void> = Promise.resolve();
  private readonly disposables: vscode.Disposable[] = [];

  constructor(
    private readonly conduit: Conduit,
    private readonly sessions: Sessions,
    private readonly answers: Answers,
    private readonly stream: vscode.ChatResponseStream,
    private readonly token: vscode.CancellationToken,
  ) {}

  /** Opens the conversation that the chat was about so far, or a new one. */
  async open(known: string | undefined, prompt: string): Promise<OpenSession> {
    let session = known === undefined ? undefined : await this.sessions.view(known, this).catch(() => undefined);
    this.sessionId = session?.chat.sessionId;
    if (session === undefined) {
      const { sessionId } = await this.conduit.request('conduit/session/new', { title: prompt.slice(0, 80) });
      if (known !== undefined) this.stream.markdown(GONE);
      this.sessionId = sessionId;
      session = await this.sessions.view(sessionId, this);
    }
    this.earlier = new Set([undefined, ...session.log.all().map(({ turnId }) => turnId)]);
    return session;
  }

  async run(request: vscode.ChatRequest, instead: string | undefined): Promise<PromptResult> {
    const { conduit, token } = this;
    const sessionId = this.sessionId ?? '';
    this.disposables.push(
      conduit.onUpdate((params) => {
        if (params.sessionId === sessionId) this.tell(() => this.take(params));
      }),
      token.onCancellationRequested(() => void conduit.request('conduit/session/cancel', { sessionId }).catch(() => undefined)), // it may have ended
    );
    const prompt = await this.blocks(request);
    const context = contextOf(vscode.window.activeTextEditor);
    if (token.isCancellationRequested) throw new vscode.CancellationError();
    const result = await (instead === undefined
      ? conduit.request('conduit/session/prompt', { sessionId, prompt, context })
      : conduit.request('conduit/session/resend', { sessionId, messageId: instead, prompt, context, files: false }));
    await this.telling;
    if (!token.isCancellationRequested) this.offer(result);
    return result;
  }

  close(): void {
    for (const each of this.disposables) each.dispose();
    if (this.sessionId !== undefined) this.sessions.leave(this.sessionId, this);
  }

  // Updates are taken as they come in, since all of them have to be told before the request is answered.
  loaded(): void {}
  updated(): void {}
  changed(): void {}

  asked(): void {
    const waiting = this.sessions.get(this.sessionId ?? '')?.questions ?? [];
    for (const { id, request } of waiting) {
      if (this.asking.has(id)) continue;
      this.asking.add(id);
      this.tell(() => this.ask(id, request));
    }
    for (const id of this.asking) {
      if (waiting.some((each) => each.id === id) || !this.isNew(`answer ${id}`)) continue;
      this.tell(() => this.stream.markdown(`*${this.answers.has(id) ? `You answered: ${this.answers.get(id)}` : 'Answered elsewhere'}*\n\n`));
    }
  }

  private ask(id: string, request: RequestPermissionParams): void {
    const often = request.options.filter((option) => option.kind.endsWith('_always'));
    this.stream.markdown(questionOf(request));
    for (const option of request.options.filter((each) => !often.includes(each))) this.stream.button({ command: ANSWER, title: option.name, arguments: [id, option] });
    const links = often.map((option) => `[${option.name}](command:${ANSWER}?${encodeURIComponent(JSON.stringify([id, option]))})`);
    const line = new vscode.MarkdownString(`${links.join(' · ')}\n\n`);
    line.isTrusted = { enabledCommands: [ANSWER] };
    if (links.length > 0) this.stream.markdown(line);
  }

  /** Says something in its turn; nothing more once the person stopped it. */
  private tell(say: () => unknown): void {
    this.telling = this.telling.then(async () => {
      if (!this.token.isCancellationRequested) await say();
    });
  }

  private isNew(key: string): boolean {
    return this.told.size < this.told.add(key).size;
  }

  private async blocks({ command, prompt, references }: vscode.ChatRequest): Promise<PromptParams['prompt']> {
    const attachments = [];
    for (const reference of references) {
      const attachment = await referenceOf(reference);
      if (attachment !== undefined) attachments.push(attachment);
      else this.stream.markdown(`*Not sent: ${reference.modelDescription ?? reference.id}*\n\n`);
    }
    return blocksOf({ text: command ? `/${command} ${prompt}` : prompt, attachments });
  }

  private async take(params: SessionUpdateParams): Promise<void> {
    const { update } = params;
    // While a conversation is loaded in some page, all of it is said once more.
    if (this.earlier.has(params.turnId)) return;
    if (params.seq !== undefined && !this.isNew(JSON.stringify([params.seq, update]))) return;
    if (update.sessionUpdate === 'user_message_chunk') this.messageId ??= update.messageId;
    else if (update.sessionUpdate === 'agent_message_chunk') {
      // The whole message comes once more at its end; it is only new when nothing of it was streamed.
      const text = String(update.content.text ?? '');
      this.stream.markdown(!this.isNew(update.messageId) && update.replace ? '\n\n' : text);
    } else if (update.sessionUpdate === 'tool_call' && update.status === 'in_progress' && update.title) this.stream.progress(update.title);
    else if (update.sessionUpdate === 'tool_call_update') await this.refer(update.locations?.map(({ path }) => path) ?? []);
    else if (update.sessionUpdate === 'notice') this.stream.progress(update.text);
    else if (update.sessionUpdate === 'change') for (const file of update.files ?? []) this.files.add(file.newPath ?? file.path);
    else if (update.sessionUpdate === 'hunk') this.waiting.set(update.uri, update.hunks.length);
  }

  private async refer(paths: string[]): Promise<void> {
    for (const path of paths.filter((each) => this.isNew(`place ${each}`))) {
      const uri = await find(path);
      if (uri !== undefined) this.stream.reference(uri);
    }
  }

  /** What can be done with what the turn did. */
  private offer({ turnId, errorKind }: PromptResult): void {
    const proposed = [...this.waiting.values()].reduce((sum, each) => sum + each, 0);
    if (proposed > 0) this.stream.button({ command: 'conduit.reviewAll', title: `Review ${plural(proposed, 'Proposed Change')}` });
    if (this.files.size > 0) this.stream.button({ command: 'conduit.undoTurn', title: 'Undo Turn…', arguments: [{ sessionId: this.sessionId, turnId }] });
    if (errorKind === 'auth') this.stream.button({ command: 'conduit.setKey', title: 'Set the Key…' });
  }
}

/** A question with the exact effect. What the model wrote of it cannot be a link. */
function questionOf({ toolCall, reason, preview }: RequestPermissionParams): vscode.MarkdownString {
  const text = new vscode.MarkdownString('\n\n**Conduit asks for permission:** ').appendText(toolCall.title);
  if (reason) text.appendMarkdown('  \n').appendText(reason);
  const fence = '`'.repeat(Math.max(3, ...[...preview.matchAll(/`+/g)].map((each) => each[0].length + 1)));
  const language = /^(--- |\+\+\+ |@@ |diff )/m.test(preview) ? 'diff' : '';
  if (preview) text.appendMarkdown(`\n\n${fence}${language}\n${preview.trimEnd()}\n${fence}`);
  return text.appendMarkdown('\n\n');
}
