/** A workspace that is not trusted: no server runs there, and it is said why. */
import assert from 'node:assert/strict';

export const world = { trust: true, settings: { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.enabled': true } };

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
};
