/** Going back in a conversation with its files, undoing that, answering again, editing, and what is done with whole chats. */
import assert from 'node:assert/strict';

export const world = {
  files: { 'hours.py': 'CLOSES = 19\n' },
  settings: { 'conduit.mode': 'auto' },
  script: [
    { when: { user: '^Close', round: 0 }, reply: [{ call: 'edit_file', arguments: { path: 'hours.py', old_text: '19', new_text: '18' } }] },
    { when: { user: '^Close', round: 1 }, reply: [{ text: 'Closed at 18.' }] },
    { when: { user: '^Thank' }, reply: [{ text: 'You are welcome.' }] },
    { when: {}, reply: [{ text: 'Hello.' }] },
  ],
};

const inner = (desk, selector) => desk.chatFrame().locator(selector);
const texts = async (desk, selector) => (await inner(desk, selector).allInnerTexts()).map((each) => each.replace(/\s+/g, ' ').trim());
const said = (desk) => texts(desk, '.row.user .said');

async function say(desk, text, ends) {
  await inner(desk, 'textarea').click();
  await desk.page.keyboard.type(text);
  await desk.page.keyboard.press('Enter');
  await desk.until(async () => (await inner(desk, '.row.end').count()) === ends || (await inner(desk, '.question').count()) > 0, 'it is answered or asked');
}

export const steps = {
  'a conversation in which a file was changed': async (desk) => {
    await desk.status();
    await desk.palette('Conduit: Open Chat');
    await inner(desk, '#model-picker').waitFor({ timeout: 60_000 });
    await say(desk, 'Hello', 1);
    await say(desk, 'Close earlier', 2);
    await inner(desk, '.question').waitFor();
    await desk.page.keyboard.press('1');
    await desk.equals(async () => (await inner(desk, '.row.end').count()), 2, 'the turn ended');
    await say(desk, 'Thank you', 3);
    assert.deepEqual(await said(desk), ['Hello', 'Close earlier', 'Thank you']);
    assert.equal(desk.onDisk('hours.py'), 'CLOSES = 18\n');
  },
  'restoring to a message takes its files back, too': async (desk) => {
    const row = inner(desk, '.row.user').nth(1);
    await row.hover();
    await row.getByLabel('Restore to before this message').click();
    await inner(desk, '.touched').waitFor();
    assert.match((await texts(desk, '.touched li'))[0], /^hours\.py is changed back/);
    await desk.shot('24-restore');
    await inner(desk, '.check input').check();
    await inner(desk, '.question button.main').click();
    await desk.equals(() => said(desk), ['Hello'], 'the messages are taken back');
    await desk.equals(() => desk.onDisk('hours.py'), 'CLOSES = 19\n', 'the file is as before');
    assert.equal(await inner(desk, 'textarea').inputValue(), 'Close earlier');
    await desk.shot('24-restored');
  },
  'and is undone': async (desk) => {
    await inner(desk, '.foot .aside').getByRole('button', { name: 'Undo' }).click();
    await desk.equals(() => said(desk), ['Hello', 'Close earlier', 'Thank you'], 'the messages are back');
    await desk.equals(() => desk.onDisk('hours.py'), 'CLOSES = 18\n', 'the file is changed again');
  },
  'the newest answer is made again': async (desk) => {
    await inner(desk, 'textarea').fill('');
    const key = () => inner(desk, '.row.answer').last().getAttribute('data-key');
    const before = await key();
    await inner(desk, '.row.end').last().getByLabel('Answer again').click();
    await desk.until(async () => (await key()) !== before && (await inner(desk, '.row.end').count()) === 3 && (await texts(desk, '.row.answer .markdown')).at(-1) === 'You are welcome.', 'it is answered again');
    assert.deepEqual(await said(desk), ['Hello', 'Close earlier', 'Thank you']);
  },
  'an earlier message is edited and sent again': async (desk) => {
    await inner(desk, 'textarea').click();
    await desk.page.keyboard.press('ArrowUp');
    await inner(desk, '.editing').waitFor();
    await inner(desk, 'textarea').fill('Who are you?');
    await desk.page.keyboard.press('Enter');
    await desk.equals(() => said(desk), ['Hello', 'Close earlier', 'Who are you?'], 'the message is another one');
    await desk.until(async () => (await texts(desk, '.row.answer .markdown')).at(-1) === 'Hello.', 'it is answered');
  },
  'a chat is renamed and deleted by keys': async (desk) => {
    await desk.palette('Conduit: Chat History');
    await inner(desk, '.session-open').first().waitFor();
    await desk.page.keyboard.press('ArrowDown');
    await desk.page.keyboard.press('F2');
    await inner(desk, '.rename').fill('Opening hours');
    await desk.page.keyboard.press('Enter');
    await desk.equals(() => texts(desk, '.session-title'), ['Opening hours'], 'the new title');
    await inner(desk, '.session-open').first().focus();
    await desk.page.keyboard.press('Delete');
    await inner(desk, '.sure .main').waitFor();
    await desk.shot('24-delete');
    await desk.page.keyboard.press('Enter');
    await desk.equals(() => texts(desk, '.session-title'), [], 'it is gone');
  },
};
