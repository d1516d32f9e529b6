/** What was typed and not sent, per conversation, over reloads of the window. */
import type * as vscode from 'vscode';
import type { Draft } from './messages';

const KEY = 'conduit.drafts';
const MOST = 20;
/** Pictures larger than this are kept by the page alone. */
const MOST_DATA = 200_000;

export class Drafts {
  constructor(private readonly memory: vscode.Memento) {}

  get(sessionId: string): Draft {
    return this.all()[sessionId] ?? { text: '', attachments: [] };
  }

  async set(sessionId: string, draft: Draft): Promise<void> {
    const { [sessionId]: before, ...others } = this.all();
    if (JSON.stringify(before) === JSON.stringify(draft)) return;
    const kept = { ...draft, attachments: draft.attachments.filter((each) => (each.data?.length ?? 0) <= MOST_DATA) };
    const empty = draft.text === '' && draft.attachments.length === 0;
    const entries = Object.entries(others).slice(empty ? 0 : 1 - MOST);
    await this.memory.update(KEY, Object.fromEntries(empty ? entries : [...entries, [sessionId, kept]]));
  }

  private all(): Record<string, Draft> {
    return this.memory.get<Record<string, Draft>>(KEY, {});
  }
}
