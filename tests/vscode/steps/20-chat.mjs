/** The chat in the side bar: a streamed answer with a tool call, a permission question, reload, history, a killed server. */
import assert from 'node:assert/strict';

const ANSWER = ['The shop is ', '**open** from 9 to 18.\n\n', '```python\nCLOSES = 18\n```\n\n', 'That is all.'];

export const world = {
  files: { 'hours.py': 'OPENS = 9\nCLOSES = 19\n' },
  settings: { 'conduit.mode': 'auto' },
  script: [
    { when: { user: '^When', round: 0 }, reply: [{ think: 'I look at the file.' }, { text: 'I read the hours.' }, { call: 'read_file', arguments: { path: 'hours.py' } }] },
    { when: { user: '^When', round: 1 }, reply: [{ text: ANSWER }] },
    { when: { user: '^Close earlier', round: 0 }, reply: [{ call: 'edit_file', arguments: { path: 'hours.py', old_text: '19', new_text: '18' } }] },
    { when: { user: '^Close earlier', round: 1 }, reply: [{ text: 'The shop closes at 18 now.' }] },
    { when: { user: '^Wait' }, reply: [{ text: ['I wait', ' for you'] }, { hold: true }] },
    { when: { user: '^Fail' }, reply: [{ fail: { kind: 'auth', message: 'The key is not valid.' } }] },
    { when: {}, reply: [{ text: 'Yes.' }] },
  ],
};

const inner = (desk, selector) => desk.chatFrame().locator(selector);
const texts = async (desk, selector) => (await inner(desk, selector).allInnerTexts()).map((each) => each.replace(/\s+/g, ' ').trim());
const kinds = (desk) => inner(desk, '.row').evaluateAll((rows) => rows.map((row) => row.className.replace('row ', '')));

async function say(desk, text) {
  await inner(desk, 'textarea').click();
  await desk.page.keyboard.type(text);
  await desk.page.keyboard.press('Enter');
}

export const steps = {
  'the chat opens with an empty page that helps': async (desk) => {
    await desk.status();
    await desk.palette('Conduit: Open Chat');
    await inner(desk, '#model-picker').waitFor({ timeout: 60_000 });
    assert.deepEqual(await texts(desk, '.empty h2'), ['What shall we do?']);
    await desk.equals(() => texts(desk, '#mode-picker .picker-text'), ['Auto'], 'the mode');
    await desk.until(() => inner(desk, 'textarea').evaluate((area) => area === document.activeElement), 'the input has the focus');
    await desk.shot('20-empty');
  },
  'an answer streams in, with a thought, a tool call and code': async (desk) => {
    await say(desk, 'When is the shop open?');
    await inner(desk, '.row.end').waitFor();
    assert.deepEqual(await kinds(desk), ['user', 'thought', 'answer', 'tool', 'answer', 'end']);
    assert.deepEqual(await texts(desk, '.row.user .said'), ['When is the shop open?']);
    assert.deepEqual(await texts(desk, '.row.answer .markdown'), ['I read the hours.', 'The shop is open from 9 to 18. python CLOSES = 18 That is all.']);
    assert.deepEqual(await texts(desk, '.row.answer strong'), ['open']);
    assert.deepEqual(await texts(desk, '.tool-title'), ['Read']);
    assert.deepEqual(await texts(desk, '.tool-line .link'), ['hours.py']);
    assert.deepEqual(await texts(desk, '.hljs-number'), ['18']);
    await desk.shot('20-answer');
  },
  'a tool call unfolds with what went in and came out, and its file opens': async (desk) => {
    await inner(desk, '.row.tool .fold-head').click();
    await desk.equals(() => texts(desk, '.row.tool .caption'), ['Input', 'Output'], 'the parts');
    assert.match((await texts(desk, '.row.tool pre'))[1], /CLOSES = 19/);
    await inner(desk, '.tool-line .link').click();
    await desk.page.locator('.tab.active[data-resource-name="hours.py"]').waitFor();
    await desk.shot('20-unfolded');
  },
  'code goes to the cursor': async (desk) => {
    await desk.goTo(3);
    await inner(desk, '.code').hover();
    await inner(desk, '.code [data-act=insert]').click();
    await desk.until(async () => /CLOSES = 19\nCLOSES = 18/.test(await desk.editorText()), 'the code is there');
    await desk.page.locator('.editor-instance .view-lines').first().click();
    await desk.page.keyboard.press('Control+Z');
    await desk.until(async () => !/CLOSES = 18/.test(await desk.editorText()), 'it is undone');
  },
  'a permission question shows the change and is answered by keyboard': async (desk) => {
    await say(desk, 'Close earlier, please.');
    await inner(desk, '.question').waitFor();
    assert.deepEqual(await texts(desk, '.question .diff .removed'), ['-CLOSES = 19']);
    assert.deepEqual(await texts(desk, '.question .diff .added'), ['+CLOSES = 18']);
    await desk.until(() => inner(desk, '.question .answers button').first().evaluate((button) => button === document.activeElement), 'the first answer has the focus');
    assert.equal(desk.onDisk('hours.py'), 'OPENS = 9\nCLOSES = 19\n');
    await desk.shot('20-question');
    await desk.page.keyboard.press('1');
    await inner(desk, '.row.end').nth(1).waitFor();
    assert.equal(await inner(desk, '.question').count(), 0);
    assert.deepEqual(await texts(desk, '.row.changes .link'), ['hours.py']);
    await desk.until(async () => /CLOSES = 18/.test(await desk.editorText()), 'the editor has the change');
    await desk.shot('20-changed');
  },
  'a file that is dropped is attached by its name where the server is, not by the window’s': async (desk) => {
    const file = `${desk.world.workspace}/hours.py`;
    await inner(desk, 'textarea').evaluate((area, uri) => {
      const data = new DataTransfer();
      data.setData('application/vnd.code.uri-list', uri);
      area.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data }));
    }, `vscode-remote://${new URL(desk.world.origin).host}${file}`);
    await inner(desk, '.chip').waitFor();
    assert.equal(await inner(desk, '.chip').getAttribute('title'), `file://${file}`);
    await inner(desk, '.chip button').click();
    await inner(desk, '.chip').waitFor({ state: 'detached' });
  },
  'a turn is stopped by Escape': async (desk) => {
    await say(desk, 'Wait for me.');
    await inner(desk, '.row.answer').filter({ hasText: 'I wait for you' }).waitFor();
    await desk.page.keyboard.press('Escape');
    await desk.until(async () => (await texts(desk, '.stop')).includes('Stopped.'), 'it is stopped');
  },
  'an error says what to do': async (desk) => {
    await say(desk, 'Fail now.');
    await inner(desk, '.row .trouble').waitFor();
    assert.match((await texts(desk, '.row .trouble'))[0], /key/i);
    assert.deepEqual((await texts(desk, '.row .trouble button'))[0], 'Set the key…');
    await desk.shot('20-error');
  },
  'after a reload the conversation and the draft are there': async (desk) => {
    const before = await texts(desk, '.row.user .said');
    await inner(desk, 'textarea').click();
    await desk.page.keyboard.type('Not sent yet');
    await desk.page.waitForTimeout(600); // the draft is kept 300 ms after the last key
    await desk.reload();
    await desk.status();
    await inner(desk, '.row.user').first().waitFor({ timeout: 60_000 });
    assert.deepEqual(await texts(desk, '.row.user .said'), before);
    assert.equal(await inner(desk, 'textarea').inputValue(), 'Not sent yet');
    await desk.shot('20-reloaded');
  },
  'a server that is killed costs neither the conversation nor the draft': async (desk) => {
    const before = await kinds(desk);
    const [pid] = desk.serverPids();
    process.kill(pid, 'SIGKILL');
    await desk.until(() => desk.serverPids().length === 1 && desk.serverPids()[0] !== pid, 'another server runs');
    await desk.status();
    await desk.equals(() => kinds(desk), before, 'the same rows');
    assert.equal(await inner(desk, 'textarea').inputValue(), 'Not sent yet');
    await inner(desk, 'textarea').fill('Are you there?');
    await desk.page.keyboard.press('Enter');
    await inner(desk, '.row.answer').filter({ hasText: 'Yes.' }).waitFor();
  },
  'the history finds a conversation by its text and opens it': async (desk) => {
    await desk.palette('Conduit: New Chat');
    await inner(desk, '.empty').waitFor();
    await desk.palette('Conduit: Chat History');
    await inner(desk, '.session').first().waitFor();
    await inner(desk, '.history input').fill('closes at 18');
    await desk.equals(() => texts(desk, '.session-title'), ['When is the shop open?'], 'one chat');
    await desk.shot('20-history');
    await desk.page.keyboard.press('ArrowDown');
    await desk.page.keyboard.press('Enter');
    await inner(desk, '.row.user').first().waitFor();
    assert.equal((await texts(desk, '.row.user .said'))[0], 'When is the shop open?');
  },
  'the page asked nothing of the network': async (desk) => {
    // Its own two files are served by the workbench's service worker, under an address of their own.
    const asked = desk.world.requests.filter(({ url, frame }) => /webview/.test(frame) && !url.startsWith(desk.world.origin) && !/^(data|blob):/.test(url));
    const own = /^https:\/\/vscode-remote[^/]*\.vscode-resource\.vscode-cdn\.net\/.*\/dist\/(webview\.(?:js|css))$/;
    assert.deepEqual([...new Set(asked.map(({ url }) => own.exec(url)?.[1] ?? url))].sort(), ['webview.css', 'webview.js']);
    assert.deepEqual(desk.world.log.filter((line) => /Content Security Policy/.test(line) && /webview\.(js|css)|inline style/.test(line)), []);
  },
};
