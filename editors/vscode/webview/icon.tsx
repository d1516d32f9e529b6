/** A codicon, and a button that is one. */
import type { ComponentChildren } from 'preact';
import type { Attachment } from '../src/chat/messages';

export const ICONS: Record<Attachment['kind'], string> = { file: 'file', folder: 'folder', selection: 'list-selection', problems: 'warning', terminal: 'terminal', image: 'file-media' };

export function Icon({ name, spin }: { name: string; spin?: boolean }) {
  return <i class={`codicon codicon-${name}${spin ? ' codicon-modifier-spin' : ''}`} aria-hidden="true" />;
}

interface ButtonProps {
  icon: string;
  label: string;
  onClick: () => void;
  disabled?: boolean;
  id?: string;
  class?: string;
}

export function IconButton({ icon, label, onClick, disabled, id, class: name }: ButtonProps) {
  return (
    <button type="button" id={id} class={`icon ${name ?? ''}`} title={label} aria-label={label} disabled={disabled} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

export function LinkButton({ children, onClick, title }: { children: ComponentChildren; onClick: () => void; title?: string }) {
  return (
    <button type="button" class="link" title={title} onClick={onClick}>
      {children}
    </button>
  );
}
