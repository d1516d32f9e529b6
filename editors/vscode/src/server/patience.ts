/** What the person sees while a server is long in starting: what it does, and a button that ends the waiting. */
import * as vscode from 'vscode';
import type { Launch } from './find';
import { Unusable } from './unusable';

/** After so long without an answer something is said; a runner that downloads is expected to be slow. */
const QUIET_MS = 10_000;
const QUIET_DOWNLOAD_MS = 3000;

export class Patience {
  /** Rejects when the person does not want to wait any more. */
  readonly cancelled: Promise<never>;
  private readonly timer: NodeJS.Timeout;
  private cancel!: (reason: Unusable) => void;
  private finish: (() => void) | undefined;
  private report: ((message: string) => void) | undefined;
  private last = '';

  /** `noticed` is told what is said, for the status item. */
  constructor(
    private readonly launch: Launch,
    private readonly noticed: (sentence: string) => void,
  ) {
    this.cancelled = new Promise<never>((_, reject) => (this.cancel = reject));
    this.cancelled.catch(() => undefined);
    this.timer = setTimeout(() => this.show(), launch.slow ? QUIET_DOWNLOAD_MS : QUIET_MS);
  }

  /** Takes a line that the program wrote, which tells how far a download is. */
  note(line: string): void {
    if (!this.launch.slow) return;
    this.last = line.trim();
    this.report?.(this.last);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.finish?.();
  }

  private show(): void {
    const { launch } = this;
    const sentence = launch.slow ? `${launch.origin} fetches the server, which takes a while the first time` : 'the server takes long to start';
    this.noticed(sentence);
    const options = { location: vscode.ProgressLocation.Notification, title: `Conduit: ${sentence}`, cancellable: true };
    void vscode.window.withProgress(options, (progress, token) => {
      this.report = (message) => progress.report({ message });
      this.report(launch.slow ? this.last : launch.command);
      token.onCancellationRequested(() => this.cancel(new Unusable('The start of Conduit’s server was cancelled.', 'cancelled')));
      return new Promise<void>((resolve) => (this.finish = resolve));
    });
  }
}
