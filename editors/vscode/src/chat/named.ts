/** What a thing that goes with a prompt is called, by its URI: the chat's page and the extension say it alike. */
import type { Attachment } from './messages';
import { TERMINAL_URI } from './terminal';

/** What follows the `#` in the URI of the problems of a file. */
export const PROBLEMS = 'problems';

/** `file:///shop/prices.py#L3-L9` is `prices.py:3-9`. */
export function named(uri: string, name: string): Pick<Attachment, 'kind' | 'name'> {
  const [path = '', fragment = ''] = uri.split('#');
  const base = decoded(path.slice(path.lastIndexOf('/') + 1)) || path;
  const lines = /^L(\d+)(?:-L(\d+))?$/.exec(fragment);
  if (uri === TERMINAL_URI) return { kind: 'terminal', name: 'terminal' };
  if (lines) return { kind: 'selection', name: `${base}:${lines[1]}${lines[2] ? `-${lines[2]}` : ''}` };
  if (fragment === PROBLEMS) return { kind: 'problems', name: `Problems in ${base}` };
  return { kind: name.endsWith('/') ? 'folder' : 'file', name: name ? decoded(name) : base };
}

/** Returns a part of a URI as it is read. */
export function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // a file may be called `100%`
  }
}
