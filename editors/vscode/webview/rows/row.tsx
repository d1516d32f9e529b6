/** One row of the conversation. A row is drawn again only when it changed. */
import { Component } from 'preact';
import { page } from '../page.ts';
import type { AnswerItem, Item } from '../transcript/items.ts';
import { Markdown } from '../text/markdown-view.tsx';
import { Icon } from '../icon.tsx';
import { post } from '../host.ts';
import { Changes, Review } from './files.tsx';
import { End } from './end.tsx';
import { Tool } from './tool.tsx';
import { User } from './user.tsx';

interface Props {
  item: Item;
  version: number;
  unfolded: boolean;
  /** What else the row depends on, such as whether a turn runs. */
  mood: string;
}

export class RowContent extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const now = this.props;
    return next.version !== now.version || next.unfolded !== now.unfolded || next.mood !== now.mood || next.item !== now.item;
  }

  render({ item, unfolded }: Props) {
    switch (item.kind) {
      case 'user':
        return <User item={item} />;
      case 'answer':
        return <Answer item={item} />;
      case 'thought':
        return <Thought item={item} unfolded={unfolded} />;
      case 'tool':
        return <Tool item={item} unfolded={unfolded} />;
      case 'changes':
        return <Changes item={item} />;
      case 'review':
        return <Review item={item} />;
      case 'notice':
        return (
          <div class="aside">
            <Icon name="info" /> <span>{item.text}</span>
          </div>
        );
      case 'end':
        return <End item={item} />;
    }
  }
}

/** What a row is called. */
export function labelOf(item: Item): string {
  switch (item.kind) {
    case 'user':
      return `You: ${item.text.slice(0, 200)}`;
    case 'answer':
      return `Conduit: ${item.text.slice(0, 200)}`;
    case 'thought':
      return 'Thought';
    case 'tool':
      return `Tool: ${item.title}, ${item.status.replace('_', ' ')}`;
    case 'changes':
      return `Changed files: ${item.files.map((file) => file.path).join(', ')}`;
    case 'review':
      return 'Proposed changes';
    case 'notice':
      return item.text;
    case 'end':
      return item.error ? `Error: ${item.error}` : 'End of the turn';
  }
}

function Answer({ item }: { item: AnswerItem }) {
  return (
    <div class={item.done ? 'answer-text' : 'answer-text writing'}>
      <Markdown text={item.text} done={item.done} />
      {item.sources.length > 0 && (
        <ol class="sources" aria-label="Sources">
          {item.sources.map((source) => (
            <li>
              <a href={source.url} title={source.url} onClick={(event) => follow(event, source.url)}>
                {source.title || source.url}
              </a>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function follow(event: Event, url: string): void {
  event.preventDefault();
  event.stopPropagation();
  post({ type: 'openLink', url });
}

function Thought({ item, unfolded }: { item: AnswerItem; unfolded: boolean }) {
  return (
    <div class="fold">
      <button type="button" class="fold-head" aria-expanded={unfolded} onClick={() => page.toggle(item.key)}>
        <Icon name={unfolded ? 'chevron-down' : 'chevron-right'} />
        <span class={item.done ? '' : 'busy'}>{item.done ? 'Thought' : 'Thinking…'}</span>
        {!unfolded && <span class="glimpse">{glimpse(item)}</span>}
      </button>
      {unfolded && (
        <div class="fold-body thought-text">
          <Markdown text={item.text} done={item.done} />
        </div>
      )}
    </div>
  );
}

/** The newest line of a thought that is being written, else its first. */
function glimpse(item: AnswerItem): string {
  const text = item.done ? item.text.slice(0, 300) : item.text.slice(-300);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return ((item.done ? lines[0] : lines[lines.length - 1]) ?? '').replace(/[*_`#]/g, '').slice(0, 160);
}
