/** Where a server may be, in the order in which the places are tried. Nothing is downloaded here without having been asked for. */
import { execFile } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { installed } from './managed';
import { expand, isFile } from './paths';
import { isPythonHere, selectedPython } from './python';
import { Unusable } from './unusable';

export interface Launch {
  command: string;
  args: string[];
  /** Where this was found, for a person. */
  origin: string;
  /** Downloads itself at the first start, which may take minutes. */
  slow?: boolean;
}

export type Source = 'auto' | 'uvx' | 'pipx' | 'managed';

const WINDOWS = process.platform === 'win32';
/** Where a person's own programs are, which an editor that was not started from a shell does not know. */
const OWN_FOLDERS = [join(homedir(), '.local', 'bin'), join(homedir(), '.cargo', 'bin')];
const PROGRAM = WINDOWS ? 'conduit.exe' : 'conduit';

/** Returns the launches to try, in order; none when there is no server here. Rejects when the one of the settings is missing. */
export async function findServers(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<Launch[]> {
  const chosen = chosenProgram();
  if (chosen) return [{ command: chosen, args: ['serve'], origin: 'the setting conduit.server.path' }];
  const version = String(context.extension.packageJSON.version);
  const source = vscode.workspace.getConfiguration('conduit').get<Source>('server.source', 'auto');
  if (source === 'uvx' || source === 'pipx') {
    const runner = onPath(source, OWN_FOLDERS);
    if (!runner) throw new Unusable(`The setting conduit.server.source is “${source}”, but there is no ${source} on the PATH.`, 'missing');
    return [runWith(source, runner, version)];
  }
  const managed = await installed(context, log);
  const kept = managed ? [{ command: managed, args: ['serve'], origin: 'the environment made by the extension' }] : [];
  if (source === 'managed') {
    if (kept.length > 0) return kept;
    throw new Unusable('The setting conduit.server.source is “managed”, but the extension has made no environment yet.', 'missing');
  }
  const others = [...workspaceServers(), ...(await serverOnPath(log)), ...kept];
  // Where no Python is, its extension is not woken, unless nothing else is known.
  const python = await selectedPython(log, others.length === 0 || (await isPythonHere()));
  const launches = python ? [...serverIn(dirname(python), 'the selected Python environment'), ...others] : others;
  return launches.filter((each, at) => launches.findIndex((other) => other.command === each.command) === at);
}

/** Returns uvx and pipx as far as they are here. */
export function runners(): ('uvx' | 'pipx')[] {
  return (['uvx', 'pipx'] as const).filter((name) => onPath(name, OWN_FOLDERS) !== undefined);
}

/** Returns the path of a program on the PATH, or in one of the folders after it. */
function onPath(name: string, more: string[] = []): string | undefined {
  const endings = WINDOWS ? ['.exe', '.cmd', '.bat'] : [''];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...more].filter(Boolean);
  return folders.flatMap((folder) => endings.map((ending) => join(folder, name + ending))).find(isFile);
}

/** Returns what installs a version where a program is, to be typed in a terminal. */
export function upgradeCommand(program: string, version: string): string {
  const wanted = `conduit-ls==${version}`;
  const folder = dirname(isFile(program) ? realpathSync(program) : program);
  if (/[\\/]pipx[\\/]venvs[\\/]/.test(folder)) return `pipx install --force ${wanted}`;
  if (/[\\/]uv[\\/]tools[\\/]/.test(folder)) return `uv tool install ${wanted}`;
  const python = join(folder, WINDOWS ? 'python.exe' : 'python');
  if (!isFile(python)) return `pip install ${wanted}`;
  const quoted = /\s/.test(python) ? `"${python}"` : python;
  return madeByUv(dirname(folder)) ? `uv pip install --python ${quoted} ${wanted}` : `${quoted} -m pip install ${wanted}`;
}

/** An environment of uv's has no pip in it. */
function madeByUv(environment: string): boolean {
  const file = join(environment, 'pyvenv.cfg');
  return isFile(file) && /^uv *=/m.test(readFileSync(file, 'utf8'));
}

function chosenProgram(): string | undefined {
  const named = vscode.workspace.getConfiguration('conduit').get<string>('server.path', '').trim();
  return named ? expand(named) : undefined;
}

function runWith(runner: 'uvx' | 'pipx', command: string, version: string): Launch {
  const wanted = `conduit-ls==${version}`;
  // The Python that uv would take by itself may be too old.
  const args = runner === 'uvx' ? ['--python', '>=3.11', '--from', wanted, 'conduit', 'serve'] : ['run', '--spec', wanted, 'conduit', 'serve'];
  return { command, args, origin: runner, slow: true };
}

function workspaceServers(): Launch[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.flatMap(({ uri, name: folder }) =>
    ['.venv', 'venv'].flatMap((name) => serverIn(join(uri.fsPath, name, WINDOWS ? 'Scripts' : 'bin'), `${name} of ${folder}`)),
  );
}

function serverIn(folder: string, origin: string): Launch[] {
  const program = join(folder, PROGRAM);
  return isFile(program) ? [{ command: program, args: ['serve'], origin }] : [];
}

async function serverOnPath(log: vscode.LogOutputChannel): Promise<Launch[]> {
  const program = onPath('conduit', OWN_FOLDERS);
  // Other programs have this name too.
  return program && (await isConduit(program, log)) ? [{ command: program, args: ['serve'], origin: 'the PATH' }] : [];
}

async function isConduit(program: string, log: vscode.LogOutputChannel): Promise<boolean> {
  const answer = await new Promise<string>((resolve) => {
    execFile(program, ['--version'], { timeout: 15_000, windowsHide: true }, (error, out) => resolve(error ? '' : out));
  });
  const fits = /^conduit \d+\.\d+/.test(answer);
  if (!fits) log.info(`${program} is another program, or does not answer: ${JSON.stringify(answer.slice(0, 100))}`);
  return fits;
}
