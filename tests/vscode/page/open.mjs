/**
 * Opens the chat page in Chromium without an editor: what the extension would say comes from recordings of a real
 * server, and what the page says is kept. The document, its policy, script and styles are those that are shipped.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { esbuild, EXTENSION, load } from './load.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ORIGIN = 'https://page.test';
export const THEMES = JSON.parse(readFileSync(join(HERE, 'themes.json'), 'utf8'));

export function recording(name) {
  return JSON.parse(readFileSync(join(HERE, 'recordings', `${name}.json`), 'utf8'));
}

/** Builds what is tested from its sources, so that nothing old is. */
export async function build() {
  const page = await esbuild.build({
    absWorkingDir: EXTENSION, entryPoints: { webview: 'webview/main.ts' }, outdir: 'out', bundle: true, write: false,
    platform: 'browser', format: 'iife', target: 'es2022', minify: true, loader: { '.ttf': 'dataurl' }, logLevel: 'warning',
  });
  const { pageHtml } = await load('src/chat/html.ts');
  const files = Object.fromEntries(page.outputFiles.map((file) => [file.path.slice(file.path.lastIndexOf('/') + 1), file.text]));
  const document = pageHtml({ script: `${ORIGIN}/webview.js`, style: `${ORIGIN}/webview.css`, source: ORIGIN, nonce: 'n0nce' });
  return { '/': [document, 'text/html'], '/webview.js': [files['webview.js'], 'text/javascript'], '/webview.css': [files['webview.css'], 'text/css'] };
}

export function launch() {
  return chromium.launch({ executablePath: process.env.E2E_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--force-color-profile=srgb'] });
}

/** What an extension says first, for a conversation that was recorded. */
export function setupOf(recorded, change = {}) {
  return {
    place: 'view', server: 'running', models: recorded.models.models, defaultModel: recorded.models.defaultModelId,
    methods: [
      'conduit/session/rename', 'conduit/session/delete', 'conduit/session/export', 'conduit/session/rewind', 'conduit/session/unrewind',
      'conduit/session/resend', 'conduit/session/unqueue', 'conduit/mention/list', 'conduit/command/list', 'conduit/usage/report', 'conduit/inlineEdit',
    ],
    activeFile: 'shop.py', hasSelection: true, ...change,
  };
}

export function chatOf(recorded) {
  const { sessionId, session, modes, models } = recorded.opened;
  return { sessionId, title: session.title, mode: session.mode, modes: modes.availableModes, model: models.currentModelId };
}

/** Opens the page; `answers` says what the extension answers, by what is asked. */
export async function open(browser, files, { theme = 'dark', width = 420, height = 800, setup, answers = {} } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: 1 });
  const page = await context.newPage();
  const requests = [];
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await context.route('**/*', (route) => {
    const url = new URL(route.request().url());
    const file = url.origin === ORIGIN ? files[url.pathname] : undefined;
    if (file === undefined) {
      requests.push(url.href);
      return route.abort();
    }
    return route.fulfill({ body: file[0], contentType: file[1] });
  });
  const kind = { dark: 'vscode-dark', light: 'vscode-light', hc: 'vscode-high-contrast' }[theme];
  await page.addInitScript(
    ([variables, kind, answers]) => {
      window.said = [];
      window.tell = (message) => window.postMessage(message, '*');
      window.acquireVsCodeApi = () => ({
        postMessage: (message) => {
          window.said.push(message);
          if (message.type !== 'ask') return;
          const result = answers[message.what];
          if (result && result.refuse) window.tell({ type: 'refused', id: message.id, problem: result.refuse });
          else if (result !== undefined) window.tell({ type: 'answered', id: message.id, result });
        },
        getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
        setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
      });
      document.addEventListener('DOMContentLoaded', () => {
        document.body.classList.add(kind);
        for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(`--vscode-${name}`, value);
      });
    },
    [THEMES[theme], kind, answers],
  );
  await page.goto(`${ORIGIN}/`);
  const tell = (message) => page.evaluate((message) => window.tell(message), message);
  const said = () => page.evaluate(() => window.said);
  await page.waitForFunction(() => window.said.some((message) => message.type === 'ready'));
  if (setup) await tell({ type: 'setup', setup });
  return { page, context, tell, said, requests, faults };
}

/** Shows a recorded conversation up to, not including, the event `end`. */
export async function show(opened, recorded, end = recorded.events.length, draft = { text: '', attachments: [] }) {
  const updates = recorded.events.slice(0, end).flatMap((event) => (event.update ? [event.update] : []));
  await opened.tell({ type: 'load', chat: chatOf(recorded), updates, questions: [], draft });
  await opened.page.waitForFunction(() => document.querySelector('textarea') !== null);
}
