/** Keys in a real Secret Service (GNOME Keyring, on a D-Bus of its own, unlocked): entered, used, replaced, removed. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [FIRST, SECOND] = ['sk-ant-first-of-the-test-0123456789', 'sk-ant-second-of-the-test-0123456789'];
const base = mkdtempSync(join(tmpdir(), 'conduit-keyring-'));
const children = [];
process.once('exit', () => {
  for (const child of children) child.kill();
  rmSync(base, { recursive: true, force: true });
});
const used = [];
let bus = '';

/** Starts the bus and the keyring, and a vendor that refuses every key and remembers it. */
async function start() {
  for (const name of ['run', 'data']) mkdirSync(join(base, name));
  chmodSync(join(base, 'run'), 0o700);
  const daemon = spawn('dbus-daemon', ['--session', '--nofork', '--print-address=1'], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(daemon);
  bus = await new Promise((resolve, reject) => {
    daemon.stdout.once('data', (data) => resolve(String(data).trim()));
    daemon.once('error', reject);
  });
  const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: bus, XDG_RUNTIME_DIR: join(base, 'run'), XDG_DATA_HOME: join(base, 'data') };
  const ring = spawn('gnome-keyring-daemon', ['--unlock', '--components=secrets', '--foreground'], { env, stdio: ['pipe', 'ignore', 'ignore'] });
  children.push(ring);
  ring.stdin.end('a password');
  const vendor = createServer((request, response) => {
    used.push(request.headers.authorization?.replace('Bearer ', ''));
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ type: 'error', error: { type: 'authentication_error', message: 'no such key' } }));
  });
  vendor.unref();
  await new Promise((resolve) => vendor.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${vendor.address().port}`;
}

const vendor = await start();

export const world = {
  env: { DBUS_SESSION_BUS_ADDRESS: bus },
  settings: { 'conduit.model': 'anthropic/claude-sonnet-5-5' },
  home: { '.config/conduit/config.toml': `[vendors.anthropic]\nbase_url = "${vendor}"\n` },
};

/** What the keyring holds under the name of Conduit, asked over D-Bus and not by Conduit. */
function inKeyring() {
  const code = [
    'import json, secretstorage',
    'items = secretstorage.search_items(secretstorage.dbus_init(), {"service": "conduit"})',
    'print(json.dumps({each.get_attributes()["username"]: each.get_secret().decode() for each in items}))',
  ].join('\n');
  const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: bus };
  return JSON.parse(execFileSync(join(process.env.E2E_BIN, 'python'), ['-c', code], { encoding: 'utf8', env }));
}

async function enter(desk, key) {
  await desk.palette('Conduit: Set or Replace Provider Key');
  await desk.pick('Anthropic');
  await desk.page.locator('.quick-input-widget').filter({ hasText: 'It is kept in this system’s keyring.' }).waitFor();
  await desk.page.locator('.quick-input-widget input[type="password"]').fill(key);
  await desk.shot('slow-30-key');
  await desk.page.keyboard.press('Enter');
  await desk.until(async () => (await desk.notifications()).some((each) => each.includes('key of Anthropic is set')), 'the message');
  await desk.palette('Notifications: Clear All Notifications');
}

/** Sends a prompt; the vendor must have seen the key. */
async function isUsed(desk, key) {
  used.length = 0;
  await desk.palette('Conduit: New Chat');
  const chat = desk.chatFrame();
  await chat.locator('.empty h2').first().waitFor();
  await chat.locator('textarea').fill('Hello');
  await chat.locator('textarea').press('Enter');
  await desk.until(() => used.length > 0, 'the vendor is asked');
  assert.deepEqual([...new Set(used)], [key]);
  await chat.locator('.row.end').last().waitFor();
}

export const steps = {
  'an entered key is in the keyring, and is used': async (desk) => {
    await desk.status();
    assert.deepEqual(inKeyring(), {});
    await enter(desk, FIRST);
    assert.deepEqual(inKeyring(), { anthropic: FIRST });
    await isUsed(desk, FIRST);
  },
  'another one replaces it': async (desk) => {
    await enter(desk, SECOND);
    assert.deepEqual(inKeyring(), { anthropic: SECOND });
    await isUsed(desk, SECOND);
  },
  'a restarted server takes it from the keyring': async (desk) => {
    const before = desk.serverPids();
    await desk.palette('Conduit: Restart Server');
    await desk.until(() => desk.serverPids().length === 1 && desk.serverPids()[0] !== before[0], 'another server');
    await desk.status();
    await isUsed(desk, SECOND);
    await desk.palette('Conduit: Set or Replace Provider Key');
    await desk.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'in the keyring' }).waitFor();
    await desk.shot('slow-30-kept');
    await desk.page.keyboard.press('Escape');
  },
  'no file of the profile or the home has a key': async (desk) => {
    const found = (() => {
      try {
        return execFileSync('grep', ['-rl', 'of-the-test-0123456789', desk.world.base], { encoding: 'utf8' });
      } catch (error) {
        return error.status === 1 ? '' : String(error);
      }
    })();
    assert.equal(found, '');
  },
  'a removed key is in the keyring no more': async (desk) => {
    await desk.palette('Conduit: Remove Provider Key');
    await desk.pick('Anthropic');
    await desk.page.locator('.monaco-dialog-box .monaco-button').filter({ hasText: 'Remove' }).first().click();
    await desk.until(async () => (await desk.notifications()).some((each) => each.includes('is removed')), 'the message');
    assert.deepEqual(inKeyring(), {});
  },
};
