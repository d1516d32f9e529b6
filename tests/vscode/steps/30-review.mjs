/** Review: three hunks over two files, shown where they would land; accepted, rejected, undone, done again, in conflict. */
import assert from 'node:assert/strict';

const SHOP = `"""What an order costs."""

from prices import PRICES


def total(order):
    return sum(PRICES[name] * count for name, count in order.items())


def receipt(order):
    lines = [f"{count} x {name}" for name, count in order.items()]
    return "\\n".join(lines)
`;
const PRICES = 'PRICES = {\n    "green tea": 3.50,\n    "honey cake": 2.80,\n}\n';
const edit = (path, old_text, new_text) => ({ call: 'edit_file', arguments: { path, old_text, new_text } });
const FIRST = [
  'def total(order):\n    return sum(PRICES[name] * count for name, count in order.items())\n',
  'def total(order: dict[str, int]) -> float:\n    """Return what an order costs, in euros."""\n    return sum(PRICES[name] * count for name, count in order.items())\n',
];
const SECOND = ['    return "\\n".join(lines)\n', '    return "\\n".join([*lines, f"total: {total(order):.2f}"])\n'];
const LONG = [
  '    return sum(PRICES[name] * count for name, count in order.items())\n',
  '    return round(sum(PRICES[name] * count * (0.9 if count >= DISCOUNT_FROM else 1.0) for name, count in order.items() if count > 0), ndigits=2)\n',
];
const WIDER = ['    lines = [f"{count} x {name}" for name, count in order.items()]\n', '    lines = [f"{count} x {name}" for name, count in order.items() if count and name in PRICES]\n'];
const THIRD = ['    "honey cake": 2.80,\n', '    "honey cake": 2.95,\n'];

export const world = {
  files: { 'shop.py': SHOP, 'prices.py': PRICES },
  script: [
    {
      when: { user: 'honey got dearer', round: 0 },
      reply: [{ text: 'A type, a total, and the new price.' }, edit('shop.py', ...FIRST), edit('shop.py', ...SECOND), edit('prices.py', ...THIRD)],
    },
    { when: { user: 'who buys much', round: 0 }, reply: [edit('shop.py', ...LONG), edit('shop.py', ...WIDER)] },
    { when: { user: 'who buys much' }, reply: [{ text: 'Cheaper for who buys much.' }] },
    { when: { user: 'honey got dearer' }, reply: [{ text: 'Three changes wait for you.' }] },
  ],
  settings: { 'workbench.colorTheme': 'Dark Modern', 'conduit.completions.enabled': 'off' },
};

const waiting = (desk) => desk.page.locator('.statusbar-item[id="conduit.conduit-vscode.conduit.changes"]');
const count = async (desk) => Number((await waiting(desk).allInnerTexts())[0]?.trim() || 0);
const counted = (desk, number, what) => desk.equals(() => count(desk), number, what);
const lenses = async (desk) =>
  (await desk.page.locator('.editor-instance .codelens-decoration').allInnerTexts()).map((each) => each.replaceAll('\u00a0', ' ').replace(/\s*\|\s*/g, ' | ').trim());
const shown = async (desk) => (await desk.page.locator('.editor-instance').last().innerText()).replaceAll('\u00a0', ' ');
const chord = async (desk, key) => {
  await desk.page.keyboard.press('Control+Alt+KeyJ');
  await desk.until(async () => /waiting for second key/i.test(await desk.page.locator('.statusbar').innerText()), 'the first key was heard');
  await desk.page.keyboard.press(key);
};

/** What is shown beside lines that a hunk replaces: text that is in no buffer. */
async function beside(desk) {
  return desk.page.locator('.editor-group-container.active .editor-instance .view-lines').first().evaluate((lines) =>
    [...lines.querySelectorAll('.view-line')]
      .sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top))
      .flatMap((line) => [...line.querySelectorAll('span')].map((span) => getComputedStyle(span, '::after').content))
      .filter((content) => content !== 'none' && content !== 'normal')
      .map((content) => JSON.parse(content).replaceAll('\u00a0', ' ').trimEnd()),
  );
}

async function theme(desk, name) {
  await desk.palette('Preferences: Toggle between Light/Dark Themes');
  await desk.page.locator(name === 'dark' ? '.monaco-workbench.vs-dark' : '.monaco-workbench.vs:not(.vs-dark)').waitFor();
}

export const steps = {
  'three hunks over two files wait; no buffer and no file has changed': async (desk) => {
    await desk.status();
    await desk.open('shop.py');
    await desk.goTo(6);
    await desk.editInline('honey got dearer');
    await desk.page.keyboard.press('Enter');
    await counted(desk, 3, 'three changes wait');
    await desk.equals(() => lenses(desk), ['Accept +2 -1 | Reject | Why | Accept all in file (2) | Diff', 'Accept +1 -1 | Reject | Why | Diff'], 'the lenses');
    assert.deepEqual(await beside(desk), [
      'def total(order: dict[str, int]) -> float:   … 1 more line',
      '    return "\\n".join([*lines, f"total: {total(order):.2f}"])',
    ]);
    assert.equal((await desk.editorText()).trimEnd(), SHOP.trimEnd());
    assert.deepEqual([desk.onDisk('shop.py'), desk.onDisk('prices.py')], [SHOP, PRICES]);
    await desk.palette('Conduit: Show Proposed Changes');
    const rows = desk.page.locator('.pane:has(.title:text-is("Proposed Changes")) .monaco-list-row');
    const texts = (row) => [...row.querySelectorAll('.label-name, .label-description')].map((each) => each.textContent.trim()).join('|');
    await desk.equals(
      async () => Promise.all((await rows.all()).map((row) => row.evaluate(texts))),
      [
        'prices.py|+1 −1',
        '"honey cake": 2.95,|+1 −1 · line 3',
        'shop.py|+3 −2',
        'def total(order: dict[str, int]) -> float:|+2 −1 · line 6',
        'return "\\n".join([*lines, f"total: {total(order):.2f}"])|+1 −1 · line 12',
      ],
      'the list of what waits',
    );
    await desk.chatFrame().locator('#model-picker').waitFor({ timeout: 60_000 }); // Beside the list, in the picture.
    await desk.shot('30-review-dark');
    await theme(desk, 'light');
    await desk.shot('30-review-light');
  },
  'the whole of a change shows when the mouse rests on it': async (desk) => {
    await desk.page.locator('.view-line', { hasText: 'def total' }).first().hover({ position: { x: 40, y: 8 } });
    const hover = desk.page.locator('.monaco-hover-content').first();
    await desk.until(async () => /\+def total\(order: dict/.test((await hover.innerText()).replaceAll('\u00a0', ' ')), 'the hover has the new lines');
    await desk.page.screenshot({ path: new URL('../screenshots/30-review-hover-light.png', import.meta.url).pathname });
  },
  'the first one is accepted by its lens, and saved': async (desk) => {
    await desk.page.locator('.codelens-decoration a', { hasText: 'Accept +2 -1' }).click();
    await counted(desk, 2, 'two wait');
    await desk.equals(async () => desk.onDisk('shop.py'), SHOP.replace(...FIRST), 'the file has the first change and no other');
    await desk.equals(() => lenses(desk), ['Accept +1 -1 | Reject | Why | Diff'], 'one lens is left here');
  },
  'the second one is rejected by keys': async (desk) => {
    await desk.goTo(1);
    await chord(desk, 'n');
    await desk.until(async () => /Ln 13/.test(await desk.page.locator('.statusbar').innerText()), 'the cursor is at the next change');
    await chord(desk, 'r');
    await counted(desk, 1, 'one waits');
    assert.equal(desk.onDisk('shop.py'), SHOP.replace(...FIRST));
    await desk.equals(() => lenses(desk), [], 'no lens is left here');
    assert.deepEqual(await beside(desk), []);
  },
  'the third one is accepted in a diff of its file, which closes': async (desk) => {
    await chord(desk, 'n');
    await desk.page.locator('.tab.active[data-resource-name="prices.py"]').waitFor();
    await chord(desk, 'd');
    await desk.page.locator('.tab.active', { hasText: 'prices.py (now ↔ proposed)' }).waitFor();
    await desk.until(async () => /2\.95/.test(await desk.page.locator('.editor-instance .modified .view-lines').first().innerText()), 'the proposed side');
    await desk.shot('30-review-diff-light');
    await desk.page.locator('.editor-actions .action-label[aria-label^="Accept Proposed Change"]').click();
    await counted(desk, 0, 'nothing waits');
    await desk.equals(async () => desk.onDisk('prices.py'), PRICES.replace(...THIRD), 'the new price is in the file');
    await desk.equals(() => desk.page.locator('.tab', { hasText: 'now ↔ proposed' }).count(), 0, 'the diff is closed');
  },
  'the turn is undone after a preview, and what was accepted waits again': async (desk) => {
    await desk.palette('Conduit: Undo Turn');
    const dialog = desk.page.locator('.monaco-dialog-box');
    await desk.equals(async () => (await dialog.locator('.dialog-message-text').innerText()).trim(), 'Take back what this turn changed in 2 files?', 'the question');
    assert.deepEqual((await dialog.locator('.dialog-message-detail').innerText()).trim().split('\n').sort(), ['prices.py: 1 line back as before', 'shop.py: 2 lines back as before']);
    await desk.shot('30-review-undo-light');
    await dialog.getByText('Undo Turn', { exact: true }).click();
    await counted(desk, 2, 'the two that were accepted wait again');
    await desk.equals(async () => [desk.onDisk('shop.py'), desk.onDisk('prices.py')], [SHOP, PRICES], 'both files are as they were');
  },
  'and made again': async (desk) => {
    await desk.palette('Conduit: Redo Turn');
    const dialog = desk.page.locator('.monaco-dialog-box');
    await dialog.getByText('Redo Turn', { exact: true }).click();
    await counted(desk, 0, 'nothing waits');
    await desk.equals(async () => [desk.onDisk('shop.py'), desk.onDisk('prices.py')], [SHOP.replace(...FIRST), PRICES.replace(...THIRD)], 'both files have the changes');
    await desk.palette('Conduit: Undo Turn');
    await dialog.getByText('Undo Turn', { exact: true }).click();
    await counted(desk, 2, 'they wait again');
  },
  'a change moves with what is typed above it, is a conflict when its own lines are typed in, and can be taken then': async (desk) => {
    await desk.open('prices.py');
    await desk.goTo(1);
    await desk.page.keyboard.type('# Euros\n');
    await desk.equals(() => lenses(desk), ['Accept +1 -1 | Reject | Why | Diff'], 'the lens');
    await desk.equals(() => beside(desk), ['    "honey cake": 2.95,'], 'it stands beside the same line');
    await desk.goTo(4, 19);
    await desk.page.keyboard.press('End');
    await desk.page.keyboard.type('  # per piece');
    await desk.equals(() => lenses(desk), ['Accept +1 -1 (over your own change) | Reject | Why | Show both sides'], 'the lens says that it is a conflict');
    await desk.page.keyboard.press('Control+S');
    await desk.shot('30-conflict-light');
    await desk.page.locator('.codelens-decoration a', { hasText: 'Show both sides' }).click();
    await desk.page.locator('.tab.active', { hasText: 'Conflict in prices.py' }).waitFor();
    await desk.until(async () => /2\.95/.test(await shown(desk)), 'both sides');
    await desk.shot('30-conflict-sides-light');
    await theme(desk, 'dark');
    await desk.shot('30-conflict-sides-dark');
    await desk.page.locator('.editor-actions .action-label[aria-label^="Accept Proposed Change"]').click();
    await counted(desk, 1, 'the conflict is decided');
    await desk.equals(async () => desk.onDisk('prices.py'), `# Euros\n${PRICES.replace(...THIRD)}`, 'the proposed line took the place of the typed one');
    await desk.equals(() => desk.page.locator('.tab', { hasText: 'Conflict in' }).count(), 0, 'its sides are closed');
  },
  'everything together in one editor, and all of it rejected': async (desk) => {
    await desk.palette('Conduit: Review All Proposed Changes');
    await desk.page.locator('.tab.active', { hasText: 'Conduit: 1 proposed change' }).waitFor();
    await desk.until(async () => /dict\[str, int\]/.test(await shown(desk)), 'the new signature');
    await desk.shot('30-review-all-dark');
    await desk.palette('Conduit: Reject All Proposed Changes');
    await desk.page.locator('.monaco-dialog-box').getByText('Reject All', { exact: true }).click();
    await counted(desk, 0, 'nothing waits');
    await desk.equals(() => desk.page.locator('.tab', { hasText: 'Conduit: 1 proposed' }).count(), 0, 'the editor is closed');
    assert.equal(desk.onDisk('shop.py'), SHOP);
  },
  'a long line is cut so that what is new in it stays in sight, and the hover has all of it': async (desk) => {
    await desk.open('shop.py');
    await desk.goTo(7);
    await desk.editInline('who buys much pays less');
    await desk.page.keyboard.press('Enter');
    await counted(desk, 2, 'two changes wait');
    const [first, second] = await desk.until(async () => ((await beside(desk)).length === 2 ? beside(desk) : undefined), 'both stand beside their lines');
    assert.equal(first, '    return round(sum(PRICES[nam…');
    assert.match(second, /^….* if count and name in .*…$/);
    await desk.shot('30-review-long-dark');
    await desk.page.locator('.view-line', { hasText: 'return sum' }).first().hover({ position: { x: 60, y: 8 } });
    const hover = desk.page.locator('.monaco-hover-content').first();
    await desk.until(async () => /ndigits=2/.test((await hover.innerText()).replaceAll('\u00a0', ' ')), 'the hover has the whole line');
    await desk.page.screenshot({ path: new URL('../screenshots/30-review-long-hover-dark.png', import.meta.url).pathname });
  },
};
