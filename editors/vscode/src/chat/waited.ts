/** What becomes of a prompt after it was handed over: it is taken, at once or into the queue. */
import type { Conduit } from '../conduit';

export class Waited {
  /** Resolves when the server has the prompt: its turn begins, or it waits. */
  readonly taken: Promise<void>;
  private readonly seen = new Set<string>();
  private mine: string | undefined;
  private now: string[] = [];
  private readonly watch: { dispose(): void };

  constructor(conduit: Conduit, sessionId: string, queue: boolean) {
    let resolve = (): void => undefined;
    this.taken = new Promise((done) => {
      resolve = done;
    });
    this.watch = conduit.onUpdate(({ sessionId: where, update }) => {
      if (where !== sessionId) return;
      if (queue && update.sessionUpdate === 'queue_update') {
        this.now = update.items.map((each) => each.queueId);
        for (const each of this.now) this.seen.add(each);
        this.mine ??= this.now.at(-1); // a prompt joins at the end
        resolve();
      } else if (update.sessionUpdate === 'user_message_chunk') resolve();
    });
  }

  /** Whether an id was that of a prompt that waited. */
  had(id: string): boolean {
    return this.seen.has(id);
  }

  /** Whether this prompt waited when it was last heard of. */
  get waits(): boolean {
    return this.mine !== undefined && this.now.includes(this.mine);
  }

  dispose(): void {
    this.watch.dispose();
  }
}
