/** Python environments for the steps, and which of them the server runs in. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A real environment; with `conduit`, the server under test is in it, by the packages of the environment that runs the tests. */
export function environment(folder, conduit) {
  const python = join(process.env.E2E_BIN, 'python');
  execFileSync(python, ['-m', 'venv', '--without-pip', folder]);
  if (!conduit) return;
  const packages = (of) => execFileSync(of, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' }).trim();
  writeFileSync(join(packages(join(folder, 'bin/python')), 'tests.pth'), `import site; site.addsitedir(${JSON.stringify(packages(python))})\n`);
  const lines = [`#!${join(folder, 'bin/python')}`, 'import sys', 'from conduit.__main__ import main', 'sys.exit(main())', ''];
  writeFileSync(join(folder, 'bin/conduit'), lines.join('\n'));
  chmodSync(join(folder, 'bin/conduit'), 0o755);
}

/** Waits until the one server runs by the Python of an environment. */
export async function runsIn(desk, folder) {
  await desk.until(() => {
    const pids = desk.serverPids();
    return pids.length === 1 && readFileSync(`/proc/${pids[0]}/cmdline`, 'utf8').includes(join(folder, 'bin/conduit'));
  }, `a server in ${folder}`);
  await desk.status();
}
