/** Which rows of a long list are drawn: plain arithmetic over heights, measured where known and else guessed. */
import type { Item } from './items.ts';

const GUESS: Record<Item['kind'], number> = {
  user: 64, answer: 120, thought: 28, tool: 28, changes: 60, review: 80, notice: 32, end: 32,
};
/** So much is drawn above and below what is seen, in pixels. */
const MARGIN = 600;

export interface Range {
  first: number;
  /** Not included. */
  last: number;
  /** Pixels above the first row, and below the last. */
  above: number;
  below: number;
}

export class Layout {
  private readonly heights = new Map<string, number>();

  /** Returns whether it was news. */
  measure(key: string, height: number): boolean {
    if (this.heights.get(key) === height) return false;
    this.heights.set(key, height);
    return true;
  }

  height(item: Item): number {
    return this.heights.get(item.key) ?? GUESS[item.kind];
  }

  /** The rows to draw at a scroll position; `height` is what is seen. */
  range(items: readonly Item[], top: number, height: number): Range {
    let first = 0;
    let above = 0;
    while (first < items.length) {
      const next = above + this.height(items[first] as Item);
      if (next >= top - MARGIN) break;
      above = next;
      first += 1;
    }
    let last = first;
    let end = above;
    while (last < items.length && end < top + height + MARGIN) {
      end += this.height(items[last] as Item);
      last += 1;
    }
    let below = 0;
    for (let index = last; index < items.length; index += 1) below += this.height(items[index] as Item);
    return { first, last, above, below };
  }

  /** Pixels from the top to the row. */
  offset(items: readonly Item[], index: number): number {
    let sum = 0;
    for (let each = 0; each < index && each < items.length; each += 1) sum += this.height(items[each] as Item);
    return sum;
  }

  /** The row at a scroll position. */
  at(items: readonly Item[], top: number): number {
    let sum = 0;
    for (let index = 0; index < items.length; index += 1) {
      sum += this.height(items[index] as Item);
      if (sum > top) return index;
    }
    return Math.max(0, items.length - 1);
  }

  clear(): void {
    this.heights.clear();
  }
}
