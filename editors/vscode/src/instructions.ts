/** Instructions that were given before, newest last, to be fetched back into the field. */
import type * as vscode from 'vscode';

const KEY = 'conduit.instructions';
const KEPT = 30;

export class Instructions {
  /** Which one is shown; as many as there are: what the person types. */
  private at = 0;
  private typed = '';

  constructor(private readonly memory: vscode.Memento) {}

  /** A field opens: the newest instruction is the first one that is fetched. */
  begin(): void {
    this.at = this.all.length;
  }

  async add(instruction: string): Promise<void> {
    const others = this.all.filter((each) => each !== instruction);
    await this.memory.update(KEY, [...others, instruction].slice(-KEPT));
  }

  /** Returns the instruction so many steps later (or earlier), or nothing when there is none; `now` is what the field has. */
  step(by: number, now: string): string | undefined {
    const { all, at } = this;
    const next = at + by;
    if (next < 0 || next > all.length) return undefined;
    if (at === all.length) this.typed = now;
    this.at = next;
    return all[next] ?? this.typed;
  }

  private get all(): string[] {
    return this.memory.get<string[]>(KEY, []);
  }
}
