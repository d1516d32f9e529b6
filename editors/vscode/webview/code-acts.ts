/** What the buttons of a block of code do. */
import { post } from './host.ts';
import { page } from './page.ts';

export async function codeAct(button: HTMLElement): Promise<void> {
  const code = button.closest('.code')?.querySelector('code')?.textContent ?? '';
  switch (button.dataset.act) {
    case 'copy':
      post({ type: 'copy', text: code });
      return flash(button, 'Copied');
    case 'insert':
      if ((await page.ask('insert', { code }))?.inserted) flash(button, 'Inserted');
      return;
    case 'apply': {
      button.setAttribute('disabled', '');
      const done = await page.ask('apply', { code });
      button.removeAttribute('disabled');
      if (done) flash(button, done.message);
      return;
    }
    default:
      return;
  }
}

function flash(button: HTMLElement, said: string): void {
  const icon = button.querySelector('.codicon');
  const before = icon?.className ?? '';
  if (icon) icon.className = 'codicon codicon-check';
  page.announce(said);
  window.setTimeout(() => {
    if (icon) icon.className = before;
  }, 1200);
}
