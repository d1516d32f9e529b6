/** A button that opens a list to choose from: by mouse, by arrow keys, or by typing. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../icon.tsx';

export interface Choice {
  id: string;
  name: string;
  about?: string;
  badges?: { icon: string; label: string }[];
  fact?: string;
  /** Something is missing for it; picked, it leads to that. */
  dim?: boolean;
}

interface Props {
  id: string;
  label: string;
  choices: Choice[];
  chosen: string;
  text: string;
  icon?: string;
  onChoose: (id: string) => void;
  /** Called when it is opened, to bring the choices up to date. */
  onOpen?: () => void;
}

export function Menu({ id, label, choices, chosen, text, icon, onChoose, onOpen }: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  // Before the next key, which is the first of what is searched for.
  useLayoutEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>('.menu-focus')?.focus();
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    window.addEventListener('blur', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      window.removeEventListener('blur', outside);
    };
  }, [open]);
  const toggle = () => {
    if (!open) onOpen?.();
    setOpen(!open);
  };
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const choose = (choice: Choice) => {
    close();
    onChoose(choice.id);
  };
  return (
    <div class="menu" ref={root}>
      <button type="button" id={id} ref={button} class="picker" aria-haspopup="listbox" aria-expanded={open} title={label} aria-label={`${label}: ${text}`} onClick={toggle}>
        {icon && <Icon name={icon} />}
        <span class="picker-text">{text}</span>
        <Icon name="chevron-down" />
      </button>
      {open && <Popup id={id} label={label} choices={choices} chosen={chosen} onChoose={choose} onClose={close} />}
    </div>
  );
}

/** So many are searched by typing. */
const SEARCHED_FROM = 9;
const PAGE = 8;

interface PopupProps extends Pick<Props, 'id' | 'label' | 'choices' | 'chosen'> {
  onChoose: (choice: Choice) => void;
  onClose: () => void;
}

/** The open list; it begins with the one that is chosen. */
function Popup({ id, label, choices, chosen, onChoose, onClose }: PopupProps) {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(() => Math.max(0, choices.findIndex((each) => each.id === chosen)));
  const root = useRef<HTMLDivElement>(null);
  const searched = choices.length >= SEARCHED_FROM;
  const found = matching(choices, query);
  useEffect(() => {
    root.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [at, query]);
  const keyed = (event: KeyboardEvent) => {
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: found.length - 1, PageDown: at + PAGE, PageUp: at - PAGE };
    const to = moves[event.key];
    const choice = found[at];
    if (to !== undefined) setAt(Math.min(found.length - 1, Math.max(0, to)));
    else if (event.key === 'Enter' || (event.key === ' ' && !searched)) choice && onChoose(choice);
    else if (event.key === 'Escape' || event.key === 'Tab') onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const selected = found[at] ? `${id}-${at}` : undefined;
  return (
    <div class="popup" ref={root} onKeyDown={keyed}>
      {searched && (
        <input class="menu-focus" type="text" placeholder="Search" aria-label={`Search: ${label}`} role="combobox" aria-expanded="true" aria-controls={`${id}-list`}
          aria-activedescendant={selected} value={query} onInput={(event) => { setQuery(event.currentTarget.value); setAt(0); }} />
      )}
      <div role="listbox" id={`${id}-list`} aria-label={label} class={searched ? 'options' : 'options menu-focus'} tabIndex={searched ? -1 : 0} aria-activedescendant={searched ? undefined : selected}>
        {found.map((choice, index) => (
          <div role="option" id={`${id}-${index}`} class={`option${choice.dim ? ' dim' : ''}`} aria-selected={index === at}
            onPointerMove={() => index !== at && setAt(index)} onClick={() => onChoose(choice)}>
            <Icon name={choice.id === chosen ? 'check' : 'blank'} />
            <OptionText choice={choice} />
          </div>
        ))}
        {found.length === 0 && <div class="muted nothing">Nothing matches.</div>}
      </div>
    </div>
  );
}

function OptionText({ choice }: { choice: Choice }) {
  return (
    <div class="option-text">
      <div class="option-name">
        <span>{choice.name}</span>
        {choice.badges?.map((badge) => (
          <i class={`badge codicon codicon-${badge.icon}`} title={badge.label} role="img" aria-label={badge.label} />
        ))}
        {choice.fact && <span class="muted">{choice.fact}</span>}
      </div>
      {choice.about && <div class="muted option-about">{choice.about}</div>}
    </div>
  );
}

/** Returns the choices that have all words of a query in their id or name. */
function matching(choices: readonly Choice[], query: string): Choice[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return choices.filter((each) => words.every((word) => `${each.id} ${each.name}`.toLowerCase().includes(word)));
}
