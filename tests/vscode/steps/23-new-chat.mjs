/** A chat in which nothing was said yet follows the settings of new ones, unless another mode or model was chosen in it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export const world = {
  settings: { 'conduit.mode': 'review' },
  script: [{ when: {}, reply: [{ text: 'Hello.' }] }],
};

const inner = (desk, selector) => desk.chatFrame().locator(selector);
const picked = async (desk, what) => (await inner(desk, `#${what}-picker .picker-text`).innerText()).trim();
const has = (desk, what, expected) => desk.equals(() => picked(desk, what), expected, `the ${what} of the chat`);

/** Sets what new conversations begin with, and waits until that is written. */
async function choose(desk, what, label, value) {
  await desk.palette(`Conduit: Choose ${what} of New Conversations`);
  await desk.pick(label);
  await desk.until(() => readFileSync(`${desk.world.base}/profile/User/settings.json`, 'utf8').includes(value), 'the setting is written');
}

async function backTo(desk, title) {
  await desk.palette('Conduit: Chat History');
  await inner(desk, '.session-open').filter({ hasText: title }).click();
  await inner(desk, '.row.user').waitFor();
}

export const steps = {
  'an empty chat that is shown takes the mode that is chosen for new ones, and keeps what is typed': async (desk) => {
    await desk.status();
    await desk.palette('Conduit: Open Chat');
    await inner(desk, '#model-picker').waitFor({ timeout: 60_000 });
    await has(desk, 'mode', 'Review');
    await inner(desk, 'textarea').fill('Good morning');
    await choose(desk, 'Mode', 'Auto', '"conduit.mode": "auto"');
    await has(desk, 'mode', 'Auto');
    assert.equal(await inner(desk, 'textarea').inputValue(), 'Good morning');
    await desk.shot('23-followed');
  },
  'one in which another mode was chosen keeps that, and takes the model': async (desk) => {
    assert.doesNotMatch(await picked(desk, 'model'), /SmolLM2/);
    await inner(desk, '#mode-picker').click();
    await inner(desk, '.option').filter({ hasText: 'Ask' }).first().click();
    await has(desk, 'mode', 'Ask');
    await choose(desk, 'Mode', 'Review', '"conduit.mode": "review"');
    await choose(desk, 'Model', 'SmolLM2', '"conduit.model": "embedded/smollm2-135m"');
    // It was not chosen in this chat: that it changes tells that the mode had its time to.
    await desk.until(async () => /SmolLM2/.test(await picked(desk, 'model')), 'the model of the chat');
    assert.equal(await picked(desk, 'mode'), 'Ask');
  },
  'so does one in which something was said; a new one begins as it is set': async (desk) => {
    await inner(desk, 'textarea').focus();
    await desk.page.keyboard.press('Enter');
    await inner(desk, '.row.user').waitFor();
    await choose(desk, 'Mode', 'Auto', '"conduit.mode": "auto"');
    await desk.palette('Conduit: New Chat');
    await has(desk, 'mode', 'Auto');
    await backTo(desk, 'Good morning');
    assert.equal(await picked(desk, 'mode'), 'Ask');
  },
  'an empty one that was left begins as it is set when it is shown again': async (desk) => {
    await choose(desk, 'Mode', 'Review', '"conduit.mode": "review"');
    await desk.palette('Conduit: New Chat');
    await has(desk, 'mode', 'Review');
  },
};
