/** The input with everything around it. What is typed stays in the text area: a key draws nothing but its letter. */
import { Component, createRef } from 'preact';
import type { Asks, Attachment } from '../../src/chat/messages';
import type { CommandLine, MentionLine } from '../../src/protocol';
import { ask, keep, post } from '../host.ts';
import { Icon, ICONS, IconButton } from '../icon.tsx';
import { EMPTY, page } from '../page.ts';
import { editAgain } from '../rows/user.tsx';
import { add, take } from './attach.ts';
import { Meter, ModelPicker, ModePicker } from './pickers.tsx';
import { Popup, type Suggestion } from './popup.tsx';
import { complete, triggerAt, type Trigger } from './suggest.ts';

interface State {
  suggestions: Suggestion[];
  at: number;
  trigger: Trigger | undefined;
  sending: boolean;
  empty: boolean;
  over: boolean;
}

/** How long Enter waits for the list of what was typed last. */
const LIST_MS = 2000;

export class Composer extends Component<{ draftChanges: number; focusInput: number }, State> {
  override state: State = { suggestions: [], at: 0, trigger: undefined, sending: false, empty: true, over: false };
  private readonly area = createRef<HTMLTextAreaElement>();
  private saving = 0;
  private asked = 0;
  /** Settles when the list is the one of what was typed last; nothing when it is. */
  private answering: Promise<void> | undefined;

  override componentDidMount(): void {
    this.fill();
    if (this.props.focusInput > 0) this.area.current?.focus(); // it was asked for before there was an input
    window.addEventListener('pagehide', this.save);
    document.addEventListener('visibilitychange', this.save);
  }

  override componentWillUnmount(): void {
    this.save();
    window.removeEventListener('pagehide', this.save);
    document.removeEventListener('visibilitychange', this.save);
  }

  override componentDidUpdate(before: { draftChanges: number; focusInput: number }): void {
    if (before.draftChanges !== this.props.draftChanges) this.fill();
    if (before.focusInput !== this.props.focusInput) this.area.current?.focus();
  }

  render() {
    const { suggestions, at, sending, empty, over, trigger } = this.state;
    const { draft, running } = page;
    const nothing = empty && draft.attachments.length === 0;
    const open = suggestions.length > 0 && trigger !== undefined;
    return (
      <div class={over ? 'composer over' : 'composer'} onDragOver={this.dragged} onDragLeave={() => this.setState({ over: false })} onDrop={this.dropped}>
        {open && <Popup suggestions={suggestions} at={at} onPick={(index) => this.pick(index)} />}
        {draft.editing && (
          <div class="editing">
            <Icon name="edit" /> <span>Sending replaces this message and what came after it.</span>
            <IconButton icon="close" label="Leave the message as it is" onClick={() => page.setDraft(EMPTY)} />
          </div>
        )}
        {draft.attachments.length > 0 && (
          <ul class="attachments" aria-label="Attachments">
            {draft.attachments.map((each, index) => (
              <li class="chip" title={each.uri ?? each.name}>
                {each.kind === 'image' && each.data ? <img src={`data:${each.mimeType};base64,${each.data}`} alt="" /> : <Icon name={ICONS[each.kind]} />}
                <span>{each.name}</span>
                <IconButton icon="close" label={`Remove ${each.name}`} onClick={() => this.remove(index)} />
              </li>
            ))}
          </ul>
        )}
        <textarea ref={this.area} rows={1} aria-label="Message to Conduit" placeholder={running ? 'Say what comes next' : 'Ask, or say what to change'} spellcheck={false}
          aria-haspopup="listbox" aria-controls={open ? 'suggestions' : undefined} aria-autocomplete="list" aria-activedescendant={open ? `suggestion-${at}` : undefined}
          onInput={this.typed} onKeyDown={this.keyed} onPaste={this.pasted} onBlur={this.close} />
        <div class="controls">
          <IconButton icon="add" label="Attach files" onClick={() => void this.attach('pickFiles')} />
          <ModePicker />
          <ModelPicker />
          <span class="grow" />
          <Meter />
          {running && <IconButton icon="debug-stop" label="Stop (Escape)" class="stop-button" onClick={() => post({ type: 'stop' })} />}
          {(!running || (page.can('conduit/session/unqueue') && !nothing)) && (
            <button type="button" class="send" disabled={nothing || sending} title={running ? 'Send after this turn (Enter)' : 'Send (Enter)'} aria-label={running ? 'Send after this turn' : 'Send'}
              onClick={() => void this.send()}>
              <Icon name={sending ? 'loading' : 'arrow-up'} spin={sending} />
            </button>
          )}
        </div>
      </div>
    );
  }

  private get text(): string {
    return this.area.current?.value ?? '';
  }

  private fill(): void {
    const area = this.area.current as HTMLTextAreaElement;
    if (area.value !== page.draft.text) area.value = page.draft.text;
    this.setState({ empty: area.value.trim() === '' });
    this.save();
  }

  private typed = (): void => {
    const area = this.area.current as HTMLTextAreaElement;
    const empty = area.value.trim() === '';
    if (empty !== this.state.empty) this.setState({ empty });
    page.draft = { ...page.draft, text: area.value };
    window.clearTimeout(this.saving);
    this.saving = window.setTimeout(this.save, 300);
    const trigger = triggerAt(area.value, area.selectionStart);
    if (trigger !== undefined || this.state.trigger !== undefined || this.answering) this.answering = this.suggest(trigger);
  };

  private close = (): void => {
    this.asked += 1; // an answer that is still on its way opens nothing
    this.answering = undefined;
    this.setState({ suggestions: [], trigger: undefined });
  };

  private save = (): void => {
    window.clearTimeout(this.saving);
    const draft = { ...page.draft, text: this.text };
    const mentioned = (each: Attachment) => !each.mention || draft.text.includes(each.mention);
    if (!draft.attachments.every(mentioned)) {
      draft.attachments = draft.attachments.filter(mentioned);
      page.changed();
    }
    page.draft = draft;
    keep({ draft });
    post({ type: 'draft', draft });
  };

  private async suggest(trigger: Trigger | undefined): Promise<void> {
    this.asked += 1;
    const asked = this.asked;
    const method = trigger?.kind === 'mention' ? 'conduit/mention/list' : 'conduit/command/list';
    let suggestions: Suggestion[] = [];
    try {
      if (trigger?.kind === 'mention') suggestions = fixed(trigger.query);
      if (trigger && page.can(method)) {
        if (trigger.kind === 'mention') suggestions = [...suggestions, ...(await ask('mentions', { query: trigger.query })).map(mention)];
        else suggestions = (await ask('commands', {})).filter((each) => each.name.startsWith(trigger.query)).map(command);
      }
    } catch {
      suggestions = []; // typing goes on without a list
    }
    if (asked !== this.asked) return;
    await new Promise<void>((drawn) => this.setState({ suggestions, at: 0, trigger }, drawn));
    if (asked === this.asked) this.answering = undefined;
  }

  /** Does what Enter or Tab means with the list of what was typed, which is waited for: one of fewer letters would give another file. */
  private async choose(key: string): Promise<void> {
    const asked = this.asked;
    await Promise.race([this.answering, new Promise((late) => window.setTimeout(late, LIST_MS))]);
    if (asked !== this.asked) return; // more was typed
    if (this.answering) this.close();
    else if (this.state.suggestions.length > 0) return this.pick(this.state.at);
    if (key === 'Enter') await this.send();
  }

  private pick(index: number): void {
    const { suggestions, trigger } = this.state;
    const picked = suggestions[index];
    const area = this.area.current as HTMLTextAreaElement;
    if (picked === undefined || trigger === undefined) return;
    const done = complete(area.value, trigger, area.selectionStart, picked.insert);
    area.value = done.text;
    area.setSelectionRange(done.caret, done.caret);
    this.close();
    this.setState({ empty: area.value.trim() === '' });
    page.draft = { ...page.draft, text: area.value };
    if (picked.attachment) add([{ ...picked.attachment, mention: picked.insert }]);
    else if (picked.ask) void this.attach(picked.ask);
    area.focus();
    this.save();
  }

  private keyed = (event: KeyboardEvent): void => {
    const { suggestions, at } = this.state;
    if (event.isComposing) return;
    const plain = !event.shiftKey && !event.altKey;
    if (this.answering && plain && (event.key === 'Enter' || event.key === 'Tab')) {
      event.preventDefault();
      return void this.choose(event.key);
    }
    if (suggestions.length > 0) {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        const step = event.key === 'ArrowDown' ? 1 : -1;
        this.setState({ at: (at + step + suggestions.length) % suggestions.length });
        return event.preventDefault();
      }
      if (event.key === 'Enter' || event.key === 'Tab') {
        this.pick(at);
        return event.preventDefault();
      }
      if (event.key === 'Escape') {
        this.close();
        return event.preventDefault();
      }
    }
    if (event.key === 'Enter' && plain) {
      event.preventDefault();
      void this.send();
    } else if (event.key === 'Escape' && page.draft.editing) {
      page.setDraft(EMPTY);
    } else if (event.key === 'Escape' && page.running) {
      post({ type: 'stop' });
    } else if (event.key === 'ArrowUp' && this.text === '' && !page.running && page.can('conduit/session/resend')) {
      const last = page.transcript.lastUser;
      if (last) {
        event.preventDefault();
        void editAgain(last);
      }
    }
  };

  private async send(): Promise<void> {
    this.save();
    const draft = { ...page.draft };
    if (this.state.sending || (draft.text.trim() === '' && draft.attachments.length === 0)) return;
    if (page.running && !page.can('conduit/session/unqueue')) return;
    this.setState({ sending: true });
    const area = this.area.current as HTMLTextAreaElement;
    page.sending = draft.text;
    const sent = await page.ask('send', { draft, queue: page.running, files: false });
    page.sending = '';
    if (sent !== undefined) {
      // What was typed or attached meanwhile stays.
      const attachments = page.draft.attachments.filter((each) => !draft.attachments.includes(each));
      page.setDraft({ text: area.value === draft.text ? '' : area.value, attachments });
    }
    this.setState({ sending: false });
  }

  private remove(index: number): void {
    page.setDraft({ ...page.draft, text: this.text, attachments: page.draft.attachments.filter((_, each) => each !== index) });
    this.area.current?.focus();
  }

  private async attach(what: 'pickFiles' | 'selection' | 'problems'): Promise<void> {
    const found = await page.ask(what, {} as Asks[typeof what]['params']);
    page.draft = { ...page.draft, text: this.text };
    if (found) add(found);
    this.area.current?.focus();
  }

  private pasted = (event: ClipboardEvent): void => {
    page.draft = { ...page.draft, text: this.text };
    if ([...(event.clipboardData?.files ?? [])].length > 0 && take(event.clipboardData)) event.preventDefault();
  };

  private dragged = (event: DragEvent): void => {
    event.preventDefault();
    if (!this.state.over) this.setState({ over: true });
  };

  private dropped = (event: DragEvent): void => {
    page.draft = { ...page.draft, text: this.text };
    this.setState({ over: false });
    if (take(event.dataTransfer)) event.preventDefault();
  };
}

/** What can be mentioned beside files. */
function fixed(query: string): Suggestion[] {
  const all: Suggestion[] = [
    ...(page.setup?.hasSelection ? [{ icon: 'list-selection', name: 'selection', about: 'The selected text', insert: '', ask: 'selection' as const }] : []),
    { icon: 'warning', name: 'problems', about: 'Problems of the active file', insert: '', ask: 'problems' as const },
  ];
  return all.filter((each) => each.name.startsWith(query));
}

function mention({ kind, name, uri }: MentionLine): Suggestion {
  if (kind === 'terminal') return { icon: kind, name, about: 'What is selected there', insert: `@${name}`, attachment: { kind, name, uri } };
  const slash = name.replace(/\/$/, '').lastIndexOf('/');
  return { icon: kind, name: name.slice(slash + 1), about: name.slice(0, Math.max(0, slash)), insert: `@${name}`, attachment: { kind, name, uri } };
}

function command({ name, description, hint, source }: CommandLine): Suggestion {
  return { icon: source === 'builtin' ? 'symbol-event' : 'bookmark', name: `/${name}${hint ? ` ${hint}` : ''}`, about: description, insert: `/${name}` };
}
