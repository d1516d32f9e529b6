/** What surrounds a conversation: code into a file, export, what is told while nobody looks, files and pictures into a prompt. */
import assert from 'node:assert/strict';
import { join } from 'node:path';

export const world = {
  files: { 'hours.py': 'OPENS = 9\nCLOSES = 19\n' },
  // Every turn counts as a long one.
  settings: { 'conduit.mode': 'auto', 'conduit.chat.notifyAfterSeconds': 0.01, 'workbench.colorTheme': 'Dark Modern' },
  script: [
    { when: { user: 'Put this code into the file.*OPENS = 8', round: 0 }, reply: [{ call: 'replace_selection', arguments: { code: 'OPENS = 8\nCLOSES = 19\n' } }] },
    { when: { user: 'Put this code into the file', round: 1 }, reply: [{ text: 'It opens at 8.' }] },
    { when: { user: '^Open' }, reply: [{ text: ['Like this:\n\n', '```python\nOPENS = 8\n```\n'] }] },
    { when: { user: '^Close', round: 0 }, reply: [{ call: 'edit_file', arguments: { path: 'hours.py', old_text: '19', new_text: '18' } }] },
    { when: { user: '^Close', round: 1 }, reply: [{ text: 'Closed at 18.' }] },
    { when: { user: '^Look.*PRICES' }, reply: [{ text: 'I see the prices.' }] },
    { when: {}, reply: [{ text: 'This should not have been sent.' }] },
  ],
};

const EXPORTED = '# Open earlier\n\nscripted/demo · NOW\n\n## You\n\nOpen earlier\n\n## Conduit\n\nLike this:\n\n```python\nOPENS = 8\n```\n';

const inner = (desk, selector) => desk.chatFrame().locator(selector);
const texts = async (desk, selector) => (await inner(desk, selector).allInnerTexts()).map((each) => each.replace(/\s+/g, ' ').trim());
const shownCode = (desk) => desk.page.locator('.editor-instance .codelens-decoration').filter({ hasText: 'Accept' });

async function say(desk, text) {
  await inner(desk, 'textarea').click();
  await desk.page.keyboard.type(text);
  await desk.page.keyboard.press('Enter');
}

/** Does something that the server will hear of only when the chat is not seen any more. */
async function unseen(desk, act) {
  const [pid] = desk.serverPids();
  process.kill(pid, 'SIGSTOP');
  try {
    await act();
    await desk.page.keyboard.press('Control+Shift+E');
    await desk.page.locator('iframe.webview').waitFor({ state: 'hidden' });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** Drags something into the chat's input as VS Code wants it for a page: with Shift. */
async function drag(desk, from) {
  const { mouse, keyboard } = desk.page;
  const [start, end] = [await from.boundingBox(), await inner(desk, 'textarea').boundingBox()];
  await mouse.move(start.x + 30, start.y + 8);
  await mouse.down();
  await mouse.move(start.x + 60, start.y + 20, { steps: 3 });
  await keyboard.down('Shift');
  await mouse.move(end.x + 50, end.y + 6, { steps: 6 });
  await desk.until(async () => {
    await mouse.move(end.x + 60, end.y + 10, { steps: 2 });
    return inner(desk, '.composer.over').count();
  }, 'the input takes it');
}

export const steps = {
  'a block of code is copied': async (desk) => {
    await desk.status();
    await desk.open('hours.py');
    await desk.palette('Conduit: Open Chat');
    await inner(desk, '#model-picker').waitFor({ timeout: 60_000 });
    await say(desk, 'Open earlier');
    await inner(desk, '.row.end').waitFor();
    await inner(desk, '.code').hover();
    await inner(desk, '.code [data-act=copy]').click();
    await desk.equals(() => desk.page.evaluate(() => navigator.clipboard.readText()), 'OPENS = 8', 'the clipboard');
  },
  'and proposed for the file, where it is accepted': async (desk) => {
    await inner(desk, '.code').hover();
    await inner(desk, '.code [data-act=apply]').click();
    await shownCode(desk).waitFor();
    assert.equal(await desk.editorText(), 'OPENS = 9\nCLOSES = 19\n');
    await desk.shot('27-applied');
    await shownCode(desk).getByText('Accept').click();
    await desk.equals(() => desk.onDisk('hours.py'), 'OPENS = 8\nCLOSES = 19\n', 'the file has it');
    await shownCode(desk).waitFor({ state: 'detached' });
  },
  'a chat is exported into the file that is asked for': async (desk) => {
    await desk.palette('Conduit: Export Chat to Markdown');
    const name = desk.page.locator('.quick-input-widget input').first();
    await desk.equals(() => name.inputValue(), join(desk.world.workspace, 'Open-earlier.md'), 'the proposed name');
    await desk.shot('27-export');
    await name.fill(join(desk.world.workspace, 'chat.md'));
    await desk.page.keyboard.press('Enter');
    await desk.page.locator('.tab.active[data-resource-name="chat.md"]').waitFor();
    assert.equal(desk.onDisk('chat.md').replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, 'NOW'), EXPORTED);
  },
  'a question that nobody sees is told, and leads to the chat': async (desk) => {
    await unseen(desk, () => say(desk, 'Close earlier'));
    await desk.equals(() => desk.notifications(), ['Conduit asks for permission: Edit hours.py'], 'the notification');
    await desk.shot('27-asks');
    await desk.answer('Show');
    await desk.until(() => inner(desk, '.question .answers button').first().evaluate((button) => button === document.activeElement), 'the first answer has the focus');
  },
  'and so is the end of a turn': async (desk) => {
    await unseen(desk, () => inner(desk, '.question .answers button').first().click());
    await desk.equals(() => desk.notifications(), ['“Open earlier” is answered.'], 'the notification');
    await desk.shot('27-answered');
    await desk.answer('Show');
    await inner(desk, '.row.answer').filter({ hasText: 'Closed at 18.' }).waitFor();
    assert.equal(desk.onDisk('hours.py'), 'OPENS = 8\nCLOSES = 18\n');
    assert.equal(await inner(desk, 'textarea').inputValue(), ''); // what was sent does not come back
    assert.deepEqual(await desk.notifications(), []);
  },
  'a file is dropped from the explorer, a picture is pasted, and both go with the prompt': async (desk) => {
    await desk.palette('Conduit: Open Chat in Editor');
    await desk.page.locator('.tab.active').filter({ hasText: 'Open earlier' }).waitFor();
    await desk.page.keyboard.press('Control+Shift+E');
    await desk.until(async () => (await desk.page.locator('iframe.webview.ready').count()) === 1, 'only the tab');
    await inner(desk, '.row.answer').filter({ hasText: 'Closed at 18.' }).waitFor();
    await drag(desk, desk.page.locator('.explorer-folders-view .monaco-list-row').filter({ hasText: 'prices.py' }));
    await desk.page.mouse.up();
    await desk.page.keyboard.up('Shift');
    await desk.equals(() => texts(desk, '.chip'), ['prices.py'], 'the file');
    await desk.page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 60, height: 40 });
      canvas.getContext('2d').fillRect(10, 10, 40, 20);
      const picture = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
    });
    await inner(desk, 'textarea').click();
    await desk.page.keyboard.press('Control+V');
    await inner(desk, '.chip img').waitFor();
    await desk.shot('27-attached');
    await desk.page.keyboard.type('Look at this.');
    await desk.page.keyboard.press('Enter');
    await inner(desk, '.row.answer').filter({ hasText: 'I see the prices.' }).waitFor();
    assert.deepEqual(await texts(desk, '.row.user .chips'), ['prices.py']);
    assert.equal(await inner(desk, '.row.user .chips img').count(), 1);
    await desk.shot('27-sent');
  },
};
