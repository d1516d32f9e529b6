/** Files that a turn changed, and changes that wait for the person. */
import { Icon, IconButton, LinkButton } from '../icon.tsx';
import { post } from '../host.ts';
import { page } from '../page.ts';
import type { ChangesItem, ReviewItem } from '../transcript/items.ts';

const VERBS = { create: 'created', delete: 'deleted', move: 'moved', edit: 'changed' };

export function Changes({ item }: { item: ChangesItem }) {
  const undo = async () => {
    const done = await page.ask('undo', { turnId: item.turnId, redo: item.undone });
    if (done?.message) page.announce(done.message);
  };
  return (
    <div class="files">
      <div class="files-head">
        <Icon name="diff" />
        <span>{item.undone ? 'Changes undone' : `Changed ${count(item.files.length, 'file')}`}</span>
        <span class="grow" />
        {!page.running && (
          <button type="button" class="quiet" onClick={() => void undo()}>
            {item.undone ? 'Redo' : 'Undo'}
          </button>
        )}
      </div>
      <ul class={item.undone ? 'undone' : ''}>
        {item.files.map((file) => (
          <li>
            <LinkButton onClick={() => post({ type: 'openFile', name: file.newPath ?? file.path })}>{file.newPath ?? file.path}</LinkButton>
            {file.action !== 'edit' && <span class="muted"> {VERBS[file.action]}</span>}
            {!page.running && page.can('conduit/session/diff') && (
              <IconButton icon="diff" label={`Show what changed in ${file.newPath ?? file.path}`} onClick={() => void page.ask('diff', { turnId: item.turnId, path: file.newPath ?? file.path })} />
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Review({ item }: { item: ReviewItem }) {
  const files = [...item.waiting].filter(([, hunks]) => hunks.length > 0);
  const all = files.reduce((sum, [, hunks]) => sum + hunks.length, 0);
  const decide = (accept: boolean, uri?: string) => void page.ask('hunks', { turnId: item.turnId, accept, uri });
  if (all === 0) {
    const parts = [item.accepted ? `${item.accepted} accepted` : '', item.rejected ? `${item.rejected} rejected` : ''].filter(Boolean);
    return (
      <div class="aside">
        <Icon name="check" /> <span>{parts.length ? `Proposed changes: ${parts.join(', ')}` : 'The proposed changes are withdrawn.'}</span>
      </div>
    );
  }
  return (
    <div class="files waiting">
      <div class="files-head">
        <Icon name="git-pull-request-draft" />
        <span>
          {count(all, 'change')} to review in {count(files.length, 'file')}
        </span>
        <span class="grow" />
        <button type="button" class="quiet" onClick={() => decide(false)}>
          Reject all
        </button>
        <button type="button" class="main" onClick={() => decide(true)}>
          Accept all
        </button>
      </div>
      <ul>
        {files.map(([uri, hunks]) => {
          const added = hunks.reduce((sum, hunk) => sum + lines(hunk.newText), 0);
          const removed = hunks.reduce((sum, hunk) => sum + lines(hunk.oldText), 0);
          return (
            <li>
              <LinkButton title="Review" onClick={() => post({ type: 'review', uri })}>{hunks[0]?.name ?? uri}</LinkButton>{' '}
              <span class="counts">
                <span class="plus">+{added}</span> <span class="minus">−{removed}</span>
              </span>
              {hunks.some((hunk) => hunk.conflict) && <span class="muted"> changed meanwhile</span>}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function lines(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}

export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
