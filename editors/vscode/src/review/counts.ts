/** The lines of hunks, and how many they are. */
import type { HunkLine } from '../protocol';

/** Returns the lines of a text, without their ends. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

export interface Counts {
  added: number;
  removed: number;
}

export function countsOf(hunks: readonly HunkLine[]): Counts {
  let [added, removed] = [0, 0];
  for (const hunk of hunks) {
    added += linesOf(hunk.newText).length;
    removed += linesOf(hunk.oldText).length;
  }
  return { added, removed };
}

/** `+3 −1`, or an empty text when no lines change. */
export function countText({ added, removed }: Counts): string {
  return [added ? `+${added}` : '', removed ? `−${removed}` : ''].filter(Boolean).join(' ');
}

export function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
