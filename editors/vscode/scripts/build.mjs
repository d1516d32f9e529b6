/** Builds the extension into build/: what is in there is what is packaged. `--watch` builds again on every change. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { readManifest } from './manifest.mjs';

const HERE = join(dirname(fileURLToPath(import.meta.url)), '..');
const OUT = join(HERE, 'build');
const watch = process.argv.includes('--watch');

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
writeFileSync(join(OUT, 'package.json'), JSON.stringify(readManifest(), null, 2) + '\n');
for (const name of ['README.md', 'LICENSE', 'media', 'walkthrough']) cpSync(join(HERE, name), join(OUT, name), { recursive: true });

const common = { absWorkingDir: HERE, bundle: true, minify: !watch, sourcemap: watch ? 'inline' : false, logLevel: 'warning', legalComments: 'none' };
const builds = [
  { ...common, entryPoints: ['src/extension.ts'], outfile: 'build/dist/extension.js', platform: 'node', format: 'cjs', target: 'node20', external: ['vscode'] },
];
if (existsSync(join(HERE, 'webview/main.ts'))) {
  // One script and one style sheet; fonts and pictures that the style sheet names are put into it.
  builds.push({
    ...common,
    entryPoints: { webview: 'webview/main.ts' },
    outdir: 'build/dist',
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    loader: { '.ttf': 'dataurl', '.woff2': 'dataurl', '.svg': 'dataurl' },
  });
}
for (const options of builds) {
  if (watch) await (await esbuild.context(options)).watch();
  else await esbuild.build(options);
}
