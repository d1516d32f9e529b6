/** The way to the extension. */
import type { Ask, Asks, Draft, Problem, ToHost, ToPage } from '../src/chat/messages';

/** What the page itself keeps over a reload. */
export interface Kept {
  sessionId?: string;
  draft?: Draft;
  /** Where the list was: a row and how far its top is from the top of the list, or nothing for the end. */
  scroll?: { key: string; top: number };
}

interface Api {
  postMessage(message: ToHost): void;
  getState(): Kept | undefined;
  setState(state: Kept): void;
}

declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();
const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Refused) => void }>();
let newest = 0;

/** The extension could not do what was asked. */
export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.text);
    this.problem = problem;
  }
}

export function post(message: ToHost): void {
  api.postMessage(message);
}

export function ask<K extends keyof Asks>(what: K, params: Asks[K]['params']): Promise<Asks[K]['result']> {
  newest += 1;
  const id = newest;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    api.postMessage({ type: 'ask', id, what, params } as Ask);
  });
}

export function kept(): Kept {
  return api.getState() ?? {};
}

export function keep(change: Partial<Kept>): void {
  api.setState({ ...kept(), ...change });
}

/** Calls `take` with everything but the answers, which go to those who asked. */
export function listen(take: (message: ToPage) => void): void {
  window.addEventListener('message', (event: MessageEvent<ToPage>) => {
    const message = event.data;
    if (message.type !== 'answered' && message.type !== 'refused') return take(message);
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.type === 'answered') asked?.resolve(message.result as never);
    else asked?.reject(new Refused(message.problem));
  });
}
