/** Prompts that wait for a turn: taken out, given back, sent after it; a slash command; undo with its preview; a stop. */
import assert from 'node:assert/strict';

const edit = (old_text, new_text) => [{ call: 'edit_file', arguments: { path: 'hours.py', old_text, new_text } }];

export const world = {
  files: { 'hours.py': 'CLOSES = 19\n' },
  settings: { 'conduit.mode': 'auto' },
  script: [
    { when: { user: '^Wait' }, reply: [{ text: ['I wait', ' for you'] }, { hold: true }] },
    { when: { user: '^Close', round: 0 }, reply: edit('19', '18') },
    { when: { user: '^Close', round: 1 }, reply: [{ text: 'Closed at 18.' }] },
    { when: { user: '^Look', round: 0 }, reply: edit('CLOSES', 'SHUTS') },
    { when: { user: 'Explain the following.*hours\\.py' }, reply: [{ text: 'It holds when the shop closes.' }] },
    { when: { user: '^Third' }, reply: [{ text: 'The third is answered.' }] },
    { when: { user: '^Thank' }, reply: [{ text: 'You are welcome.' }] },
    { when: {}, reply: [{ text: 'This should not have been sent.' }] },
  ],
};

const inner = (desk, selector) => desk.chatFrame().locator(selector);
const texts = async (desk, selector) => (await inner(desk, selector).allInnerTexts()).map((each) => each.replace(/\s+/g, ' ').trim());
const said = (desk) => texts(desk, '.row.user .said');
const input = (desk) => inner(desk, 'textarea').inputValue();

async function say(desk, text) {
  await inner(desk, 'textarea').click();
  await desk.page.keyboard.type(text);
  await desk.page.keyboard.press('Enter');
}

export const steps = {
  'a prompt that is sent while a turn runs waits for it': async (desk) => {
    await desk.status();
    await desk.palette('Conduit: Open Chat');
    await inner(desk, '#model-picker').waitFor({ timeout: 60_000 });
    await say(desk, 'Wait for me.');
    await inner(desk, '.row.answer').filter({ hasText: 'I wait for you' }).waitFor();
    await say(desk, 'Second, with a mistake');
    await desk.equals(() => texts(desk, '.queue-text'), ['Second, with a mistake'], 'it waits');
    assert.equal(await input(desk), '');
    assert.deepEqual(await said(desk), ['Wait for me.']);
    await desk.shot('26-queue');
  },
  'it is taken out again to be edited, before what is typed meanwhile': async (desk) => {
    await inner(desk, 'textarea').click();
    await desk.page.keyboard.type('And more');
    await inner(desk, '.queue').getByLabel('Edit').click();
    await desk.equals(() => texts(desk, '.queue-text'), [], 'nothing waits');
    await desk.equals(() => input(desk), 'Second, with a mistake\n\nAnd more', 'the input has both');
    await inner(desk, 'textarea').fill('');
  },
  'one is removed, and others come back unsent when the turn is stopped': async (desk) => {
    await say(desk, 'Never mind');
    await say(desk, 'Third, then.');
    await desk.equals(() => texts(desk, '.queue-text'), ['Never mind', 'Third, then.'], 'both wait');
    await inner(desk, '.queue').getByLabel('Remove').first().click();
    await desk.equals(() => texts(desk, '.queue-text'), ['Third, then.'], 'one waits');
    await inner(desk, 'textarea').click();
    await desk.page.keyboard.press('Escape');
    await desk.equals(() => texts(desk, '.stop'), ['Stopped.'], 'the turn is stopped');
    await desk.equals(() => input(desk), 'Third, then.', 'the prompt is back');
    await desk.equals(() => texts(desk, '.queue-text'), [], 'nothing waits');
    await inner(desk, 'textarea').click();
    await desk.page.keyboard.press('Enter');
    await inner(desk, '.row.answer').filter({ hasText: 'The third is answered.' }).waitFor();
    assert.deepEqual(await said(desk), ['Wait for me.', 'Third, then.']);
  },
  'what waits is sent when the turn ends': async (desk) => {
    await say(desk, 'Close earlier');
    await inner(desk, '.question').waitFor();
    await say(desk, 'Thank you');
    await desk.equals(() => texts(desk, '.queue-text'), ['Thank you'], 'it waits for the answer of the person');
    await inner(desk, '.question .answers button').first().click();
    await inner(desk, '.row.answer').filter({ hasText: 'You are welcome.' }).waitFor();
    await desk.equals(() => texts(desk, '.queue-text'), [], 'nothing waits');
    assert.deepEqual(await said(desk), ['Wait for me.', 'Third, then.', 'Close earlier', 'Thank you']);
    assert.equal(desk.onDisk('hours.py'), 'CLOSES = 18\n');
  },
  'a slash command is completed and sent': async (desk) => {
    await inner(desk, 'textarea').click();
    await desk.page.keyboard.type('/exp');
    await desk.until(async () => (await texts(desk, '.suggestions .option'))[0]?.startsWith('/explain'), 'the suggestion');
    await desk.shot('26-command');
    await desk.page.keyboard.press('Enter');
    await desk.equals(() => input(desk), '/explain ', 'the name is completed');
    await desk.page.keyboard.type('hours.py');
    await desk.page.keyboard.press('Enter');
    await inner(desk, '.row.answer').filter({ hasText: 'It holds when the shop closes.' }).waitFor();
    assert.equal((await said(desk)).at(-1), '/explain hours.py');
  },
  'undo says first what comes back, and does it only then': async (desk) => {
    const dialog = desk.page.locator('.monaco-dialog-box');
    const press = (name) => inner(desk, '.row.changes').getByRole('button', { name, exact: true }).click();
    await press('Undo');
    await dialog.getByText('Take back what this turn changed in 1 file?').waitFor();
    assert.match(await dialog.innerText(), /hours\.py: 1 line back as before/);
    await desk.shot('26-undo');
    await dialog.getByText('Cancel', { exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(desk.onDisk('hours.py'), 'CLOSES = 18\n');
    await press('Undo');
    await dialog.getByText('Undo Turn', { exact: true }).click();
    await desk.equals(async () => desk.onDisk('hours.py'), 'CLOSES = 19\n', 'the file is as before');
    await inner(desk, '.row.changes').filter({ hasText: 'Changes undone' }).waitFor();
    await press('Redo');
    await dialog.getByText('Redo Turn', { exact: true }).click();
    await desk.equals(async () => desk.onDisk('hours.py'), 'CLOSES = 18\n', 'the file is changed again');
  },
  'a turn that is stopped at a question says so once': async (desk) => {
    await say(desk, 'Look here');
    await inner(desk, '.question').waitFor();
    await inner(desk, '.stop-button').click();
    await desk.equals(() => texts(desk, '.stop'), ['Stopped.', 'Stopped.'], 'both stopped turns');
    await desk.equals(() => texts(desk, '.tool-title'), ['Edit', 'Edit hours.py'], 'a call of each turn');
    assert.equal(await inner(desk, '.row.tool .codicon-circle-slash').count(), 1, 'only the newest was not made');
    assert.doesNotMatch(await inner(desk, '.row.tool').last().innerText(), /interrupted/i);
    await desk.shot('26-stopped');
  },
};
