/** The page: the conversation, or the history, and the input below. */
import { Component, createRef } from 'preact';
import { decoded } from '../src/chat/named.ts';
import { Composer } from './composer/composer.tsx';
import { Empty, ServerState } from './empty.tsx';
import { History } from './history.tsx';
import { post } from './host.ts';
import { Icon, IconButton } from './icon.tsx';
import { List } from './list.tsx';
import { page } from './page.ts';
import { codeAct } from './code-acts.ts';
import { Queue, RewindCard, RewoundBar } from './rewind.tsx';
import { remedy, REMEDY_NAMES } from './rows/end.tsx';
import { QuestionCard } from './rows/question.tsx';
import { labelOf, RowContent } from './rows/row.tsx';
import type { Item } from './transcript/items.ts';

export class App extends Component {
  private readonly list = createRef<List>();
  private sent = 0;

  override componentDidMount(): void {
    page.onChange(() => this.forceUpdate());
    document.addEventListener('click', clicked);
  }

  override componentDidUpdate(): void {
    const users = page.transcript.items.filter((item) => item.kind === 'user').length;
    if (users !== this.sent) {
      if (users > this.sent && page.running) this.list.current?.toEnd();
      this.sent = users;
    }
  }

  render() {
    const { chat, setup, transcript, questions, panel } = page;
    if (!setup || !chat) return <main class="app" aria-busy="true" aria-label="Conduit" />;
    const empty = transcript.items.length === 0 && questions.length === 0;
    return (
      <main class={`app ${setup.place}`} aria-label="Conduit chat">
        <h1 class="sr">{chat.title || 'New chat'}</h1>
        {panel === 'history' && <History />}
        <div class="chat" hidden={panel !== 'chat'}>
          {empty ? (
            <Empty />
          ) : (
            <List ref={this.list} items={transcript.items} shown={page.shown} busy={page.running} row={(item) => row(item)} label={labelOf}>
              {page.rewinding && <RewindCard rewinding={page.rewinding} />}
              {questions.map((question, index) => (
                <QuestionCard key={question.id} question={question} newest={index === questions.length - 1} />
              ))}
              {transcript.state === 'running' && questions.length === 0 && <Working />}
            </List>
          )}
          <div class="foot">
            <ServerState />
            {page.problem && (
              <div class="trouble" role="alert">
                <Icon name="warning" />
                <div>
                  <div>{page.problem.text}</div>
                  {page.problem.remedy && (
                    <div class="trouble-acts">
                      <button type="button" class="main" onClick={() => remedy(page.problem!.remedy!)}>
                        {REMEDY_NAMES[page.problem.remedy]}
                      </button>
                    </div>
                  )}
                </div>
                <IconButton icon="close" label="Close" onClick={() => { page.problem = undefined; page.changed(); }} />
              </div>
            )}
            <RewoundBar />
            <Queue />
            <Composer draftChanges={page.draftChanges} focusInput={page.focusInput} />
          </div>
        </div>
        <div class="sr" role="status" aria-live="polite">
          {page.announcement}
        </div>
      </main>
    );
  }
}

function row(item: Item) {
  const mood = `${page.running} ${page.setup?.methods.length}`;
  return <RowContent item={item} version={item.version} unfolded={page.unfolded.has(item.key)} mood={mood} />;
}

/** What is seen while nothing is written yet. */
function Working() {
  const last = page.transcript.items[page.transcript.items.length - 1];
  const writes = last !== undefined && ((last.kind === 'answer' && !last.done) || (last.kind === 'thought' && !last.done) || (last.kind === 'tool' && (last.status === 'in_progress' || last.status === 'pending')));
  return <div class={writes ? 'working hidden' : 'working'}>Working…</div>;
}

function clicked(event: MouseEvent): void {
  const target = event.target as Element;
  const link = target.closest('a');
  if (link !== null) {
    event.preventDefault();
    const url = link.getAttribute('href') ?? '';
    if (/^[a-z][\w+.-]*:/i.test(url)) post({ type: 'openLink', url });
    else if (url !== '' && !url.startsWith('#')) {
      const [name, line] = decoded(url).split('#L');
      post({ type: 'openFile', name: name as string, line: line === undefined ? undefined : Math.max(0, Number.parseInt(line, 10) - 1) || 0 });
    }
    return;
  }
  const button = target.closest<HTMLElement>('[data-act]');
  if (button !== null) void codeAct(button);
}
