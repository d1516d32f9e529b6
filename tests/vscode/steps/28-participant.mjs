/** `@conduit` in VS Code's own chat, which opens because another extension brings a language model. */
import assert from 'node:assert/strict';

export const world = {
  model: true,
  files: { 'hours.py': 'OPENS = 9\nCLOSES = 19\n' },
  settings: { 'conduit.mode': 'auto', 'chat.disableAIFeatures': false },
  script: [
    { when: { user: '(?s)^When.*CLOSES = 19', round: 0 }, reply: [{ text: 'I have the hours.' }, { call: 'read_file', arguments: { path: 'prices.py' } }] },
    { when: { user: '^When', round: 0 }, reply: [{ text: 'No file came with it.' }] },
    { when: { user: '^When', round: 1 }, reply: [{ text: ['It is open ', '**from 9 to 19**', '.'] }] },
    { when: { user: '^Close', round: 0 }, reply: [{ call: 'edit_file', arguments: { path: 'hours.py', old_text: '19', new_text: '18' } }] },
    { when: { user: '^Close', round: 1 }, reply: [{ text: 'Closed at 18.' }] },
    { when: { user: '^Thank' }, reply: [{ text: 'You are welcome.' }] },
    { when: { user: '^Wait' }, reply: [{ text: ['I wait', ' for you'] }, { hold: true }] },
    { when: {}, reply: [{ text: 'This should not have been sent.' }] },
  ],
};

const inner = (desk, selector) => desk.chatFrame().locator(selector);
const plain = (text) => text.replace(/\s+/g, ' ').trim();
const response = (desk) => desk.page.locator('.interactive-item-container.interactive-response').last();
/** All of the newest answer, with what VS Code has folded. */
const answer = async (desk) => (await response(desk).locator('.rendered-markdown').allTextContents()).map(plain).filter(Boolean);
const button = (desk, name) => response(desk).locator('.monaco-button').filter({ hasText: new RegExp(`^${name}$`) });
const ended = (desk) => desk.page.locator('.interactive-session .codicon-stop-circle').waitFor({ state: 'detached' });

async function say(desk, text) {
  const input = desk.page.locator('.interactive-session .interactive-input-editor');
  const typed = async () => plain(await input.locator('.view-lines').innerText());
  await input.click();
  // VS Code begins the next message with whom the last one was for.
  if (!text.startsWith('@')) await desk.until(async () => (await typed()).startsWith('@conduit'), 'whom it is for');
  await desk.page.keyboard.insertText(text);
  await desk.until(async () => (await typed()).endsWith(text), 'the message');
  // Not by Enter, which a list of suggestions that comes late would take.
  await desk.page.locator('.interactive-session .interactive-input-part .codicon-arrow-up-compact').click();
}

export const steps = {
  'it answers with a file, a tool call and a reference': async (desk) => {
    await desk.status();
    await desk.open('hours.py');
    await desk.palette('Chat: Open Chat');
    await desk.page.locator('.interactive-session').getByText('Some', { exact: true }).waitFor();
    await desk.page.getByRole('button', { name: 'Add file:hours.py to context' }).click();
    await say(desk, '@conduit When is the shop open?');
    await desk.until(async () => (await answer(desk)).at(-1) === 'It is open from 9 to 19.', 'the answer');
    await ended(desk);
    await desk.until(async () => (await answer(desk))[0] === 'I have the hours.', 'what was said first');
    await desk.until(async () => /Used 1 reference/.test(await response(desk).textContent()), 'the reference');
    await desk.shot('28-answer');
  },
  'it asks for permission there, and what it did can be undone': async (desk) => {
    await say(desk, 'Close earlier.');
    await button(desk, 'Allow once').waitFor();
    const question = /^Conduit asks for permission: Edit hours\.py.*-CLOSES = 19.*\+CLOSES = 18.*Allow always · Deny always$/;
    await desk.until(async () => question.test((await answer(desk)).join(' ')), 'the question with its effect');
    assert.equal(desk.onDisk('hours.py'), 'OPENS = 9\nCLOSES = 19\n');
    await desk.shot('28-question');
    await button(desk, 'Allow once').click();
    await button(desk, 'Undo Turn…').waitFor();
    await desk.equals(async () => (await answer(desk)).slice(-2), ['You answered: Allow once', 'Closed at 18.'], 'the answer');
    await ended(desk);
    assert.equal(desk.onDisk('hours.py'), 'OPENS = 9\nCLOSES = 18\n');
    assert.deepEqual(await desk.notifications(), []);
    await desk.shot('28-changed');
    await button(desk, 'Undo Turn…').click();
    await desk.page.locator('.monaco-dialog-box').getByText('Undo Turn', { exact: true }).click();
    await desk.equals(() => desk.onDisk('hours.py'), 'OPENS = 9\nCLOSES = 19\n', 'the file is as before');
  },
  'it streams, and is stopped': async (desk) => {
    await say(desk, 'Wait for me.');
    await desk.equals(() => answer(desk), ['I wait for you'], 'what came so far');
    await desk.status(/an answer is being written/);
    await desk.page.locator('.interactive-session .codicon-stop-circle').click();
    await desk.status();
    await ended(desk);
    await desk.equals(() => answer(desk), ['I wait for you'], 'it stays');
  },
  'an answer that is made again takes the place of the one before': async (desk) => {
    await response(desk).hover();
    await response(desk).getByRole('button', { name: /Retry/ }).click();
    await desk.status(/an answer is being written/);
    await desk.equals(() => answer(desk), ['I wait for you'], 'what came so far');
    await desk.page.locator('.interactive-session .codicon-stop-circle').click();
    await desk.status();
    await ended(desk);
  },
  'after a stop it goes on where it was': async (desk) => {
    await say(desk, 'Thank you.');
    await desk.equals(() => answer(desk), ['You are welcome.'], 'the answer');
    await ended(desk);
  },
  'all of it is one conversation of Conduit': async (desk) => {
    await desk.palette('Conduit: Chat History');
    await inner(desk, '.session').first().waitFor({ timeout: 60_000 });
    assert.deepEqual((await inner(desk, '.session-title').allInnerTexts()).map(plain), ['When is the shop open?']);
    await inner(desk, '.session-open').first().click();
    await desk.equals(async () => (await inner(desk, '.row.user .said').allInnerTexts()).map(plain), ['When is the shop open?', 'Close earlier.', 'Wait for me.', 'Thank you.'], 'what was said');
    assert.deepEqual((await inner(desk, '.row.user .chips').allInnerTexts()).map(plain), ['hours.py']);
    await desk.shot('28-same');
  },
};
