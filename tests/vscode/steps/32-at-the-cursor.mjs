/** What is done at the cursor: from one change to the one before, another proposal, why, a whole turn; explain, document, test and fix by the palette. */

const TEAS = 'GREEN = 3.50\n\n# From the hills\n\nBLACK = 3.20\n\n# In small tins\n\nWHITE = 5.10\n';
const CAKES = 'HONEY = 2.80\nLEMON = 3.10\n';
const TARIFF = '{\n  "green tea": 3.50,\n  "honey cake" 2.80\n}\n';
const TESTS = 'from shop import total\n\n\ndef test_nothing_costs_nothing():\n    assert total({}) == 0\n';
const edit = (path, old_text, new_text) => ({ call: 'edit_file', arguments: { path, old_text, new_text } });
const turn = (user, before, edits, after) => [
  { when: { user, round: 0 }, reply: [{ text: before }, ...edits] },
  { when: { user, round: 1 }, reply: [{ text: after }] },
];

export const world = {
  files: { 'teas.py': TEAS, 'cakes.py': CAKES, 'tariff.json': TARIFF },
  settings: { 'workbench.colorTheme': 'Dark Modern', 'conduit.completions.enabled': 'off' },
  script: [
    ...turn('all gets dearer', 'All but the black tea.', [edit('teas.py', '3.50', '3.70'), edit('teas.py', '5.10', '5.40'), edit('cakes.py', '2.80', '2.95')], 'Three prices wait for you.'),
    ...turn('(?s)BLACK = 3\\.90.*What they say: less than that', 'Only **a little** dearer.', [edit('teas.py', 'BLACK = 3.20', '# As before, nearly\nBLACK = 3.25')], 'Five cents.'),
    ...turn('black tea too', 'Much dearer.', [edit('teas.py', '3.20', '3.90')], 'It waits for you.'),
    { when: { user: '^Explain the code below.*File: shop\\.py, lines 6 to 7\n```' }, reply: [{ text: 'It adds up **an order**.' }] },
    { when: { user: '^Explain the code below.*File: shop\\.py, lines 1 to 13\nThe cursor is at line 10, column 1\\.' }, reply: [{ text: 'It prints **a receipt**.' }] },
    ...turn('^Document the code below.*File: shop\\.py.*line 6', 'I look.', [edit('shop.py', ' -> float:\n', ' -> float:\n    """Return what an order costs."""\n')], 'Documented.'),
    ...turn('^Write tests for the code below.*File: shop\\.py', 'There are none yet.', [edit('test_shop.py', '', TESTS)], 'Run pytest.'),
    ...turn('^Fix the problem below.*File: tariff\\.json.*Problem at line 3.*: Colon expected', 'I see.', [edit('tariff.json', '"honey cake" 2.80', '"honey cake": 2.80')], 'A colon was missing.'),
    { when: {}, reply: [{ text: 'This should not have been sent.' }] },
  ],
};

const waiting = (desk) => desk.page.locator('.statusbar-item[id="conduit.conduit-vscode.conduit.changes"]');
const counted = (desk, number, what) => desk.equals(async () => Number((await waiting(desk).allInnerTexts())[0]?.trim() || 0), number, what);
const statusbar = (desk) => desk.page.locator('.statusbar').innerText();
const chord = async (desk, key) => {
  await desk.page.keyboard.press('Control+Alt+KeyJ');
  await desk.until(async () => /waiting for second key/i.test(await statusbar(desk)), 'the first key was heard');
  await desk.page.keyboard.press(key);
};
const cursor = (desk, file, line) =>
  desk.equals(async () => [await desk.page.locator('.tab.active').getAttribute('data-resource-name'), Number(/Ln (\d+)/.exec(await statusbar(desk))[1])], [file, line], 'where the cursor is');
/** What each change offers first. */
const lenses = (desk) =>
  desk.page.locator('.editor-instance .codelens-decoration').evaluateAll((all) =>
    all.map((each) => ({ top: each.getBoundingClientRect().top, text: each.querySelector('a').textContent.replaceAll('\u00a0', ' ') }))
      .sort((a, b) => a.top - b.top)
      .map(({ text }) => text),
  );
/** What is proposed beside the lines. */
const beside = (desk) =>
  desk.page.locator('.editor-group-container.active .editor-instance .view-lines').first().evaluate((lines) =>
    [...lines.querySelectorAll('.view-line')]
      .sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top))
      .flatMap((line) => [...line.querySelectorAll('span')].map((span) => getComputedStyle(span, '::after').content))
      .filter((content) => /=/.test(content))
      .map((content) => JSON.parse(content).replaceAll('\u00a0', ' ').trim()),
  );
/** The text of VS Code's preview of Markdown that is in front. */
const preview = (desk) => desk.page.frameLocator('iframe.webview[src*="vscode.markdown-language-features"]').frameLocator('iframe#active-frame').locator('.markdown-body');

async function edited(desk, line, instruction, number) {
  await desk.open('teas.py');
  await desk.goTo(line);
  await desk.editInline(instruction);
  await desk.page.keyboard.press('Enter');
  await counted(desk, number, `${number} changes wait`);
  await desk.fieldGone();
}

/** Runs a command of the palette and sees what is said of it. */
async function says(desk, title, sentence) {
  await desk.palette(`Conduit: ${title}`);
  await desk.equals(() => desk.notifications(), [`Conduit: ${sentence}`], `what ${title} says`);
  await desk.palette('Notifications: Clear All Notifications');
  await desk.equals(() => desk.notifications(), [], 'nothing is said any more');
}

export const steps = {
  'a key goes back through the changes of two conversations, in the order of the text': async (desk) => {
    await desk.status();
    await edited(desk, 1, 'all gets dearer', 3);
    await edited(desk, 5, 'black tea too', 4);
    await desk.equals(() => beside(desk), ['GREEN = 3.70', 'BLACK = 3.90', 'WHITE = 5.40'], 'what is proposed');
    await desk.goTo(10);
    for (const [file, line] of [['teas.py', 9], ['teas.py', 5], ['teas.py', 1], ['cakes.py', 1], ['teas.py', 9], ['teas.py', 5]]) {
      await chord(desk, 'p');
      await cursor(desk, file, line);
    }
  },
  'another proposal takes the place of one, by what is said of it': async (desk) => {
    await chord(desk, 'g');
    const box = desk.page.locator('.quick-input-widget:visible input').first();
    await box.fill('less than that');
    await desk.shot('32-another');
    await desk.page.keyboard.press('Enter');
    await desk.equals(() => lenses(desk), ['Accept +1 -1', 'Accept +2 -1', 'Accept +1 -1'], 'what is proposed now');
    await counted(desk, 4, 'four changes wait');
    await desk.equals(() => desk.onDisk('teas.py'), TEAS, 'the file is as it was');
  },
  'its lens says why, as text that is easy to read': async (desk) => {
    await desk.page.locator('.codelens-decoration', { hasText: '+2 -1' }).getByText('Why').click();
    await desk.equals(async () => (await preview(desk).locator('p').allInnerTexts()), ['Only a little dearer.', 'Five cents.'], 'what the model said');
    await desk.equals(async () => /-BLACK = 3\.20\s+\+# As before, nearly\s+\+BLACK = 3\.25/.test(await preview(desk).locator('pre').innerText()), true, 'the change');
    await desk.shot('32-why');
  },
  'everything of one turn is accepted, in both files, and nothing of the other': async (desk) => {
    await desk.open('teas.py');
    await desk.goTo(1);
    await desk.palette('Conduit: Accept All Proposed Changes of Turn');
    await counted(desk, 1, 'the other turn waits');
    await desk.equals(() => [desk.onDisk('teas.py'), desk.onDisk('cakes.py')],
      [TEAS.replace('3.50', '3.70').replace('5.10', '5.40'), CAKES.replace('2.80', '2.95')], 'both files');
    await desk.equals(() => lenses(desk), ['Accept +2 -1'], 'what is proposed still');
    await desk.shot('32-turn');
    await desk.palette('Conduit: Reject All Proposed Changes of Turn');
    await counted(desk, 0, 'nothing waits');
  },
  'the palette explains what is selected, or what is at the cursor': async (desk) => {
    await desk.open('shop.py');
    await desk.goTo(6);
    await desk.page.keyboard.press('Shift+ArrowDown');
    await desk.page.keyboard.press('Shift+ArrowDown');
    await desk.until(async () => /selected\)/.test(await statusbar(desk)), 'lines are selected');
    await desk.palette('Conduit: Explain');
    await desk.equals(() => preview(desk).innerText().then((text) => text.trim()), 'It adds up an order.', 'the answer');
    await desk.open('shop.py');
    await desk.goTo(10);
    await desk.palette('Conduit: Explain');
    await desk.equals(() => preview(desk).innerText().then((text) => text.trim()), 'It prints a receipt.', 'the answer');
    await desk.shot('32-explained');
  },
  'it documents, writes tests into another file once that is allowed, and fixes a problem': async (desk) => {
    await desk.open('shop.py');
    await desk.goTo(6);
    await desk.palette('Conduit: Write Documentation');
    await desk.until(() => desk.onDisk('shop.py').includes('-> float:\n    """Return what an order costs."""\n'), 'it is documented');
    await desk.palette('Conduit: Write Tests');
    await desk.equals(() => desk.notifications(), ['Conduit asks for permission: Change test_shop.py'], 'it is asked about');
    await desk.answer('Show');
    await desk.chatFrame().locator('.question').getByText('Allow once').click({ timeout: 60_000 });
    await desk.until(() => desk.onDisk('test_shop.py') === TESTS, 'the tests are there');
    await desk.chatFrame().locator('.row.end').waitFor();
    await desk.equals(() => desk.chatFrame().locator('.stop-button, .working').count(), 0, 'nothing runs any more');
    await desk.open('tariff.json');
    await desk.page.locator('.squiggly-error').first().waitFor();
    await desk.goTo(3);
    await desk.palette('Conduit: Fix Problem');
    await desk.equals(() => desk.onDisk('tariff.json'), TARIFF.replace('cake"', 'cake":'), 'it is fixed');
    await desk.equals(() => desk.page.locator('.squiggly-error').count(), 0, 'nothing is marked any more');
  },
  'where there is no file each of them says what to do': async (desk) => {
    await desk.palette('View: Close All Editors');
    await desk.page.locator('.tab').first().waitFor({ state: 'detached' });
    await says(desk, 'Explain', 'Open a file and put the cursor into the code that you mean.');
    await desk.palette('File: New Untitled Text File');
    await desk.page.locator('.tab.active', { hasText: 'Untitled' }).waitFor();
    await says(desk, 'Write Tests', 'Save this document first: only files of an open folder are worked on.');
  },
};
