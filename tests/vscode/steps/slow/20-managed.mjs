/** The environment that the extension makes: from nothing, cut off in the middle, brought up to date, and with an index that is away. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

export const world = () => ({
  noServer: true,
  script: [{ when: {}, reply: [{ text: 'Hello.' }] }],
  home: { '.config/pip/pip.conf': '' },
  env: { PIP_FIND_LINKS: process.env.E2E_WHEELS },
});

function configure(desk, text) {
  writeFileSync(join(desk.world.base, 'home/.config/pip/pip.conf'), text);
}

const said = (desk, pattern, ms) => desk.until(async () => (await desk.notifications()).find((each) => pattern.test(each)), `a message ${pattern}`, ms);

function folderOf(desk) {
  return join(desk.world.base, 'profile/User/globalStorage/conduit.conduit-vscode/servers');
}

/** The versions of the environments that are complete, and the names of all. */
function environments(desk) {
  const all = readdirSync(folderOf(desk));
  const version = (name) => join(folderOf(desk), name, 'conduit-version');
  return { all, complete: all.filter((name) => existsSync(version(name))).map((name) => readFileSync(version(name), 'utf8')).sort() };
}

function pips(desk) {
  const rows = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return rows.map((row) => /^\s*(\d+)\s+(.*)$/.exec(row)).filter((row) => row && /-m pip .*conduit-ls==/.test(row[2]) && desk.isOurs(Number(row[1]))).map((row) => Number(row[1]));
}

function runs(desk) {
  const [pid] = desk.serverPids();
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').find((word) => word.endsWith('/conduit'));
}

const VERSION = JSON.parse(readFileSync(new URL('../../../../editors/vscode/package.json', import.meta.url), 'utf8')).version;

export const steps = {
  'a pip that is killed is said, and tried again': async (desk) => {
    const index = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => index.once('listening', resolve));
    configure(desk, `[global]\nindex-url = http://127.0.0.1:${index.address().port}/simple\n`);
    await said(desk, /not installed here/, 60_000);
    await desk.answer('Install Server');
    const [pid] = await desk.until(() => pips(desk).length > 0 && pips(desk), 'pip runs', 120_000);
    await said(desk, /installing the server: downloading conduit-ls/);
    await desk.shot('slow-20-installing');
    process.kill(pid, 'SIGKILL');
    await said(desk, /could not be installed\. pip was ended by SIGKILL/);
    await desk.shot('slow-20-killed');
    assert.deepEqual(environments(desk).complete, []);
    await desk.answer('Try Again');
    await desk.until(() => pips(desk).length > 0, 'pip runs again', 120_000);
    // The window goes away in the middle.
    await desk.reload();
    await said(desk, /not installed here/, 60_000);
    index.closeAllConnections();
    index.close();
    assert.deepEqual(environments(desk).complete, []);
  },
  'it is made, and its server runs': async (desk) => {
    configure(desk, '');
    await desk.answer('Install Server');
    await desk.status(/Conduit: ready/, 600_000);
    const { all, complete } = environments(desk);
    assert.deepEqual(complete, [VERSION]);
    assert.equal(all.length, 1, 'what was cut off is gone');
    assert.ok(runs(desk).startsWith(folderOf(desk)));
    await desk.shot('slow-20-installed');
  },
  'made again while it runs, the old one serves until the new one is there': async (desk) => {
    const before = runs(desk);
    await desk.palette('Conduit: Install Server');
    await desk.until(() => desk.serverPids().length === 1 && runs(desk) !== before, 'the other server', 600_000);
    await desk.status();
    assert.deepEqual(environments(desk).complete, [VERSION, VERSION]);
  },
  'one of an older version stays in use while a newer one cannot be had': async (desk) => {
    const old = join(folderOf(desk), '0.0.9-test');
    execFileSync(join(process.env.E2E_BIN, 'python'), ['-m', 'venv', old]);
    const pip = ['-m', 'pip', '--disable-pip-version-check', '--quiet', 'install', '--find-links', process.env.E2E_WHEELS, 'conduit-ls==0.0.9'];
    execFileSync(join(old, 'bin/python'), pip);
    writeFileSync(join(old, 'conduit-version'), '0.0.9');
    for (const name of environments(desk).all) if (!name.startsWith('0.0.9')) rmSync(join(folderOf(desk), name), { recursive: true });
    configure(desk, '[global]\nindex-url = http://127.0.0.1:9/simple\nretries = 0\n');
    await desk.reload();
    await desk.until(() => /The server stays at version 0\.0\.9/.test(desk.extensionLog()), 'the log says so', 120_000);
    await desk.status();
    assert.ok(runs(desk).startsWith(old));
    assert.deepEqual(environments(desk).complete, ['0.0.9']);
  },
  'and is brought up to date when it can be, by one of two windows': async (desk) => {
    configure(desk, '');
    await desk.palette('Conduit: Restart Server');
    await said(desk, /bringing the server up to date/);
    const other = await desk.page.context().newPage();
    await other.goto(desk.world.address);
    await other.locator('.notification-list-item-message').filter({ hasText: 'waiting for another window' }).waitFor({ timeout: 90_000 });
    await desk.page.bringToFront();
    await desk.shot('slow-20-newer');
    await desk.until(() => desk.serverPids().length === 2, 'the newer server in both windows', 600_000);
    assert.ok(runs(desk).includes(`/${VERSION}-`));
    await desk.status();
    await other.close();
    assert.deepEqual(environments(desk).complete, ['0.0.9', VERSION]);
  },
};
