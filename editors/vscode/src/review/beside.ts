/** What of a proposal stands beside the code, in columns: each proposed line after the line that it replaces. Nothing of the editor is needed for it. */
import { plural } from './counts';

/** Beside longer lines the proposal begins right after them, so that it stays in sight. */
const WIDEST_COLUMN = 72;
/** An editor beside a side bar ends about there, so the proposal does; the hover and the diff have all of it. */
const LAST_COLUMN = 100;
/** Beside a long line, too, so much is shown. */
const LEAST_WIDTH = 32;
/** What is shown before the first difference, when the line is cut in front of it. */
const LEAD = 8;
const GAP = 4;
/** Of lines that come in between, so many are shown, one after the other. */
const MOST_INSERTED = 3;

export interface Beside {
  /** Columns between the end of the line and the text. */
  gap: number;
  text: string;
}

/** Returns what stands beside each of `old`; proposed lines that have no line beside them are counted. */
export function besideLines(old: readonly string[], proposed: readonly string[], tab: number): Beside[] {
  const lines = old.map((line) => expand(line, tab));
  const widths = lines.map((line) => line.length);
  const column = Math.min(Math.max(...widths, 0) + GAP, WIDEST_COLUMN);
  const texts = proposed.slice(0, old.length).map((line) => expand(line, tab));
  const left = proposed.length - texts.length;
  const placed = texts.map((text, index) => {
    const width = widths[index] ?? 0;
    const gap = Math.max(column - width, GAP);
    const more = left > 0 && index === texts.length - 1 ? `   … ${plural(left, 'more line')}` : '';
    return { gap, room: roomAfter(width + gap), text: cut(text, lines[index] ?? '', roomAfter(width + gap) - more.length) + more };
  });
  const widest = Math.max(...placed.map(({ text }) => text.length), 0);
  // All as wide as the widest one, so that they are one block.
  return placed.map(({ gap, room, text }) => ({ gap, text: text.padEnd(Math.min(widest, room)) }));
}

/** Returns what stands after the line that comes before inserted ones. */
export function besideInsertion(before: string, inserted: readonly string[], tab: number): Beside {
  const words = inserted.map((line) => line.trim()).filter(Boolean);
  const more = words.length > MOST_INSERTED ? `   … ${plural(inserted.length, 'new line')}` : '';
  const shown = words.slice(0, MOST_INSERTED).join(' ⏎ ') || plural(inserted.length, 'blank line');
  const room = roomAfter(expand(before, tab).length + GAP);
  return { gap: GAP, text: cut(`+ ${shown}`, '', room - more.length) + more };
}

/** Cuts a line to some columns. What is left out is never the first difference from `old`: where that lies far to the right, the front is. */
export function cut(text: string, old: string, columns: number): string {
  if (text.length <= columns) return text;
  let same = 0;
  while (same < old.length && text[same] === old[same]) same++;
  const from = same + LEAD < columns ? 0 : Math.min(same - LEAD, text.length - columns);
  const front = from > 0 ? `…${whole(text.slice(from + 1))}` : text;
  return front.length <= columns ? front : `${whole(front.slice(0, columns - 1))}…`;
}

/** Leaves out the half of a character that was cut in two. */
function whole(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '');
}

function roomAfter(column: number): number {
  return Math.max(LAST_COLUMN - column, LEAST_WIDTH);
}

/** Returns a line with spaces in place of its tabs. */
function expand(line: string, tab: number): string {
  let text = '';
  for (const character of line) text += character === '\t' ? ' '.repeat(tab - (text.length % tab)) : character;
  return text;
}
