/**
 * The requests of the chat, some of which only newer servers have: those are described here as long as `protocol.ts`
 * does not, and a page offers what needs them only where the server says that it has them.
 */
import type * as vscode from 'vscode';
import type { Conduit } from '../conduit';
import type { PromptContext, PromptParams, PromptResult, Requests, SessionLine, UndoneFile } from '../protocol';

type Content = PromptParams['prompt'];

interface Newer {
  'conduit/command/list': {
    params: { sessionId?: string | null };
    result: { commands: { name: string; description: string; hint: string; source: 'builtin' | 'person' | 'project' }[] };
  };
  'conduit/session/delete': { params: { sessionId: string }; result: { deleted: true } };
  'conduit/session/export': { params: { sessionId: string }; result: { title: string; markdown: string } };
  'conduit/session/rename': { params: { sessionId: string; title: string }; result: { session: SessionLine } };
  'conduit/session/resend': {
    params: { sessionId: string; messageId: string; prompt?: Content | null; files?: boolean; context?: PromptContext | null; queue?: boolean };
    result: PromptResult;
  };
  'conduit/session/rewind': {
    params: { sessionId: string; messageId: string; files?: boolean; preview?: boolean };
    result: { sessionId: string; messageId: string; prompt: Content; removed: number; files: UndoneFile[]; rewindId?: string; message: string };
  };
  'conduit/session/unqueue': { params: { sessionId: string; queueId: string }; result: { prompt: Content } };
  'conduit/session/unrewind': { params: { sessionId: string }; result: { sessionId: string; messageId: string; restored: number; files: UndoneFile[]; message: string } };
}

/** What `protocol.ts` says counts. */
export type Wide = Omit<Newer, keyof Requests> & Requests;
export type Command = Wide['conduit/command/list']['result']['commands'][number];
export type Rewound = Wide['conduit/session/rewind']['result'];

export function request<M extends keyof Wide>(conduit: Conduit, method: M, params: Wide[M]['params'], token?: vscode.CancellationToken): Promise<Wide[M]['result']> {
  return conduit.request(method as keyof Requests, params as never, token) as Promise<unknown> as Promise<Wide[M]['result']>;
}

export function has(conduit: Conduit, method: keyof Wide): boolean {
  return conduit.has(method as keyof Requests);
}
