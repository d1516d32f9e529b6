/** Imports a module of the extension that needs neither an editor nor a page, from its source. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const EXTENSION = join(dirname(fileURLToPath(import.meta.url)), '../../../editors/vscode');
export const esbuild = createRequire(join(EXTENSION, 'package.json'))('esbuild');

export async function load(path) {
  const folder = mkdtempSync(join(tmpdir(), 'conduit-page-'));
  const outfile = join(folder, 'module.mjs');
  await esbuild.build({ absWorkingDir: EXTENSION, entryPoints: [path], outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'warning' });
  try {
    return await import(pathToFileURL(outfile));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
