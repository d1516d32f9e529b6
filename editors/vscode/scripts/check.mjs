/** Checks the types of the extension, and of the chat's page, whose globals are a browser's; and that nothing is too long to be read at once. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tooLong } from './sizes.mjs';

const HERE = join(dirname(fileURLToPath(import.meta.url)), '..');
const TSC = join(HERE, 'node_modules/typescript/bin/tsc');
const PROJECTS = ['tsconfig.json', 'webview/tsconfig.json'];
for (const project of PROJECTS) {
  const done = spawnSync(process.execPath, [TSC, '--noEmit', '-p', project], { cwd: HERE, stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}
const long = tooLong(PROJECTS);
for (const each of long) console.error(each);
process.exit(long.length === 0 ? 0 : 1);
