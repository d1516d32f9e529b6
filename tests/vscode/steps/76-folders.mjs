/** A workspace of several folders: one server works in all of them. */
import assert from 'node:assert/strict';

export const world = {
  folders: { stock: { 'tea.py': 'SENCHA = 12\n' } },
  script: [
    { when: { user: '^Read', round: 0 }, reply: [{ call: 'read_file', arguments: { path: 'stock/tea.py' } }, { call: 'read_file', arguments: { path: 'shop/prices.py' } }] },
    { when: { user: '^Read', round: 1 }, reply: [{ text: 'There are 12 of sencha.' }] },
  ],
};

export const steps = {
  'files of both folders are read, by one server': async (desk) => {
    await desk.status();
    await desk.palette('Conduit: Open Chat');
    const chat = desk.chatFrame();
    await chat.locator('#model-picker').waitFor({ timeout: 60_000 });
    await chat.locator('textarea').click();
    await desk.page.keyboard.type('Read the stock and the prices.');
    await desk.page.keyboard.press('Enter');
    await chat.locator('.row.end').waitFor();
    assert.deepEqual(await chat.locator('.tool-line .link').allInnerTexts(), ['tea.py', 'prices.py']);
    await chat.locator('.row.tool .fold-head').first().click();
    await desk.until(async () => /SENCHA = 12/.test(await chat.locator('.row.tool').first().innerText()), 'what was read');
    assert.equal(desk.serverPids().length, 1);
    await desk.shot('76-folders');
  },
};
