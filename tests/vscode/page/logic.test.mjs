/** What the chat makes of the server's updates, without a page. The updates are recordings of a real server. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { load } from './load.mjs';

const { Transcript } = await load('webview/transcript/transcript.ts');
const { Layout } = await load('webview/transcript/layout.ts');
const { triggerAt, complete } = await load('webview/composer/suggest.ts');
const { blocks, grow } = await load('webview/text/markdown.ts');
const { SessionLog } = await load('src/chat/log.ts');
const { quiet } = await load('src/quiet.ts');
const { decoded, named } = await load('src/chat/named.ts');
const { besideInsertion, besideLines, cut } = await load('src/review/beside.ts');

const recording = (name) => JSON.parse(readFileSync(new URL(`recordings/${name}.json`, import.meta.url), 'utf8'));
const updatesOf = (name) => recording(name).events.flatMap((event) => (event.update ? [event.update] : []));

function transcriptOf(updates) {
  const transcript = new Transcript();
  for (const update of updates) transcript.apply(update, 100);
  return transcript;
}

/** A row without what may differ between what was seen live and what was loaded. */
function plain({ version, at, startedAt, endedAt, seconds, ...item }) {
  return { ...item, ...(item.waiting ? { waiting: [...item.waiting] } : {}) };
}

test('a proposal in which a language server would ask for addresses is shown without its language', () => {
  for (const path of ['/a/b.json', '/a/B.JSONC', '/a/ci.yml', '/a/pyproject.toml', '/a/pom.xml', '/a/x.svg', '/a/.prettierrc']) assert.equal(quiet(path), `${path}.proposed`);
  for (const path of ['/a/shop.py', '/a/list.ts', '/a/Makefile', '/a.json/b.md']) assert.equal(quiet(path), path);
});

test('what goes with a prompt has a name, whatever its URI is', () => {
  assert.deepEqual(named('file:///shop/the%20prices.py#L3-L9', ''), { kind: 'selection', name: 'the prices.py:3-9' });
  assert.deepEqual(named('file:///shop/100%.py#problems', ''), { kind: 'problems', name: 'Problems in 100%.py' });
  assert.deepEqual(named('file:///shop/src', 'src/'), { kind: 'folder', name: 'src/' });
  assert.equal(decoded('100%'), '100%');
});

test('a proposed line is cut to its columns, and never where it first differs', () => {
  const old = 'the quick brown fox jumps over the lazy dog';
  assert.equal(cut('short', old, 20), 'short');
  assert.equal(cut('THE quick brown fox jumps over', old, 20), 'THE quick brown fox…');
  assert.equal(cut(`${old}s`, old, 20), '… over the lazy dogs');
  assert.equal(cut(`${old.replace('over', 'high above')} again`, old, 20), '… jumps high above …');
  assert.equal(cut('x'.repeat(20), '', 20), 'x'.repeat(20));
  assert.equal(cut('0123456789 🦉🦉', '', 13), '0123456789 …'); // never half of an owl
});

test('proposed lines are a block beside those they replace, which ends in sight', () => {
  const block = besideLines(['a = 1', '\tb = 22'], ['a = 10', '\tb = 220', 'c', 'd'], 4);
  assert.deepEqual(block, [{ gap: 9, text: 'a = 10                      ' }, { gap: 4, text: '    b = 220   … 2 more lines' }]);
  const long = 'x'.repeat(300);
  assert.deepEqual(besideLines(['a'], [long], 4), [{ gap: 4, text: `${'x'.repeat(94)}…` }]);
  const [beside] = besideLines(['y'.repeat(100)], [long, long], 4);
  assert.deepEqual([beside.gap, beside.text], [4, `${'x'.repeat(15)}…   … 1 more line`]);
  assert.deepEqual(besideLines(['a', 'b'], [], 4), []);
});

test('inserted lines stand after the line before them, the first ones and how many', () => {
  assert.deepEqual(besideInsertion('def f():', ['    """Do."""', '', '    a = 1', '    b = 2', '    c = 3'], 4), { gap: 4, text: '+ """Do.""" ⏎ a = 1 ⏎ b = 2   … 5 new lines' });
  assert.deepEqual(besideInsertion('', [''], 4), { gap: 4, text: '+ 1 blank line' });
  assert.equal(besideInsertion('', ['x'.repeat(300)], 4).text.length, 96);
});

test('what a turn says while its conversation is loaded is put in its place, once', () => {
  const update = (seq, turnId, update) => ({ sessionId: 's', seq, turnId, update });
  const said = (kind, messageId, text) => ({ sessionUpdate: kind, messageId, content: { type: 'text', text } });
  const history = [
    update(1, 't1', said('user_message_chunk', 'u1', 'One')),
    update(2, 't1', { ...said('agent_message_chunk', 'a1', 'First'), replace: true }),
    update(3, 't1', { sessionUpdate: 'turn_state', state: 'idle', stopReason: 'end_turn' }),
    update(4, 't2', said('user_message_chunk', 'u2', 'Two')),
  ];
  const live = update(undefined, 't2', said('agent_message_chunk', 'a2', 'Sec'));
  const log = new SessionLog();
  log.fill([history[3], live, ...history], 1);
  assert.deepEqual(log.all().map(({ at, ...each }) => each), [...history, live]);
});

test('calls of two turns are two rows, though both have the same id', () => {
  const call = (turnId, status) => ({ sessionId: 's', turnId, update: { sessionUpdate: 'tool_call', toolCallId: 'call_1', title: 'Edit', status } });
  const { items } = transcriptOf([call('t1', 'completed'), call('t2', 'in_progress')]);
  assert.deepEqual(items.map((item) => [item.turnId, item.status]), [['t1', 'completed'], ['t2', 'in_progress']]);
});

test('a conversation becomes rows in the order in which a person reads them', () => {
  const { items, state, spending } = transcriptOf(updatesOf('talk'));
  assert.deepEqual(
    items.map((item) => item.kind),
    ['user', 'thought', 'answer', 'tool', 'tool', 'answer', 'end', 'user', 'tool', 'answer', 'end'],
  );
  assert.deepEqual(items[0].links.map((link) => link.name), ['shop.py']);
  assert.equal(items[0].text, 'Why is the shop open at the closing hour?');
  assert.deepEqual([items[3].title, items[3].toolKind, items[3].status, items[3].locations], ['Read shop.py', 'read', 'completed', ['shop.py']]);
  assert.equal(items[8].status, 'failed');
  assert.deepEqual(items.filter((item) => item.kind === 'end').map((item) => item.newest), [false, true]);
  assert.equal(state, 'idle');
  assert.ok(spending.inputTokens > 11_000);
});

for (const name of ['talk', 'auto', 'review', 'refused']) {
  test(`what was streamed looks like what is loaded later: ${name}`, () => {
    const updates = updatesOf(name);
    const live = transcriptOf(updates);
    const loaded = transcriptOf(updates.filter((update) => update.seq !== undefined));
    assert.deepEqual(live.items.map(plain), loaded.items.map(plain));
  });

  test(`whoever joins at any moment sees the same rows: ${name}`, () => {
    const updates = updatesOf(name);
    for (let at = 0; at <= updates.length; at += 1) {
      const log = new SessionLog();
      for (const update of updates.slice(0, at)) log.add(update, 100);
      const late = transcriptOf([...log.all(), ...updates.slice(at)]);
      assert.deepEqual(late.items.map(plain), transcriptOf(updates).items.map(plain), `joined at ${at}`);
    }
  });
}

test('a server that ended in the middle says again only what is durable', () => {
  const updates = updatesOf('talk');
  const log = new SessionLog();
  for (const update of updates.slice(0, 12)) log.add(update, 100);
  log.forgetLive();
  assert.ok(log.all().every((update) => update.seq !== undefined));
  const before = log.all().length;
  assert.equal(log.add({ ...updates[0], seq: 0 }, 100), undefined);
  assert.equal(log.all().length, before);
});

test('the change of a turn is one row, undone and done again', () => {
  const updates = updatesOf('auto');
  const transcript = transcriptOf(updates);
  const changes = transcript.items.find((item) => item.kind === 'changes');
  assert.deepEqual(changes.files, [{ path: 'shop.py', action: 'edit' }]);
  const change = (update) => transcript.apply({ sessionId: 's', turnId: changes.turnId, seq: 9999, update: { sessionUpdate: 'change', ...update } }, 101);
  change({ changeId: 'u', status: 'started', cause: 'undo', files: [], reverts: changes.changeIds });
  change({ changeId: 'u', status: 'applied' });
  assert.equal(changes.undone, true);
  change({ changeId: 'r', status: 'started', cause: 'redo', files: [], reverts: ['u'] });
  change({ changeId: 'r', status: 'applied' });
  assert.equal(changes.undone, false);
});

test('proposed hunks are counted until they are decided', () => {
  const transcript = transcriptOf(updatesOf('review'));
  const review = transcript.items.find((item) => item.kind === 'review');
  const [[uri, hunks]] = [...review.waiting];
  assert.equal(hunks.length, 1);
  const tell = (update) => transcript.apply({ sessionId: 's', seq: 9999, update }, 101);
  tell({ sessionUpdate: 'hunk_decision', hunkId: hunks[0].hunkId, name: 'shop.py', decision: 'accepted' });
  tell({ sessionUpdate: 'hunk', uri, name: 'shop.py', hunks: [] });
  assert.deepEqual([review.waiting.size, review.accepted, review.rejected], [0, 1, 0]);
});

test('an error of the key is known as one', () => {
  const end = transcriptOf(updatesOf('refused')).items.at(-1);
  assert.deepEqual([end.kind, end.stopReason, end.errorKind], ['end', 'error', 'auth']);
});

test('Markdown that grows gives the same blocks as when it is whole', () => {
  const text = updatesOf('talk').map((update) => update.update).findLast((update) => update.sessionUpdate === 'agent_message_chunk' && update.content.text.includes('```')).content.text;
  let [before, known] = ['', []];
  for (let end = 1; end <= text.length; end += 1) {
    known = grow(text.slice(0, end), before, known);
    before = text.slice(0, end);
    if (end % 7 === 0 || end === text.length) assert.deepEqual(known.map((block) => block.html), blocks(before).map((block) => block.html), `after ${end} characters`);
  }
});

test('what a model writes is never markup, and no picture is fetched', () => {
  const html = blocks('<img src=x onerror=alert(1)> <script>1</script>\n\n![a](https://x.test/a.png) [b](javascript:alert(1)) [c](data:text/html,1)\n\n```html\n<b onclick=1>"&\n```\n\n``` x"><script>\ny\n```')
    .map((block) => block.html)
    .join('');
  const tags = [...html.matchAll(/<([a-z0-9]+)/g)].map((each) => each[1]);
  assert.deepEqual([...new Set(tags)].sort(), ['a', 'button', 'code', 'div', 'i', 'p', 'pre', 'span']);
  assert.ok(!/href="(javascript|data)/.test(html));
  assert.ok(!/\son\w+=/.test(html.replace(/&[a-z]+;/g, '').replace(/>[^<]*</g, '><')));
});

test('only rows near the view are drawn, and their place is right', () => {
  const items = Array.from({ length: 10_000 }, (_, index) => ({ key: `k${index}`, kind: 'answer' }));
  const layout = new Layout();
  for (let index = 0; index < items.length; index += 2) layout.measure(items[index].key, 40);
  const height = 5000 * 40 + 5000 * 120;
  for (const top of [0, 12_345, 400_000, height - 700]) {
    const range = layout.range(items, top, 700);
    assert.equal(range.above, layout.offset(items, range.first));
    assert.equal(range.above + range.below + layout.offset(items, range.last) - layout.offset(items, range.first), height);
    assert.ok(range.last - range.first < 60);
    assert.ok(range.above <= top && layout.offset(items, range.last) >= Math.min(height, top + 700));
  }
});

test('an @ and a / are seen where they mean something', () => {
  assert.deepEqual(triggerAt('look at @src/a', 14), { kind: 'mention', query: 'src/a', start: 8 });
  assert.deepEqual(triggerAt('@', 1), { kind: 'mention', query: '', start: 0 });
  assert.equal(triggerAt('me@home', 7), undefined);
  assert.deepEqual(triggerAt('/ex', 3), { kind: 'command', query: 'ex', start: 0 });
  assert.equal(triggerAt('a /ex', 5), undefined);
  assert.equal(triggerAt('/ex plain', 9), undefined);
  assert.deepEqual(complete('look at @sr now', triggerAt('look at @sr now', 11), 11, '@src/a.py'), { text: 'look at @src/a.py now', caret: 18 });
  assert.deepEqual(complete('@sel', triggerAt('@sel', 4), 4, ''), { text: '', caret: 0 });
});
