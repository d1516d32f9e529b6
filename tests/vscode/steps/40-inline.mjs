/** In the text: ghost text, an edit by an instruction, a code action on a problem, and what the other extensions lend. */
import assert from 'node:assert/strict';

const SHOP = `def total(order):
    result = 0
    for count in order.values():
        result += count
    return result
`;
const LIST = `export function price(amount: number): number {
  return amount * 2;
}

export function total(items: number[]): number {
  return items.reduce((sum, item) => sum + prise(item), 0);
}
`;
const USE = `import { price } from './list';

export const cheapest = price(1);
`;
const call = (name, args) => ({ call: name, arguments: args });
/** The model goes on only when what it was told fits; else the scripted model says that it has no rule. */
const told = (user, round, result, ...reply) => ({ when: { user, round, ...(result ? { result } : {}) }, reply });

export const world = {
  files: { 'shop.py': SHOP, 'long.txt': 'and so on\n'.repeat(200), 'list.ts': LIST, 'use.ts': USE, 'tsconfig.json': '{ "compilerOptions": { "strict": true, "target": "es2020" } }\n' },
  settings: { 'workbench.colorTheme': 'Dark Modern', 'conduit.completions.debounceMs': 50, 'zenMode.fullScreen': false },
  script: [
    { when: { user: 'halve = <\\|cursor\\|>' }, reply: [{ text: 'total(order) / 2' }] },
    { when: { user: '<\\|cursor\\|>' }, reply: [{ text: '' }] },
    told('guard against nothing', 0, '', call('replace_selection', { code: '    if not order:\n        return 0\n    result = 0\n' })),
    told('guard against nothing', 1, '', { text: 'Guarded.' }),
    told('never ends', 0, '', { text: 'Thinking about it.' }, { hold: true }),
    told('goes wrong', 0, '', { fail: { kind: 'overloaded', message: 'The model is overloaded.' } }),
    told('say what it is', 0, '', call('replace_selection', { code: '# What an order costs.\ndef total(order):\n' })),
    told('say what it is', 1, '', { text: 'Said.' }),
    told('take two', 0, '', call('replace_selection', { code: 'export const cheapest = price(2);\n' })),
    told('take two', 1, '', { text: 'Two.' }),
    // Each answer of the editor has to be what it should be before the next question.
    told('ask around', 0, '', call('list_symbols', { path: 'list.ts' })),
    told('ask around', 1, 'price[\\s\\S]*total', call('find_references', { path: 'list.ts', line: 1, symbol: 'price' })),
    told('ask around', 2, 'use\\.ts[\\s\\S]*3', call('go_to_definition', { path: 'use.ts', line: 3, symbol: 'price' })),
    told('ask around', 3, 'list\\.ts[\\s\\S]*1', call('diagnostics', { path: 'list.ts' })),
    told('ask around', 4, "Cannot find name 'prise'", call('code_actions', { path: 'list.ts', line: 6 })),
    told('ask around', 5, "Change spelling to 'price'", call('replace_selection', { code: '  return 2 * amount;\n' })),
    told('ask around', 6, '', { text: 'All of it fits.' }),
    told('Fix the problem', 0, '', call('apply_code_action', { path: 'list.ts', line: 6, title: "Change spelling to 'price'" })),
    told('Fix the problem', 1, '', { text: 'The name was misspelt.' }),
    told('Rename', 0, '', call('rename_symbol', { path: 'list.ts', line: 1, symbol: 'price', new_name: 'doubled' })),
    told('Rename', 1, '', { text: 'It doubles.' }),
  ],
};

const lenses = async (desk) =>
  (await desk.page.locator('.editor-instance .codelens-decoration').allInnerTexts()).map((each) => each.replaceAll('\u00a0', ' ').replace(/\s*\|\s*/g, ' | ').trim());
/** Whether the whole field is within its editor. */
async function whole(desk) {
  const [field, editor] = await Promise.all([desk.field().boundingBox(), desk.page.locator('.editor-group-container.active .editor-container').boundingBox()]);
  return field.y + field.height <= editor.y + editor.height;
}
/** Opens the menu of code actions; one that was opened while the text was changing closes by itself, so it is opened again. */
async function entry(desk, text) {
  const found = desk.page.locator('.action-widget').getByText(text).first();
  await desk.until(async () => {
    if (await found.isVisible()) return true;
    await desk.page.keyboard.press('Escape');
    await desk.page.locator('.editor-group-container.active textarea.inputarea, .editor-group-container.active .native-edit-context').first().focus();
    await desk.page.keyboard.press('Control+.');
    await found.waitFor({ timeout: 4000 });
    return true;
  }, `the menu has ${text}`);
  return found;
}

export const steps = {
  'ghost text is accepted by Tab': async (desk) => {
    await desk.status();
    await desk.open('shop.py');
    await desk.goTo(6);
    await desk.page.keyboard.type('halve = ');
    const ghost = desk.page.locator('.ghost-text-decoration, .ghost-text');
    await desk.equals(async () => (await ghost.allInnerTexts()).join('').replaceAll('\u00a0', ' '), 'total(order) / 2', 'the ghost text');
    assert.match(await desk.editorText(), /halve = total\(order\) \/ 2/);
    await desk.shot('40-ghost-dark');
    await desk.page.keyboard.press('Tab');
    await desk.equals(() => ghost.count(), 0, 'the ghost is gone');
    await desk.page.keyboard.press('Control+S');
    await desk.equals(async () => desk.onDisk('shop.py'), `${SHOP}halve = total(order) / 2`, 'it is in the file');
  },
  'a command switches inline completions off, and on again': async (desk) => {
    await desk.palette('Conduit: Toggle Inline Completions');
    await desk.until(async () => /inline completions are off/.test(await desk.page.locator('.statusbar').innerText()), 'it is said');
    await desk.palette('Conduit: Toggle Inline Completions');
    await desk.until(async () => /inline completions are on, with models that cost nothing/.test(await desk.page.locator('.statusbar').innerText()), 'it is said');
  },
  'an inline edit asks beneath the lines what should change, and leaves a hunk in place': async (desk) => {
    await desk.goTo(2);
    await desk.editInline('guard against nothing');
    const heading = desk.field().locator('.review-title');
    assert.equal(await heading.innerText(), 'Conduit: edit line 2');
    const top = async (locator) => (await locator.boundingBox()).y;
    const line = (text) => desk.page.locator('.editor-instance > .monaco-editor > .overflow-guard > .monaco-scrollable-element .view-line', { hasText: text });
    const tops = [await top(line('result = 0')), await top(desk.field()), await top(line('for count'))];
    assert.deepEqual(tops, tops.toSorted((one, other) => one - other), 'the field is between its line and the next one');
    await desk.shot('40-inline-input-dark');
    await desk.page.keyboard.press('Enter');
    await desk.equals(() => lenses(desk), ['Accept +2 | Reject | Why | Diff'], 'the hunk');
    await desk.fieldGone();
    await desk.shot('40-inline-hunk-dark');
    const added = SHOP.replace('    result = 0\n', '    if not order:\n        return 0\n    result = 0\n');
    await desk.page.locator('.codelens-decoration a', { hasText: 'Accept +2' }).click();
    await desk.equals(async () => desk.onDisk('shop.py'), `${added}halve = total(order) / 2`, 'the file has it once it is accepted');
  },
  'Escape leaves nothing of the field, and what was typed is there the next time': async (desk) => {
    const text = await desk.editorText();
    await desk.goTo(4);
    await desk.editInline('rename it');
    await desk.page.keyboard.press('Shift+Enter');
    await desk.page.keyboard.type('please');
    await desk.equals(() => desk.fieldText(), 'rename it\nplease', 'two lines');
    await desk.page.keyboard.press('Escape');
    await desk.fieldGone();
    assert.equal(await desk.editorText(), text);
    assert.equal(await desk.page.locator('.part.panel:visible').count(), 0, 'no list of comments came up');
    await desk.editInline('never ends', 'rename it\nplease');
  },
  'one that runs says so at its place, and is cancelled there': async (desk) => {
    await desk.page.keyboard.press('Enter');
    await desk.equals(() => lenses(desk), ['Conduit is editing… | Cancel'], 'it runs');
    await desk.until(async () => /edit shop\.py: asking scripted\/demo/.test(await desk.page.locator('.statusbar').innerText()), 'its progress is in the status bar');
    await desk.fieldGone();
    await desk.shot('40-inline-busy-dark');
    await desk.page.locator('.codelens-decoration a', { hasText: 'Cancel' }).click();
    await desk.equals(() => lenses(desk), [], 'it has ended');
    await desk.status();
    assert.deepEqual(await desk.notifications(), []);
  },
  'what was typed is there again after a failure, at the lines that it is about': async (desk) => {
    await desk.editInline('goes wrong', 'never ends');
    await desk.page.keyboard.press('Enter');
    await desk.until(async () => (await desk.notifications()).some((each) => /overloaded/.test(each)), 'the reason is said', 60_000);
    await desk.shot('40-inline-failed-dark');
    const text = await desk.editorText();
    await desk.goTo(1);
    await desk.page.keyboard.press('Enter'); // The lines are one further down now.
    await desk.until(async () => (await desk.editorText()) === `\n${text}`, 'a new line');
    await desk.answer('Edit Again…');
    await desk.equals(() => desk.fieldText(), 'goes wrong', 'the instruction');
    assert.match(await desk.field().innerText(), /Conduit: edit line 5[\s\S]*The model is overloaded\./);
    await desk.shot('40-inline-again-dark');
  },
  'instructions that were given before come back by a key': async (desk) => {
    const press = async (key, expected) => {
      await desk.page.keyboard.press(key);
      await desk.equals(() => desk.fieldText(), expected, `the field after ${key}`);
    };
    await desk.page.keyboard.type('half of it');
    await press('Alt+ArrowUp', 'goes wrong');
    await press('Alt+ArrowUp', 'never ends');
    await press('Alt+ArrowDown', 'goes wrong');
    await press('Alt+ArrowDown', 'half of it');
    await desk.page.keyboard.press('Escape');
    await desk.fieldGone();
    await desk.page.keyboard.press('Control+Z');
    await desk.until(async () => (await desk.editorText()).startsWith('def total'), 'the new line is gone');
  },
  'two edits in a row, in two files, each leave their hunk': async (desk) => {
    await desk.goTo(1);
    await desk.editInline('say what it is', 'half of it');
    await desk.page.keyboard.press('Enter');
    await desk.fieldGone();
    await desk.open('use.ts');
    await desk.goTo(3);
    await desk.editInline();
    await desk.page.keyboard.type('take two');
    await desk.page.keyboard.press('Control+Enter'); // at once, before VS Code has drawn the field's buttons
    await desk.equals(() => lenses(desk), ['Accept +1 -1 | Reject | Why | Diff'], 'the hunk of the second file');
    await desk.fieldGone();
    await desk.page.locator('.codelens-decoration a', { hasText: 'Reject' }).click();
    await desk.equals(() => lenses(desk), [], 'it is rejected');
    await desk.open('shop.py');
    await desk.equals(() => lenses(desk), ['Accept +1 | Reject | Why | Diff'], 'the hunk of the first file');
    await desk.page.locator('.codelens-decoration a', { hasText: 'Reject' }).click();
    await desk.equals(() => lenses(desk), [], 'it is rejected');
  },
  'the field of the last line is within the window, and goes with its file': async (desk) => {
    await desk.open('long.txt');
    await desk.page.keyboard.press('Control+End');
    await desk.editInline('say it in short');
    await desk.until(() => whole(desk), 'the whole field is within the window');
    await desk.shot('40-last-line');
    await desk.open('shop.py');
    await desk.fieldGone();
    await desk.open('long.txt');
    await desk.fieldGone();
    await desk.editInline(undefined, 'say it in short');
    await desk.page.keyboard.press('Delete');
    await desk.page.keyboard.press('Escape');
    await desk.fieldGone();
    // With the panel open there is half of the room.
    await desk.palette('View: Toggle Panel Visibility');
    await desk.page.locator('.part.panel').waitFor();
    await desk.open('long.txt');
    await desk.page.keyboard.press('Control+Home');
    await desk.page.keyboard.press('Control+End');
    await desk.editInline('say it in short');
    await desk.until(() => whole(desk), 'the whole field is within the window');
    await desk.shot('40-last-line-low');
    await desk.page.keyboard.press('Control+A');
    await desk.page.keyboard.press('Delete');
    await desk.page.keyboard.press('Escape');
    await desk.fieldGone();
    await desk.palette('View: Toggle Panel Visibility');
    await desk.open('shop.py');
  },
  'in Zen Mode, which hides comments, it asks at the top of the window': async (desk) => {
    await desk.palette('View: Toggle Zen Mode');
    await desk.page.locator('.part.statusbar').waitFor({ state: 'hidden' });
    await desk.page.keyboard.press('Control+Alt+J');
    await desk.page.keyboard.press('e');
    const input = desk.page.locator('.quick-input-widget input').first();
    await desk.until(async () => (await input.getAttribute('placeholder')) === 'What should change here?', 'the input');
    assert.equal(await desk.field().count(), 0);
    await desk.page.keyboard.press('Escape');
    await desk.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    await desk.palette('View: Toggle Zen Mode');
    await desk.page.locator('.part.statusbar').waitFor({ state: 'visible' });
  },
  'the model asks the other extensions, and gets what they know': async (desk) => {
    await desk.open('list.ts');
    await desk.until(() => desk.page.locator('.squiggly-error').count(), 'TypeScript marks the misspelt name', 60_000);
    await desk.goTo(2);
    await desk.editInline('ask around');
    await desk.page.keyboard.press('Enter');
    await desk.equals(() => lenses(desk), ['Accept +1 -1 | Reject | Why | Diff'], 'every answer was as expected', 60_000);
    await desk.page.locator('.codelens-decoration a', { hasText: 'Reject' }).click();
    await desk.equals(() => lenses(desk), [], 'it is rejected');
  },
  'a code action fixes the problem by a quick fix of TypeScript, and the file is saved': async (desk) => {
    await desk.goTo(6, 46);
    const fix = await entry(desk, 'Fix this problem');
    await desk.shot('40-actions-dark');
    await fix.click();
    await desk.equals(async () => desk.onDisk('list.ts'), LIST.replace('prise', 'price'), 'the name is right, on disk');
    await desk.equals(() => desk.page.locator('.squiggly-error').count(), 0, 'nothing is marked any more');
    await desk.shot('40-fixed-dark');
  },
  'a rename by TypeScript reaches the other file': async (desk) => {
    await desk.goTo(1, 18);
    await (await entry(desk, /Rename .*price.* by its meaning/)).click();
    await desk.equals(() => desk.notifications(), ['Conduit asks for permission: Change list.ts, use.ts'], 'it is asked about');
    await desk.answer('Show');
    const question = desk.chatFrame().locator('.question');
    await question.getByText('Allow once').waitFor({ timeout: 60_000 });
    assert.match(await question.innerText(), /use\.ts[\s\S]*export const cheapest = doubled\(1\);/);
    await desk.shot('40-rename-dark');
    await question.getByText('Allow once').click();
    await desk.equals(async () => [desk.onDisk('list.ts'), desk.onDisk('use.ts')],
      [LIST.replace('prise', 'price').replaceAll('price', 'doubled'), USE.replaceAll('price', 'doubled')], 'both files have the new name');
  },
};
