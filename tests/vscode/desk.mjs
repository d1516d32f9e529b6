/** What a step does with the workbench, and what it looks at. Every wait is for a state, with a bound. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onDisk } from './world.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const PICTURES = join(HERE, 'screenshots');
const EXTENSION = 'conduit.conduit-vscode';
const WAIT_MS = 30_000;

export class Desk {
  /** How many pictures there are so far. */
  pictures = 0;

  constructor(world) {
    this.world = world;
    this.page = world.page;
  }

  /** Waits until `read` returns something true and returns it; an error counts as not yet. */
  async until(read, what, ms = WAIT_MS) {
    const end = Date.now() + ms;
    let last;
    for (;;) {
      try {
        last = await read();
        if (last) return last;
      } catch (error) {
        last = error;
      }
      if (Date.now() > end) throw new Error(`not within ${ms / 1000} s: ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
      await pause(100);
    }
  }

  /** Waits until `read` returns exactly `expected`. */
  async equals(read, expected, what, ms = WAIT_MS) {
    let last;
    try {
      await this.until(async () => JSON.stringify((last = await read())) === JSON.stringify(expected), what, ms);
    } catch {
      assert.deepEqual(last, expected, what);
      throw new Error(`not reached: ${what}`);
    }
  }

  /** Waits until the extension's status item says that the server is ready (or whatever else is wanted). */
  async status(pattern = /Conduit: ready/, ms = 60_000) {
    return this.until(async () => pattern.test(await this.statusLabel()) && this.statusLabel(), `the status item says ${pattern}`, ms);
  }

  async statusLabel() {
    const item = this.page.locator(`.statusbar-item[id="${EXTENSION}.conduit.status"]`);
    return (await item.locator('a').first().getAttribute('aria-label', { timeout: 2000 })) ?? '';
  }

  /** Opens the box at the top of the window by a key, types into it and does the rest; what takes the focus just then closes it, and it is tried again. */
  async box(key, text, act) {
    const input = this.page.locator('.quick-input-widget input').first();
    for (let attempt = 0; ; attempt++) {
      await this.page.keyboard.press(key);
      try {
        await input.fill(text, { timeout: 6000 });
        return await act();
      } catch (error) {
        await this.page.keyboard.press('Escape');
        if (attempt >= 5) throw error;
      }
    }
  }

  /** Runs a command by its title in the palette. */
  async palette(title) {
    // Commands that were used of late come first, whatever fits best.
    const row = this.page.locator(`.quick-input-list .monaco-list-row[aria-label^="${title}"]`).first();
    await this.box('F1', `>${title}`, async () => {
      await row.waitFor({ timeout: 6000 });
      await row.click({ timeout: 6000 });
    });
  }

  /** Chooses the entry of an open picker whose label begins with the text. */
  async pick(text) {
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
    await row.waitFor();
    await row.click();
  }

  /** The labels of an open picker. */
  async picks() {
    const labels = this.page.locator('.quick-input-list-row:first-child .monaco-icon-label-container .monaco-icon-name-container');
    return (await labels.allInnerTexts()).map((each) => each.trim());
  }

  /** Opens a file of the workspace and waits until it is the active editor. */
  async open(path) {
    const name = path.split('/').at(-1);
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: name }).first();
    await this.box('Control+P', path, () => row.click({ timeout: 6000 }));
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.page.locator('.editor-instance .view-lines').first().waitFor();
  }

  /** Puts the cursor at a place of the active editor (from one). */
  async goTo(line, column = 1) {
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: `line ${line}` }).first();
    await this.box('Control+G', `:${line}:${column}`, async () => {
      await row.waitFor({ timeout: 6000 });
      await this.page.keyboard.press('Enter');
    });
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** The visible lines of the active editor, in order, with plain spaces. */
  async editorText() {
    const editor = this.page.locator('.editor-group-container.active .editor-instance .view-lines').first();
    return editor.evaluate((lines) =>
      [...lines.querySelectorAll('.view-line')]
        .map((line) => ({ top: Number.parseFloat(line.style.top), text: line.textContent ?? '' }))
        .sort((a, b) => a.top - b.top)
        .map((line) => line.text.replace(/\u00a0/g, ' '))
        .join('\n'),
    );
  }

  /** The field of an inline edit, beneath the lines that it is about. */
  field() {
    return this.page.locator('.editor-group-container.active .review-widget');
  }

  /** What stands in the field; nothing when it is not open and ready for typing. */
  async fieldText() {
    return this.field().evaluateAll((fields) => {
      const input = fields.map((each) => each.querySelector('.edit-container .monaco-editor.focused')).find((each) => each);
      const lines = input && [...input.querySelectorAll('.view-line')];
      return lines?.map((line) => line.textContent.replaceAll('\u00a0', ' ')).join('\n');
    });
  }

  /** Asks for an inline edit by its key, waits for the field with what stands in it at first, and types an instruction. */
  async editInline(instruction, before = '') {
    await this.page.keyboard.press('Control+Alt+J');
    await this.page.keyboard.press('e');
    await this.equals(() => this.fieldText(), before, 'the field');
    if (instruction === undefined) return;
    await this.page.keyboard.type(instruction);
    await this.equals(() => this.fieldText(), instruction, 'what was typed');
  }

  /** Waits until nothing of a field is left, and the text of the file has the focus. */
  async fieldGone() {
    // (`.inline-comment` is the lane for comments in the gutter of a file; VS Code takes it away when it likes.)
    const left = '.review-widget, .comment-thread, .comment-range-glyph, .comment-thread-range';
    await this.equals(() => this.page.locator(left).count(), 0, 'nothing of the field is left');
    await this.page.locator('.editor-group-container.active .editor-instance > .monaco-editor.focused').first().waitFor();
  }

  /** A file of the workspace as it is on disk. */
  onDisk(name) {
    return onDisk(this.world, name);
  }

  /** The chat's page: a locator inside the webview of the view (or of the editor tab). */
  chatFrame() {
    return this.page.frameLocator(`iframe.webview[src*="extensionId=${EXTENSION}"]`).frameLocator('iframe#active-frame');
  }

  /** The texts of the notifications that are shown. */
  async notifications() {
    return this.page.locator('.notification-list-item-message').allInnerTexts();
  }

  /** Presses a button of a notification. */
  async answer(button) {
    const found = this.page.locator('.notification-list-item .monaco-button').filter({ hasText: button }).first();
    try {
      await found.click({ timeout: 5000 });
    } catch {
      await this.palette('Notifications: Show Notifications'); // it has hidden itself after its time
      await found.click();
    }
  }

  /** The process ids of the language servers of this world. */
  serverPids() {
    const rows = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
    return rows
      .map((row) => /^\s*(\d+)\s+(.*)$/.exec(row))
      .filter((row) => row && / serve$/.test(row[2]) && /conduit/.test(row[2]) && this.isOurs(Number(row[1])))
      .map((row) => Number(row[1]));
  }

  isOurs(pid) {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`HOME=${this.world.base}/home`);
    } catch {
      return false; // It has ended, or is another user's.
    }
  }

  /** What the extension wrote into its output channel. */
  extensionLog() {
    return this.logs(/conduit[^/]*\/Conduit\.log$/);
  }

  /** What the process of the extensions wrote: which ones it started, and why. */
  hostLog() {
    return this.logs(/exthost[^/]*\.log$/);
  }

  logs(pattern) {
    const folder = join(this.world.base, 'profile', 'logs');
    const files = readdirSync(folder, { recursive: true }).filter((name) => pattern.test(name));
    return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  }

  /** Waits until VS Code has stored what is open; a reload restores only that. It does so every few seconds. */
  async stored(text) {
    const read = async (text) => {
      for (const { name } of await indexedDB.databases()) {
        const opening = indexedDB.open(name);
        const database = await new Promise((resolve, reject) => Object.assign(opening, { onsuccess: () => resolve(opening.result), onerror: reject }));
        for (const store of database.objectStoreNames) {
          const values = database.transaction(store).objectStore(store).getAll();
          await new Promise((resolve, reject) => Object.assign(values, { onsuccess: resolve, onerror: reject }));
          if (values.result.some((each) => String(each).includes(text))) return database.close() ?? true;
        }
        database.close();
      }
      return false;
    };
    await this.until(() => this.page.evaluate(read, text), `VS Code has stored ${text}`, 60_000);
  }

  async reload() {
    await this.page.reload();
    await this.page.locator('.monaco-workbench .statusbar').waitFor({ timeout: 90_000 });
  }

  /** Writes a picture into tests/vscode/screenshots. */
  async shot(name) {
    await this.page.mouse.move(700, 3); // No tooltip in the picture.
    await this.picture(name);
  }

  /** The same, and nothing is touched for it. */
  async picture(name) {
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled' });
    this.pictures++;
  }
}
