/** The settings of the server that the person changed here. The editor's defaults are left out: config.toml counts then. */
import * as vscode from 'vscode';

export type ServerSettings = { [key: string]: unknown };

/** Settings of the extension itself, which mean nothing to the server. */
const OWN = /^(server|chat)\./;

/** Returns what was set, nested as the server takes it: `codeActions: {apply: ...}`. */
export function serverSettings(context: vscode.ExtensionContext): ServerSettings {
  const configuration = vscode.workspace.getConfiguration('conduit');
  const settings: ServerSettings = {};
  for (const name of settingNames(context)) {
    if (OWN.test(name)) continue;
    const value = valueSet(configuration, name);
    if (value !== undefined) place(settings, name.split('.'), value);
  }
  return settings;
}

/** Returns what the person set; nothing when it is left to the server. */
export function valueSet(configuration: vscode.WorkspaceConfiguration, name: string): unknown {
  const found = configuration.inspect(name);
  const value = found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
  return value === null || value === '' ? undefined : value;
}

/** Tells when a setting of the server changed. */
export function onServerSettings(context: vscode.ExtensionContext, changed: () => void): vscode.Disposable {
  const names = settingNames(context).filter((name) => !OWN.test(name));
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (names.some((name) => event.affectsConfiguration(`conduit.${name}`))) changed();
  });
}

function settingNames(context: vscode.ExtensionContext): string[] {
  const manifest = context.extension.packageJSON as {
    contributes?: { configuration?: { properties?: Record<string, unknown> }[] };
  };
  const names = (manifest.contributes?.configuration ?? []).flatMap((each) => Object.keys(each.properties ?? {}));
  return names.map((name) => name.replace(/^conduit\./, ''));
}

function place(settings: ServerSettings, path: string[], value: unknown): void {
  const [first = '', ...rest] = path;
  if (rest.length === 0) settings[first] = value;
  else place((settings[first] ??= {}) as ServerSettings, rest, value);
}
