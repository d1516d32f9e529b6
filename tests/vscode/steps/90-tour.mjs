/** The pictures of the README and the docs: a conversation beside the changes that it proposes, in a light and a dark window. */
const edit = (path, old_text, new_text) => ({ call: 'edit_file', arguments: { path, old_text, new_text } });

const REPLY = [
  'Both are in place. ',
  'Orders from 20 euros on get **10 % off**, and the receipt says so:\n\n',
  '```python\n>>> print(receipt({"honey cake": 10}))\n10 x honey cake\ndiscount: 2.80\ntotal: 25.20\n```\n\n',
  'Accept or reject each change on its own.',
];

export const world = {
  viewport: { width: 1440, height: 900 },
  settings: {
    'workbench.colorTheme': 'Dark Modern',
    'conduit.completions.enabled': 'off',
    'editor.fontSize': 14,
    'workbench.activityBar.location': 'default',
  },
  script: [
    {
      when: { user: '^Give', round: 0 },
      reply: [
        { think: 'A discount belongs to the total. I read the shop first, then change the total and the receipt.' },
        { call: 'read_file', arguments: { path: 'shop.py' } },
        { call: 'search_text', arguments: { query: 'total(' } },
      ],
    },
    {
      when: { user: '^Give', round: 1 },
      reply: [
        edit(
          'shop.py',
          'def total(order: dict[str, int]) -> float:\n    return sum(PRICES[name] * count for name, count in order.items())\n',
          'def discount(amount: float) -> float:\n    return amount * 0.1 if amount >= 20 else 0.0\n\n\ndef total(order: dict[str, int]) -> float:\n    amount = sum(PRICES[name] * count for name, count in order.items())\n    return amount - discount(amount)\n',
        ),
        edit('shop.py', '    return "\\n".join([*lines, f"total: {total(order):.2f}"])\n', '    off = discount(sum(PRICES[name] * count for name, count in order.items()))\n    if off:\n        lines.append(f"discount: {off:.2f}")\n    return "\\n".join([*lines, f"total: {total(order):.2f}"])\n'),
      ],
      usage: { input_tokens: 2140, output_tokens: 310 },
    },
    { when: { user: '^Give', round: 2 }, reply: [{ text: REPLY }] },
  ],
};

export const steps = {
  'a conversation, and the changes that it proposes': async (desk) => {
    await desk.status();
    await desk.open('shop.py');
    await desk.palette('Conduit: Open Chat');
    const chat = desk.chatFrame();
    await chat.locator('#model-picker').waitFor({ timeout: 60_000 });
    await widen(desk, 470);
    await chat.locator('textarea').click();
    await desk.page.keyboard.type('Give 10 % off from 20 euros on, and say so on the receipt.');
    await desk.page.keyboard.press('Enter');
    await chat.locator('.row.end').waitFor();
    await desk.page.locator('.editor-instance .codelens-decoration').filter({ hasText: 'Accept' }).first().waitFor();
    await desk.shot('90-tour-dark');
  },
  'the same in a light window': async (desk) => {
    await desk.palette('Preferences: Toggle between Light/Dark Themes');
    await desk.page.locator('.monaco-workbench.vs:not(.vs-dark)').waitFor();
    await desk.chatFrame().locator('body.vscode-light').waitFor();
    await desk.shot('90-tour-light');
  },
};

/** Drags the edge of the side bar. */
async function widen(desk, width) {
  const bar = desk.page.locator('.part.sidebar');
  const box = await bar.boundingBox();
  await desk.page.mouse.move(box.x + box.width, box.y + 300);
  await desk.page.mouse.down();
  await desk.page.mouse.move(box.x + width, box.y + 300, { steps: 5 });
  await desk.page.mouse.up();
  await desk.until(async () => Math.abs((await bar.boundingBox()).width - width) < 30, 'the side bar is wide');
}
