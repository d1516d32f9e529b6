/** What Conduit borrows of VS Code itself: the terminal's selection for a prompt, and its diff editor for what a turn changed. */
import assert from 'node:assert/strict';

export const world = {
  files: { 'hours.py': 'OPENS = 9\nCLOSES = 19\n' },
  settings: { 'conduit.mode': 'auto', 'terminal.integrated.gpuAcceleration': 'off', 'workbench.colorTheme': 'Dark Modern' },
  script: [
    { when: { user: 'FAILED test_a' }, reply: [{ text: 'I see what failed.' }] },
    { when: { user: '(?s)hat is this\\?.*CLOSES = 19' }, reply: [{ text: 'I see when it closes.' }] },
    { when: { user: '^Close earlier', round: 0 }, reply: [{ call: 'edit_file', arguments: { path: 'hours.py', old_text: '19', new_text: '18' } }] },
    { when: { user: '^Close earlier', round: 1 }, reply: [{ text: 'The shop closes at 18 now.' }] },
    { when: {}, reply: [{ text: 'I see nothing.' }] },
  ],
};

const inner = (desk, selector) => desk.chatFrame().locator(selector);
const texts = async (desk, selector) => (await inner(desk, selector).allInnerTexts()).map((each) => each.replace(/\s+/g, ' ').trim());
const sides = (desk) =>
  desk.page.locator('.editor-group-container.active .monaco-diff-editor .editor .view-lines').evaluateAll((all) =>
    all.map((lines) => [...lines.querySelectorAll('.view-line')]
      .sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top))
      .map((line) => line.textContent.replaceAll('\u00a0', ' '))),
  );

export const steps = {
  'without a selection in the terminal the prompt stays, and a sentence says what to do': async (desk) => {
    const { page } = desk;
    await desk.status();
    await desk.palette('Terminal: Create New Terminal');
    const rows = page.locator('.terminal-wrapper.active .xterm-rows');
    await desk.until(async () => /[$#]\s*$/.test((await rows.innerText()).trimEnd()), 'the shell waits');
    // What is typed does not have the words that are printed.
    await page.keyboard.type(`printf '\\033[31m%s\\033[0m %s\\n' FAI"LED" test_a\n`);
    await desk.until(async () => /FAILED test_a/.test((await rows.innerText()).replaceAll('\u00a0', ' ')), 'it is printed');
    await desk.palette('Conduit: Open Chat');
    await inner(desk, '#model-picker').waitFor({ timeout: 60_000 });
    await inner(desk, 'textarea').click();
    await page.keyboard.type('Why? @term');
    await desk.equals(() => texts(desk, '.option-title'), ['terminal'], 'it is offered');
    await desk.shot('28-offered');
    await page.keyboard.press('Enter');
    await desk.equals(() => texts(desk, '.chip span'), ['terminal'], 'it is attached');
    await page.keyboard.press('Enter');
    await desk.until(async () => (await inner(desk, 'body').innerText()).includes('Nothing is selected in the terminal. Select the lines there, then send it again.'), 'the sentence');
    assert.equal((await inner(desk, 'textarea').inputValue()).trim(), 'Why? @terminal');
    await desk.shot('28-nothing');
  },
  'what is selected goes along, and the clipboard keeps what was in it': async (desk) => {
    const { page } = desk;
    await page.evaluate(() => navigator.clipboard.writeText('mine'));
    await page.locator('.terminal-wrapper.active .xterm-screen').click();
    await desk.palette('Terminal: Select All');
    await inner(desk, 'textarea').click();
    await page.keyboard.press('Enter');
    await inner(desk, '.row.answer').filter({ hasText: 'I see what failed.' }).waitFor();
    await desk.equals(() => texts(desk, '.row.user .chips'), ['terminal'], 'the message says so');
    await desk.equals(() => page.evaluate(() => navigator.clipboard.readText()), 'mine', 'the clipboard');
    await desk.shot('28-terminal');
  },
  'the message is edited and sent again with what was selected then': async (desk) => {
    const { page } = desk;
    await page.locator('.terminal-wrapper.active .xterm-screen').click(); // nothing is selected any more
    await inner(desk, '.row.user').hover();
    await inner(desk, '.row.user').getByRole('button', { name: 'Edit and send again' }).click();
    await desk.equals(() => texts(desk, '.chip span'), ['terminal'], 'it is attached');
    await inner(desk, 'textarea').fill('Once more: why?');
    await page.keyboard.press('Enter');
    await desk.equals(() => texts(desk, '.row.user .said'), ['Once more: why?'], 'one message');
    await inner(desk, '.row.answer').filter({ hasText: 'I see what failed.' }).waitFor();
    await desk.equals(() => texts(desk, '.row.user .chips'), ['terminal'], 'the message says so');
  },
  'a key in the terminal adds the selection to the chat': async (desk) => {
    const { page } = desk;
    await page.locator('.terminal-wrapper.active .xterm-screen').click();
    await desk.palette('Terminal: Select All');
    await page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await page.keyboard.press('Control+Alt+KeyJ');
    await desk.until(async () => /waiting for second key/i.test(await page.locator('.statusbar').innerText()), 'the first key was heard');
    await page.keyboard.press('KeyS');
    await desk.equals(() => texts(desk, '.chip span'), ['terminal'], 'it is attached');
    await inner(desk, '.chip button').click();
  },
  'selected lines go along, and still do when the message is edited': async (desk) => {
    const { page } = desk;
    await desk.open('hours.py');
    await desk.goTo(2);
    await page.keyboard.press('Shift+End');
    await desk.palette('Conduit: Add Selection to Chat');
    await desk.equals(() => texts(desk, '.chip span'), ['hours.py:2'], 'it is attached');
    await inner(desk, 'textarea').fill('What is this?');
    await page.keyboard.press('Enter');
    await inner(desk, '.row.answer').filter({ hasText: 'I see when it closes.' }).waitFor();
    await page.locator('.editor-group-container.active .editor-instance .view-lines').first().click(); // nothing is selected any more
    const message = inner(desk, '.row.user').last();
    await message.hover();
    await message.getByRole('button', { name: 'Edit and send again' }).click();
    await desk.equals(() => texts(desk, '.chip span'), ['hours.py:2'], 'it is attached again');
    await inner(desk, 'textarea').fill('Once more: what is this?');
    await page.keyboard.press('Enter');
    await desk.equals(async () => (await texts(desk, '.row.user .said')).at(-1), 'Once more: what is this?', 'the message is another one');
    await inner(desk, '.row.answer').filter({ hasText: 'I see when it closes.' }).waitFor();
    assert.equal((await texts(desk, '.row.user .chips')).at(-1), 'hours.py:2');
    await desk.shot('28-selection');
    await desk.palette('View: Close All Editors');
  },
  'what a turn changed in a file is shown in a diff editor': async (desk) => {
    const { page } = desk;
    await inner(desk, 'textarea').click();
    await page.keyboard.type('Close earlier, please.');
    await page.keyboard.press('Enter');
    await inner(desk, '.question .answers button').first().click();
    const show = inner(desk, '.row.changes').getByRole('button', { name: 'Show what changed in hours.py' });
    await show.waitFor();
    await desk.shot('28-changed');
    await show.click();
    await desk.equals(() => sides(desk), [['OPENS = 9', 'CLOSES = 19', ''], ['OPENS = 9', 'CLOSES = 18', '']], 'both sides');
    assert.deepEqual(await page.locator('.tab.active .label-name').allInnerTexts(), ['hours.py: before and after this turn']);
    await desk.shot('28-diff');
  },
  'and before it is undone': async (desk) => {
    const { page } = desk;
    await desk.palette('View: Close All Editors');
    await page.locator('.monaco-diff-editor').waitFor({ state: 'detached' });
    await desk.palette('Conduit: Undo Turn');
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.waitFor();
    await desk.shot('28-undo');
    await dialog.getByText('Show Changes', { exact: true }).click();
    await desk.equals(() => sides(desk), [['OPENS = 9', 'CLOSES = 19', ''], ['OPENS = 9', 'CLOSES = 18', '']], 'both sides');
    assert.equal(desk.onDisk('hours.py'), 'OPENS = 9\nCLOSES = 18\n');
  },
};
