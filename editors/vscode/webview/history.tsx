/** All conversations: searched, opened, renamed, exported, deleted, with mouse or keys. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { SessionLine } from '../src/protocol';
import { post } from './host.ts';
import { Icon, IconButton } from './icon.tsx';
import { page } from './page.ts';

/** What is about to be done with one of the conversations. */
interface Begun {
  what: 'rename' | 'delete';
  sessionId: string;
}

export function History() {
  const [query, setQuery] = useState('');
  const [begun, setBegun] = useState<Begun>();
  const { sessions, loaded, more, change } = useFound(query);
  const root = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => search.current?.focus(), []);
  const rows = () => [...(root.current?.querySelectorAll<HTMLElement>('.session-open') ?? [])];
  const begin = (what: Begun['what'], session: SessionLine | undefined) => session && setBegun({ what, sessionId: session.sessionId });
  const rename = async (session: SessionLine, title: string) => {
    setBegun(undefined);
    if (title.trim() === '' || title === session.title) return;
    const renamed = await page.ask('rename', { sessionId: session.sessionId, title: title.trim() });
    if (renamed) change(renamed.sessionId, renamed);
  };
  const remove = async (session: SessionLine, index: number) => {
    setBegun(undefined);
    if (!(await page.ask('delete', { sessionId: session.sessionId }))?.deleted) return;
    change(session.sessionId, undefined);
    window.setTimeout(() => (rows()[Math.max(0, index - 1)] ?? search.current)?.focus());
  };
  const keyed = (event: KeyboardEvent) => {
    const at = rows().indexOf(event.target as HTMLElement);
    if (event.key === 'Escape') begun ? setBegun(undefined) : page.show('chat');
    else if (event.key === 'ArrowDown') rows()[at + 1]?.focus();
    else if (event.key === 'ArrowUp') (rows()[at - 1] ?? search.current)?.focus();
    else if (at >= 0 && event.key === 'F2' && page.can('conduit/session/rename')) begin('rename', sessions[at]);
    else if (at >= 0 && event.key === 'Delete' && page.can('conduit/session/delete')) begin('delete', sessions[at]);
    else return;
    event.preventDefault();
  };
  return (
    <section class="history" aria-label="History" ref={root} onKeyDown={keyed}>
      <div class="history-head">
        <IconButton icon="arrow-left" label="Back to the chat (Escape)" onClick={() => page.show('chat')} />
        <input ref={search} type="text" placeholder="Search chats by title and text" aria-label="Search chats" value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
      </div>
      <div class="history-list">
        {sessions.map((session, index) => (
          <div key={session.sessionId}>
            {beginsDay(sessions, index) && !query && <h2 class="day">{dayOf(session.updatedAt)}</h2>}
            <Session session={session} begun={begun?.sessionId === session.sessionId ? begun.what : undefined} onBegin={(what) => begin(what, session)}
              onRename={(title) => void rename(session, title)} onDelete={() => void remove(session, index)} onKeep={() => { setBegun(undefined); rows()[index]?.focus(); }} />
          </div>
        ))}
        {loaded && sessions.length === 0 && <p class="muted nothing">{query ? `No chat has “${query}” in its title or text.` : 'There is no chat yet.'}</p>}
        {more && sessions.length > 0 && <button type="button" class="quiet more" onClick={() => void more()}>Show more</button>}
      </div>
    </section>
  );
}

/** The conversations that a search finds, newest first; `more` finds older ones while there are some. */
function useFound(query: string) {
  const [sessions, setSessions] = useState<SessionLine[]>([]);
  const [cursor, setCursor] = useState<string>();
  const [loaded, setLoaded] = useState(false);
  const find = async (from: string | undefined, isWanted: () => boolean) => {
    const found = await page.ask('sessions', { query, cursor: from });
    if (!found || !isWanted()) return;
    const some = found.sessions.filter((each) => each.messageCount > 0);
    setSessions((before) => (from === undefined ? some : [...before, ...some]));
    setCursor(found.nextCursor);
    setLoaded(true);
  };
  useEffect(() => {
    let wanted = true;
    const timer = window.setTimeout(() => void find(undefined, () => wanted), query ? 150 : 0);
    return () => {
      wanted = false;
      window.clearTimeout(timer);
    };
  }, [query]);
  const more = cursor === undefined ? undefined : () => find(cursor, () => true);
  /** Shows what became of one; nothing when it is gone. */
  const change = (sessionId: string, now: SessionLine | undefined) =>
    setSessions((all) => all.flatMap((each) => (each.sessionId !== sessionId ? [each] : now ? [now] : [])));
  return { sessions, loaded, more, change };
}

interface SessionProps {
  session: SessionLine;
  begun: Begun['what'] | undefined;
  onBegin: (what: Begun['what']) => void;
  onRename: (title: string) => void;
  onDelete: () => void;
  onKeep: () => void;
}

function Session({ session, begun, onBegin, onRename, onDelete, onKeep }: SessionProps) {
  return (
    <div class={session.sessionId === page.chat?.sessionId ? 'session current' : 'session'}>
      {begun === 'rename' ? (
        <input class="rename" type="text" value={session.title} aria-label="New title" ref={select}
          onKeyDown={(event) => event.key === 'Enter' && onRename(event.currentTarget.value)} onBlur={(event) => onRename(event.currentTarget.value)} />
      ) : (
        <OpenButton session={session} />
      )}
      {begun === 'delete' ? (
        <span class="sure">
          <button type="button" class="main danger" ref={(button) => button?.focus()} onClick={onDelete}>Delete</button>
          <button type="button" class="quiet" onClick={onKeep}>Keep</button>
        </span>
      ) : (
        <span class="acts">
          {page.can('conduit/session/rename') && <IconButton icon="edit" label={`Rename ${session.title} (F2)`} onClick={() => onBegin('rename')} />}
          {page.can('conduit/session/export') && <IconButton icon="export" label={`Export ${session.title} to Markdown`} onClick={() => void page.ask('export', { sessionId: session.sessionId })} />}
          {page.can('conduit/session/delete') && <IconButton icon="trash" label={`Delete ${session.title} (Delete)`} onClick={() => onBegin('delete')} />}
        </span>
      )}
    </div>
  );
}

function OpenButton({ session }: { session: SessionLine }) {
  const { sessionId, title, running, updatedAt, messageCount, model } = session;
  return (
    <button type="button" class="session-open" onClick={() => post({ type: 'openSession', sessionId })}>
      <span class="session-title">{title || 'Untitled'}</span>
      <span class="muted session-facts">
        {running && <Icon name="loading" spin />} {ago(updatedAt)} · {messageCount} {messageCount === 1 ? 'message' : 'messages'} · {model.slice(model.indexOf('/') + 1)}
      </span>
    </button>
  );
}

function select(input: HTMLInputElement | null): void {
  if (input === null || document.activeElement === input) return;
  input.focus();
  input.select();
}

/** Whether a conversation is the first one of its day, as the list is grouped. */
function beginsDay(sessions: readonly SessionLine[], index: number): boolean {
  const [before, session] = [sessions[index - 1], sessions[index]];
  return session !== undefined && (before === undefined || dayOf(before.updatedAt) !== dayOf(session.updatedAt));
}

function dayOf(at: number): string {
  const days = Math.floor((startOfDay(Date.now() / 1000) - startOfDay(at)) / 86_400 + 0.5);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return days < 7 ? 'This week' : days < 31 ? 'This month' : 'Earlier';
}

function startOfDay(at: number): number {
  return new Date(at * 1000).setHours(0, 0, 0, 0) / 1000;
}

export function ago(at: number): string {
  const minutes = Math.max(0, Date.now() / 1000 - at) / 60;
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h`;
  return minutes < 43_200 ? `${Math.floor(minutes / 1440)} d` : new Date(at * 1000).toLocaleDateString();
}
