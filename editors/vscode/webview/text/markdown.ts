/**
 * Markdown to HTML, block by block, so that a growing text only costs its last blocks.
 *
 * What a model writes is never HTML: markup in it is shown as text, pictures become links (nothing is fetched).
 */
import MarkdownIt from 'markdown-it';
import { escapeHtml, highlight } from './highlight.ts';

export interface Block {
  /** Where its text begins. */
  start: number;
  html: string;
}

/** What can be done with a block of code; a page that cannot, such as one of a replay, offers less. */
export interface CodeActions {
  insert: boolean;
  apply: boolean;
}

const BUTTONS: [string, string, string, (can: CodeActions) => boolean][] = [
  ['copy', 'codicon-copy', 'Copy', () => true],
  ['insert', 'codicon-insert', 'Insert at cursor', (can) => can.insert],
  ['apply', 'codicon-git-compare', 'Propose as a change of the active file', (can) => can.apply],
];

export const codeActions: CodeActions = { insert: true, apply: false };

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: false, typographer: false });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

markdown.renderer.rules.fence = (tokens, index) => {
  const token = tokens[index]!;
  return codeBlock(token.content, token.info.trim().split(/\s+/)[0] ?? '');
};
markdown.renderer.rules.code_block = (tokens, index) => codeBlock(tokens[index]!.content, '');
markdown.renderer.rules.image = (tokens, index) => {
  const token = tokens[index]!;
  const url = String(token.attrGet('src') ?? '');
  return `<a href="${escapeHtml(url)}">${escapeHtml(token.content || url)}</a>`;
};
markdown.renderer.rules.table_open = () => '<div class="table" tabindex="0" role="group" aria-label="Table"><table>';
markdown.renderer.rules.table_close = () => '</table></div>';

// Alignment as a class: the page allows no style that is written into it.
markdown.core.ruler.push('alignment', (state) => {
  for (const token of state.tokens) {
    const style = token.type === 'th_open' || token.type === 'td_open' ? token.attrGet('style') : null;
    if (style) token.attrs = [['class', String(style).replace('text-align:', '')]];
  }
});

export function codeBlock(code: string, language: string): string {
  const name = escapeHtml(language.toLowerCase());
  const body = highlight(code.replace(/\n$/, ''), language.toLowerCase());
  const buttons = BUTTONS.filter((button) => button[3](codeActions))
    .map(([act, icon, label]) => `<button type="button" class="icon" data-act="${act}" title="${label}" aria-label="${label}"><i class="codicon ${icon}" aria-hidden="true"></i></button>`)
    .join('');
  const label = name ? `Code, ${name}` : 'Code';
  return `<div class="code"><div class="code-head"><span class="code-name">${name}</span><span class="code-acts">${buttons}</span></div><pre tabindex="0" aria-label="${label}" role="group"><code>${body}</code></pre></div>`;
}

/** Returns the blocks of `text` from character `from` on, where a block begins. */
export function blocks(text: string, from = 0): Block[] {
  const source = text.slice(from);
  const lines = lineStarts(source);
  const env = {};
  const tokens = markdown.parse(source, env);
  const found: Block[] = [];
  for (let index = 0; index < tokens.length; ) {
    const first = index;
    let depth = 0;
    do {
      depth += tokens[index]!.nesting;
      index += 1;
    } while (depth > 0 && index < tokens.length);
    const start = lines[tokens[first]!.map?.[0] ?? 0] ?? 0;
    const html = markdown.renderer.render(tokens.slice(first, index), markdown.options, env);
    found.push({ start: from + start, html });
  }
  return found;
}

/**
 * Returns the blocks of a text of which `known` are the blocks of its beginning `before`.
 *
 * The last two are read again, since what follows may change them: a list that goes on, an underlined heading.
 */
export function grow(text: string, before: string, known: readonly Block[]): Block[] {
  if (known.length < 3 || !text.startsWith(before)) return blocks(text);
  const kept = known.length - 2;
  const from = known[kept]!.start;
  return [...known.slice(0, kept), ...blocks(text, from)];
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
