/** The status item: how the server is, the model, what today cost, a download's progress. Clicked, it is a menu. */
import * as vscode from 'vscode';
import type { Spend, StatusNote } from './protocol';
import { offer } from './said';
import { helpFor } from './server/problems';
import type { Supervisor } from './server/supervisor';

interface Shown {
  text: string;
  sentence: string;
  /** Whether the person has to do something. */
  alarming?: 'warning' | 'error';
}

interface MenuItem extends vscode.QuickPickItem {
  run?: () => unknown;
}

export function registerStatus(context: vscode.ExtensionContext, conduit: Supervisor): void {
  const item = vscode.window.createStatusBarItem('conduit.status', vscode.StatusBarAlignment.Right, 90);
  item.name = 'Conduit';
  item.command = 'conduit.showMenu';
  let spend: Spend | undefined;
  // The server tells of its model when something changes; until then it has to be asked.
  let modelAtStart = '';
  const show = () => {
    const shown = describe(conduit, modelAtStart);
    item.text = shown.text + (conduit.state === 'running' ? costShort(spend) : '');
    item.tooltip = tooltip(conduit, shown, spend, modelAtStart);
    item.accessibilityInformation = { label: `Conduit: ${shown.sentence}`, role: 'button' };
    item.backgroundColor = shown.alarming && new vscode.ThemeColor(`statusBarItem.${shown.alarming}Background`);
    item.show();
  };
  const count = async () => {
    if (!conduit.has('conduit/usage/report')) return;
    try {
      spend = (await conduit.request('conduit/usage/report', {})).today;
    } catch (error) {
      conduit.log.debug(`No report of the usage: ${String(error)}`);
    }
    show();
  };
  context.subscriptions.push(
    item,
    conduit.onState((state) => {
      show();
      if (state !== 'running') return;
      void count();
      void conduit.request('conduit/models/list', {}).then(
        ({ defaultModelId }) => {
          modelAtStart = defaultModelId;
          show();
        },
        (error: unknown) => conduit.log.warn(`The models could not be listed: ${String(error)}`),
      );
    }),
    conduit.onStatus(show),
    conduit.onUpdate((params) => {
      if (params.update.sessionUpdate === 'turn_state' && params.update.state === 'idle') void count();
    }),
    offer('conduit.showMenu', () => showMenu(conduit, spend, modelAtStart)),
    vscode.commands.registerCommand('conduit.openSettings', () =>
      vscode.commands.executeCommand('workbench.action.openSettings', '@ext:conduit.conduit-vscode'),
    ),
  );
  show();
}

function describe(conduit: Supervisor, modelAtStart: string): Shown {
  const problem = conduit.problem ?? '';
  switch (conduit.state) {
    case 'starting':
      return { text: '$(loading~spin) Conduit', sentence: problem || 'the server is starting' };
    case 'restarting':
      return { text: '$(sync~spin) Conduit', sentence: problem || 'the server is starting again' };
    case 'failed':
      return { text: '$(error) Conduit', sentence: problem, alarming: conduit.failure === 'missing' || conduit.failure === 'cancelled' ? 'warning' : 'error' };
    case 'stopped':
      return { text: vscode.workspace.isTrusted ? '$(debug-pause) Conduit' : '$(shield) Conduit', sentence: problem };
    default:
      return describeNote(conduit.status, modelAtStart);
  }
}

function describeNote(note: StatusNote | undefined, modelAtStart: string): Shown {
  const model = shortName(note?.model || modelAtStart);
  const name = model || 'Conduit';
  switch (note?.state) {
    case 'busy':
      return { text: `$(loading~spin) ${name}`, sentence: note.message || 'an answer is being written' };
    case 'waiting':
      return { text: `$(bell-dot) ${name}`, sentence: note.message || 'a question waits for you', alarming: 'warning' };
    case 'downloading':
      return { text: `$(cloud-download) ${name}${percent(note)}`, sentence: note.message || 'the model is being downloaded' };
    case 'error':
      return { text: `$(warning) ${name}`, sentence: note.message || 'something is wrong', alarming: 'warning' };
    default:
      return { text: `$(hubot) ${name}`, sentence: note?.message || 'ready' };
  }
}

function percent(note: StatusNote): string {
  if (!note.totalBytes || note.downloadedBytes === undefined) return '';
  return ` ${Math.floor((100 * note.downloadedBytes) / note.totalBytes)} %`;
}

const shortName = (model: string): string => model.slice(model.indexOf('/') + 1);

function costShort(spend: Spend | undefined): string {
  return spend?.cost && spend.cost.amount > 0 ? `  ${money(spend)}` : '';
}

function money(spend: Spend): string {
  if (!spend.cost) return '';
  return `$${spend.cost.amount.toFixed(spend.cost.amount < 0.1 ? 3 : 2)}`;
}

function usageSentence(spend: Spend | undefined): string {
  if (!spend || spend.inputTokens + spend.outputTokens === 0) return '';
  const tokens = `${spend.inputTokens.toLocaleString('en')} tokens in, ${spend.outputTokens.toLocaleString('en')} out`;
  const unpriced = spend.unpriced > 0 ? ` (${spend.unpriced} answers without a known price)` : '';
  return [spend.cost ? money(spend) : '', tokens].filter(Boolean).join(', ') + unpriced;
}

function tooltip(conduit: Supervisor, shown: Shown, spend: Spend | undefined, modelAtStart: string): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', true);
  text.appendMarkdown('**Conduit**\n\n').appendText(sentenceCase(shown.sentence));
  const row = (name: string, value: string | undefined) => {
    if (value) text.appendMarkdown(`\n\n*${name}* `).appendText(value);
  };
  if (conduit.state === 'running') {
    row('Model', conduit.status?.model || modelAtStart);
    row('Today', usageSentence(spend));
    row('Server', `${conduit.serverVersion}, from ${conduit.launch?.origin}`);
  }
  return text;
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? '' : '.');
}

async function showMenu(conduit: Supervisor, spend: Spend | undefined, modelAtStart: string): Promise<void> {
  const shown = describe(conduit, modelAtStart);
  const picked = await vscode.window.showQuickPick(menuItems(conduit, spend, modelAtStart), {
    title: `Conduit: ${sentenceCase(shown.sentence)}`,
    placeHolder: 'What to do',
  });
  await picked?.run?.();
}

function menuItems(conduit: Supervisor, spend: Spend | undefined, modelAtStart: string): MenuItem[] {
  const command = (icon: string, label: string, name: string, description = ''): MenuItem => ({
    label,
    iconPath: new vscode.ThemeIcon(icon),
    description,
    run: () => vscode.commands.executeCommand(name),
  });
  const rows: MenuItem[] = [];
  if (conduit.state === 'stopped' && !vscode.workspace.isTrusted) {
    rows.push(command('shield', 'Trust This Workspace…', 'workbench.trust.manage'));
  }
  if (conduit.state === 'failed') {
    for (const button of helpFor(conduit)) rows.push({ label: button.title, iconPath: new vscode.ThemeIcon('arrow-right'), run: button.act });
    rows.push({ label: '', kind: vscode.QuickPickItemKind.Separator });
  }
  if (conduit.state === 'running') {
    rows.push(
      command('comment-discussion', 'Open Chat', 'conduit.openChat'),
      command('hubot', 'Choose Model…', 'conduit.chooseModel', conduit.status?.model || modelAtStart),
      command('shield', 'Choose Mode…', 'conduit.chooseMode', vscode.workspace.getConfiguration('conduit').get('mode') ?? 'review'),
      command('key', 'Set Provider Key…', 'conduit.setKey'),
      { label: 'Help', kind: vscode.QuickPickItemKind.Separator },
      command('pulse', 'Show Doctor', 'conduit.showDoctor', usageSentence(spend) && `today: ${usageSentence(spend)}`),
    );
  }
  rows.push(
    command('settings-gear', 'Open Settings', 'conduit.openSettings'),
    command('output', 'Show Log', 'conduit.showLog'),
    command('archive', 'Collect Logs', 'conduit.collectLogs'),
    command('debug-restart', 'Restart Server', 'conduit.restartServer'),
  );
  return rows;
}
