/** One run of the server: the process, the language client over it, and how it ended. Restarts are the supervisor's. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  RevealOutputChannelOn,
  type ExecuteCommandRegistrationOptions,
  type LanguageClientOptions,
} from 'vscode-languageclient/node';
import type { Launch } from './find';

export interface RunOptions {
  launch: Launch;
  log: vscode.LogOutputChannel;
  environment: NodeJS.ProcessEnv;
  initializationOptions: () => Record<string, unknown>;
  middleware?: LanguageClientOptions['middleware'];
  /** Commands of the extension itself; a server that announces one of the same name must not hinder the start. */
  ownCommands: ReadonlySet<string>;
  /** Is told each line that the server writes to its standard error. */
  onLine: (line: string) => void;
}

/** Kept of what the server wrote last, to say why it ended. */
const LAST_LINES = 20;

/** Writes what goes wrong into the log only: the person is told in one place, `problems.ts`. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export class ServerRun {
  readonly client: LanguageClient;
  /** Resolves when the process has ended or could not be started. */
  readonly ended: Promise<string>;
  private process: ChildProcess | undefined;
  private readonly lines: string[] = [];
  private endNow!: (reason: string) => void;

  constructor(private readonly options: RunOptions) {
    this.ended = new Promise((resolve) => (this.endNow = resolve));
    this.client = new QuietClient('conduit', 'Conduit', () => this.launch(), {
      documentSelector: [{ scheme: 'file' }, { scheme: 'untitled' }],
      outputChannel: options.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: options.initializationOptions,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true, message: 'The connection to the server was closed.' }),
      },
      middleware: options.middleware,
      stdioOptions: { stdout: () => undefined, stderr: () => undefined },
    });
    this.leaveOut(options.ownCommands);
  }

  /** A runner (uvx, pipx) starts others, and has a group of processes for that. */
  private get grouped(): boolean {
    return this.options.launch.slow === true && process.platform !== 'win32';
  }

  async start(): Promise<void> {
    await this.client.start();
  }

  /** Asks the server to stop, and ends the process when it does not. */
  async stop(timeoutMs = 3000): Promise<void> {
    try {
      if (this.client.needsStop()) await this.client.stop(timeoutMs);
    } catch {
      // It did not answer in time, or was gone already: the process is ended below.
    }
    this.kill();
    await this.ended;
  }

  kill(): void {
    const { process: child } = this;
    if (child && child.exitCode === null && child.signalCode === null) {
      // What a runner started has to end with it.
      if (this.grouped && child.pid) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    }
    if (!child) this.endNow('It was never started.');
  }

  /** The newest lines of its standard error, oldest first. */
  lastLines(): string[] {
    return [...this.lines];
  }

  private async launch(): Promise<ChildProcess> {
    const { command, args } = this.options.launch;
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    const child = spawn(command, args, {
      env: this.options.environment,
      cwd: folder && existsSync(folder) ? folder : undefined,
      stdio: 'pipe',
      shell: false,
      detached: this.grouped,
      windowsHide: true,
    });
    this.process = child;
    child.once('exit', (code, signal) => this.endNow(signal ? `It was ended by ${signal}.` : `It ended with code ${code}.`));
    child.stderr.setEncoding('utf8');
    let rest = '';
    child.stderr.on('data', (text: string) => {
      const parts = (rest + text).split(/\r?\n/);
      rest = parts.pop() ?? '';
      for (const line of parts.filter((each) => each.trim())) this.note(line);
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        this.endNow(error.message);
        reject(error);
      });
    });
    child.stdin.on('error', () => undefined); // A write after the end; the exit tells of it.
    return child;
  }

  private note(line: string): void {
    this.lines.push(line);
    if (this.lines.length > LAST_LINES) this.lines.shift();
    this.options.log.info(line);
    this.options.onLine(line);
  }

  private leaveOut(own: ReadonlySet<string>): void {
    const feature = this.client.getFeature(ExecuteCommandRequest.method);
    const register = feature.register.bind(feature);
    feature.register = (data) => {
      const commands = (data.registerOptions as ExecuteCommandRegistrationOptions).commands.filter((name) => !own.has(name));
      register({ ...data, registerOptions: { ...data.registerOptions, commands } });
    };
  }
}
