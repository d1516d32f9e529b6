/** Files and pictures that are pasted or dropped. */
import type { Attachment } from '../../src/chat/messages';
import { page } from '../page.ts';

/** What vendors take; a larger picture would only be refused later. */
const MOST_BYTES = 5 * 1024 * 1024;
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

export function add(attachments: Attachment[]): void {
  const known = new Set(page.draft.attachments.map(nameOf));
  const fresh = attachments.filter((each) => each.kind === 'image' || !known.has(nameOf(each)));
  page.setDraft({ ...page.draft, attachments: [...page.draft.attachments, ...fresh] });
}

/** Takes the pictures and files out of a paste or drop; returns false when there is only text. */
export function take(data: DataTransfer | null): boolean {
  if (data === null) return false;
  const pictures = [...data.files].filter((file) => PICTURES.includes(file.type));
  if (pictures.length > 0) {
    void Promise.all(pictures.map(read)).then((read) => add(read.filter((each) => each !== undefined)));
    return true;
  }
  const uris = (data.getData('application/vnd.code.uri-list') || data.getData('text/uri-list'))
    .split(/\r?\n/)
    .filter((line) => /^[a-z][\w+.-]*:/i.test(line) && !/^https?:/i.test(line));
  if (uris.length === 0) return false;
  void page.ask('dropped', { uris }).then((found) => found && add(found));
  return true;
}

async function read(file: File): Promise<Attachment | undefined> {
  if (file.size > MOST_BYTES) {
    page.problem = { text: `${file.name || 'The picture'} has ${(file.size / 1048576).toFixed(1)} MB; at most 5 MB can be sent.` };
    page.changed();
    return undefined;
  }
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error as Error);
    reader.readAsDataURL(file);
  });
  return { kind: 'image', name: file.name || 'Picture', mimeType: file.type, data: url.slice(url.indexOf(',') + 1) };
}

function nameOf(each: Attachment): string {
  return `${each.kind} ${each.uri ?? ''} ${each.name}`;
}
