/** What every part of the extension may use of the server: requests, updates, and whether it runs. */
import type * as vscode from 'vscode';
import type { Requests, ServerRequests, SessionUpdateParams, StatusNote } from './protocol';

export type ServerState = 'stopped' | 'starting' | 'running' | 'restarting' | 'failed';

export interface Conduit {
  readonly state: ServerState;
  readonly onState: vscode.Event<ServerState>;
  /** A sentence for the person while the server does not run as it should. */
  readonly problem: string | undefined;
  /** The running server's version, as it said at `initialize`. */
  readonly serverVersion: string | undefined;

  /** Whether the running server has a method; false while none runs. */
  has(method: keyof Requests): boolean;
  /** Asks the server; waits for one that is starting, for a bounded time. Rejects with a sentence for the person. */
  request<M extends keyof Requests>(
    method: M,
    params: Requests[M]['params'],
    token?: vscode.CancellationToken,
  ): Promise<Requests[M]['result']>;
  /** Answers a request of the server, of each one that is started from now on too. */
  handle<M extends keyof ServerRequests>(
    method: M,
    handler: (
      params: ServerRequests[M]['params'],
      token: vscode.CancellationToken,
    ) => Promise<ServerRequests[M]['result']>,
  ): vscode.Disposable;

  readonly onUpdate: vscode.Event<SessionUpdateParams>;
  readonly status: StatusNote | undefined;
  readonly onStatus: vscode.Event<StatusNote>;
  /** After a crash or a restart, once the server answers again: load again what you show. */
  readonly onRestarted: vscode.Event<void>;
  restart(): Promise<void>;
  readonly log: vscode.LogOutputChannel;
}
