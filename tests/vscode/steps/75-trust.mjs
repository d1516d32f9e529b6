/** A workspace that is not trusted: no server runs there, and it is said why. Trusted, it may set some things, but not spend money. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const FOLDER = { 'conduit.maxToolRounds': 3, 'conduit.completions.enabled': 'on', 'conduit.completions.model': 'openai/gpt-5.4', 'conduit.cacheTtlS': 604800 };

export const world = {
  trust: true,
  files: { '.vscode/settings.json': JSON.stringify(FOLDER) },
  settings: { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.enabled': true },
};

export const steps = {
  'in restricted mode no server runs, and the status item says why': async (desk) => {
    await desk.status(/starts when you trust this workspace/);
    assert.deepEqual(desk.serverPids(), []);
    await desk.shot('75-restricted');
  },
  'once the workspace is trusted, the server starts': async (desk) => {
    await desk.palette('Workspaces: Manage Workspace Trust');
    await desk.page.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await desk.status();
    assert.equal(desk.serverPids().length, 1);
  },
  'its settings count then, but for what is paid for': async (desk) => {
    await desk.palette('Conduit: Collect Logs');
    const said = await desk.until(async () => (await desk.notifications()).find((each) => each.includes('Collected in ')), 'the message');
    const [, folder, zip] = /Collected in (\S+): (\S+\.zip)/.exec(said);
    const code = 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read("settings.json").decode())';
    const set = JSON.parse(execFileSync(join(process.env.E2E_BIN, 'python'), ['-c', code, `${folder}/${zip}`], { encoding: 'utf8' }));
    assert.equal(set.max_tool_rounds?.value, 3);
    assert.deepEqual(Object.keys(set).filter((name) => /^completions|^cache/.test(name)), []);
  },
};
