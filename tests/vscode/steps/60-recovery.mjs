/** A server that is killed: the extension says so and starts it again; the person goes on where they were. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export const world = { script: [{ when: {}, reply: [{ text: 'Hello.' }] }] };

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
