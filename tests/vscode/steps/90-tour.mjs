/** The pictures of the README and the docs: a conversation beside the changes that it proposes, in a light and a dark window. */
const edit = (path, old_text, new_text) => ({ call: 'edit_file', arguments: { path, old_text, new_text } });

const REPLY = [
  'Three changes wait for you. ',
  'With them an order of a mug and a **honey cake** costs 12 euros:\n\n',
  '```python\n>>> total({"mug": 1, "honey cake": 1})\n12.0\n```\n\n',
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
      when: { user: '^Sell', round: 0 },
      reply: [
        { think: 'The prices are in one file, the sum in another. I read both first.' },
        { call: 'read_file', arguments: { path: 'prices.py' } },
        { call: 'search_text', arguments: { query: 'total(' } },
      ],
    },
    {
      when: { user: '^Sell', round: 1 },
      reply: [
        edit('prices.py', 'PRICES = {\n', 'PRICES = {\n    "mug": 9.00,\n    "tea pot": 24.00,\n'),
        edit('prices.py', '    "honey cake": 2.80,\n', '    "honey cake": 3.00,\n'),
        edit('shop.py', '-> float:\n', '-> float:\n    \"\"\"Return what an order costs, in euros.\"\"\"\n'),
      ],
      usage: { input_tokens: 2140, output_tokens: 310 },
    },
    { when: { user: '^Sell', round: 2 }, reply: [{ text: REPLY }] },
  ],
};

export const steps = {
  'a conversation, and the changes that it proposes': async (desk) => {
    await desk.status();
    await desk.open('prices.py');
    await desk.palette('Conduit: Open Chat');
    const chat = desk.chatFrame();
    await chat.locator('#model-picker').waitFor({ timeout: 60_000 });
    await widen(desk, 470);
    await chat.locator('textarea').click();
    await desk.page.keyboard.type('Sell mugs for 9 euros and tea pots for 24, raise the honey cake to 3, and document total().');
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
