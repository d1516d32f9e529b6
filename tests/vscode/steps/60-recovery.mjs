/**
 * A server that is killed: the extension says so and starts it again; the person goes on where they were. Of prompts that are
 * typed, wait, or are on their way to it, nothing is lost, and nothing is sent twice.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export const world = {
  script: [
    { when: { user: '^Wait' }, reply: [{ text: ['I wait', ' for you'] }, { hold: true }] },
    { when: { user: '^Second' }, reply: [{ text: 'The second is answered.' }] },
    { when: {}, reply: [{ text: 'This should not have been sent.' }] },
  ],
};

const inner = (desk, selector) => desk.chatFrame().locator(selector);
const texts = async (desk, selector) => (await inner(desk, selector).allInnerTexts()).map((each) => each.replace(/\s+/g, ' ').trim());
const said = (desk) => texts(desk, '.row.user .said');
const input = (desk) => inner(desk, 'textarea').inputValue();

async function type(desk, text) {
  await inner(desk, 'textarea').click();
  await desk.page.keyboard.type(text);
}

async function recovered(desk, before) {
  await desk.until(() => desk.serverPids().length === 1 && desk.serverPids()[0] !== before, 'another server runs');
  await desk.status();
}

export const steps = {
  'a killed server is started again, and only once': async (desk) => {
    await desk.status();
    const [before] = desk.serverPids();
    process.kill(before, 'SIGKILL');
    await desk.until(() => /started again/.test(desk.extensionLog()), 'the log tells of it');
    await desk.until(() => desk.serverPids().length === 1 && desk.serverPids()[0] !== before, 'another server runs');
    await desk.status();
    await desk.shot('60-recovered');
  },
  'what waited comes back before what was being typed': async (desk) => {
    await desk.status();
    await desk.palette('Conduit: Open Chat');
    await inner(desk, '#model-picker').waitFor({ timeout: 60_000 });
    await type(desk, 'Wait for me.');
    await desk.page.keyboard.press('Enter');
    await inner(desk, '.row.answer').filter({ hasText: 'I wait for you' }).waitFor();
    await type(desk, 'Second.');
    await desk.page.keyboard.press('Enter');
    await desk.equals(() => texts(desk, '.queue-text'), ['Second.'], 'it waits');
    await type(desk, 'Not ready');
    const [pid] = desk.serverPids();
    process.kill(pid, 'SIGKILL');
    await recovered(desk, pid);
    await desk.equals(() => input(desk), 'Second.\n\nNot ready', 'the input has both');
    await desk.equals(() => texts(desk, '.queue-text'), [], 'nothing waits');
    await desk.equals(() => said(desk), ['Wait for me.'], 'only the first was said');
    await desk.shot('60-given-back');
  },
  'what is on its way to the server stays in the input, with what is typed meanwhile': async (desk) => {
    await inner(desk, 'textarea').fill('Second, then.');
    const [pid] = desk.serverPids();
    process.kill(pid, 'SIGSTOP'); // it takes nothing any more
    await inner(desk, 'textarea').press('Enter');
    await inner(desk, '.send .codicon-loading').waitFor();
    await type(desk, ' Please.');
    process.kill(pid, 'SIGKILL');
    await inner(desk, '.send:not(:disabled)').waitFor();
    await desk.shot('60-not-taken');
    await recovered(desk, pid);
    await desk.equals(() => input(desk), 'Second, then. Please.', 'all of it is in the input');
    await desk.equals(() => said(desk), ['Wait for me.'], 'it was not said');
  },
  'it is sent once': async (desk) => {
    await inner(desk, 'textarea').press('Enter');
    await inner(desk, '.row.answer').filter({ hasText: 'The second is answered.' }).waitFor();
    await desk.equals(() => said(desk), ['Wait for me.', 'Second, then. Please.'], 'what was said');
    assert.equal(await input(desk), '');
    await desk.status();
    await desk.shot('60-sent');
  },
  'restarts that are asked for at once are one after the other': async (desk) => {
    const starts = () => desk.extensionLog().match(/Starting /g).length;
    const before = starts();
    let most = 0;
    await desk.palette('Conduit: Restart Server');
    await desk.palette('Conduit: Restart Server');
    await desk.until(() => {
      most = Math.max(most, desk.serverPids().length);
      return starts() === before + 2;
    }, 'two more starts');
    await desk.status();
    assert.equal(desk.serverPids().length, 1);
    assert.equal(most, 1);
  },
  'a server that ends again and again is given up, with a message and a button': async (desk) => {
    for (;;) {
      const [pid] = await desk.until(
        async () => (/not started again/.test(await desk.statusLabel()) ? [0] : desk.serverPids().length === 1 && desk.serverPids()),
        'a server, or the end of trying',
        60_000,
      );
      if (pid === 0) break;
      // Only a server that answers counts: it is killed once it has loaded everything it needs.
      await desk.until(() => readFileSync(`/proc/${pid}/cmdline`).length > 0, 'it runs');
      process.kill(pid, 'SIGKILL');
      await desk.until(() => !desk.serverPids().includes(pid), 'it is gone');
    }
    assert.equal(desk.serverPids().length, 0);
    await desk.until(async () => (await desk.notifications()).some((each) => each.includes('not started again by itself')), 'the message');
    assert.equal((await desk.notifications()).length, 1);
    await desk.shot('60-given-up');
    await desk.answer('Restart');
    await desk.status();
    assert.equal(desk.serverPids().length, 1);
  },
};
