/** What goes along with a prompt by `@`: a folder, the selection, problems. And prompts of a person's own, by `/`. */

export const world = {
  files: {
    'recipes/scones.md': '# Scones\n',
    'recipes/tarts/lemon.md': '# Lemon tart\n',
    'tariff.json': '{\n  "green tea": 3.50,\n  "honey cake" 2.80\n}\n',
    '.conduit/prompts/stock.md': '---\ndescription: What to order for a day\n---\nWhich goods run out on $ARGUMENTS?\n',
  },
  home: { '.config/conduit/prompts/price.md': '---\ndescription: What a thing costs\nhint: thing\n---\nSay in one sentence what $ARGUMENTS costs.\n' },
  settings: { 'workbench.colorTheme': 'Dark Modern' },
  script: [
    { when: { user: '^What can you bake\\? @recipes/.*Files in the folder recipes/:.*recipes/scones\\.md.*recipes/tarts/lemon\\.md' }, reply: [{ text: 'Scones and a lemon tart.' }] },
    { when: { user: '^What is this\\?.*/shop\\.py#L6-L7:\ndef total\\(order: dict\\[str, int\\]\\) -> float:\n    return sum[^\n]*\n' }, reply: [{ text: 'It adds up an order.' }] },
    { when: { user: '^What is wrong\\?.*/tariff\\.json#problems:\ntariff\\.json:3: Error: Colon expected' }, reply: [{ text: 'A colon is missing.' }] },
    { when: { user: '^Say in one sentence what a scone costs\\.' }, reply: [{ text: 'A scone costs 2.20.' }] },
    { when: { user: '^Which goods run out on Sunday\\?' }, reply: [{ text: 'The honey cake.' }] },
    { when: {}, reply: [{ text: 'This should not have been sent.' }] },
  ],
};

const inner = (desk, selector) => desk.chatFrame().locator(selector);
const texts = async (desk, selector) => (await inner(desk, selector).allInnerTexts()).map((each) => each.replace(/\s+/g, ' ').trim());
/** What goes along, in the input or with a message: each with its icon. */
const along = (desk, where) =>
  inner(desk, where).evaluateAll((all) => all.map((each) => `${/codicon-(\S+)/.exec(each.querySelector('.codicon').className)[1]} ${each.textContent.trim()}`));
const attached = (desk, ...expected) => desk.equals(() => along(desk, '.chip'), expected, 'what is attached');
const input = (desk) => inner(desk, 'textarea').inputValue();

/** Types the beginning of a name, sees what is offered for it, and takes the first. */
async function take(desk, text, ...offered) {
  await inner(desk, 'textarea').click();
  await desk.page.keyboard.type(text);
  await desk.equals(async () => (await texts(desk, '.suggestions .option')).slice(0, offered.length), offered, 'what is offered');
  await desk.page.keyboard.press('Enter');
}

/** Sends what is typed, and sees the answer and what the message says of what went along. */
async function send(desk, answer, ...expected) {
  await desk.page.keyboard.press('Enter');
  await inner(desk, '.row.answer').filter({ hasText: answer }).waitFor();
  await desk.equals(async () => (await along(desk, '.row.user .chips button')).slice(-expected.length || Infinity), expected, 'what went along');
}

export const steps = {
  'a folder goes along with the names of what is in it': async (desk) => {
    await desk.status();
    await desk.open('shop.py');
    await desk.palette('Conduit: Open Chat');
    await inner(desk, '#model-picker').waitFor({ timeout: 60_000 });
    await take(desk, 'What can you bake? @reci', 'recipes/', 'tarts/ recipes', 'scones.md recipes');
    await attached(desk, 'folder recipes/');
    await desk.equals(() => input(desk), 'What can you bake? @recipes/ ', 'it is named in the text');
    await send(desk, 'Scones and a lemon tart.', 'folder recipes/');
  },
  'what is selected goes along, and says which lines it is': async (desk) => {
    await desk.goTo(6);
    await desk.page.keyboard.press('Shift+ArrowDown');
    await desk.page.keyboard.press('Shift+ArrowDown');
    await desk.until(async () => /selected\)/.test(await desk.page.locator('.statusbar').innerText()), 'lines are selected');
    await take(desk, 'What is this? @sel', 'selection The selected text');
    await attached(desk, 'list-selection shop.py:6-7');
    await desk.equals(() => input(desk), 'What is this? ', 'the text has no word for it');
    await send(desk, 'It adds up an order.', 'list-selection shop.py:6-7');
  },
  'where no problem is reported a sentence says so; those of another file go along': async (desk) => {
    const problem = inner(desk, '.foot > .trouble');
    await take(desk, '@prob', 'problems Problems of the active file');
    await desk.equals(async () => (await problem.innerText()).trim(), 'No problem is reported in shop.py.', 'the sentence');
    await desk.shot('29-no-problem');
    await desk.open('tariff.json');
    await desk.page.locator('.squiggly-error').first().waitFor();
    await take(desk, 'What is wrong? @prob', 'problems Problems of the active file');
    await attached(desk, 'warning 1 problem in tariff.json');
    await desk.equals(() => problem.count(), 0, 'the sentence is gone');
    await send(desk, 'A colon is missing.', 'warning Problems in tariff.json');
  },
  "a person's own prompt and one of the project are sent by their names": async (desk) => {
    await take(desk, '/pri', '/price thing What a thing costs');
    await desk.page.keyboard.type('a scone');
    await send(desk, 'A scone costs 2.20.');
    await take(desk, '/st', '/stock text What to order for a day');
    await desk.page.keyboard.type('Sunday');
    await send(desk, 'The honey cake.');
    const said = ['What can you bake? @recipes/', 'What is this?', 'What is wrong?', '/price a scone', '/stock Sunday'];
    await desk.equals(() => texts(desk, '.row.user .said'), said, 'the messages are as they were typed');
    await desk.shot('29-mentions');
  },
  'a message is taken back into the input with what went along': async (desk) => {
    const message = inner(desk, '.row.user').filter({ hasText: 'What is wrong?' });
    await message.hover();
    await message.getByLabel('Edit and send again').click();
    await attached(desk, 'warning Problems in tariff.json');
    await desk.equals(() => input(desk), 'What is wrong? ', 'the text');
    await desk.shot('29-again');
  },
};
