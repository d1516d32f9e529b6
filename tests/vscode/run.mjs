/** Runs the steps: `node run.mjs [--slow] [word ...]` those whose file has one of the words; those of `steps/slow` with `--slow`. Ends with 1 when one failed. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Desk } from './desk.mjs';
import { closeWorld, openWorld } from './world.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const SLOW = process.argv.includes('--slow');
const STEP_MS = SLOW ? 900_000 : 240_000; // those download much
const words = process.argv.slice(2).filter((each) => !each.startsWith('--'));
const keep = process.argv.includes('--keep');
const STEPS = join(HERE, SLOW ? 'steps/slow' : 'steps');
const files = readdirSync(STEPS).filter((name) => name.endsWith('.mjs')).sort();
let passed = 0;
const failed = [];
const again = [];

for (const file of files.filter((name) => words.length === 0 || words.some((word) => name.includes(word)))) {
  const first = await play(file);
  let { done, missed } = first;
  if (missed.length > 0 && !keep) {
    // A whole workbench on a busy machine may miss a key. What fails in two editors, one after the other, is broken.
    console.log('\n  once more, in another editor');
    ({ done, missed } = await play(file));
    if (missed.length === 0) again.push(...first.missed.slice(0, 1));
  }
  passed += done;
  failed.push(...missed);
}

console.log(`\n${passed} steps passed, ${failed.length} failed`);
for (const each of failed) console.log(`  ${each}`);
for (const each of again) console.log(`  only when it was tried once more: ${each}`);
if (passed + failed.length === 0) console.log('  no step has that word');
process.exit(failed.length === 0 && passed > 0 ? 0 : 1);

/** Plays the steps of a file in an editor of their own, and returns how many passed and the names of the others. */
async function play(file) {
  const { steps, world: options = {} } = await import(pathToFileURL(join(STEPS, file)));
  console.log(`\n${file}`);
  let world;
  try {
    world = await openWorld(typeof options === 'function' ? options() : options);
  } catch (error) {
    console.log(`  FAILED the editor\n${error.stack ?? error}`);
    return { done: 0, missed: [`${file}: the editor`] };
  }
  const desk = new Desk(world);
  const missed = [];
  let done = 0;
  // The steps of a file follow upon each other: after one that failed, the others are not tried.
  for (const [number, [title, act]] of Object.entries(steps).entries()) {
    const [began, pictures] = [Date.now(), desk.pictures];
    if (missed.length > 0) {
      missed.push(`${file}: ${title} (not tried)`);
      continue;
    }
    try {
      await within(act(desk), title);
      if (desk.pictures === pictures) await desk.picture(`${file.replace('.mjs', '')}-step-${number + 1}`);
      done++;
      console.log(`  ok     ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      missed.push(`${file}: ${title}`);
      console.log(`  FAILED ${title}\n${indent(error.stack ?? String(error))}`);
      await report(desk, file);
    }
  }
  await closeWorld(world, keep && missed.length > 0);
  return { done, missed };
}

/** Prints what the person would see and the log would say, after a failure. */
async function report(desk, file) {
  await desk.shot(`failed-${file.replace('.mjs', '')}`).catch(() => undefined);
  const said = await desk.notifications().catch(() => []);
  for (const each of said) console.log(`    said: ${each}`);
  try {
    console.log(indent(desk.extensionLog().split('\n').slice(-25).join('\n')));
  } catch {
    console.log('    no log of the extension');
  }
}

async function within(work, title) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${title}: longer than ${STEP_MS / 1000} s`)), STEP_MS)));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function indent(text) {
  return text.replace(/^/gm, '    ');
}
