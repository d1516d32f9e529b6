/** Where no Python is, the Python extension is left asleep; with the first Python file its environment counts. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, runsIn } from '../pythons.mjs';

const base = mkdtempSync(join(tmpdir(), 'conduit-no-python-'));
process.once('exit', () => rmSync(base, { recursive: true, force: true }));
const one = join(base, 'one');

export const world = () => {
  mkdirSync(base, { recursive: true });
  environment(one, true);
  return {
    bare: true,
    files: { 'index.js': 'export {};\n', 'tools/release.py': 'VERSION = 1\n' },
    extensions: ['python-extension'],
    env: { E2E_PYTHONS: one },
  };
};

const woken = (desk) => /_doActivateExtension ms-python\.python/.test(desk.hostLog());

export const steps = {
  'the server on the PATH is started, and the Python extension is not': async (desk) => {
    await desk.status();
    await desk.open('index.js');
    assert.match(desk.extensionLog(), /from the PATH/);
    assert.match(desk.hostLog(), /_doActivateExtension conduit\.conduit-vscode/);
    assert.equal(woken(desk), false);
  },
  'with the first Python file the server of its environment is': async (desk) => {
    await desk.open('tools/release.py');
    await runsIn(desk, one);
    assert.equal(woken(desk), true);
  },
};
