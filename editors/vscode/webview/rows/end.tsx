/** How a turn ended, and what can be done about that. */
import type { Remedy } from '../../src/chat/messages';
import { Icon, IconButton } from '../icon.tsx';
import { post } from '../host.ts';
import { page } from '../page.ts';
import type { EndItem, ErrorKind, StopReason } from '../transcript/items.ts';
import { seconds } from './tool.tsx';

const STOPS: Partial<Record<StopReason, string>> = {
  max_tokens: 'The answer reached the most tokens that are allowed.',
  max_turn_requests: 'Stopped: the turn used all its rounds of tool calls.',
  budget: 'Stopped: the budget is used up.',
  loop: 'Stopped: the model repeated itself.',
  refusal: 'The model refused to answer.',
  cancelled: 'Stopped.',
};

const REMEDIES: Partial<Record<ErrorKind, Remedy>> = {
  auth: 'keys', permission: 'models', not_found: 'models', quota: 'models', balance: 'models', context_overflow: 'new', config: 'log',
};

export const REMEDY_NAMES: Record<Remedy, string> = {
  keys: 'Set the key…', restart: 'Restart the server', log: 'Show the log', menu: 'What to do…', new: 'New chat', models: 'Choose a model',
};

export function remedy(kind: Remedy): void {
  if (kind === 'models') document.getElementById('model-picker')?.click();
  else if (kind === 'new') post({ type: 'newChat' });
  else post({ type: 'remedy', remedy: kind });
}

export async function regenerate(): Promise<void> {
  const last = page.transcript.lastUser;
  if (last !== undefined) await page.ask('regenerate', { messageId: last.messageId, files: false });
}

export function End({ item }: { item: EndItem }) {
  const again = item.newest && !page.running && page.can('conduit/session/resend');
  const answer = page.transcript.answerOf(item.turnId);
  const facts = [item.seconds === undefined ? '' : seconds(item.seconds), item.tokens ? `${tokens(item.tokens)} tokens` : '', !item.cost ? '' : money(item.cost)];
  const cut = item.interrupted ? 'Interrupted: the server ended in the middle of this turn.' : undefined;
  const said = item.error || item.stopReason === 'error' ? undefined : (cut ?? STOPS[item.stopReason]);
  const fix = item.errorKind && REMEDIES[item.errorKind];
  return (
    <>
      {(item.error || item.stopReason === 'error') && (
        <div class="trouble" role="group" aria-label="Error">
          <Icon name="error" />
          <div>
            <div>{item.error ?? 'The turn failed.'}</div>
            <div class="trouble-acts">
              {fix && (
                <button type="button" class="main" onClick={() => remedy(fix)}>
                  {REMEDY_NAMES[fix]}
                </button>
              )}
              {again && (
                <button type="button" class={fix ? 'quiet' : 'main'} onClick={() => void regenerate()}>
                  Try again
                </button>
              )}
            </div>
          </div>
        </div>
      )}
      {said && <div class="muted stop">{said}</div>}
      <div class="end-line">
        {answer && <IconButton icon="copy" label="Copy answer" onClick={() => post({ type: 'copy', text: answer })} />}
        {again && !item.error && <IconButton icon="refresh" label="Answer again" onClick={() => void regenerate()} />}
        <span class="muted">{facts.filter(Boolean).join(' · ')}</span>
      </div>
    </>
  );
}

/** 950 is 950, 8192 is 8.2k, 128,000 is 128k, 1,050,000 is 1.05M. */
export function tokens(count: number): string {
  if (count < 1000) return String(count);
  if (count < 999_500) return `${Number((count / 1000).toFixed(count < 9950 ? 1 : 0))}k`;
  return `${Number((count / 1_000_000).toFixed(2))}M`;
}

export function money(amount: number): string {
  return amount === 0 ? '$0' : amount < 0.01 ? `$${amount.toPrecision(1)}` : `$${amount.toFixed(2)}`;
}
