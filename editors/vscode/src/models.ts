/** The model and the mode of new conversations: pickers that write the settings. A conversation's own are the chat's. */
import * as vscode from 'vscode';
import type { Conduit } from './conduit';
import type { ModelLine } from './protocol';
import { offer } from './said';

/** What a picker says of a model, and nothing about what is unknown. */
const BADGES: [string, string][] = [
  ['local', '$(vm)'],
  ['tool_calling', '$(tools)'],
  ['vision', '$(eye)'],
  ['reasoning', '$(lightbulb)'],
  ['web_search', '$(globe)'],
];

interface ModelItem extends vscode.QuickPickItem {
  model?: ModelLine;
}

export function registerModels(context: vscode.ExtensionContext, conduit: Conduit): void {
  context.subscriptions.push(
    offer('conduit.chooseModel', () => chooseModel(conduit)),
    offer('conduit.chooseMode', chooseMode),
  );
}

/** Sets a setting where it counts: in the workspace if it is set there, for the person otherwise. */
async function setSetting(name: string, value: unknown): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('conduit');
  const here = configuration.inspect(name)?.workspaceValue !== undefined;
  await configuration.update(name, value, here ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global);
}

async function chooseModel(conduit: Conduit): Promise<void> {
  const { models, defaultModelId } = await conduit.request('conduit/models/list', {});
  const picked = await vscode.window.showQuickPick(items(models, defaultModelId), {
    title: 'Conduit: Model of New Conversations',
    placeHolder: 'Choose a model',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  const model = picked?.model;
  if (!model) return;
  if (model.ready) await setSetting('model', model.modelId);
  else await makeReady(conduit, model);
}

/** Asks for the key that a model lacks; what else is missing is said. */
export async function makeReady(conduit: Conduit, model: ModelLine): Promise<void> {
  const { vendors } = await conduit.request('conduit/key/list', {});
  // The note names the key's variable, or what is missing before a key.
  if (vendors.some((each) => each.vendor === model.vendor && each.source === 'none' && model.note.includes(each.variable))) {
    await vscode.commands.executeCommand('conduit.setKey', model.vendor);
    return;
  }
  const choice = await vscode.window.showWarningMessage(`${model.name}: ${model.note}.`, 'Choose Another');
  if (choice) await vscode.commands.executeCommand('conduit.chooseModel');
}

function items(models: ModelLine[], current: string): ModelItem[] {
  const rows: ModelItem[] = [];
  const ready = models.filter((each) => each.ready);
  for (const [title, some] of [
    ['Ready', ready],
    ['Something is missing', models.filter((each) => !each.ready)],
  ] as const) {
    if (some.length > 0) rows.push({ label: title, kind: vscode.QuickPickItemKind.Separator });
    for (const model of some) rows.push(item(model, current));
  }
  return rows;
}

function item(model: ModelLine, current: string): ModelItem {
  const badges = BADGES.filter(([name]) => model.capabilities[name]).map(([, icon]) => icon);
  const size = model.contextTokens ? shortCount(model.contextTokens) : '';
  return {
    model,
    label: `${model.modelId === current ? '$(check) ' : ''}${model.name}`,
    description: [model.modelId, size, badges.join(' ')].filter(Boolean).join('  '),
    detail: model.ready ? undefined : model.note,
  };
}

/** 8192 is 8k, 1,000,000 is 1M, 1,050,000 is 1.05M. */
function shortCount(tokens: number): string {
  return tokens < 999_500 ? `${Math.round(tokens / 1000)}k` : `${Number((tokens / 1_000_000).toFixed(2))}M`;
}

const MODES = [
  { mode: 'ask', label: 'Ask', detail: 'Reads and answers; changes nothing.' },
  { mode: 'review', label: 'Review', detail: 'Proposes changes, which you accept hunk by hunk.' },
  { mode: 'auto', label: 'Auto', detail: 'Changes files; asks before the first change of a conversation.' },
];

async function chooseMode(): Promise<void> {
  const picked = await vscode.window.showQuickPick(MODES, { title: 'Conduit: Mode of New Conversations' });
  if (picked) await setSetting('mode', picked.mode);
}
