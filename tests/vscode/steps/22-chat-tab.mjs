/** The chat in an editor tab, beside the one in the side bar, in every kind of theme. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const world = {
  files: { 'hours.py': 'OPENS = 9\nCLOSES = 19\n' },
  settings: { 'conduit.mode': 'auto', 'workbench.colorTheme': 'Default Dark Modern' },
  script: [
    { when: { user: '^When', round: 0 }, reply: [{ think: 'I look at the file.' }, { text: 'I read the hours first.' }, { call: 'read_file', arguments: { path: 'hours.py' } }] },
    { when: { user: '^When', round: 1 }, reply: [{ text: 'From `9` to `19`:\n\n```python\ndef is_open(hour: int) -> bool:\n    """Tell whether it is open."""\n    return 9 <= hour < 19  # not at 19\n```\n' }] },
    { when: { user: '^Close', round: 0 }, reply: [{ call: 'edit_file', arguments: { path: 'hours.py', old_text: '19', new_text: '18' } }] },
    { when: {}, reply: [{ text: 'Done.' }] },
  ],
};

const inner = (desk, selector) => desk.chatFrame().locator(selector);
const texts = async (desk, selector) => (await inner(desk, selector).allInnerTexts()).map((each) => each.replace(/\s+/g, ' ').trim());

async function say(desk, text) {
  await inner(desk, 'textarea').click();
  await desk.page.keyboard.type(text);
  await desk.page.keyboard.press('Enter');
}

async function theme(desk, name, kind) {
  await desk.palette('Preferences: Color Theme');
  await desk.page.keyboard.type(name);
  await desk.pick(name);
  await desk.until(async () => (await inner(desk, 'body').getAttribute('class')).split(' ').includes(kind), `the page is ${kind}`);
}

/** What axe-core finds serious in the page as the editor shows it. */
async function barriers(desk) {
  const frame = await (await inner(desk, 'body').elementHandle()).ownerFrame();
  await frame.evaluate(axe);
  const { violations } = await frame.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations.filter((each) => ['serious', 'critical'].includes(each.impact)).map((each) => `${each.id}: ${each.nodes.map((node) => `${node.html} ${node.any[0]?.message ?? ''}`).join('; ')}`);
}

export const steps = {
  'a chat in an editor tab has the name of its conversation': async (desk) => {
    await desk.status();
    await desk.palette('Conduit: Open Chat in Editor');
    await inner(desk, '#model-picker').waitFor({ timeout: 60_000 });
    await say(desk, 'When is the shop open?');
    await inner(desk, '.row.end').waitFor();
    await desk.page.locator('.tab.active').filter({ hasText: 'When is the shop open?' }).waitFor();
  },
  'every kind of theme can be read, and axe-core finds no barrier': async (desk) => {
    await say(desk, 'Close earlier.');
    await inner(desk, '.question').waitFor();
    for (const [name, kind, shot] of [
      ['Light Modern', 'vscode-light', 'light'],
      ['Dark High Contrast', 'vscode-high-contrast', 'high-contrast'],
      ['Light High Contrast', 'vscode-high-contrast-light', 'high-contrast-light'],
      ['Dark Modern', 'vscode-dark', 'dark'],
    ]) {
      await theme(desk, name, kind);
      await desk.shot(`22-${shot}`);
      assert.deepEqual(await barriers(desk), [], name);
    }
    await inner(desk, '.question').getByRole('button', { name: 'Deny', exact: false }).first().click();
    await inner(desk, '.row.end').nth(1).waitFor();
    assert.equal(desk.onDisk('hours.py'), 'OPENS = 9\nCLOSES = 19\n');
    assert.deepEqual(await texts(desk, '.question'), []);
  },
  'the tab comes back with its conversation after a reload': async (desk) => {
    const before = await texts(desk, '.row.user .said');
    await desk.stored('conduit.chatTab');
    await desk.reload();
    await desk.status();
    await desk.equals(() => texts(desk, '.row.user .said'), before, 'the same conversation', 60_000);
  },
};
