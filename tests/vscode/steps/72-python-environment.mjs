/** The server of the selected Python environment is used, and another selection changes to another server. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, runsIn } from '../pythons.mjs';

const base = mkdtempSync(join(tmpdir(), 'conduit-pythons-'));
process.once('exit', () => rmSync(base, { recursive: true, force: true }));
const [one, two, bare] = ['one', 'two', 'bare'].map((name) => join(base, name));

export const world = () => {
  mkdirSync(base, { recursive: true });
  environment(one, true);
  environment(two, true);
  environment(bare, false);
  return {
    noServer: true,
    extensions: ['python-extension'],
    script: [{ when: { user: 'wait' }, reply: [{ hold: true }] }, { when: {}, reply: [{ text: 'Hello.' }] }],
    env: { E2E_PYTHONS: [one, two, bare].join(':') },
  };
};

async function select(desk, folder) {
  await desk.palette('Python: Select Interpreter');
  await desk.pick(folder);
}

export const steps = {
  'the server of the selected environment is started': async (desk) => {
    await runsIn(desk, one);
    assert.match(desk.extensionLog(), /from the selected Python environment/);
  },
  'another selection changes to its server': async (desk) => {
    await select(desk, two);
    await runsIn(desk, two);
  },
  'an environment without a server leaves the running one alone': async (desk) => {
    const before = desk.serverPids();
    await select(desk, bare);
    await desk.until(() => /nothing changes/.test(desk.extensionLog()), 'the log says so');
    assert.deepEqual(desk.serverPids(), before);
  },
  'a running turn is not cut off by a selection: the server is changed after it': async (desk) => {
    const before = desk.serverPids();
    await desk.palette('Conduit: Open Chat');
    const chat = desk.chatFrame();
    await chat.locator('textarea').fill('wait');
    await desk.page.keyboard.press('Enter');
    await desk.status(/answer/);
    await select(desk, one);
    await desk.until(() => /changed after the running turn/.test(desk.extensionLog()), 'the log says so');
    assert.deepEqual(desk.serverPids(), before);
    await desk.palette('Conduit: Stop the Turn');
    await runsIn(desk, one);
    await desk.shot('72-selected');
  },
};
