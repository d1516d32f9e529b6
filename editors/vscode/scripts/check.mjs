/** Checks the types of the extension, and of the chat's page, whose globals are a browser's. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = join(dirname(fileURLToPath(import.meta.url)), '..');
const TSC = join(HERE, 'node_modules/typescript/bin/tsc');
for (const project of ['tsconfig.json', 'webview/tsconfig.json']) {
  if (!existsSync(join(HERE, project))) continue;
  const done = spawnSync(process.execPath, [TSC, '--noEmit', '-p', project], { cwd: HERE, stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}
