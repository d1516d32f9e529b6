/** What the person said, with what can be done about it. */
import { ICONS, IconButton, LinkButton, Icon } from '../icon.tsx';
import { post } from '../host.ts';
import { page } from '../page.ts';
import { named } from '../../src/chat/named.ts';
import type { UserItem } from '../transcript/items.ts';

export function User({ item }: { item: UserItem }) {
  const idle = !page.running;
  return (
    <div class="user-text">
      {item.text && <div class="said">{item.text}</div>}
      {(item.links.length > 0 || item.images.length > 0) && (
        <div class="chips">
          {item.links.map((link) => {
            const { kind, name } = named(link.uri, link.name);
            return kind === 'terminal' ? (
              <span class="muted" title="What was selected in the terminal">
                <Icon name={ICONS[kind]} /> {name}
              </span>
            ) : (
              <LinkButton title={link.uri} onClick={() => post({ type: 'openFile', name: link.uri })}>
                <Icon name={ICONS[kind]} /> {name}
              </LinkButton>
            );
          })}
          {item.images.map((image) => (
            <img src={`data:${image.mimeType};base64,${image.data}`} alt="Attached picture" />
          ))}
        </div>
      )}
      <div class="acts">
        {idle && page.can('conduit/session/resend') && <IconButton icon="edit" label="Edit and send again" onClick={() => void editAgain(item)} />}
        {idle && page.can('conduit/session/rewind') && <IconButton icon="discard" label="Restore to before this message" onClick={() => rewind(item)} />}
        <IconButton icon="copy" label="Copy message" onClick={() => post({ type: 'copy', text: item.text })} />
      </div>
    </div>
  );
}

/** Takes a message back into the input. The page knows only the names of what went with it; the server has the rest. */
export async function editAgain({ messageId, text, links, images }: UserItem): Promise<void> {
  const pictures = images.map((image, index) => ({ kind: 'image' as const, name: `Picture ${index + 1}`, ...image }));
  const said = links.length > 0 ? await page.ask('rewind', { messageId, files: false, preview: true }) : { draft: { text, attachments: pictures } };
  if (said === undefined) return;
  page.setDraft({ ...said.draft, editing: messageId });
  page.focusInput += 1;
  page.changed();
}

async function rewind(item: UserItem): Promise<void> {
  const preview = await page.ask('rewind', { messageId: item.messageId, files: true, preview: true });
  if (preview === undefined) return;
  page.rewinding = { messageId: item.messageId, preview };
  page.changed();
}
