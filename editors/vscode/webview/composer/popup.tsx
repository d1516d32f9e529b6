/** The list above the input, for `@` and `/`. The focus stays in the input. */
import { useEffect, useRef } from 'preact/hooks';
import type { Attachment } from '../../src/chat/messages';
import { Icon } from '../icon.tsx';

export interface Suggestion {
  icon: string;
  name: string;
  about: string;
  /** What takes the place of what was typed. */
  insert: string;
  attachment?: Attachment;
  /** What the extension is asked for instead. */
  ask?: 'selection' | 'problems';
}

export function Popup({ suggestions, at, onPick }: { suggestions: Suggestion[]; at: number; onPick: (index: number) => void }) {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => root.current?.children[at]?.scrollIntoView({ block: 'nearest' }), [at]);
  return (
    <div class="popup suggestions" role="listbox" id="suggestions" aria-label="Suggestions" ref={root}>
      {suggestions.map((each, index) => (
        <div role="option" id={`suggestion-${index}`} class="option" aria-selected={index === at} onPointerDown={(event) => { event.preventDefault(); onPick(index); }}>
          <Icon name={each.icon} />
          <span class="option-title">{each.name}</span>
          <span class="muted option-about">{each.about}</span>
        </div>
      ))}
    </div>
  );
}
