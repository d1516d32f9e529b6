/** Where a server may be, in the order in which the places are tried. Nothing is downloaded here without having been asked for. */
import { execFile } from 'node:child_process';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { installed } from './managed';
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
  const found: Launch[] = [];
  for (const [folder, origin] of await environmentFolders(log)) {
    const program = join(folder, PROGRAM);
    if (isFile(program)) found.push({ command: program, args: ['serve'], origin });
  }
  const program = onPath('conduit', OWN_FOLDERS);
  // Other programs have this name too.
  if (program && (await isConduit(program, log))) found.push({ command: program, args: ['serve'], origin: 'the PATH' });
  const launches = [...found, ...kept];
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

/** Returns the interpreter of the selected Python environment, if one is selected. */
export async function selectedPython(log: vscode.LogOutputChannel): Promise<string | undefined> {
  const resource = vscode.workspace.workspaceFolders?.[0]?.uri;
  const extension = vscode.extensions.getExtension<PythonApi>('ms-python.python');
  if (extension) {
    try {
      const api = await within(10_000, Promise.resolve(extension.activate()));
      await within(10_000, api.ready);
      const chosen = api.environments.getActiveEnvironmentPath(resource);
      const resolved = chosen && (await within(10_000, api.environments.resolveEnvironment(chosen)));
      if (resolved?.executable.uri) return resolved.executable.uri.fsPath;
    } catch (error) {
      log.warn(`The Python extension did not say which environment is selected: ${String(error)}`);
    }
  }
  const named = vscode.workspace.getConfiguration('python', resource).get<string>('defaultInterpreterPath', '');
  const path = expand(named);
  return isAbsolute(path) && isFile(path) ? path : undefined;
}

/** Tells when another Python environment may be selected, also by a Python extension that is installed later. */
export function onSelectedPython(changed: () => void): vscode.Disposable {
  const all: vscode.Disposable[] = [];
  let asked = false;
  let done = false;
  const listen = () => {
    const extension = vscode.extensions.getExtension<PythonApi>('ms-python.python');
    if (asked || !extension) return;
    asked = true;
    void extension.activate().then(
      (api) => {
        if (!done) all.push(api.environments.onDidChangeActiveEnvironmentPath(changed));
      },
      () => undefined, // It is said where the environment is asked for.
    );
  };
  listen();
  all.push(
    vscode.extensions.onDidChange(listen),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('python.defaultInterpreterPath') && changed()),
  );
  return new vscode.Disposable(() => {
    done = true;
    for (const each of all) each.dispose();
  });
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

async function environmentFolders(log: vscode.LogOutputChannel): Promise<[string, string][]> {
  const folders: [string, string][] = [];
  const python = await selectedPython(log);
  if (python) folders.push([dirname(python), 'the selected Python environment']);
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    for (const name of ['.venv', 'venv']) {
      folders.push([join(folder.uri.fsPath, name, WINDOWS ? 'Scripts' : 'bin'), `${name} of ${folder.name}`]);
    }
  }
  return folders;
}

async function isConduit(program: string, log: vscode.LogOutputChannel): Promise<boolean> {
  const answer = await new Promise<string>((resolve) => {
    execFile(program, ['--version'], { timeout: 15_000, windowsHide: true }, (error, out) => resolve(error ? '' : out));
  });
  const fits = /^conduit \d+\.\d+/.test(answer);
  if (!fits) log.info(`${program} is another program, or does not answer: ${JSON.stringify(answer.slice(0, 100))}`);
  return fits;
}

function expand(path: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  return path.replace(/^~(?=$|[/\\])/, homedir()).replaceAll('${workspaceFolder}', folder);
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error('no answer in time')), ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** The part of the Python extension's API that is used. */
interface PythonApi {
  ready: Promise<void>;
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { id: string; path: string };
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
    resolveEnvironment(path: { id: string; path: string }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
  };
}
