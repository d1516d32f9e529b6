/** Going back to a message, undoing that, and the prompts that wait. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { joined } from '../src/chat/joined';
import { ask } from './host.ts';
import { Icon, IconButton } from './icon.tsx';
import { page, type Rewinding } from './page.ts';
import { count } from './rows/files.tsx';

const VERBS: Record<string, string> = { create: 'comes back', delete: 'is deleted', move: 'is moved back', edit: 'is changed back', none: 'stays as it is' };

export function RewindCard({ rewinding }: { rewinding: Rewinding }) {
  const { preview, messageId } = rewinding;
  const name = preview.draft.text.split('\n')[0]?.slice(0, 60);
  const touched = preview.files.filter((file) => file.action !== 'none');
  const [files, setFiles] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    root.current?.scrollIntoView({ block: 'nearest' });
    root.current?.querySelector<HTMLElement>('button.main')?.focus();
  }, []);
  const close = () => {
    page.rewinding = undefined;
    page.focusInput += 1;
    page.changed();
  };
  const restore = async () => {
    const done = await page.ask('rewind', { messageId, files, preview: false });
    if (done === undefined) return;
    page.rewound = done.message || `${count(done.removed, 'message')} taken back.`;
    if (page.draft.text === '' || page.draft.editing) page.setDraft(done.draft);
    close();
  };
  return (
    <div class="question" role="group" aria-label="Restore" ref={root} onKeyDown={(event) => event.key === 'Escape' && (event.stopPropagation(), close())}>
      <div class="question-head">
        <Icon name="discard" /> <span>Go back to before {name ? `“${name}”` : 'this message'}? {count(preview.removed, 'message')} will be taken back.</span>
      </div>
      {touched.length > 0 && (
        <>
          <label class="check">
            <input type="checkbox" checked={files} onChange={(event) => setFiles(event.currentTarget.checked)} />
            <span>Take the changes in files back, too</span>
          </label>
          <ul class="touched">
            {touched.map((file) => (
              <li class={files ? '' : 'muted'}>
                {file.path} {VERBS[file.action]}
                {file.since > 0 && <span class="muted"> · {count(file.since, 'line')} that changed later stay</span>}
                {file.problems.map((problem) => <div class="muted">{problem}</div>)}
              </li>
            ))}
          </ul>
        </>
      )}
      <div class="answers">
        <button type="button" class="main" onClick={() => void restore()}>Restore</button>
        <button type="button" class="quiet" onClick={close}>Cancel</button>
      </div>
    </div>
  );
}

export function RewoundBar() {
  if (page.rewound === undefined) return null;
  const back = async () => {
    const done = await page.ask('unrewind', {});
    if (done === undefined) return;
    page.rewound = undefined;
    page.announce(done.message);
  };
  return (
    <div class="aside">
      <Icon name="discard" /> <span>{page.rewound}</span>
      <span class="grow" />
      {page.can('conduit/session/unrewind') && <button type="button" class="quiet" onClick={() => void back()}>Undo</button>}
      <IconButton icon="close" label="Close" onClick={() => { page.rewound = undefined; page.changed(); }} />
    </div>
  );
}

export function Queue() {
  const { queue } = page.transcript;
  if (queue.length === 0) return null;
  const takeOut = async (queueId: string, edit: boolean) => {
    const draft = await ask('unqueue', { queueId }).catch(() => undefined); // it may have begun just now
    if (draft && edit) {
      page.setDraft(joined(draft, page.draft));
      page.focusInput += 1;
    }
  };
  return (
    <ul class="queue" aria-label="Waiting prompts">
      {queue.map((each) => (
        <li>
          <Icon name="watch" /> <span class="queue-text" title={each.text}>{each.text}</span>
          {page.can('conduit/session/unqueue') && (
            <>
              <IconButton icon="edit" label="Edit" onClick={() => void takeOut(each.queueId, true)} />
              <IconButton icon="close" label="Remove" onClick={() => void takeOut(each.queueId, false)} />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
