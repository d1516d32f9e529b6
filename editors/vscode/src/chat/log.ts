/** What a page that opens in the middle of a conversation has to be told: all that is durable, and what is live. */
import type { MessageChunk, SessionUpdateParams, Update } from '../protocol';

export class SessionLog {
  /** The number after which a reload may begin. */
  lastSeq = 0;
  private readonly durable: SessionUpdateParams[] = [];
  private live: SessionUpdateParams[] = [];

  /** Returns the update as pages get it, with its time; undefined for one that was there already. `now` is in Unix seconds. */
  add(params: SessionUpdateParams, now: number): SessionUpdateParams | undefined {
    const stamped = params.at === undefined ? { ...params, at: now } : params;
    if (params.seq === undefined) {
      this.addLive(stamped);
      return stamped;
    }
    // One event may come as several updates with the same number.
    if (params.seq < this.lastSeq) return undefined;
    this.lastSeq = params.seq;
    this.durable.push(stamped);
    const { update } = params;
    if (update.sessionUpdate === 'turn_state' && update.state === 'idle') this.live = this.live.filter((each) => isQueue(each) || each.turnId !== params.turnId);
    else this.live = this.live.filter((each) => !supersedes(update, each.update));
    return stamped;
  }

  /**
   * Takes what arrived while the conversation was loaded: its history, and between it, in any place, what a turn said that
   * ran meanwhile, which may be part of the history, too.
   */
  fill(arrived: readonly SessionUpdateParams[], now: number): void {
    const known = new Set<string>();
    const stored = arrived.filter((each) => {
      const key = `${each.seq}${JSON.stringify(each.update)}`;
      return each.seq !== undefined && known.size < known.add(key).size;
    });
    for (const each of arrived) if (each.seq === undefined) this.add(each, now);
    for (const each of stored.sort((one, other) => (one.seq ?? 0) - (other.seq ?? 0))) this.add(each, now);
  }

  all(): SessionUpdateParams[] {
    return [...this.durable, ...this.live];
  }

  /** What was only said by a server that is gone will not be said again. */
  forgetLive(): void {
    this.live = [];
  }

  private addLive(params: SessionUpdateParams): void {
    const { update } = params;
    if (update.sessionUpdate === 'queue_update') {
      this.live = this.live.filter((each) => !isQueue(each));
    } else if (isChunk(params)) {
      const at = this.live.findIndex(
        (each) => isChunk(each) && each.update.messageId === params.update.messageId && each.update.sessionUpdate === update.sessionUpdate,
      );
      const known = this.live[at];
      if (known !== undefined && isChunk(known)) {
        const text = String(known.update.content.text ?? '') + String(params.update.content.text ?? '');
        this.live[at] = { ...known, update: { ...known.update, content: { ...known.update.content, text } } };
        return;
      }
    }
    this.live.push(params);
  }
}

/** Whether a durable update says all that a live one said. */
function supersedes(update: Update, live: Update): boolean {
  if ('messageId' in update && 'messageId' in live) return update.messageId === live.messageId && update.sessionUpdate === live.sessionUpdate;
  return 'toolCallId' in update && 'toolCallId' in live && update.toolCallId === live.toolCallId;
}

function isQueue(params: SessionUpdateParams): boolean {
  return params.update.sessionUpdate === 'queue_update';
}

function isChunk(params: SessionUpdateParams): params is SessionUpdateParams & { update: MessageChunk } {
  return params.update.sessionUpdate === 'agent_message_chunk' || params.update.sessionUpdate === 'agent_thought_chunk';
}
