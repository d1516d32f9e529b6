/** A permission question: the exact effect, and its answers, by keyboard or mouse. */
import { useEffect, useRef } from 'preact/hooks';
import type { Question } from '../../src/chat/messages';
import { Icon, LinkButton } from '../icon.tsx';
import { post } from '../host.ts';
import { page } from '../page.ts';
import { Diff, isDiff } from '../text/diff.tsx';

export function QuestionCard({ question, newest }: { question: Question; newest: boolean }) {
  const { request, id } = question;
  const root = useRef<HTMLDivElement>(null);
  const wanted = newest ? page.focusQuestion : 0;
  useEffect(() => {
    // Who types elsewhere, or is in the middle of a sentence, keeps the focus: no key that was meant for a text answers.
    const input = document.activeElement as HTMLTextAreaElement | null;
    const typing = input?.tagName === 'TEXTAREA' && input.value !== '' && input.value !== page.sending; // what is being sent is typed already
    if (newest && (wanted > 0 || (document.hasFocus() && !typing))) root.current?.querySelector<HTMLElement>('.answers button')?.focus({ preventScroll: false });
  }, [newest, wanted]);
  const answer = (optionId: string) => {
    post({ type: 'answer', id, optionId });
    page.questions = page.questions.filter((each) => each.id !== id);
    page.focusInput += 1;
    page.changed();
  };
  const keyed = (event: KeyboardEvent) => {
    const option = request.options[Number(event.key) - 1];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (option !== undefined) {
      event.preventDefault();
      answer(option.optionId);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      const refusal = request.options.find((each) => each.kind === 'reject_once');
      if (refusal) answer(refusal.optionId);
    } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      const buttons = [...(root.current?.querySelectorAll<HTMLElement>('.answers button') ?? [])];
      const at = buttons.indexOf(document.activeElement as HTMLElement);
      buttons[(at + (event.key === 'ArrowRight' ? 1 : -1) + buttons.length) % buttons.length]?.focus();
    }
  };
  return (
    <div class="question" role="group" aria-label={`Permission: ${request.toolCall.title}`} ref={root} onKeyDown={keyed}>
      <Effect request={request} />
      <div class="answers">
        {request.options.map((option, index) => (
          <button type="button" class={index === 0 ? 'main' : 'quiet'} onClick={() => answer(option.optionId)} aria-keyshortcuts={String(index + 1)}>
            {option.name} <kbd>{index + 1}</kbd>
          </button>
        ))}
      </div>
    </div>
  );
}

/** What would be done, why, and to which files. */
function Effect({ request: { effect, reason, preview, toolCall } }: Pick<Question, 'request'>) {
  return (
    <>
      <div class="question-head">
        <Icon name="shield" />
        <span>
          {VERBS[effect] ?? 'Conduit wants to do this:'} <b>{toolCall.title}</b>
        </span>
      </div>
      {reason && <div class="muted">{reason}</div>}
      {toolCall.locations.length > 0 && (
        <div class="file-links">
          {toolCall.locations.map((place) => (
            <LinkButton onClick={() => post({ type: 'openFile', name: place.path })}>{place.path}</LinkButton>
          ))}
        </div>
      )}
      {preview &&
        (isDiff(preview) ? (
          <Diff text={preview} label="What would change" />
        ) : (
          <pre class="effect" tabIndex={0} role="group" aria-label="What would be done">
            {preview}
          </pre>
        ))}
    </>
  );
}

const VERBS: Record<string, string> = {
  write: 'May Conduit change files?',
  execute: 'May Conduit run this?',
  network: 'May Conduit use the network?',
  read: 'May Conduit read this?',
};
