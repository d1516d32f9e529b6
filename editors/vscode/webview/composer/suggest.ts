/** What an `@` or a `/` before the caret asks for. Pure: a text and a place in it go in. */

export interface Trigger {
  kind: 'mention' | 'command';
  query: string;
  /** Where the trigger's own character is. */
  start: number;
}

/** Returns what is being typed before `caret`, if it is a mention or a command. */
export function triggerAt(text: string, caret: number): Trigger | undefined {
  const before = text.slice(0, caret);
  const command = /^\/([\w-]*)$/.exec(before);
  if (command) return { kind: 'command', query: command[1] ?? '', start: 0 };
  const mention = /(^|[\s(])@([^\s@]*)$/.exec(before);
  if (mention) return { kind: 'mention', query: mention[2] ?? '', start: caret - (mention[2] ?? '').length - 1 };
  return undefined;
}

/** Returns the text with the trigger replaced, and the caret behind it. */
export function complete(text: string, trigger: Trigger, caret: number, by: string): { text: string; caret: number } {
  const after = text.slice(caret);
  const space = after.startsWith(' ') || by === '' ? '' : ' ';
  const start = text.slice(0, trigger.start) + by + space;
  return { text: start + after, caret: start.length + (space === '' && by !== '' ? 1 : 0) };
}
