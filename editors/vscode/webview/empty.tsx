/** A page without a conversation: what can be asked, what was asked lately, and what is wrong if something is. */
import { useEffect, useState } from 'preact/hooks';
import type { Mode } from '../src/chat/messages';
import type { SessionLine } from '../src/protocol';
import { ask, post } from './host.ts';
import { Icon, LinkButton } from './icon.tsx';
import { page } from './page.ts';
import { remedy } from './rows/end.tsx';
import { ago } from './history.tsx';

const CHANGES: Record<Mode, string> = {
  ask: 'It changes no file.',
  review: 'Changes wait for your review before they reach a file.',
  auto: 'It asks before its first change of a file.',
};

export function Empty() {
  const { setup } = page;
  const running = setup?.server === 'running';
  const ready = setup?.models.some((model) => model.ready && model.modelId.split('/')[0] !== 'embedded');
  return (
    <div class="empty">
      <div class="empty-inner">
        <h2>What shall we do?</h2>
        <p class="muted">Conduit reads your project and your unsaved text. {CHANGES[page.chat?.mode ?? 'review']}</p>
        <Starts file={setup?.activeFile} />
        <Recent running={running} />
        {running && !ready && (
          <p class="hint">
            <Icon name="key" /> <span>The small model that runs on this machine answers. For a larger one, <LinkButton onClick={() => remedy('keys')}>set a key</LinkButton>.</span>
          </p>
        )}
        <p class="muted keys">
          <kbd>@</kbd> files and problems
          {page.can('conduit/command/list') && <> · <kbd>/</kbd> commands</>} · <kbd>Shift+Enter</kbd> new line
        </p>
      </div>
    </div>
  );
}

/** What can be asked, of the active file if there is one. */
function Starts({ file }: { file: string | undefined }) {
  const starts = [
    { icon: 'comment-discussion', text: file ? `What does ${file} do?` : 'What is this project about?' },
    { icon: 'beaker', text: file ? `Write tests for ${file}` : 'Which parts of this project have no tests?' },
    { icon: 'warning', text: 'Fix the problems of the file that I have open' },
  ];
  const begin = (text: string) => {
    page.setDraft({ text, attachments: page.draft.attachments });
    page.focusInput += 1;
  };
  return (
    <ul class="starts" aria-label="To begin with">
      {starts.map(({ icon, text }) => (
        <li>
          <button type="button" onClick={() => begin(text)}>
            <Icon name={icon} /> <span>{text}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The newest conversations, once the server can be asked for them. */
function Recent({ running }: { running: boolean }) {
  const [recent, setRecent] = useState<SessionLine[]>([]);
  useEffect(() => {
    if (!running) return;
    let wanted = true;
    ask('sessions', { query: '' }).then((found) => wanted && setRecent(found.sessions.filter((each) => each.messageCount > 0).slice(0, 3)), () => undefined);
    return () => {
      wanted = false;
    };
  }, [running, page.shown]);
  if (recent.length === 0) return null;
  return (
    <>
      <div class="empty-head">
        <h2>Recent</h2>
        <LinkButton onClick={() => page.show('history')}>All chats</LinkButton>
      </div>
      <ul class="starts" aria-label="Recent chats">
        {recent.map((each) => (
          <li>
            <button type="button" onClick={() => post({ type: 'openSession', sessionId: each.sessionId })}>
              <Icon name="history" /> <span>{each.title || 'Untitled'}</span> <span class="muted when">{ago(each.updatedAt)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Says so when the server does not run; what is being typed stays. */
export function ServerState() {
  const { setup } = page;
  if (!setup) return null;
  if (setup.downloading) {
    const { message, done, total } = setup.downloading;
    return (
      <div class="aside">
        <Icon name="cloud-download" /> <span>{message || 'Downloading the model'}</span>
        <progress max={total || undefined} value={total ? done : undefined} aria-label="Download" />
      </div>
    );
  }
  if (setup.server === 'running') return null;
  if (setup.server === 'failed' || setup.server === 'stopped') {
    return (
      <div class="trouble" role="alert">
        <Icon name="error" />
        <div>
          <div>{setup.problem ?? 'The server of Conduit does not run.'}</div>
          <div class="trouble-acts">
            <button type="button" class="main" onClick={() => remedy('restart')}>Restart the server</button>
            <button type="button" class="quiet" onClick={() => remedy('menu')}>What to do…</button>
            <button type="button" class="quiet" onClick={() => remedy('log')}>Show the log</button>
          </div>
        </div>
      </div>
    );
  }
  return (
    <div class="aside">
      <Icon name="loading" spin /> <span>{setup.server === 'restarting' ? 'The server is starting again; what you type is kept.' : setup.problem ? `${setup.problem.charAt(0).toUpperCase()}${setup.problem.slice(1)}.` : 'The server is starting…'}</span>
    </div>
  );
}
