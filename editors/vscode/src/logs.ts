/** What helps when something is wrong: the doctor's page, and a bundle of logs without secrets. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { reporting } from './models';
import type { Supervisor } from './server/supervisor';

const SCHEME = 'conduit-doctor';
const MARKS = { ok: '✓', warning: '!', missing: '–', broken: '✗' } as const;

export function registerLogs(context: vscode.ExtensionContext, conduit: Supervisor): void {
  const page = new DoctorPage(conduit, context.extension.packageJSON.version);
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, page),
    vscode.commands.registerCommand('conduit.showDoctor', () => reporting(() => page.show())),
    vscode.commands.registerCommand('conduit.collectLogs', () => reporting(() => collect(context, conduit))),
  );
}

/** The server's own check-up and the extension's, as a page; shown again it is made anew. */
class DoctorPage implements vscode.TextDocumentContentProvider {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changes.event;
  private readonly uri = vscode.Uri.from({ scheme: SCHEME, path: 'Conduit Doctor' });

  constructor(
    private readonly conduit: Supervisor,
    private readonly version: unknown,
  ) {}

  async show(): Promise<void> {
    this.changes.fire(this.uri);
    const document = await vscode.workspace.openTextDocument(this.uri);
    await vscode.window.showTextDocument(document, { preview: true });
  }

  async provideTextDocumentContent(): Promise<string> {
    const { conduit } = this;
    const server = conduit.launch ? `${conduit.state}, ${conduit.launch.command} (from ${conduit.launch.origin})` : conduit.state;
    const lines: [string, string, string][] = [
      [' ', 'extension', `${String(this.version)}, VS Code ${vscode.version} (${process.platform})`],
      [conduit.state === 'running' ? MARKS.ok : MARKS.warning, 'server', server],
    ];
    if (conduit.problem) lines.push([MARKS.warning, 'problem', conduit.problem]);
    try {
      const report = await conduit.request('conduit/doctor', {});
      for (const each of report.checks) lines.push([MARKS[each.state], each.name, each.detail]);
    } catch (error) {
      lines.push([MARKS.warning, 'check-up', error instanceof Error ? error.message : String(error)]);
    }
    const width = Math.max(...lines.map(([, name]) => name.length));
    return `Conduit Doctor\n\n${lines.map(([mark, name, detail]) => `${mark} ${name.padEnd(width)}  ${detail}`).join('\n')}\n`;
  }
}

async function collect(context: vscode.ExtensionContext, conduit: Supervisor): Promise<void> {
  if (conduit.state !== 'running' || !conduit.has('conduit/logs/collect' as never)) {
    const choice = await vscode.window.showWarningMessage(
      `The server does not run, so there is only the extension’s own log. ${conduit.problem ?? ''}`.trim(),
      'Show Log',
      'Reveal File',
    );
    if (choice === 'Show Log') conduit.log.show();
    if (choice === 'Reveal File') await vscode.commands.executeCommand('revealFileInOS', context.logUri);
    return;
  }
  const { path } = await (conduit.request as unknown as (method: string, params: object) => Promise<{ path: string }>).call(conduit, 'conduit/logs/collect', {});
  const bundle = vscode.Uri.file(path);
  const choice = await vscode.window.showInformationMessage(
    `The logs are in ${path}. They hold no conversation and no key.`,
    'Save As…',
    'Copy Path',
  );
  if (choice === 'Copy Path') await vscode.env.clipboard.writeText(path);
  if (choice === 'Save As…') {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const target = await vscode.window.showSaveDialog({
      defaultUri: folder && vscode.Uri.joinPath(folder, basename(path)),
      filters: { 'Zip archive': ['zip'] },
    });
    if (target) await vscode.workspace.fs.copy(bundle, target, { overwrite: true });
  }
}
