/** The extension's manifest: package.json plus every contributes/*.json, merged. No two fragments may say different things. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = join(dirname(fileURLToPath(import.meta.url)), '..');
const UNIQUE = { commands: 'command', submenus: 'id', walkthroughs: 'id', chatParticipants: 'id', colors: 'id', icons: 'id' };

function merge(into, from, place) {
  if (into === undefined) return structuredClone(from);
  if (Array.isArray(into) && Array.isArray(from)) return [...into, ...structuredClone(from)];
  if (isObject(into) && isObject(from)) {
    const merged = { ...into };
    for (const [key, value] of Object.entries(from)) merged[key] = merge(into[key], value, `${place}.${key}`);
    return merged;
  }
  if (into === from) return into;
  throw new Error(`${place}: two fragments differ`);
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function checkUnique(contributes) {
  for (const [point, key] of Object.entries(UNIQUE)) {
    const names = (contributes[point] ?? []).map((each) => each[key]);
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    if (twice.length > 0) throw new Error(`${point}: ${twice.join(', ')} twice`);
  }
}

/** Returns the manifest that is packaged. What only a checkout needs (scripts, dependencies) is left out. */
export function readManifest() {
  const manifest = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
  delete manifest.scripts;
  delete manifest.dependencies;
  delete manifest.devDependencies;
  delete manifest.private;
  let contributes = {};
  const fragments = readdirSync(join(HERE, 'contributes')).filter((name) => name.endsWith('.json')).sort();
  for (const name of fragments) {
    const { activationEvents = [], ...rest } = JSON.parse(readFileSync(join(HERE, 'contributes', name), 'utf8'));
    manifest.activationEvents = [...new Set([...(manifest.activationEvents ?? []), ...activationEvents])];
    contributes = merge(contributes, rest, 'contributes');
  }
  checkUnique(contributes);
  return { ...manifest, files: ['**'], contributes };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(readManifest(), null, 2));
