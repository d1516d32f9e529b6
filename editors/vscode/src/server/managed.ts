/** An environment of the extension's own with the fitting server in it, made when the person asks for it. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as vscode from 'vscode';

const WINDOWS = process.platform === 'win32';
const BIN = WINDOWS ? 'Scripts' : 'bin';
const PYTHON = WINDOWS ? 'python.exe' : 'python';
/** Written when everything is in place; it holds the version. */
const COMPLETE = 'conduit-version';
const OLDEST = [3, 11] as const;

export class InstallError extends Error {}

/** Returns the server of the environment, brought up to this extension's version; undefined when none was made. */
export async function installed(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<string | undefined> {
  const folder = environmentFolder(context);
  const program = join(folder, BIN, WINDOWS ? 'conduit.exe' : 'conduit');
  const there = versionOf(folder);
  if (there === undefined || !exists(program)) return undefined;
  const wanted = String(context.extension.packageJSON.version);
  if (there !== wanted) {
    try {
      await withProgress('Conduit: bringing the server up to date', (token) => install(folder, wanted, log, token));
    } catch (error) {
      log.warn(`The server stays at version ${there}: ${String(error)}`);
    }
  }
  return program;
}

/** Makes the environment, with `candidates` as interpreters to try. Rejects with a sentence for the person. */
export async function makeEnvironment(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  candidates: string[],
): Promise<void> {
  const version = String(context.extension.packageJSON.version);
  const folder = environmentFolder(context);
  const python = await findPython(candidates, log);
  await withProgress('Conduit: installing the server', async (token, report) => {
    report('making an environment');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(context.globalStorageUri.fsPath, { recursive: true });
    log.info(`Making ${folder} with ${python}`);
    await run(python, ['-m', 'venv', folder], log, token);
    report(`downloading conduit-ls ${version}`);
    await install(folder, version, log, token, (line) => {
      const name = /^Collecting ([\w.-]+)/.exec(line)?.[1];
      if (name) report(`downloading ${name}`);
      if (line.startsWith('Installing collected')) report('putting everything in place');
    });
  });
}

function environmentFolder(context: vscode.ExtensionContext): string {
  return join(context.globalStorageUri.fsPath, 'server');
}

async function install(
  folder: string,
  version: string,
  log: vscode.LogOutputChannel,
  token: vscode.CancellationToken,
  watch?: (line: string) => void,
): Promise<void> {
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', '--upgrade', `conduit-ls==${version}`];
  await run(join(folder, BIN, PYTHON), pip, log, token, watch);
  writeFileSync(join(folder, COMPLETE), version, 'utf8');
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
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] });
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
    child.once('close', (code) => {
      cancel.dispose();
      if (token.isCancellationRequested) reject(new vscode.CancellationError());
      else if (code === 0) resolve();
      else reject(new InstallError(reason(errors) ?? `${command} ended with code ${code}.`));
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

function versionOf(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, COMPLETE), 'utf8').trim();
  } catch {
    return undefined; // It was never made, or is not complete.
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
