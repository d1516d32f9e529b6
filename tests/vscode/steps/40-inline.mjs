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
  files: { 'shop.py': SHOP, 'list.ts': LIST, 'use.ts': USE, 'tsconfig.json': '{ "compilerOptions": { "strict": true, "target": "es2020" } }\n' },
  settings: { 'workbench.colorTheme': 'Dark Modern', 'conduit.completions.debounceMs': 50 },
  script: [
    { when: { user: 'halve = <\\|cursor\\|>' }, reply: [{ text: 'total(order) / 2' }] },
    { when: { user: '<\\|cursor\\|>' }, reply: [{ text: '' }] },
    told('guard against nothing', 0, '', call('replace_selection', { code: '    if not order:\n        return 0\n    result = 0\n' })),
    told('guard against nothing', 1, '', { text: 'Guarded.' }),
    told('never ends', 0, '', { text: 'Thinking about it.' }, { hold: true }),
    told('goes wrong', 0, '', { fail: { kind: 'overloaded', message: 'The model is overloaded.' } }),
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
const input = (desk) => desk.page.locator('.quick-input-widget input').first();
async function editInline(desk, instruction) {
  await desk.palette('Conduit: Edit Inline');
  await desk.until(async () => (await input(desk).getAttribute('placeholder')) === 'What should change here?', 'the input');
  if (instruction) {
    await input(desk).fill(instruction);
    await desk.page.keyboard.press('Enter');
  }
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
  'no ghost text comes after the command that switches it off, and it comes again after the same command': async (desk) => {
    await desk.palette('Conduit: Toggle Inline Completions');
    await desk.until(async () => /inline completions are off/.test(await desk.page.locator('.statusbar').innerText()), 'it is said');
    await desk.palette('Conduit: Toggle Inline Completions');
    await desk.until(async () => /inline completions are on, with models that cost nothing/.test(await desk.page.locator('.statusbar').innerText()), 'it is said');
  },
  'an inline edit asks what should change, and leaves a hunk in place': async (desk) => {
    await desk.goTo(2);
    await editInline(desk);
    await input(desk).fill('guard against nothing');
    await desk.shot('40-inline-input-dark');
    await desk.page.keyboard.press('Enter');
    await desk.equals(() => lenses(desk), ['Accept +2 | Reject | Why | Diff'], 'the hunk');
    await desk.shot('40-inline-hunk-dark');
    const added = SHOP.replace('    result = 0\n', '    if not order:\n        return 0\n    result = 0\n');
    await desk.page.locator('.codelens-decoration a', { hasText: 'Accept +2' }).click();
    await desk.equals(async () => desk.onDisk('shop.py'), `${added}halve = total(order) / 2`, 'the file has it once it is accepted');
  },
  'one that runs says so at its place, and is cancelled there': async (desk) => {
    await editInline(desk, 'never ends');
    await desk.equals(() => lenses(desk), ['Conduit is editing… | Cancel'], 'it runs');
    await desk.until(async () => /edit shop\.py: asking scripted\/demo/.test(await desk.page.locator('.statusbar').innerText()), 'its progress is in the status bar');
    await desk.shot('40-inline-busy-dark');
    await desk.page.locator('.codelens-decoration a', { hasText: 'Cancel' }).click();
    await desk.equals(() => lenses(desk), [], 'it has ended');
    await desk.status();
    assert.deepEqual(await desk.notifications(), []);
  },
  'what was typed is there again after a failure': async (desk) => {
    await editInline(desk, 'goes wrong');
    await desk.until(async () => (await desk.notifications()).some((each) => /overloaded/.test(each)), 'the reason is said', 60_000);
    await desk.shot('40-inline-failed-dark');
    await desk.answer('Edit Again…');
    await desk.page.locator('.quick-input-title', { hasText: 'Conduit: edit line 4' }).waitFor();
    await desk.equals(() => input(desk).inputValue(), 'goes wrong', 'the instruction');
    await desk.page.keyboard.press('Escape');
    await desk.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  },
  'the model asks the other extensions, and gets what they know': async (desk) => {
    await desk.open('list.ts');
    await desk.until(() => desk.page.locator('.squiggly-error').count(), 'TypeScript marks the misspelt name', 60_000);
    await desk.goTo(2);
    await editInline(desk, 'ask around');
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
