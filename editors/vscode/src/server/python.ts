/** Which Python environment is selected, as the Python extension says. Where no Python is, that extension is left asleep. */
import { readdir } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { expand, isFile } from './paths';

/** What lies at the top of a Python project. */
const PYTHON_FILE = /^(.+\.py|pyproject\.toml|setup\.cfg|requirements.*\.txt|Pipfile|environment\.ya?ml|\.python-version|\.?venv)$/;
const ANSWER_MS = 10_000;

/** The part of the Python extension's API that is used. */
interface PythonApi {
  ready: Promise<void>;
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { id: string; path: string };
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
    resolveEnvironment(path: { id: string; path: string }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
  };
}

function pythonExtension(): vscode.Extension<PythonApi> | undefined {
  return vscode.extensions.getExtension<PythonApi>('ms-python.python');
}

/** Whether a selected environment is of this workspace: the Python extension is at work, or has something to work on. */
export async function isPythonHere(): Promise<boolean> {
  if (pythonExtension()?.isActive || vscode.workspace.textDocuments.some(isPython)) return true;
  const folders = vscode.workspace.workspaceFolders ?? [];
  const names = await Promise.all(folders.map(({ uri }) => readdir(uri.fsPath).catch((): string[] => [])));
  return names.flat().some((name) => PYTHON_FILE.test(name));
}

function isPython(document: vscode.TextDocument): boolean {
  return document.languageId === 'python';
}

/** Returns the interpreter of the selected Python environment, if one is selected. Without `wake` an extension that sleeps is not asked. */
export async function selectedPython(log: vscode.LogOutputChannel, wake: boolean): Promise<string | undefined> {
  const resource = vscode.workspace.workspaceFolders?.[0]?.uri;
  const extension = pythonExtension();
  if (extension && (wake || extension.isActive)) {
    try {
      const api = await within(ANSWER_MS, Promise.resolve(extension.activate()));
      await within(ANSWER_MS, api.ready);
      const chosen = api.environments.getActiveEnvironmentPath(resource);
      const resolved = chosen && (await within(ANSWER_MS, api.environments.resolveEnvironment(chosen)));
      if (resolved?.executable.uri) return resolved.executable.uri.fsPath;
    } catch (error) {
      log.warn(`The Python extension did not say which environment is selected: ${String(error)}`);
    }
  }
  const named = vscode.workspace.getConfiguration('python', resource).get<string>('defaultInterpreterPath', '');
  const path = expand(named);
  return isAbsolute(path) && isFile(path) ? path : undefined;
}

/**
 * Tells when another Python environment may be selected: by the person, or because the first Python file is opened. `tried` fires
 * when the Python extension may have been woken; one that is installed later counts, too.
 */
export function onSelectedPython(tried: vscode.Event<unknown>, changed: () => void): vscode.Disposable {
  const all: vscode.Disposable[] = [];
  let asked = false;
  let done = false;
  const listen = async (): Promise<boolean> => {
    const extension = pythonExtension();
    if (asked || !extension || !(await isPythonHere()) || asked) return false;
    asked = true;
    try {
      const api = await extension.activate();
      if (!done) all.push(api.environments.onDidChangeActiveEnvironmentPath(changed));
      return true;
    } catch {
      return false; // It is said where the environment is asked for.
    }
  };
  void listen();
  all.push(
    tried(() => void listen()),
    vscode.extensions.onDidChange(() => void listen()),
    vscode.workspace.onDidOpenTextDocument(async (document) => {
      if (isPython(document) && (await listen())) changed();
    }),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('python.defaultInterpreterPath') && changed()),
  );
  return new vscode.Disposable(() => {
    done = true;
    for (const each of all) each.dispose();
  });
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error('no answer in time')), ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
