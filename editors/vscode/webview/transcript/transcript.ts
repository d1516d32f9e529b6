/** From the server's updates to rows. It knows no page and no editor: the same updates always make the same rows. */
import type { ChangeUpdate, HunkDecision, HunkUpdate, MessageChunk, SessionUpdateParams, ToolCallUpdate, TurnState, Update, UsageUpdate } from '../../src/protocol';
import type { AnswerItem, ChangesItem, Item, Queued, ReviewItem, Spending, ToolItem, UserItem } from './items.ts';

type State = 'idle' | 'running' | 'asking';

interface Change {
  item: ChangesItem | undefined;
  files: ChangesItem['files'];
  cause: ChangeUpdate['cause'];
  reverts: string[];
}

export class Transcript {
  readonly items: Item[] = [];
  state: State = 'idle';
  turnId = '';
  title = '';
  model = '';
  mode = '';
  queue: Queued[] = [];
  spending: Spending = { used: 0, inputTokens: 0, outputTokens: 0 };

  private readonly byKey = new Map<string, Item>();
  private readonly changes = new Map<string, Change>();
  private readonly hunkTurns = new Map<string, string>();
  private turn = { startedAt: undefined as number | undefined, tokens: 0, cost: undefined as number | undefined };
  private open: AnswerItem | undefined;

  /** `now` is in Unix seconds, for updates that do not say when they were. */
  apply(params: SessionUpdateParams, now: number): void {
    const at = params.at ?? now;
    const turnId = params.turnId ?? this.turnId;
    const update = params.update as Update;
    switch (update.sessionUpdate) {
      case 'user_message_chunk':
        return this.said(update, turnId, params.at ?? (params.seq === undefined ? undefined : now));
      case 'agent_message_chunk':
      case 'agent_thought_chunk':
        return this.written(update, turnId, params.seq !== undefined);
      case 'tool_call':
      case 'tool_call_update':
        return this.called(update, turnId, at);
      case 'turn_state':
        return this.turned(update, turnId, at);
      case 'sources':
        return this.change(`answer:${update.messageId}`, (item) => {
          if (item.kind === 'answer') item.sources = update.sources;
        });
      case 'usage_update':
        return this.spent(update);
      case 'notice':
        this.add({ kind: 'notice', key: `notice:${params.seq ?? ''}:${this.items.length}`, version: 0, turnId, text: update.text });
        return;
      case 'change':
        return this.changed(update, turnId);
      case 'hunk':
        return this.proposed(update);
      case 'hunk_decision':
        return this.decided(update);
      case 'current_mode_update':
        this.mode = update.currentModeId;
        return;
      case 'session_info_update':
        this.title = update.title ?? this.title;
        this.model = update.model ?? this.model;
        return;
      case 'queue_update':
        this.queue = update.items;
        return;
      default:
        return;
    }
  }

  /** The newest message of the person. */
  get lastUser(): UserItem | undefined {
    for (let index = this.items.length - 1; index >= 0; index -= 1) {
      const item = this.items[index];
      if (item?.kind === 'user') return item;
    }
    return undefined;
  }

  /** What the model wrote in a turn, to be copied. */
  answerOf(turnId: string): string {
    const parts = this.items.filter((item) => item.kind === 'answer' && item.turnId === turnId) as AnswerItem[];
    return parts.map((item) => item.text).join('\n\n');
  }

  private said(update: MessageChunk, turnId: string, at: number | undefined): void {
    const key = `user:${update.messageId}`;
    let item = this.byKey.get(key) as UserItem | undefined;
    if (item === undefined) {
      item = { kind: 'user', key, version: 0, turnId, messageId: update.messageId, text: '', links: [], images: [], at };
      this.add(item);
    }
    if (update.replace) Object.assign(item, { text: '', links: [], images: [] });
    const content = update.content;
    if (content.type === 'text') item.text += (item.text ? '\n' : '') + String(content.text);
    else if (content.type === 'image') item.images.push({ mimeType: String(content.mimeType), data: String(content.data) });
    else if (content.type === 'resource_link') item.links.push({ name: String(content.name), uri: String(content.uri) });
    item.version += 1;
  }

  private written(update: MessageChunk, turnId: string, durable: boolean): void {
    const kind = update.sessionUpdate === 'agent_message_chunk' ? 'answer' : 'thought';
    const key = `${kind}:${update.messageId}`;
    let item = this.byKey.get(key) as AnswerItem | undefined;
    if (item === undefined) {
      if (durable && !update.content.text && !update.interrupted) return;
      item = { kind, key, version: 0, turnId, messageId: update.messageId, text: '', done: false, interrupted: false, sources: [] };
      this.add(item);
    }
    if (this.open !== undefined && this.open !== item) this.close();
    item.text = (update.replace ? '' : item.text) + String(update.content.text ?? '');
    item.done = durable;
    item.interrupted = update.interrupted ?? item.interrupted;
    item.version += 1;
    this.open = durable ? undefined : item;
  }

  /** What comes next ends the text before it. */
  private close(): void {
    if (this.open === undefined) return;
    this.open.done = true;
    this.open.version += 1;
    this.open = undefined;
  }

  private called(update: ToolCallUpdate, turnId: string, at: number): void {
    this.close();
    const key = `tool:${turnId}:${update.toolCallId}`; // some endpoints count their calls anew in each turn
    let item = this.byKey.get(key) as ToolItem | undefined;
    if (item === undefined) {
      item = {
        kind: 'tool', key, version: 0, turnId, callId: update.toolCallId, title: '', toolKind: 'other', status: 'pending',
        output: [], locations: [], interrupted: false,
      };
      this.add(item);
    }
    item.title = update.title ?? item.title;
    item.toolKind = update.kind ?? item.toolKind;
    // A call that began is announced once more when the whole answer is there: that takes nothing back.
    const back = update.status === 'pending' && item.status !== 'pending';
    if (update.status !== undefined && !back) item.status = update.status;
    if (update.status === 'in_progress') item.startedAt ??= at;
    if (update.status === 'completed' || update.status === 'failed') item.endedAt = at;
    item.input = update.rawInput ?? item.input;
    item.interrupted = update.interrupted ?? item.interrupted;
    if (update.content) item.output = update.content.map(textOf);
    if (update.locations) item.locations = update.locations.map((each) => each.path);
    item.version += 1;
  }

  private turned(update: TurnState, turnId: string, at: number): void {
    if (update.state === 'requires_action') {
      this.state = 'asking';
      return;
    }
    if (update.state === 'running') {
      const begins = this.state === 'idle';
      this.state = 'running';
      this.turnId = turnId;
      if (begins) {
        this.turn = { startedAt: at, tokens: 0, cost: undefined };
        this.age();
      }
      return;
    }
    this.close();
    this.state = 'idle';
    for (const item of this.items.slice(-200)) {
      if (item.kind === 'tool' && item.turnId === turnId && (item.status === 'pending' || item.status === 'in_progress')) {
        item.status = 'failed';
        item.interrupted = true;
        item.version += 1;
      }
    }
    const { startedAt, tokens, cost } = this.turn;
    this.age();
    this.add({
      kind: 'end', key: `end:${turnId}`, version: 0, turnId, stopReason: update.stopReason ?? 'end_turn', error: update.error,
      errorKind: update.errorKind, interrupted: update.interrupted ?? false,
      seconds: startedAt === undefined ? undefined : Math.max(0, at - startedAt), tokens, cost, newest: true,
    });
  }

  /** No end that is there now is the newest any more. */
  private age(): void {
    for (let index = this.items.length - 1; index >= 0; index -= 1) {
      const item = this.items[index] as Item;
      if (item.kind !== 'end') continue;
      if (item.newest) {
        item.newest = false;
        item.version += 1;
      }
      return;
    }
  }

  private spent(update: UsageUpdate): void {
    const { usage, cost } = update;
    const spending = this.spending;
    this.turn.tokens += usage.inputTokens + usage.outputTokens;
    if (cost) this.turn.cost = (this.turn.cost ?? 0) + cost.amount;
    this.spending = {
      used: update.used,
      size: (update as { size?: number }).size ?? spending.size,
      inputTokens: spending.inputTokens + usage.inputTokens,
      outputTokens: spending.outputTokens + usage.outputTokens,
      cost: cost ? (spending.cost ?? 0) + cost.amount : spending.cost,
    };
  }

  private changed(update: ChangeUpdate, turnId: string): void {
    if (update.status === 'started') {
      const files = update.files ?? [];
      this.changes.set(update.changeId, { item: undefined, files, cause: update.cause, reverts: update.reverts ?? [] });
      return;
    }
    const change = this.changes.get(update.changeId);
    if (update.status === 'failed' || change === undefined) return;
    if (change.cause === 'undo') return this.revert(change.reverts, true);
    if (change.cause === 'redo') {
      return this.revert(change.reverts.flatMap((id) => this.changes.get(id)?.reverts ?? [id]), false);
    }
    const key = `changes:${turnId}`;
    let item = this.byKey.get(key) as ChangesItem | undefined;
    if (item === undefined) {
      item = { kind: 'changes', key, version: 0, turnId, files: [], changeIds: [], undone: false };
      this.add(item);
    }
    for (const file of change.files) {
      if (!item.files.some((each) => each.path === file.path && each.action === file.action)) item.files.push(file);
    }
    item.changeIds.push(update.changeId);
    item.version += 1;
    change.item = item;
  }

  private revert(changeIds: string[], undone: boolean): void {
    for (const id of changeIds) {
      const item = this.changes.get(id)?.item;
      if (item === undefined) continue;
      item.undone = undone;
      item.version += 1;
    }
  }

  private proposed(update: HunkUpdate): void {
    const turns = new Set(update.hunks.map((hunk) => hunk.turnId));
    for (const item of this.items) {
      if (item.kind !== 'review' || !item.waiting.has(update.uri) || turns.has(item.turnId)) continue;
      item.waiting.delete(update.uri);
      item.version += 1;
    }
    for (const turnId of turns) {
      const item = this.review(turnId);
      item.waiting.set(update.uri, update.hunks.filter((hunk) => hunk.turnId === turnId));
      item.version += 1;
    }
    for (const hunk of update.hunks) this.hunkTurns.set(hunk.hunkId, hunk.turnId);
  }

  private decided(update: HunkDecision): void {
    const turnId = this.hunkTurns.get(update.hunkId);
    if (turnId === undefined || (update.decision !== 'accepted' && update.decision !== 'rejected')) return;
    const item = this.review(turnId);
    item[update.decision] += 1;
    item.version += 1;
  }

  private review(turnId: string): ReviewItem {
    const key = `review:${turnId}`;
    const known = this.byKey.get(key) as ReviewItem | undefined;
    if (known !== undefined) return known;
    const item: ReviewItem = { kind: 'review', key, version: 0, turnId, waiting: new Map(), accepted: 0, rejected: 0 };
    this.add(item);
    return item;
  }

  private add(item: Item): void {
    const last = this.items[this.items.length - 1];
    // What a turn leaves behind stands above its end, whenever it comes.
    if (last?.kind === 'end' && last.turnId === item.turnId && (item.kind === 'review' || item.kind === 'changes')) {
      this.items.splice(this.items.length - 1, 0, item);
    } else if (this.byKey.has(item.key)) {
      this.items.splice(this.items.indexOf(this.byKey.get(item.key) as Item), 1);
      this.items.push(item);
    } else {
      this.items.push(item);
    }
    this.byKey.set(item.key, item);
  }

  private change(key: string, act: (item: Item) => void): void {
    const item = this.byKey.get(key);
    if (item === undefined) return;
    act(item);
    item.version += 1;
  }
}

function textOf(block: Record<string, unknown>): string {
  const content = block.content as { text?: unknown } | undefined;
  return typeof content?.text === 'string' ? content.text : '';
}

