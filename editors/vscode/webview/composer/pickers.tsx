/** Mode, model, and how much was used. */
import type { ModelLine } from '../../src/protocol';
import { post } from '../host.ts';
import { page } from '../page.ts';
import { money, tokens } from '../rows/end.tsx';
import { Menu, type Choice } from './menu.tsx';

const MODE_ICONS: Record<string, string> = { ask: 'comment', review: 'git-pull-request-draft', auto: 'zap' };

/** Capabilities that make a difference when a model is chosen. */
const BADGES: Record<string, { icon: string; label: string }> = {
  local: { icon: 'vm', label: 'Runs on this machine' },
  tool_calling: { icon: 'tools', label: 'Calls tools' },
  vision: { icon: 'eye', label: 'Sees pictures' },
  documents: { icon: 'file-pdf', label: 'Reads PDF files' },
  audio: { icon: 'mic', label: 'Hears recordings' },
  reasoning: { icon: 'lightbulb', label: 'Thinks first' },
  structured_output: { icon: 'json', label: 'Answers in a given form' },
  web_search: { icon: 'globe', label: 'Searches the web' },
  code_execution: { icon: 'terminal', label: "Runs code on the vendor's side" },
  image_output: { icon: 'file-media', label: 'Makes pictures' },
};

export function ModePicker() {
  const chat = page.chat;
  if (!chat?.modes.length) return null;
  const choices = chat.modes.map((mode) => ({ id: mode.id, name: mode.name, about: mode.description }));
  const name = chat.modes.find((mode) => mode.id === chat.mode)?.name ?? chat.mode;
  const choose = async (mode: string) => {
    const now = await page.ask('setMode', { mode: mode as typeof chat.mode });
    if (now) page.chat = now;
    page.changed();
  };
  return <Menu id="mode-picker" label="Mode" icon={MODE_ICONS[chat.mode]} text={name} choices={choices} chosen={chat.mode} onChoose={(mode) => void choose(mode)} />;
}

export function ModelPicker() {
  const { chat, setup } = page;
  if (!chat || !setup || setup.models.length === 0) return null;
  const chosen = chat.model || setup.defaultModel;
  const line = setup.models.find((model) => model.modelId === chosen);
  const choose = async (model: string) => {
    const unready = page.setup?.models.find((each) => each.modelId === model && !each.ready);
    if (unready) return post({ type: 'makeReady', model: unready });
    const now = await page.ask('setModel', { model });
    if (now) page.chat = now;
    page.changed();
  };
  const refresh = async () => {
    const list = await page.ask('models', {});
    if (list && page.setup) page.setup = { ...page.setup, models: list.models, defaultModel: list.defaultModelId };
    page.changed();
  };
  const models = [...setup.models].sort((a, b) => Number(b.ready) - Number(a.ready));
  return (
    <Menu id="model-picker" label="Model" text={line?.name ?? (chosen.slice(chosen.indexOf('/') + 1) || 'Model')} choices={models.map(choiceOf)} chosen={chosen}
      onChoose={(model) => void choose(model)} onOpen={() => void refresh()} />
  );
}

function choiceOf(model: ModelLine): Choice {
  const badges = Object.entries(BADGES).filter(([name]) => model.capabilities[name]).map(([, badge]) => badge);
  return {
    id: model.modelId,
    name: model.name,
    about: model.ready ? model.vendor : `${model.vendor} · ${model.note}`,
    badges,
    fact: model.contextTokens ? tokens(model.contextTokens) : undefined,
    dim: !model.ready,
  };
}

export function Meter() {
  const { spending } = page.transcript;
  const report = page.usage;
  const model = page.setup?.models.find((each) => each.modelId === (page.chat?.model || page.setup?.defaultModel));
  const used = report?.session?.contextUsed ?? spending.used;
  const size = report?.session?.contextSize ?? spending.size ?? model?.contextTokens;
  const cost = report?.session?.cost?.amount ?? spending.cost;
  if (used === 0) return null;
  const share = size ? Math.min(1, used / size) : undefined;
  const said = [
    size ? `Context: ${used.toLocaleString()} of ${size.toLocaleString()} tokens (${Math.round((share ?? 0) * 100)} %)` : `Context: ${used.toLocaleString()} tokens`,
    `This chat: ${(report?.session?.inputTokens ?? spending.inputTokens).toLocaleString()} tokens in, ${(report?.session?.outputTokens ?? spending.outputTokens).toLocaleString()} out`,
    cost === undefined ? 'No price is known' : `Cost: ${money(cost)}`,
    report ? `Today: ${(report.today.inputTokens + report.today.outputTokens).toLocaleString()} tokens${report.today.cost ? `, ${money(report.today.cost.amount)}` : ''}` : '',
  ].filter(Boolean).join('\n');
  return (
    <span class="meter" title={said} role="img" aria-label={said}>
      {share !== undefined && (
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" class={share > 0.85 ? 'full' : ''}>
          <circle cx="8" cy="8" r="6" class="ring" />
          <circle cx="8" cy="8" r="6" class="share" pathLength={100} stroke-dasharray={`${Math.max(2, share * 100)} 100`} transform="rotate(-90 8 8)" />
        </svg>
      )}
      <span>{tokens(used)}</span>
      {cost !== undefined && cost > 0 && <span class="cost">{money(cost)}</span>}
    </span>
  );
}
