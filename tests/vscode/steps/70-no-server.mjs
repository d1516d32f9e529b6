/** No server is installed, or one that does not fit: the message says so, and its buttons help. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// There is nothing that pip could install: the message has to say why.
export const world = { noServer: true, env: { PIP_NO_INDEX: '1', PIP_CONFIG_FILE: '/dev/null' } };

/** Where the server is says a setting of the machine: those lie beside the person's. */
function set(desk, settings) {
  const folder = join(desk.world.base, 'profile/Machine');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
}

/** Writes the server under test as a program that speaks another protocol. */
function otherProtocol(desk, name, number) {
  const program = join(desk.world.base, name);
  const python = join(process.env.E2E_BIN, 'python');
  const lines = [`#!${python}`, 'import sys', 'from conduit.lsp import table', `table.PROTOCOL_VERSION = ${number}`, 'from conduit.__main__ import main', 'sys.exit(main())', ''];
  writeFileSync(program, lines.join('\n'));
  chmodSync(program, 0o755);
  return program;
}

export const steps = {
  'a missing server is said once, with what can be done': async (desk) => {
    await desk.until(async () => (await desk.notifications()).some((each) => each.includes('not installed here')), 'the message', 60_000);
    assert.deepEqual(desk.serverPids(), []);
    assert.match(await desk.statusLabel(), /not installed here/);
    await desk.shot('70-missing');
  },
  'an installation that fails says why': async (desk) => {
    await desk.answer('Install Server');
    await desk.until(async () => (await desk.notifications()).some((each) => each.includes('could not be installed')), 'the message', 120_000);
    const [message] = (await desk.notifications()).filter((each) => each.includes('could not be installed'));
    assert.match(message, /No matching distribution found for conduit-ls==/);
    await desk.shot('70-not-installed');
    await desk.palette('Notifications: Clear All Notifications');
  },
  'logs are collected without a server, as one text': async (desk) => {
    await desk.palette('Conduit: Collect Logs');
    await desk.until(async () => /Conduit Doctor/.test(await desk.editorText()), 'the text');
    await desk.page.keyboard.press('Control+A');
    await desk.page.keyboard.press('Control+C');
    const text = await desk.page.evaluate(() => navigator.clipboard.readText());
    for (const part of ['Conduit Doctor', 'not installed here', 'Settings of the editor', 'Log of the extension']) assert.ok(text.includes(part), part);
    await desk.palette('View: Revert and Close Editor');
    await desk.palette('Notifications: Clear All Notifications');
  },
  'a program of the settings that does not exist is named': async (desk) => {
    set(desk, { 'conduit.server.path': '/nowhere/conduit' });
    await desk.until(async () => /\/nowhere\/conduit .*does not exist/.test(await desk.statusLabel()), 'the sentence');
  },
  'a server of another protocol is refused, and the sentence says what to install': async (desk) => {
    const program = otherProtocol(desk, 'newer-conduit', 2);
    set(desk, { 'conduit.server.path': program });
    await desk.until(async () => /does not fit this extension .*protocol 2, not 1\. Update the extension/.test(await desk.statusLabel()), 'the sentence');
    await desk.until(async () => (await desk.notifications()).some((each) => each.includes('does not fit')), 'the message');
    await desk.shot('70-mismatch');
    await desk.until(() => desk.serverPids().length === 0, 'it was ended');
  },
  'for an older one the command is named, and can be copied': async (desk) => {
    const program = otherProtocol(desk, 'older-conduit', 0);
    await desk.palette('Notifications: Clear All Notifications');
    set(desk, { 'conduit.server.path': program });
    const { version } = JSON.parse(readFileSync(new URL('../../../editors/vscode/package.json', import.meta.url), 'utf8'));
    const command = `pip install conduit-ls==${version}`;
    await desk.until(async () => new RegExp(`protocol 0, not 1\\. Install the fitting one: ${command}`).test(await desk.statusLabel()), 'the sentence');
    await desk.until(async () => (await desk.notifications()).some((each) => each.includes(command)), 'the message');
    await desk.shot('70-older');
    await desk.answer('Copy Command');
    await desk.equals(() => desk.page.evaluate(() => navigator.clipboard.readText()), command, 'the clipboard');
  },
  'the extension’s own environment is asked for, and there is none': async (desk) => {
    set(desk, { 'conduit.server.source': 'managed' });
    await desk.status(/made no environment yet/);
  },
  'a server that is long in starting is said, and the start can be cancelled': async (desk) => {
    const program = join(desk.world.base, 'slow-conduit');
    writeFileSync(program, `#!/bin/sh\nwhile [ ! -e ${program}.go ]; do sleep 0.2; done\nexec ${join(process.env.E2E_BIN, 'conduit')} "$@"\n`);
    chmodSync(program, 0o755);
    await desk.palette('Conduit: Open Chat');
    set(desk, { 'conduit.server.path': program });
    await desk.status(/takes long to start/);
    await desk.chatFrame().getByText('takes long to start').first().waitFor();
    await desk.until(async () => (await desk.notifications()).some((each) => each.includes('takes long to start')), 'the message');
    await desk.shot('70-slow');
    await desk.answer('Cancel');
    await desk.status(/was cancelled/);
    await desk.until(() => desk.serverPids().length === 0, 'it was ended');
    await desk.shot('70-cancelled');
    writeFileSync(`${program}.go`, '');
    await desk.chatFrame().getByRole('button', { name: 'What to do…' }).click();
    await desk.pick('Try Again');
    await desk.status();
  },
  'a fitting program in the settings is started at once': async (desk) => {
    set(desk, { 'conduit.server.path': join(process.env.E2E_BIN, 'conduit') });
    await desk.status();
    assert.equal(desk.serverPids().length, 1);
  },
};
