/** All conversations: searched, opened, renamed, exported, deleted, with mouse or keys. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SessionLine } from '../src/protocol';
import { post } from './host.ts';
import { Icon, IconButton } from './icon.tsx';
import { page } from './page.ts';

export function History() {
  const [query, setQuery] = useState('');
  const [sessions, setSessions] = useState<SessionLine[]>([]);
  const [cursor, setCursor] = useState<string>();
  const [naming, setNaming] = useState<string>();
  const [asking, setAsking] = useState<string>();
  const [loaded, setLoaded] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => search.current?.focus(), []);
  useEffect(() => {
    let wanted = true;
    const timer = window.setTimeout(async () => {
      const found = await page.ask('sessions', { query });
      if (!wanted || !found) return;
      setSessions(found.sessions.filter((each) => each.messageCount > 0));
      setCursor(found.nextCursor);
      setLoaded(true);
    }, query ? 150 : 0);
    return () => {
      wanted = false;
      window.clearTimeout(timer);
    };
  }, [query]);
  const more = async () => {
    const found = await page.ask('sessions', { query, cursor });
    if (!found) return;
    setSessions([...sessions, ...found.sessions.filter((each) => each.messageCount > 0)]);
    setCursor(found.nextCursor);
  };
  const focusRow = (to: number) => root.current?.querySelectorAll<HTMLElement>('.session-open')[to]?.focus();
  const rename = async (session: SessionLine, title: string) => {
    setNaming(undefined);
    if (title.trim() === '' || title === session.title) return;
    const renamed = await page.ask('rename', { sessionId: session.sessionId, title: title.trim() });
    if (renamed) setSessions((all) => all.map((each) => (each.sessionId === renamed.sessionId ? renamed : each)));
  };
  const remove = async (session: SessionLine, index: number) => {
    setAsking(undefined);
    if (!(await page.ask('delete', { sessionId: session.sessionId }))?.deleted) return;
    setSessions((all) => all.filter((each) => each.sessionId !== session.sessionId));
    window.setTimeout(() => focusRow(Math.max(0, index - 1)) ?? search.current?.focus());
  };
  const keyed = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      if (asking || naming) {
        setAsking(undefined);
        setNaming(undefined);
      } else page.show('chat');
      return event.preventDefault();
    }
    const target = event.target as HTMLElement;
    const rows = [...(root.current?.querySelectorAll<HTMLElement>('.session-open') ?? [])];
    const at = rows.indexOf(target);
    if (event.key === 'ArrowDown') rows[at + 1]?.focus();
    else if (event.key === 'ArrowUp') at > 0 ? rows[at - 1]?.focus() : search.current?.focus();
    else if (at >= 0 && event.key === 'F2' && page.can('conduit/session/rename')) setNaming(sessions[at]?.sessionId);
    else if (at >= 0 && event.key === 'Delete' && page.can('conduit/session/delete')) setAsking(sessions[at]?.sessionId);
    else return;
    event.preventDefault();
  };
  let group = '';
  return (
    <section class="history" aria-label="History" ref={root} onKeyDown={keyed}>
      <div class="history-head">
        <IconButton icon="arrow-left" label="Back to the chat (Escape)" onClick={() => page.show('chat')} />
        <input ref={search} type="text" placeholder="Search chats by title and text" aria-label="Search chats" value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
      </div>
      <div class="history-list">
        {sessions.map((session, index) => {
          const day = dayOf(session.updatedAt);
          const head = day === group || query ? undefined : day;
          group = day;
          return (
            <div key={session.sessionId}>
              {head && <h2 class="day">{head}</h2>}
              <div class={session.sessionId === page.chat?.sessionId ? 'session current' : 'session'}>
                {naming === session.sessionId ? (
                  <input class="rename" type="text" value={session.title} aria-label="New title" ref={select}
                    onKeyDown={(event) => event.key === 'Enter' && void rename(session, event.currentTarget.value)} onBlur={(event) => void rename(session, event.currentTarget.value)} />
                ) : (
                  <button type="button" class="session-open" onClick={() => post({ type: 'openSession', sessionId: session.sessionId })}>
                    <span class="session-title">{session.title || 'Untitled'}</span>
                    <span class="muted session-facts">
                      {session.running && <Icon name="loading" spin />} {ago(session.updatedAt)} · {session.messageCount} {session.messageCount === 1 ? 'message' : 'messages'} · {session.model.slice(session.model.indexOf('/') + 1)}
                    </span>
                  </button>
                )}
                {asking === session.sessionId ? (
                  <span class="sure">
                    <button type="button" class="main danger" ref={(button) => button?.focus()} onClick={() => void remove(session, index)}>Delete</button>
                    <button type="button" class="quiet" onClick={() => { setAsking(undefined); focusRow(index); }}>Keep</button>
                  </span>
                ) : (
                  <span class="acts">
                    {page.can('conduit/session/rename') && <IconButton icon="edit" label={`Rename ${session.title} (F2)`} onClick={() => setNaming(session.sessionId)} />}
                    {page.can('conduit/session/export') && <IconButton icon="export" label={`Export ${session.title} to Markdown`} onClick={() => void page.ask('export', { sessionId: session.sessionId })} />}
                    {page.can('conduit/session/delete') && <IconButton icon="trash" label={`Delete ${session.title} (Delete)`} onClick={() => setAsking(session.sessionId)} />}
                  </span>
                )}
              </div>
            </div>
          );
        })}
        {loaded && sessions.length === 0 && <p class="muted nothing">{query ? `No chat has “${query}” in its title or text.` : 'There is no chat yet.'}</p>}
        {cursor && sessions.length > 0 && <button type="button" class="quiet more" onClick={() => void more()}>Show more</button>}
      </div>
    </section>
  );
}

function select(input: HTMLInputElement | null): void {
  if (input === null || document.activeElement === input) return;
  input.focus();
  input.select();
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
