/**
 * A stand-in for the Python extension, which no package registry has: the documented API (npm's `@vscode/python-extension` 1.0.6,
 * out/main.d.ts, 2026-11-22) as far as it says which environment is selected. The environments are real; E2E_PYTHONS names them.
 */
const { join } = require('node:path');
const vscode = require('vscode');

exports.activate = (context) => {
  const folders = (process.env.E2E_PYTHONS ?? '').split(':');
  const selections = new vscode.EventEmitter();
  const pathOf = (folder) => ({ id: folder, path: join(folder, 'bin', 'python') });
  let selected = pathOf(folders[0]);
  const select = async () => {
    const folder = await vscode.window.showQuickPick(folders, { title: 'Select Interpreter' });
    if (!folder) return;
    selected = pathOf(folder);
    selections.fire({ ...selected, resource: undefined });
  };
  context.subscriptions.push(selections, vscode.commands.registerCommand('python.setInterpreter', select));
  return {
    ready: Promise.resolve(),
    environments: {
      getActiveEnvironmentPath: () => selected,
      onDidChangeActiveEnvironmentPath: selections.event,
      resolveEnvironment: async ({ id, path }) => ({ id, path, executable: { uri: vscode.Uri.file(path), bitness: '64-bit', sysPrefix: id } }),
    },
  };
};
