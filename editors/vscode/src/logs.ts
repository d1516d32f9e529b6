/** What helps when something is wrong: the doctor's page, and what goes with a bug report, without secrets. */
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { offer } from './said';
import type { Supervisor } from './server/supervisor';
import { serverSettings } from './settings';

const SCHEME = 'conduit-doctor';
export const CHANNEL = 'Conduit';
/** Characters of the log that a report holds. */
const MOST = 200_000;
const MARKS = { ok: '✓', warning: '!', missing: '-', broken: '✗' } as const;

export function registerLogs(context: vscode.ExtensionContext, conduit: Supervisor): void {
  const page = new DoctorPage(conduit, context.extension.packageJSON.version);
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, page),
    offer('conduit.showDoctor', () => page.show()),
    offer('conduit.collectLogs', () => collect(context, conduit, page)),
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

/** Has the server write its bundle, and puts the log, which only the editor keeps, beside it. Without a server all is one text. */
async function collect(context: vscode.ExtensionContext, conduit: Supervisor, page: DoctorPage): Promise<void> {
  if (!conduit.has('conduit/logs/collect')) return collectHere(context, page);
  const { path } = await conduit.request('conduit/logs/collect', {});
  const log = `${path.replace(/\.zip$/, '')}.log`;
  writeFileSync(log, redact(newest(context)), { mode: 0o600 });
  // Only the machine's own file manager can show a folder.
  const near = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  const show = near ? 'Show in Folder' : 'Copy to Folder…';
  const said = `Collected in ${dirname(path)}: ${basename(path)} has settings, versions and the check-up, ${basename(log)} the log. Secrets are masked and no conversation is in them; look through them before you hand them on.`;
  const choice = await vscode.window.showInformationMessage(said, show, 'Open Log', 'Copy Path');
  if (choice === 'Copy Path') await vscode.env.clipboard.writeText(path);
  else if (choice === 'Open Log') await vscode.window.showTextDocument(vscode.Uri.file(log), { preview: false });
  else if (choice === show && near) await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(path));
  else if (choice === show) await copyTo([path, log]);
}

async function copyTo(files: string[]): Promise<void> {
  const options = { canSelectFiles: false, canSelectFolders: true, openLabel: 'Copy Here', title: 'Copy the Collected Files', defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri };
  const [folder] = (await vscode.window.showOpenDialog(options)) ?? [];
  if (!folder) return;
  for (const file of files) await vscode.workspace.fs.copy(vscode.Uri.file(file), vscode.Uri.joinPath(folder, basename(file)), { overwrite: true });
}

/** Puts what the extension knows into one text, which the person reads, cuts as they like, and saves. */
async function collectHere(context: vscode.ExtensionContext, page: DoctorPage): Promise<void> {
  const parts = [
    await page.provideTextDocumentContent(),
    `Settings of the editor\n\n${JSON.stringify(serverSettings(context), null, 2)}\n`,
    `Log of the extension and of the server\n\n${newest(context)}`,
  ];
  const content = redact(parts.join(`\n${'-'.repeat(80)}\n\n`));
  const document = await vscode.workspace.openTextDocument({ content, language: 'log' });
  await vscode.window.showTextDocument(document, { preview: false });
  void vscode.window.showInformationMessage('This is what to attach to a bug report. Secrets are masked and no conversation is in it; look through it before you save it.');
}

/** Returns the end of the output channel's file, where the server's own lines are too. */
function newest(context: vscode.ExtensionContext): string {
  try {
    const text = readFileSync(join(context.logUri.fsPath, `${CHANNEL}.log`), 'utf8');
    return text.length > MOST ? `…${text.slice(text.indexOf('\n', text.length - MOST))}` : text;
  } catch (error) {
    return `It cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Masks what looks like a secret (the server masks its own lines already), and shortens the home folder. */
function redact(text: string): string {
  return text
    .replace(/\b(?:sk|pk|rk|gh[opsu]|github_pat|xox[abprs]|AIza|AKIA|glpat|hf)[-_]?[A-Za-z0-9_-]{12,}/g, '•••')
    .replace(/\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi, '$1 •••')
    .replace(/((?:api[-_]?key|token|secret|password|passwd|authorization)["']?\s*[:=]\s*["']?)(?!•)[^\s"',}]{6,}/gi, '$1•••')
    .replace(/(https?:\/\/)[^\s/@]+@/g, '$1•••@')
    .replaceAll(homedir(), '~');
}
