/** A key is entered, survives a restart of the server and a reload of the window, and is removed; settings take effect at once. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const KEY = 'sk-ant-secret-of-the-test-0123456789';

async function models(desk) {
  await desk.palette('Conduit: Choose Model of New Conversations');
  await desk.until(async () => (await desk.picks()).length > 3, 'the models');
  const ready = await desk.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Claude Sonnet' }).first().innerText();
  await desk.page.keyboard.press('Escape');
  return /ANTHROPIC_API_KEY/.test(ready) ? 'a key is missing' : 'ready';
}

/** The files of a zip, by name. */
function unzip(path) {
  const code = 'import json, sys, zipfile; bundle = zipfile.ZipFile(sys.argv[1]); print(json.dumps({name: bundle.read(name).decode() for name in bundle.namelist()}))';
  return JSON.parse(execFileSync(join(process.env.E2E_BIN, 'python'), ['-c', code, path], { encoding: 'utf8' }));
}

export const steps = {
  'a model without a key leads to its key': async (desk) => {
    await desk.status();
    await desk.palette('Conduit: Choose Model of New Conversations');
    await desk.pick('Claude Sonnet');
    await desk.page.locator('.quick-input-widget').filter({ hasText: 'Key of Anthropic' }).waitFor();
    await desk.page.keyboard.press('Escape');
    await desk.palette('Conduit: Open Chat');
    const chat = desk.chatFrame();
    await chat.locator('#model-picker').click();
    await chat.locator('.menu input').fill('sonnet');
    await desk.until(async () => /ANTHROPIC_API_KEY/.test(await chat.locator('.option').first().innerText()), 'what is missing');
    await desk.shot('65-no-key');
    await desk.page.keyboard.press('Enter');
    await desk.page.locator('.quick-input-widget').filter({ hasText: 'Key of Anthropic' }).waitFor();
    await desk.page.keyboard.press('Escape');
  },
  'a key is entered in the editor, and its models are ready': async (desk) => {
    await desk.status();
    assert.equal(await models(desk), 'a key is missing');
    await desk.palette('Conduit: Set or Replace Provider Key');
    await desk.until(async () => (await desk.picks()).some((each) => each.includes('Anthropic')), 'the providers');
    await desk.shot('65-providers');
    await desk.pick('Anthropic');
    const input = desk.page.locator('.quick-input-widget input[type="password"]');
    await input.fill(KEY);
    await desk.shot('65-key');
    await desk.page.keyboard.press('Enter');
    await desk.until(async () => (await desk.notifications()).some((each) => each.includes('key of Anthropic is set')), 'the message');
    assert.equal(await models(desk), 'ready');
    await desk.palette('Notifications: Clear All Notifications');
  },
  'a restarted server gets the key from the secret storage': async (desk) => {
    const before = desk.serverPids();
    await desk.palette('Conduit: Restart Server');
    await desk.until(() => desk.serverPids().length === 1 && desk.serverPids()[0] !== before[0], 'another server');
    await desk.status();
    assert.equal(await models(desk), 'ready');
  },
  'so does the server of a window that was loaded again': async (desk) => {
    await desk.reload();
    await desk.status();
    assert.equal(await models(desk), 'ready');
  },
  'the collected logs hold the doctor, the settings and the log, and not the key': async (desk) => {
    await desk.palette('Conduit: Collect Logs');
    const said = await desk.until(async () => (await desk.notifications()).find((each) => each.includes('Collected in ')), 'the message');
    const [, folder, zip, log] = /Collected in (\S+): (\S+\.zip) has .*, (\S+\.log) the log/.exec(said);
    assert.ok(folder.startsWith(`${desk.world.base}/home/.local/state/conduit`), folder);
    const parts = unzip(`${folder}/${zip}`);
    assert.deepEqual(Object.keys(parts).sort(), ['doctor.txt', 'log.txt', 'settings.json', 'versions.txt']);
    assert.match(parts['doctor.txt'], /default model/);
    assert.match(parts['versions.txt'], /^conduit \d/);
    const text = readFileSync(`${folder}/${log}`, 'utf8');
    assert.match(text, /Starting /);
    for (const each of [...Object.values(parts), text]) assert.ok(!each.includes(KEY));
    await desk.shot('65-logs');
    await desk.answer('Open Log');
    await desk.until(async () => /Starting /.test(await desk.editorText()), 'the log is shown');
    await desk.palette('View: Revert and Close Editor');
    await desk.palette('Notifications: Clear All Notifications');
  },
  'the key is in no file': async (desk) => {
    // Each folder of the profile, the home and the state; grep ends with 1 when there is nothing.
    const found = (() => {
      try {
        return execFileSync('grep', ['-rlI', KEY, desk.world.base], { encoding: 'utf8' });
      } catch (error) {
        return error.status === 1 ? '' : String(error);
      }
    })();
    assert.equal(found, '');
  },
  'a removed key is gone, after a restart too': async (desk) => {
    await desk.palette('Conduit: Remove Provider Key');
    await desk.pick('Anthropic');
    await desk.page.locator('.monaco-dialog-box').waitFor();
    await desk.shot('65-remove');
    await desk.page.locator('.monaco-dialog-box .monaco-button').filter({ hasText: 'Remove' }).first().click();
    await desk.until(async () => (await desk.notifications()).some((each) => each.includes('is removed')), 'the message');
    assert.equal(await models(desk), 'a key is missing');
    const before = desk.serverPids();
    await desk.palette('Conduit: Restart Server');
    await desk.until(() => desk.serverPids().length === 1 && desk.serverPids()[0] !== before[0], 'another server');
    await desk.status();
    assert.equal(await models(desk), 'a key is missing');
  },
  'a setting takes effect without a restart': async (desk) => {
    const before = desk.serverPids();
    await desk.palette('Conduit: Choose Model of New Conversations');
    await desk.pick('SmolLM2');
    await desk.palette('Conduit: Choose Mode of New Conversations');
    await desk.pick('Auto');
    await desk.until(async () => (await settings(desk)).includes('"conduit.mode": "auto"'), 'the setting is written');
    assert.ok((await settings(desk)).includes('"conduit.model": "embedded/smollm2-135m"'));
    await desk.palette('Conduit: New Chat');
    await desk.equals(async () => (await desk.chatFrame().locator('#mode-picker .picker-text').allInnerTexts()).map((each) => each.trim()), ['Auto'], 'a new chat has the mode');
    await desk.palette('Conduit: Show Doctor');
    await desk.until(async () => /Conduit Doctor/.test(await desk.editorText()), 'the page');
    await desk.shot('65-doctor');
    assert.deepEqual(desk.serverPids(), before);
  },
};

async function settings(desk) {
  return readFileSync(`${desk.world.base}/profile/User/settings.json`, 'utf8');
}
