/** Keeps one server running: starts, checks, restarts with a growing pause, and gives up with a sentence. Never two at once. */
import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { ErrorCodes, ResponseError, type LanguageClient } from 'vscode-languageclient/node';
import type { Conduit, ServerState } from '../conduit';
import { PROTOCOL_VERSION, type Requests, type ServerRequests, type SessionUpdateParams, type StatusNote } from '../protocol';
import { onServerSettings, serverSettings } from '../settings';
import { SHOWING } from './answers';
import { ServerRun } from './client';
import { findServers, upgradeCommand, type Launch } from './find';
import { isFile } from './paths';
import { Patience } from './patience';
import { Unusable, whyEnded } from './unusable';

/** How long the first answer may take, and how long a request waits for a server that is starting. */
const START_MS = 60_000;
const DOWNLOAD_MS = 15 * 60_000;
const WAIT_MS = 75_000;
/** After this many ends within this time no further start is made. */
const MOST_ENDS = 6;
const ENDS_WITHIN_MS = 5 * 60_000;
const LONGEST_PAUSE_S = 30;

/** What the client itself answers when the connection is gone. */
const CUT = new Set<number>([ErrorCodes.PendingResponseRejected, ErrorCodes.ConnectionInactive]);

type Handler = (params: never, token: vscode.CancellationToken) => Promise<unknown>;
interface Announced {
  protocol?: number;
  methods?: string[];
}

export class Supervisor implements Conduit, vscode.Disposable {
  state: ServerState = 'stopped';
  problem: string | undefined;
  failure: Unusable['kind'] | 'crashed' | undefined;
  /** What brings a fitting server there, when one does not fit. */
  remedy: string | undefined;
  status: StatusNote | undefined;
  serverVersion: string | undefined;
  /** Where the running server was found. */
  launch: Launch | undefined;
  private run: ServerRun | undefined;
  private methods: ReadonlySet<string> = new Set();
  private readonly handlers = new Map<string, Handler>();
  private queue: Promise<void> = Promise.resolve();
  private queued: Promise<void> | undefined;
  private ends: number[] = [];
  private pause: NodeJS.Timeout | undefined;
  private started = false;
  private disposed = false;
  private readonly states = new vscode.EventEmitter<ServerState>();
  private readonly updates = new vscode.EventEmitter<SessionUpdateParams>();
  private readonly statuses = new vscode.EventEmitter<StatusNote>();
  private readonly restarts = new vscode.EventEmitter<void>();
  readonly onState = this.states.event;
  readonly onUpdate = this.updates.event;
  readonly onStatus = this.statuses.event;
  readonly onRestarted = this.restarts.event;
  /** Runs after every start, before anybody else hears of it. */
  readonly beforeUse: ((client: LanguageClient) => Promise<void>)[] = [];

  constructor(
    private readonly context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
  ) {
    context.subscriptions.push(
      onServerSettings(context, () => void this.sendSettings()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.restart()),
    );
  }

  has(method: keyof Requests): boolean {
    return this.state === 'running' && this.methods.has(method);
  }

  /** Starts the server, or starts it anew. Asked for again while one waits to begin, it is the same restart. */
  restart(): Promise<void> {
    this.ends = [];
    return this.enqueue();
  }

  /** Looks again for the servers there are, and changes to another one that now comes first, once no turn runs. */
  async lookAgain(): Promise<void> {
    await this.queue; // A start that is under way has looked already, or will.
    const [first] = await findServers(this.context, this.log).catch((): Launch[] => []);
    if (!first || (this.state === 'running' && first.command === this.launch?.command)) {
      this.log.info('Looked again for servers: nothing changes.');
      return;
    }
    if (this.status?.state !== 'busy' && this.status?.state !== 'waiting') return this.restart();
    this.log.info(`The server is changed after the running turn, to ${first.command} (from ${first.origin}).`);
    const idle = this.onStatus((note) => {
      if (note.state === 'busy' || note.state === 'waiting') return;
      idle.dispose();
      void this.lookAgain();
    });
  }

  async request<M extends keyof Requests>(
    method: M,
    params: Requests[M]['params'],
    token?: vscode.CancellationToken,
  ): Promise<Requests[M]['result']> {
    const client = await this.running();
    try {
      // A token that is undefined would be sent as a second parameter.
      const answer = token
        ? client.sendRequest<Requests[M]['result']>(method, params, token)
        : client.sendRequest<Requests[M]['result']>(method, params);
      return await answer;
    } catch (error) {
      const answered = error instanceof ResponseError && !CUT.has(error.code);
      if (!answered && !client.isRunning()) throw new Error('Conduit’s server stopped before it answered.');
      throw error;
    }
  }

  handle<M extends keyof ServerRequests>(
    method: M,
    handler: (params: ServerRequests[M]['params'], token: vscode.CancellationToken) => Promise<ServerRequests[M]['result']>,
  ): vscode.Disposable {
    this.handlers.set(method, handler as Handler);
    return new vscode.Disposable(() => {
      if (this.handlers.get(method) === handler) this.handlers.delete(method);
    });
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.pause);
    this.run?.kill();
  }

  /** Stops the server as a polite client does. */
  async stop(): Promise<void> {
    this.disposed = true;
    clearTimeout(this.pause);
    await this.queue;
    await this.run?.stop();
  }

  private enqueue(): Promise<void> {
    clearTimeout(this.pause);
    if (this.queued) return this.queued;
    const next = this.queue.then(async () => {
      this.queued = undefined;
      await this.open();
    });
    this.queued = next;
    this.queue = next;
    return next;
  }

  private async open(): Promise<void> {
    const before = this.run;
    this.run = undefined;
    if (before) await before.stop();
    if (this.disposed) return;
    if (!vscode.workspace.isTrusted) {
      this.become('stopped', 'Conduit starts when you trust this workspace: its server reads the files in it.');
      return;
    }
    this.become(this.started ? 'restarting' : 'starting');
    let launches: Launch[] = [];
    try {
      launches = await findServers(this.context, this.log);
      this.run = await this.startFirst(launches);
    } catch (error) {
      const known = error instanceof Unusable ? error : undefined;
      const kind = known?.kind ?? 'broken';
      const sentence = error instanceof Error ? error.message : String(error);
      // One that ran before and was cut off while it started gets another chance.
      const ranBefore = launches.some((each) => each.command === this.launch?.command);
      if (ranBefore && kind === 'broken') return this.comeBack(sentence);
      this.failure = kind;
      this.remedy = known?.command;
      this.become('failed', sentence);
      return;
    }
    const run = this.run;
    void run.ended.then((reason) => this.end(run, reason));
    for (const step of this.beforeUse) await step(run.client).catch((error: unknown) => this.log.error(String(error)));
    const again = this.started;
    this.started = true;
    this.failure = undefined;
    if (this.run !== run) return;
    this.become('running');
    if (again) this.restarts.fire();
  }

  /** Returns the first server that starts and fits. */
  private async startFirst(launches: Launch[]): Promise<ServerRun> {
    let first: unknown;
    for (const launch of launches) {
      try {
        return await this.startOne(launch);
      } catch (error) {
        this.log.warn(`${launch.command} (from ${launch.origin}): ${error instanceof Error ? error.message : error}`);
        first ??= error;
        if (error instanceof Unusable && error.kind === 'cancelled') break;
      }
    }
    throw first ?? new Unusable('Conduit’s server is not installed here.', 'missing');
  }

  private async startOne(launch: Launch): Promise<ServerRun> {
    if (isAbsolute(launch.command) && !isFile(launch.command)) {
      throw new Unusable(`${launch.command} (from ${launch.origin}) does not exist.`, 'missing');
    }
    this.log.info(`Starting ${[launch.command, ...launch.args].join(' ')} (from ${launch.origin})`);
    const patience = new Patience(launch, (sentence) => this.become(this.state, sentence));
    const run = new ServerRun({
      launch,
      onLine: (line) => patience.note(line),
      log: this.log,
      environment: process.env,
      initializationOptions: () => ({ settings: serverSettings(this.context), conduit: this.offers() }),
      middleware: { workspace: { configuration: (params) => params.items.map(() => serverSettings(this.context)) }, window: SHOWING },
      ownCommands: new Set(this.ownCommands()),
    });
    this.attach(run.client);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const bound = launch.slow ? DOWNLOAD_MS : START_MS;
      const sentence = `Conduit’s server (${launch.command}) did not answer within ${bound / 1000} seconds.`;
      timer = setTimeout(() => reject(new Unusable(sentence, 'slow')), bound);
    });
    const ended = run.ended.then((reason) => {
      throw whyEnded(launch, reason, run.lastLines());
    });
    try {
      await Promise.race([run.start().catch(() => ended), late, ended, patience.cancelled]);
      this.check(run.client, launch);
      return run;
    } catch (error) {
      run.kill();
      ended.catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
      patience.dispose();
      ended.catch(() => undefined);
      late.catch(() => undefined);
    }
  }

  private check(client: LanguageClient, launch: Launch): void {
    const result = client.initializeResult;
    const announced = (result?.capabilities.experimental as { conduit?: Announced } | undefined)?.conduit;
    const version = result?.serverInfo?.version ?? 'unknown';
    if (announced?.protocol !== PROTOCOL_VERSION) {
      const wanted = String(this.context.extension.packageJSON.version);
      const spoken = announced?.protocol === undefined ? 'no protocol that is known here' : `protocol ${announced.protocol}`;
      const newer = (announced?.protocol ?? 0) > PROTOCOL_VERSION;
      const command = newer ? undefined : upgradeCommand(launch.command, wanted);
      throw new Unusable(
        `The Conduit server at ${launch.command} (version ${version}) does not fit this extension (version ${wanted}): ` +
          `it speaks ${spoken}, not ${PROTOCOL_VERSION}. ` +
          (newer ? 'Update the extension.' : `Install the fitting one: ${command}`),
        'mismatch',
        command,
      );
    }
    this.serverVersion = version;
    this.launch = launch;
    this.methods = new Set(announced.methods);
  }

  private attach(client: LanguageClient): void {
    for (const method of this.handlers.keys()) {
      client.onRequest(method, (params: unknown, token: vscode.CancellationToken) => {
        const handler = this.handlers.get(method);
        if (!handler) return new ResponseError(-32601, `${method} is no longer answered here`);
        return handler(params as never, token);
      });
    }
    client.onNotification('conduit/session/update', (update: SessionUpdateParams) => this.updates.fire(update));
    client.onNotification('conduit/status', (note: StatusNote) => {
      this.status = note;
      this.statuses.fire(note);
    });
  }

  /** What this extension understands and lends: whatever a part of it has a handler for. */
  private offers(): Record<string, unknown> {
    const lent = [...this.handlers.keys()].filter((method) => method.startsWith('conduit/editor/'));
    return {
      updates: true,
      status: true,
      permission: this.handlers.has('conduit/session/requestPermission'),
      editor: Object.fromEntries(lent.map((method) => [method.slice('conduit/editor/'.length), true])),
    };
  }

  private ownCommands(): string[] {
    const commands = this.context.extension.packageJSON.contributes?.commands as { command: string }[] | undefined;
    return (commands ?? []).map((each) => each.command);
  }

  private end(run: ServerRun, reason: string): void {
    if (this.run !== run || this.disposed) return;
    this.run = undefined;
    this.comeBack(`Conduit’s server ended unexpectedly. ${reason}`);
  }

  /** Starts the server again after a pause that grows with every end, unless it ended too often. */
  private comeBack(sentence: string): void {
    this.methods = new Set();
    const now = Date.now();
    this.ends = [...this.ends.filter((at) => now - at < ENDS_WITHIN_MS), now];
    this.log.error(sentence);
    if (this.ends.length >= MOST_ENDS) {
      this.failure = 'crashed';
      this.become('failed', `Conduit’s server ended ${this.ends.length} times within five minutes and is not started again by itself.`);
      return;
    }
    const seconds = Math.min(2 ** (this.ends.length - 1), LONGEST_PAUSE_S);
    this.become('restarting', `Conduit’s server ended and is started again in ${seconds} s.`);
    this.pause = setTimeout(() => void this.enqueue(), seconds * 1000);
  }

  private become(state: ServerState, problem?: string): void {
    this.state = state;
    this.problem = problem;
    if (state !== 'running') this.status = undefined;
    if (problem) this.log.warn(problem);
    this.states.fire(state);
  }

  private async running(): Promise<LanguageClient> {
    if (this.state === 'running' && this.run) return this.run.client;
    if (this.state === 'stopped' || this.state === 'failed') throw new Error(this.problem ?? 'Conduit’s server does not run.');
    return new Promise((resolve, reject) => {
      const done = (act: () => void) => {
        clearTimeout(timer);
        listener.dispose();
        act();
      };
      const timer = setTimeout(() => done(() => reject(new Error('Conduit’s server is not ready yet.'))), WAIT_MS);
      const listener = this.onState((state) => {
        const run = this.run;
        if (state === 'running' && run) done(() => resolve(run.client));
        if (state === 'stopped' || state === 'failed') done(() => reject(new Error(this.problem ?? 'Conduit’s server does not run.')));
      });
    });
  }

  private async sendSettings(): Promise<void> {
    if (this.state !== 'running' || !this.run) return;
    await this.run.client.sendNotification('workspace/didChangeConfiguration', {
      settings: { conduit: serverSettings(this.context) },
    });
  }
}
