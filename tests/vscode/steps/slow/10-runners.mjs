/** The server by `uvx` and by `pipx run`, from nothing: what is said while they download, when they cannot, and that they run it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

export const world = () => ({
  noServer: true,
  path: [process.env.E2E_RUNNERS],
  script: [{ when: {}, reply: [{ text: 'Hello from what was fetched.' }] }],
  home: { '.config/uv/uv.toml': 'no-index = true\n' },
  env: { PIP_FIND_LINKS: process.env.E2E_WHEELS },
});

/** Sets what uv, which pipx uses too, takes packages from. */
function configure(desk, text) {
  writeFileSync(join(desk.world.base, 'home/.config/uv/uv.toml'), text);
}

function set(desk, settings) {
  const folder = join(desk.world.base, 'profile/Machine');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
}

const said = (desk, pattern, ms) => desk.until(async () => (await desk.notifications()).find((each) => pattern.test(each)), `a message ${pattern}`, ms);

/** The processes of this world whose command line has a word. */
function processes(desk, word) {
  const rows = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return rows.map((row) => /^\s*(\d+)\s+(.*)$/.exec(row)).filter((row) => row && row[2].includes(word) && desk.isOurs(Number(row[1]))).map((row) => Number(row[1]));
}

const SERVE = 'conduit serve';

async function hello(desk) {
  await desk.palette('Conduit: New Chat');
  const chat = desk.chatFrame();
  await chat.locator('.empty h2').first().waitFor();
  await chat.locator('textarea').fill('Hello');
  await chat.locator('textarea').press('Enter');
  await chat.getByText('Hello from what was fetched.', { exact: true }).waitFor();
}

export const steps = {
  'what cannot be fetched is said with its cause, and with buttons': async (desk) => {
    await said(desk, /not installed here/, 60_000);
    await desk.answer('Run with uvx');
    const message = await said(desk, /uvx could not fetch/, 60_000);
    assert.match(message, /Because conduit-ls was not found in the provided package locations and you require conduit-ls==\d/);
    await desk.shot('slow-10-unfetched');
  },
  'waiting for an index that does not answer can be ended': async (desk) => {
    const index = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => index.once('listening', resolve));
    configure(desk, `index-url = "http://127.0.0.1:${index.address().port}/simple"\n`);
    await desk.answer('Try Again');
    await said(desk, /uvx fetches the server/, 60_000);
    await desk.status(/uvx fetches the server/);
    await desk.shot('slow-10-fetching');
    await desk.answer('Cancel');
    await desk.status(/was cancelled/);
    await desk.until(() => processes(desk, SERVE).length === 0, 'uvx has ended');
    index.closeAllConnections();
    index.close();
  },
  'uvx fetches and runs the server': async (desk) => {
    configure(desk, `find-links = [${JSON.stringify(process.env.E2E_WHEELS)}]\n`);
    await desk.palette('Conduit: Restart Server');
    await desk.status(/Conduit: ready/, 600_000);
    assert.match(desk.extensionLog(), /Installed \d+ packages/);
    await hello(desk);
    await desk.shot('slow-10-uvx');
  },
  'a killed uvx takes its server with it, and another is started': async (desk) => {
    const before = processes(desk, SERVE);
    process.kill(processes(desk, 'uvx --python')[0] ?? before[0], 'SIGKILL');
    await desk.until(() => !processes(desk, SERVE).some((pid) => before.includes(pid)), 'all of it has ended');
    await desk.until(() => processes(desk, SERVE).length > 0, 'another one');
    await desk.status();
  },
  'pipx fetches and runs the server': async (desk) => {
    const before = processes(desk, SERVE);
    set(desk, { 'conduit.server.source': 'pipx' });
    await desk.until(() => /Starting .*pipx run/.test(desk.extensionLog()), 'pipx is started');
    await desk.status(/Conduit: ready/, 600_000);
    assert.ok(processes(desk, SERVE).every((pid) => !before.includes(pid)));
    await hello(desk);
  },
};
