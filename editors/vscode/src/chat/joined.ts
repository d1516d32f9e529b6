/** Two drafts as one; for the extension and the page. */
import type { Draft } from './messages';

/** Puts `first` before what is there already. */
export function joined(first: Draft, there: Draft): Draft {
  const text = [first.text.trimEnd(), there.text].filter((each) => each.trim() !== '').join('\n\n');
  return { ...there, text, attachments: [...first.attachments, ...there.attachments] };
}
