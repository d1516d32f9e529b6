/** Says which files and functions of the extension are too long to be read at once. What is generated is nobody's to read. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFunctionLikeDeclaration } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

const HERE = join(dirname(fileURLToPath(import.meta.url)), '..');
const FILE_LINES = 400;
const FUNCTION_LINES = 60;
const GENERATED = 'src/protocol.ts';

/** Returns a sentence for each file and function that is too long, in the projects of some tsconfig.json. */
export function tooLong(configs) {
  const api = new API({ cwd: HERE });
  try {
    const projects = api.updateSnapshot({ openProjects: configs.map((config) => join(HERE, config)) }).getProjects();
    const sources = projects.flatMap(({ program, rootFiles }) => rootFiles.map((file) => [relative(HERE, file), program.getSourceFile(file)]));
    if (sources.length === 0) throw new Error('no file was found to be measured');
    return sources.flatMap(([name, source]) => (name === GENERATED ? [] : longIn(name, source)));
  } finally {
    api.close();
  }
}

function longIn(name, source) {
  const text = readFileSync(join(HERE, name), 'utf8');
  const lineOf = (at) => text.slice(0, at).split('\n').length;
  const spans = functionsIn(source).map((each) => [lineOf(each.getStart(source)), lineOf(each.end)]);
  const functions = spans.filter(([first, last]) => last - first + 1 > FUNCTION_LINES);
  const lines = lineOf(text.trimEnd().length);
  return [
    ...(lines > FILE_LINES ? [`${name} has ${lines} lines: ${FILE_LINES} at most`] : []),
    ...functions.map(([first, last]) => `${name}:${first}: a function of ${last - first + 1} lines: ${FUNCTION_LINES} at most`),
  ];
}

function functionsIn(node) {
  const found = isFunctionLikeDeclaration(node) ? [node] : [];
  node.forEachChild((child) => {
    found.push(...functionsIn(child));
  });
  return found;
}
