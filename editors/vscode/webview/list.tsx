/** The conversation as a long list of which only the rows near the view are in the page. */
import { Component, createRef, type ComponentChildren } from 'preact';
import { keep, kept } from './host.ts';
import { Layout } from './transcript/layout.ts';
import type { Item } from './transcript/items.ts';

interface Props {
  items: readonly Item[];
  /** Another number is another conversation. */
  shown: number;
  busy: boolean;
  row: (item: Item) => ComponentChildren;
  label: (item: Item) => string;
  children?: ComponentChildren;
}

interface Anchor {
  key: string;
  top: number;
}

/** So near to the end counts as at the end. */
const NEAR = 24;

export class List extends Component<Props, { away: boolean; current: string }> {
  override state = { away: false, current: '' };
  private readonly scroller = createRef<HTMLDivElement>();
  private readonly rows = createRef<HTMLDivElement>();
  private readonly tail = createRef<HTMLDivElement>();
  private layout = new Layout();
  private anchor: Anchor | undefined;
  private pinned = true;
  private lastTop = 0;
  private width = 0;
  private shown = 0;
  private saving = 0;
  private readonly watcher = new ResizeObserver(() => this.resized());

  override componentDidMount(): void {
    this.watcher.observe(this.scroller.current as Element);
    this.watcher.observe(this.rows.current as Element);
    this.watcher.observe(this.tail.current as Element);
    this.settle();
  }

  override componentWillUnmount(): void {
    this.watcher.disconnect();
  }

  override componentDidUpdate(): void {
    this.settle();
  }

  /** Shows the end, and stays there. */
  toEnd = (): void => {
    this.pinned = true;
    this.anchor = undefined;
    this.forceUpdate();
  };

  render({ items, busy, row, label, children, shown }: Props) {
    if (shown !== this.shown) this.begin(shown);
    const view = this.scroller.current;
    const height = view?.clientHeight || 600;
    const top = this.pinned ? Number.MAX_SAFE_INTEGER : (view?.scrollTop ?? 0);
    const all = this.layout.offset(items, items.length);
    const range = this.layout.range(items, Math.min(top, Math.max(0, all - height)), height);
    const current = items.some((item) => item.key === this.state.current) ? this.state.current : items[items.length - 1]?.key;
    return (
      <div class="list">
        <div class="scroller" ref={this.scroller} onScroll={this.scrolled} onClickCapture={this.clicked}>
          <div class="rows" ref={this.rows} role="feed" aria-label="Conversation" aria-busy={busy} onKeyDown={this.keyed} onFocusIn={this.focused}
            style={{ paddingTop: `${range.above}px`, paddingBottom: `${range.below}px` }}>
            {items.slice(range.first, range.last).map((item, index) => (
              <article key={item.key} data-key={item.key} class={`row ${item.kind}`} tabIndex={item.key === current ? 0 : -1}
                aria-label={label(item)} aria-posinset={range.first + index + 1} aria-setsize={items.length}>
                {row(item)}
              </article>
            ))}
          </div>
          <div class="tail" ref={this.tail}>{children}</div>
        </div>
        {this.state.away && (
          <button type="button" class="to-end icon" title="To the newest message" aria-label="To the newest message" onClick={this.toEnd}>
            <i class="codicon codicon-arrow-down" aria-hidden="true" />
          </button>
        )}
      </div>
    );
  }

  private begin(shown: number): void {
    this.shown = shown;
    this.layout = new Layout();
    this.anchor = kept().scroll;
    this.pinned = this.anchor === undefined;
  }

  /** Measures what is drawn and puts what the person looks at back to where it was. */
  private settle(round = 0): void {
    const view = this.scroller.current as HTMLDivElement;
    let news = false;
    for (const row of this.drawn()) news = this.layout.measure(row.dataset.key as string, row.offsetHeight) || news;
    if (this.pinned) {
      this.move(view.scrollHeight - view.clientHeight);
    } else if (this.anchor !== undefined) {
      const { key, top } = this.anchor;
      const row = this.drawn().find((each) => each.dataset.key === key);
      if (row !== undefined) {
        this.move(view.scrollTop + this.topOf(row) - top);
      } else {
        const index = this.props.items.findIndex((item) => item.key === key);
        if (index >= 0) this.move(this.layout.offset(this.props.items, index) - top);
        news = news || index >= 0;
      }
    }
    if (news && round < 4) {
      this.forceUpdate();
      return;
    }
    this.remember();
  }

  private move(top: number): void {
    const view = this.scroller.current as HTMLDivElement;
    if (Math.abs(view.scrollTop - top) >= 1) view.scrollTop = top;
    this.lastTop = view.scrollTop;
  }

  private remember(): void {
    const row = this.drawn().find((each) => this.topOf(each) + each.offsetHeight > 0);
    this.anchor = row === undefined ? undefined : { key: row.dataset.key as string, top: this.topOf(row) };
    const view = this.scroller.current as HTMLDivElement;
    const away = !this.pinned && view.scrollTop + view.clientHeight < view.scrollHeight - NEAR;
    if (this.state.away !== away) this.setState({ away });
    window.clearTimeout(this.saving);
    this.saving = window.setTimeout(() => keep({ scroll: this.pinned ? undefined : this.anchor }), 200);
  }

  private scrolled = (): void => {
    const view = this.scroller.current as HTMLDivElement;
    const top = view.scrollTop;
    if (Math.abs(top - this.lastTop) < 1) return;
    const atEnd = top + view.clientHeight >= view.scrollHeight - NEAR;
    this.pinned = atEnd || (this.pinned && top > this.lastTop);
    this.lastTop = top;
    this.anchor = undefined;
    this.forceUpdate();
  };

  private resized(): void {
    const view = this.scroller.current;
    if (view === null) return;
    if (view.clientWidth !== this.width) {
      if (this.width !== 0) this.layout.clear();
      this.width = view.clientWidth;
      this.forceUpdate();
    } else {
      this.settle();
    }
  }

  /** Who unfolds a row looks at it: the list does not run to its end. */
  private clicked = (event: Event): void => {
    if (!this.props.busy && (event.target as Element).closest('[aria-expanded]')) {
      this.remember();
      this.pinned = false;
    }
  };

  private focused = (event: FocusEvent): void => {
    const key = (event.target as HTMLElement).closest<HTMLElement>('article')?.dataset.key;
    if (key !== undefined && key !== this.state.current) this.setState({ current: key });
  };

  private keyed = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (target.tagName !== 'ARTICLE') return;
    const { items } = this.props;
    const index = items.findIndex((item) => item.key === target.dataset.key);
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined || items[to] === undefined) return;
    event.preventDefault();
    this.focusRow(items[to].key);
  };

  private focusRow(key: string): void {
    const found = () => this.drawn().find((each) => each.dataset.key === key);
    if (found() === undefined) {
      this.pinned = false;
      this.anchor = { key, top: 40 };
      this.setState({ current: key }, () => found()?.focus());
      return;
    }
    found()?.focus();
    found()?.scrollIntoView({ block: 'nearest' });
  }

  private drawn(): HTMLElement[] {
    return [...(this.rows.current?.children ?? [])] as HTMLElement[];
  }

  private topOf(row: HTMLElement): number {
    return row.getBoundingClientRect().top - (this.scroller.current as Element).getBoundingClientRect().top;
  }
}
