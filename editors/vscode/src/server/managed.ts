/**
 * Environments of the extension's own with the fitting server in them, made when the person asks for one. Each making has a
 * folder of its own and counts when it is complete: one that is cut off, or a newer version that cannot be had, spoils nothing.
 */
import { execFile, spawn } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import * as vscode from 'vscode';

const WINDOWS = process.platform === 'win32';
const BIN = WINDOWS ? 'Scripts' : 'bin';
const PYTHON = WINDOWS ? 'python.exe' : 'python';
/** Written into an environment when everything is in place; it holds the version. */
const COMPLETE = 'conduit-version';
/** Holds the process that makes an environment: of several windows one does it, and the others wait. */
const MAKER = 'maker';
const LONGEST_MS = 60 * 60_000;
const LOADED = Date.now();
const OLDEST = [3, 11] as const;

class InstallError extends Error {}

interface Made {
  folder: string;
  version: string;
  /** When it was complete, in milliseconds. */
  at: number;
}

/** Returns the server of the environment, brought up to this extension's version; undefined when none was made. */
export async function installed(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<string | undefined> {
  const there = newest(context);
  if (there === undefined) return undefined;
  const wanted = versionOf(context);
  if (there.version !== wanted) {
    try {
      const pythons = [join(there.folder, BIN, PYTHON)];
      await make(context, log, pythons, 'Conduit: bringing the server up to date', () => newest(context)?.version === wanted);
    } catch (error) {
      log.warn(`The server stays at version ${there.version}: ${String(error)}`);
    }
  }
  return programOf(newest(context) ?? there);
}

/** Makes an environment anew, with `candidates` as interpreters to try. Rejects with a sentence for the person. */
export async function makeEnvironment(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  candidates: string[],
): Promise<void> {
  const asked = Date.now();
  await make(context, log, candidates, 'Conduit: installing the server', () => (newest(context)?.at ?? 0) > asked);
}

/** Makes an environment, unless another window did (`done`) while this one waited for it. */
async function make(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  candidates: string[],
  title: string,
  done: () => boolean,
): Promise<void> {
  const version = versionOf(context);
  const python = await findPython(candidates, log);
  await withProgress(title, async (token, report) => {
    const all = environments(context);
    mkdirSync(all, { recursive: true });
    report('waiting for another window');
    const release = await alone(all, token);
    try {
      if (done()) return;
      clear(context, log);
      const folder = join(all, `${version}-${Date.now().toString(36)}`);
      report('making an environment');
      log.info(`Making ${folder} with ${python}`);
      await run(python, ['-I', '-m', 'venv', folder], log, token);
      report(`downloading conduit-ls ${version}`);
      const pip = ['-I', '-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', '--progress-bar', 'off', `conduit-ls==${version}`];
      await run(join(folder, BIN, PYTHON), pip, log, token, (line) => {
        const name = /^Collecting ([\w.-]+)/.exec(line)?.[1];
        if (name) report(`downloading ${name}`);
        if (line.startsWith('Installing collected')) report('putting everything in place');
      });
      writeFileSync(join(folder, COMPLETE), version, 'utf8');
    } finally {
      release();
    }
  });
}

function environments(context: vscode.ExtensionContext): string {
  return join(context.globalStorageUri.fsPath, 'servers');
}

function versionOf(context: vscode.ExtensionContext): string {
  return String(context.extension.packageJSON.version);
}

function programOf(made: Made): string {
  return join(made.folder, BIN, WINDOWS ? 'conduit.exe' : 'conduit');
}

/** The complete environments, the newest first. */
function complete(context: vscode.ExtensionContext): Made[] {
  const all = environments(context);
  const found: Made[] = [];
  for (const name of names(all)) {
    const folder = join(all, name);
    try {
      const made = { folder, version: readFileSync(join(folder, COMPLETE), 'utf8').trim(), at: statSync(join(folder, COMPLETE)).mtimeMs };
      if (statSync(programOf(made), { throwIfNoEntry: false })) found.push(made);
    } catch {
      // It was never made to the end.
    }
  }
  return found.sort((a, b) => b.at - a.at);
}

/** The environment to use: the newest of this version, or the newest at all. */
function newest(context: vscode.ExtensionContext): Made | undefined {
  const all = complete(context);
  return all.find((each) => each.version === versionOf(context)) ?? all[0];
}

/** Removes what no window can be using: what was cut off, and all but the newest, whose server may still run elsewhere. */
function clear(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): void {
  const kept = newest(context)?.folder;
  for (const folder of names(environments(context)).map((name) => join(environments(context), name))) {
    if (folder === kept || folder.endsWith(MAKER)) continue;
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      log.warn(`${folder} stays: ${String(error)}`);
    }
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // None was ever made.
  }
}

/** Waits until nobody else makes an environment, in another window or here; returns what lets the next one in. */
async function alone(all: string, token: vscode.CancellationToken): Promise<() => void> {
  const file = join(all, MAKER);
  const own = join(all, `${process.pid}-${Math.random().toString(36).slice(2)}.${MAKER}`);
  writeFileSync(own, `${process.pid} ${LOADED}`, 'utf8');
  try {
    for (;;) {
      try {
        linkSync(own, file); // In one step with what is in it.
        return () => rmSync(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      if (!lives(file)) rmSync(file, { force: true });
      else await pause(300);
      if (token.isCancellationRequested) throw new vscode.CancellationError();
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Whether the process that wrote the file is still at it. */
function lives(file: string): boolean {
  try {
    if (Date.now() - statSync(file).mtimeMs > LONGEST_MS) return false;
    const [pid = 0, loaded] = readFileSync(file, 'utf8').split(' ').map(Number);
    // One with this very number may be an older process.
    return pid === process.pid ? loaded === LOADED : process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function findPython(candidates: string[], log: vscode.LogOutputChannel): Promise<string> {
  const names = [...candidates, ...['3.13', '3.12', '3.11', '3.14', '3'].map((each) => `python${each}`), 'python', ...(WINDOWS ? ['py'] : [])];
  const old: string[] = [];
  for (const name of names) {
    const answer = await ask(name, 'import sys, venv, ensurepip; print(*sys.version_info[:2])');
    if (answer === undefined) continue;
    const [major = 0, minor = 0] = answer.split(' ').map(Number);
    if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return name;
    old.push(`${name} is ${major}.${minor}`);
  }
  log.warn(`Tried as Python: ${names.join(', ')}. ${old.join('; ')}`);
  throw new InstallError(
    `Conduit needs Python ${OLDEST.join('.')} or newer with its venv module, and none was found` +
      (old.length > 0 ? ` (${old[0]}).` : '. On Debian and Ubuntu: apt-get install python3 python3-venv.'),
  );
}

function ask(python: string, code: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(python, ['-c', code], { timeout: 20_000, windowsHide: true }, (error, out) => resolve(error ? undefined : out.trim()));
  });
}

function run(
  command: string,
  args: string[],
  log: vscode.LogOutputChannel,
  token: vscode.CancellationToken,
  watch: (line: string) => void = () => undefined,
): Promise<void> {
  if (token.isCancellationRequested) return Promise.reject(new vscode.CancellationError());
  return new Promise((resolve, reject) => {
    // A person's pip may be told to install for the user, which an environment refuses.
    const child = spawn(command, args, { windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PIP_USER: '0' } });
    let errors = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.info(line);
      watch(line);
    });
    child.stderr.on('data', (data: Buffer) => {
      errors = (errors + data.toString()).slice(-4000);
      log.warn(data.toString().trimEnd());
    });
    const cancel = token.onCancellationRequested(() => child.kill());
    child.once('error', (error) => reject(new InstallError(`${command} could not be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      cancel.dispose();
      const what = args.includes('pip') ? 'pip' : command;
      if (token.isCancellationRequested) reject(new vscode.CancellationError());
      else if (code === 0) resolve();
      else if (signal) reject(new InstallError(`${what} was ended by ${signal}.`));
      else reject(new InstallError(reason(errors) || `${what} ended with code ${code}.`));
    });
  });
}

/** Returns what pip says last that begins with ERROR, which is the cause. */
function reason(errors: string): string | undefined {
  const lines = errors.split(/\r?\n/).filter((line) => line.startsWith('ERROR:'));
  return lines.at(-1)?.replace(/^ERROR:\s*/, '') ?? errors.trim().split(/\r?\n/).at(-1);
}

function withProgress(
  title: string,
  work: (token: vscode.CancellationToken, report: (message: string) => void) => Promise<void>,
): Thenable<void> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, (progress, token) => work(token, (message) => progress.report({ message })));
}
