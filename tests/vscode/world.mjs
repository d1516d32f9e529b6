/** A world for some steps: an empty profile, a copy of the sample, a code-server with the packaged extension, and a browser. */
import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '..', '..');
const SAMPLE = join(ROOT, 'src', 'conduit', 'cli', 'sample');

const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'chat.commandCenter.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.ignoreRecommendations': true,
  'files.autoSave': 'off',
  'editor.minimap.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  'window.commandCenter': false,
};

/**
 * Opens a world. `options`: `script` (rules of the scripted model), `env`, `files` (name -> text, over the sample's), `bare` (without the sample),
 * `settings`, `viewport`, `trust` (ask about workspace trust), `folders` (more roots, each name -> files), `noServer` (no `conduit` on the PATH),
 * `model` (a language model of another extension, without which VS Code's own chat does not open),
 * `path` (folders that come first on the PATH), `extensions` (folders of this one, to be installed too), `home` (name -> text, in the home folder).
 */
export async function openWorld(options = {}) {
  const base = mkdtempSync(join(tmpdir(), 'conduit-vscode-'));
  const world = { base, workspace: join(base, 'shop'), log: [], requests: [] };
  mkdirSync(world.workspace);
  if (!options.bare) cpSync(SAMPLE, world.workspace, { recursive: true });
  write(world.workspace, options.files ?? {});
  for (const [name, files] of Object.entries(options.folders ?? {})) write(join(base, name), files);
  mkdirSync(join(base, 'profile/User'), { recursive: true });
  cpSync(process.env.E2E_EXTENSIONS, join(base, 'extensions'), { recursive: true });
  for (const name of [...(options.model ? ['model'] : []), ...(options.extensions ?? [])]) addExtension(base, name);
  write(join(base, 'home'), options.home ?? {});
  write(join(base, 'profile/User'), { 'settings.json': JSON.stringify({ ...SETTINGS, ...options.settings }, null, 2) });
  let opened = world.workspace;
  if (options.folders) {
    opened = join(base, 'all.code-workspace');
    const folders = [{ path: 'shop' }, ...Object.keys(options.folders).map((path) => ({ path }))];
    writeFileSync(opened, JSON.stringify({ folders }));
  }
  await startServer(world, options, opened);
  world.browser = await chromium.launch({ executablePath: process.env.E2E_CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  const context = await world.browser.newContext({ viewport: options.viewport ?? { width: 1360, height: 850 }, permissions: ['clipboard-read', 'clipboard-write'] });
  world.page = await context.newPage();
  world.page.setDefaultTimeout(30_000);
  world.page.on('request', (request) => world.requests.push({ url: request.url(), frame: frameUrl(request) }));
  world.page.on('console', (message) => note(world, `page ${message.type()}: ${message.text()}`));
  const query = options.folders ? `?workspace=${encodeURIComponent(opened)}` : `?folder=${encodeURIComponent(opened)}`;
  world.address = world.origin + '/' + query;
  await world.page.goto(world.address);
  await world.page.locator('.monaco-workbench .statusbar').waitFor({ timeout: 90_000 });
  return world;
}

export async function closeWorld(world, keep) {
  await world.browser?.close().catch(() => undefined);
  if (world.server && world.server.exitCode === null) {
    const gone = new Promise((resolve) => world.server.once('exit', resolve));
    // The process group: code-server's own children must not outlive it.
    try {
      process.kill(-world.server.pid, 'SIGTERM');
    } catch {
      world.server.kill('SIGTERM');
    }
    if (!(await Promise.race([gone.then(() => true), pause(10_000).then(() => false)]))) process.kill(-world.server.pid, 'SIGKILL');
  }
  if (keep) console.log(`      kept: ${world.base}`);
  else rmSync(world.base, { recursive: true, force: true, maxRetries: 5 });
}

/** What the extension and the server wrote to their logs. */
export function note(world, line) {
  world.log.push(line);
  appendFileSync(join(world.base, 'e2e.log'), line + '\n');
}

function write(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Installs an extension that lies here as a folder: the list of the installed ones counts, not what is on the disk. */
function addExtension(base, name) {
  const list = join(base, 'extensions/extensions.json');
  const from = join(HERE, name);
  const { publisher, name: own, version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const place = { identifier: { id: `${publisher}.${own}` }, version, relativeLocation: name, location: { $mid: 1, path: join(base, 'extensions', name), scheme: 'file' } };
  cpSync(from, join(base, 'extensions', name), { recursive: true });
  writeFileSync(list, JSON.stringify([...JSON.parse(readFileSync(list, 'utf8')), place]));
}

function environment(world, options) {
  const kept = Object.entries(process.env).filter(([name]) => !/_API_KEY$|^CONDUIT_|^XDG_|^VSCODE_|^npm_/.test(name));
  const env = {
    ...Object.fromEntries(kept),
    HOME: join(world.base, 'home'),
    SHELL: '/bin/bash',
    XDG_CONFIG_HOME: join(world.base, 'home/.config'),
    XDG_DATA_HOME: join(world.base, 'home/.local/share'),
    XDG_STATE_HOME: join(world.base, 'home/.local/state'),
    CONDUIT_DATA_DIR: process.env.E2E_DATA,
    // No desktop is at hand, so no keyring is.
    DBUS_SESSION_BUS_ADDRESS: '',
    PATH: path(options),
  };
  // code-server asks a login shell for the environment, and /etc/profile sets the PATH anew.
  write(env.HOME, { '.bash_profile': `export PATH='${env.PATH}'\n` });
  if (options.script) {
    const script = join(world.base, 'script.json');
    writeFileSync(script, JSON.stringify({ rules: options.script }));
    Object.assign(env, { CONDUIT_SCRIPT: script, CONDUIT_MODEL: 'scripted/demo' });
  }
  return { ...env, ...options.env };
}

/** The PATH with the server under test first, or with none at all. */
function path({ noServer, path: first = [] }) {
  const others = process.env.PATH.split(delimiter).filter((folder) => folder && !existsSync(join(folder, 'conduit')));
  return [...first, ...(noServer ? [] : [process.env.E2E_BIN]), ...others].join(delimiter);
}

async function startServer(world, options, opened) {
  const flags = options.trust ? [] : ['--disable-workspace-trust'];
  const args = ['--auth', 'none', '--bind-addr', '127.0.0.1:0', '--user-data-dir', join(world.base, 'profile')];
  args.push('--extensions-dir', join(world.base, 'extensions'), '--disable-telemetry', '--disable-update-check', ...flags, opened);
  world.server = spawn(process.env.E2E_CODE_SERVER, args, { env: environment(world, options), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  world.origin = await new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`code-server did not start:\n${text}`)), 60_000);
    const read = (data) => {
      text += data;
      note(world, `code-server: ${String(data).trimEnd()}`);
      const found = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(text);
      if (found) {
        clearTimeout(timer);
        resolve(found[1]);
      }
    };
    world.server.stdout.on('data', read);
    world.server.stderr.on('data', read);
    world.server.once('exit', (code) => reject(new Error(`code-server ended with ${code}:\n${text}`)));
  });
}

function frameUrl(request) {
  try {
    return request.frame().url();
  } catch {
    return ''; // A request of a service worker has no frame.
  }
}

/** Reads a file of the workspace as it is on disk. */
export function onDisk(world, name) {
  return readFileSync(join(world.workspace, name), 'utf8');
}
