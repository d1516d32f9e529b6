/** The first minute: nothing is set, no key is there, and the embedded model answers. */
import assert from 'node:assert/strict';

export const steps = {
  'the server is found on the PATH and says which model answers': async (desk) => {
    assert.match(await desk.status(), /Conduit: ready/);
    const item = desk.page.locator('.statusbar-item[id="conduit.conduit-vscode.conduit.status"]');
    await desk.equals(async () => (await item.innerText()).trim(), 'smollm2-135m', 'the status item names the model');
    assert.equal(desk.serverPids().length, 1);
    await desk.shot('10-ready');
  },
  'the walkthrough of the first minute opens': async (desk) => {
    await desk.palette('Welcome: Open Walkthrough...');
    await desk.pick('Get Started with Conduit');
    await desk.page.getByText('No key is needed').first().waitFor();
    const media = desk.page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');
    await media.getByText('Ask about the code that is open').waitFor();
    await desk.shot('10-walkthrough');
  },
  'the menu of the status item': async (desk) => {
    await desk.page.locator('.statusbar-item[id="conduit.conduit-vscode.conduit.status"] a').click();
    await desk.until(async () => (await desk.picks()).length > 6, 'the menu');
    assert.deepEqual(
      (await desk.picks()).map((each) => each.trim()),
      ['Open Chat', 'Choose Model…', 'Choose Mode…', 'Set Provider Key…', 'Show Doctor', 'Open Settings', 'Show Log', 'Collect Logs', 'Restart Server'],
    );
    await desk.shot('10-menu');
    await desk.page.keyboard.press('Escape');
  },
  'without a key, the embedded model answers in the chat': async (desk) => {
    await desk.open('shop.py');
    await desk.palette('Conduit: Open Chat');
    const chat = desk.chatFrame();
    await chat.locator('#model-picker').waitFor({ timeout: 60_000 });
    await chat.locator('textarea').click();
    await desk.page.keyboard.type('What is shop.py for?');
    await desk.page.keyboard.press('Enter');
    // The answer grows before it is complete.
    await desk.until(async () => (await chat.locator('.row.answer .markdown').first().innerText()).length > 5, 'the first words', 120_000);
    await chat.locator('.row.end').waitFor({ timeout: 180_000 });
    assert.deepEqual(await chat.locator('.row.user .said').allInnerTexts(), ['What is shop.py for?']);
    assert.match(await chat.locator('.row.answer .markdown').first().innerText(), /\w+ \w+ \w+/);
    assert.equal(await chat.locator('.trouble').count(), 0);
    await desk.status();
    await desk.shot('10-answer');
  },
  'the models, with what is missing for each': async (desk) => {
    await desk.palette('Conduit: Choose Model of New Conversations');
    await desk.until(async () => (await desk.picks()).some((each) => each.includes('SmolLM2')), 'the models');
    await desk.shot('10-models');
    await desk.page.keyboard.press('Escape');
  },
};
