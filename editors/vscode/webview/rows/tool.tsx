/** A tool call in a line, and folded below it what went in and what came out. */
import { Icon, LinkButton } from '../icon.tsx';
import { post } from '../host.ts';
import { page } from '../page.ts';
import { Diff, isDiff } from '../text/diff.tsx';
import type { ToolItem, ToolKind } from '../transcript/items.ts';

const ICONS: Record<ToolKind, string> = {
  read: 'file', edit: 'edit', delete: 'trash', move: 'arrow-swap', search: 'search', execute: 'terminal', think: 'lightbulb', fetch: 'globe', other: 'tools',
};
/** Longer output is cut in the page; the whole is in the log of the session. */
const MOST = 20_000;

export function Tool({ item, unfolded }: { item: ToolItem; unfolded: boolean }) {
  const running = item.status === 'in_progress' || (item.status === 'pending' && page.running);
  const { title, links } = linked(item);
  const changed = counts(item.output);
  return (
    <div class="fold">
      <div class="tool-line">
        <button type="button" class="fold-head" aria-expanded={unfolded} onClick={() => page.toggle(item.key)}>
          {running ? <Icon name="loading" spin /> : <Icon name={item.interrupted ? 'circle-slash' : item.status === 'failed' ? 'error' : ICONS[item.toolKind]} />}
          <span class={item.status === 'failed' && !item.interrupted ? 'tool-title failed' : 'tool-title'}>{title}</span>
        </button>
        {links[0] !== undefined && (
          <LinkButton title={`Open ${links[0]}`} onClick={() => post({ type: 'openFile', name: links[0] as string })}>
            {nameOf(links[0])}
          </LinkButton>
        )}
        {links.length > 1 && <span class="muted">+{links.length - 1}</span>}
        {changed && (
          <span class="counts">
            <span class="plus">+{changed.added}</span> <span class="minus">−{changed.removed}</span>
          </span>
        )}
        <span class="muted tool-time">{duration(item)}</span>
        <Icon name={unfolded ? 'chevron-down' : 'chevron-right'} />
      </div>
      {unfolded && <Details item={item} />}
    </div>
  );
}

function Details({ item }: { item: ToolItem }) {
  const input = item.input && Object.keys(item.input).length > 0 ? item.input : undefined;
  return (
    <div class="fold-body">
      {item.locations.length > 1 && (
        <div class="file-links">
          {item.locations.map((path) => (
            <LinkButton onClick={() => post({ type: 'openFile', name: path })}>{path}</LinkButton>
          ))}
        </div>
      )}
      {input && (
        <>
          <div class="caption">Input</div>
          <pre tabIndex={0} role="group" aria-label="Input">
            {Object.entries(input).map(([name, value]) => (
              <div>
                <span class="field">{name}</span> {typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
              </div>
            ))}
          </pre>
        </>
      )}
      {item.output.map((text) => {
        const fenced = /^```diff\n([\s\S]*?)```$/.exec(text.trim());
        if (fenced) return <><div class="caption">Change</div><Diff text={fenced[1] as string} label="Change" /></>;
        if (text.trim() === '') return null;
        return (
          <>
            <div class="caption">{item.status === 'failed' ? 'Error' : 'Output'}</div>
            {isDiff(text) ? <Diff text={text} label="Output" /> : <Output text={text} />}
          </>
        );
      })}
      {!input && item.output.length === 0 && <div class="muted">Nothing yet.</div>}
    </div>
  );
}

function Output({ text }: { text: string }) {
  const cut = text.length > MOST;
  return (
    <pre tabIndex={0} role="group" aria-label="Output">
      {cut ? `${text.slice(0, MOST)}\n… ${(text.length - MOST).toLocaleString()} more characters` : text}
    </pre>
  );
}

/** The title without the file that it ends with, which is a link beside it. */
function linked(item: ToolItem): { title: string; links: string[] } {
  const path = item.locations.find((each) => item.title.endsWith(` ${each}`));
  const title = path === undefined ? item.title : item.title.slice(0, -path.length - 1);
  const links = path === undefined ? item.locations : [path, ...item.locations.filter((each) => each !== path)];
  const words = /^[a-z]+(_[a-z]+)+$/.test(title) ? title.replace(/_/g, ' ') : title;
  return { title: words.replace(/^./, (letter) => letter.toUpperCase()), links };
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}

export function seconds(value: number): string {
  if (value < 0.05) return '';
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 60) return `${Math.round(value)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

function duration(item: ToolItem): string {
  return item.startedAt !== undefined && item.endedAt !== undefined ? seconds(item.endedAt - item.startedAt) : '';
}

function counts(output: string[]): { added: number; removed: number } | undefined {
  const diff = output.map((text) => /^```diff\n([\s\S]*?)```$/.exec(text.trim())?.[1]).find((each) => each !== undefined);
  if (diff === undefined) return undefined;
  const lines = diff.split('\n');
  return {
    added: lines.filter((line) => line.startsWith('+') && !line.startsWith('+++')).length,
    removed: lines.filter((line) => line.startsWith('-') && !line.startsWith('---')).length,
  };
}
