/** The chat page in Chromium: what is seen, done by keys, kept, and never fetched. The extension's side is recorded. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { build, chatOf, launch, open, recording, setupOf, show } from './open.mjs';

const talk = recording('talk');
const auto = recording('auto');
const review = recording('review');
const refused = recording('refused');
const asked = auto.events.findIndex((event) => event.question);
const question = { id: 'question-1', request: auto.events[asked].question };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ANSWERS = {
  sessions: talk.sessions,
  models: talk.models,
  mentions: [{ kind: 'file', name: 'src/shop.py', uri: 'file:///project/src/shop.py' }],
  commands: [{ name: 'explain', description: 'Explain the code', hint: '', source: 'builtin' }],
  send: { sent: true },
  regenerate: { sent: true },
};
let files;
let browser;

before(async () => {
  files = await build();
  browser = await launch();
});
after(() => browser?.close());

/** Opens a page, does something there, and checks that nothing was fetched or refused by the policy. */
function check(name, options, act) {
  test(name, { timeout: 120_000 }, async () => {
    const opened = await open(browser, files, { answers: ANSWERS, setup: setupOf(talk), ...options });
    try {
      await act(opened);
      assert.deepEqual(opened.requests, [], 'nothing is fetched');
      assert.deepEqual(opened.faults, [], 'no error and nothing against the policy');
    } finally {
      await opened.context.close();
    }
  });
}

async function answered(opened, what) {
  await opened.page.waitForFunction((what) => window.said.some((message) => message.type === 'ask' && message.what === what), what);
  return (await opened.said()).filter((message) => message.what === what).at(-1).params;
}

const rows = (page) => page.locator('.row').evaluateAll((all) => all.map((row) => row.className.replace('row ', '')));
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);

check('a conversation is drawn whole', {}, async (opened) => {
  await show(opened, talk);
  await opened.page.waitForSelector('.row.end');
  assert.deepEqual(await rows(opened.page), ['user', 'thought', 'answer', 'tool', 'tool', 'answer', 'end', 'user', 'tool', 'answer', 'end']);
  assert.equal(await opened.page.locator('.code pre').innerText(), 'def is_open(hour: int) -> bool:\n    """Tell whether the shop is open at a full hour."""\n    return OPENS <= hour < CLOSES');
});

for (const theme of ['dark', 'light', 'hc']) {
  const STATES = {
    empty: (opened) => show(opened, { ...talk, events: [] }),
    talk: async (opened) => {
      await show(opened, talk);
      for (const head of await opened.page.locator('.fold-head').all()) await head.click();
    },
    question: async (opened) => {
      await show(opened, auto, asked);
      await opened.tell({ type: 'questions', questions: [question] });
      await opened.page.waitForSelector('.question');
    },
    review: (opened) => show(opened, review),
    error: (opened) => show(opened, refused),
    history: async (opened) => {
      await show(opened, talk);
      await opened.tell({ type: 'show', panel: 'history' });
      await opened.page.waitForSelector('.session');
    },
    models: async (opened) => {
      await show(opened, talk);
      await opened.page.click('#model-picker');
      await opened.page.waitForSelector('.option');
    },
    mention: async (opened) => {
      await show(opened, talk);
      await opened.page.click('textarea');
      await opened.page.keyboard.type('@');
      await opened.page.waitForSelector('.suggestions .option');
    },
  };
  for (const [state, reach] of Object.entries(STATES)) {
    check(`no barrier is found: ${state}, ${theme}`, { theme }, async (opened) => {
      await reach(opened);
      await opened.page.evaluate(axe);
      const { violations } = await opened.page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      const serious = violations.filter((each) => ['serious', 'critical'].includes(each.impact));
      assert.deepEqual(serious.map((each) => `${each.id}: ${each.nodes.map((node) => `${node.html} ${node.any[0]?.message ?? ''}`).join('\n')}`), []);
    });
  }
}

check('a growing answer keeps what is drawn, and a selection in it', {}, async (opened) => {
  const chunk = (text) => opened.tell({ type: 'updates', updates: [{ sessionId: 'id-1', turnId: 't', update: { sessionUpdate: 'agent_message_chunk', messageId: 'm', content: { type: 'text', text } } }] });
  await show(opened, { ...talk, events: talk.events.slice(0, 3) });
  await chunk('First *paragraph*.\n\n```python\nx = 1\n');
  await opened.page.waitForSelector('.hljs-number');
  await opened.page.evaluate(() => {
    window.kept = [document.querySelector('.markdown p'), document.querySelector('.code pre')];
    getSelection().selectAllChildren(window.kept[0]);
  });
  await chunk('y = 2\n```\n\nAnd the ');
  await chunk('end.');
  await opened.page.waitForFunction(() => document.querySelector('.markdown').textContent.includes('And the end.'));
  assert.deepEqual(await opened.page.evaluate(() => [window.kept.every((each) => each.isConnected), getSelection().toString()]), [true, 'First paragraph.']);
});

check('a question takes the focus and is answered by a key', {}, async (opened) => {
  await show(opened, auto, asked);
  await opened.tell({ type: 'questions', questions: [question] });
  await opened.page.waitForFunction(() => document.activeElement?.closest('.answers'));
  await opened.page.keyboard.press('3');
  await opened.page.waitForSelector('.question', { state: 'detached' });
  assert.deepEqual((await opened.said()).filter((message) => message.type === 'answer'), [{ type: 'answer', id: 'question-1', optionId: question.request.options[2].optionId }]);
});

check('a question does not take the keys of somebody who types', {}, async (opened) => {
  await show(opened, auto, asked);
  await opened.page.click('textarea');
  await opened.page.keyboard.type('1 more');
  await opened.tell({ type: 'questions', questions: [question] });
  await opened.page.waitForSelector('.question');
  await opened.page.keyboard.type(' 1');
  assert.equal(await opened.page.inputValue('textarea'), '1 more 1');
  assert.deepEqual((await opened.said()).filter((message) => message.type === 'answer'), []);
});

check('a prompt is sent by Enter and kept when it is refused', { answers: { ...ANSWERS, send: { refuse: { text: 'The server does not run.', remedy: 'restart' } } } }, async (opened) => {
  await show(opened, talk);
  await opened.page.click('textarea');
  await opened.page.keyboard.type('One');
  await opened.page.keyboard.press('Shift+Enter');
  await opened.page.keyboard.type('two');
  await opened.page.keyboard.press('Enter');
  assert.equal((await answered(opened, 'send')).draft.text, 'One\ntwo');
  await opened.page.waitForSelector('.foot .trouble');
  assert.equal(await opened.page.inputValue('textarea'), 'One\ntwo');
  assert.equal(await opened.page.innerText('.foot .trouble button.main'), 'Restart the server');
});

check('while a turn runs, a prompt waits, and Escape stops the turn', {}, async (opened) => {
  await show(opened, auto, asked);
  await opened.page.click('textarea');
  await opened.page.keyboard.type('And then?');
  await opened.page.keyboard.press('Enter');
  assert.equal((await answered(opened, 'send')).queue, true);
  await opened.page.keyboard.press('Escape');
  assert.deepEqual((await opened.said()).filter((message) => message.type === 'stop'), [{ type: 'stop' }]);
});

check('without the methods for it there is no control', { setup: setupOf(talk, { methods: [] }) }, async (opened) => {
  await show(opened, talk);
  await opened.page.waitForSelector('.row.end');
  const labels = await opened.page.locator('button').evaluateAll((all) => all.map((button) => button.getAttribute('aria-label')));
  for (const gone of ['Edit and send again', 'Restore to before this message', 'Answer again', 'Propose as a change of the active file']) assert.ok(!labels.includes(gone), gone);
});

check('a file is mentioned by keys and goes with the prompt', {}, async (opened) => {
  await show(opened, talk);
  await opened.page.click('textarea');
  await opened.page.keyboard.type('See @sh');
  await opened.page.waitForSelector('.suggestions .option');
  await opened.page.keyboard.press('Enter');
  await opened.page.waitForSelector('.chip');
  assert.equal(await opened.page.inputValue('textarea'), 'See @src/shop.py ');
  await opened.page.keyboard.press('Enter');
  const { draft } = await answered(opened, 'send');
  assert.deepEqual(draft.attachments.map(({ kind, uri }) => ({ kind, uri })), [{ kind: 'file', uri: 'file:///project/src/shop.py' }]);
});

check('Enter that comes faster than the list of files waits for the one of what was typed', { answers: { send: { sent: true } } }, async (opened) => {
  const asks = async () => (await opened.said()).filter((message) => message.what === 'mentions');
  const answer = async (query, names) => {
    const { id } = (await asks()).find((message) => message.params.query === query);
    await opened.tell({ type: 'answered', id, result: names.map((name) => ({ kind: 'file', name, uri: `file:///project/${name}` })) });
  };
  await show(opened, talk);
  await opened.page.click('textarea');
  await opened.page.keyboard.type('See @s');
  await answer('s', ['src/shop.py']);
  await opened.page.waitForSelector('.suggestions .option');
  assert.equal(await opened.page.locator('.suggestions .option').first().innerText(), 'selection\nThe selected text');
  await opened.page.keyboard.type('h');
  await opened.page.keyboard.press('Enter');
  await answer('sh', ['src/shop.py']);
  await opened.page.waitForSelector('.chip');
  assert.equal(await opened.page.inputValue('textarea'), 'See @src/shop.py ');
  assert.deepEqual((await opened.said()).filter(({ what }) => what === 'selection' || what === 'send'), []);
  // Nothing fits: the prompt goes as it is.
  await opened.page.keyboard.type('and @you');
  await opened.page.keyboard.press('Enter');
  await answer('you', []);
  assert.equal((await answered(opened, 'send')).draft.text, 'See @src/shop.py and @you');
});

check('what is attached and typed while a prompt is on its way stays, and goes with no prompt before', { answers: { send: undefined } }, async (opened) => {
  const file = (name) => ({ kind: 'file', name, uri: `file:///project/${name}` });
  await show(opened, talk, talk.events.length, { text: 'First.', attachments: [file('a.py')] });
  await opened.page.waitForSelector('.chip');
  await opened.page.click('textarea');
  await opened.page.keyboard.press('Enter');
  await opened.page.waitForFunction(() => window.said.some((message) => message.what === 'send'));
  await opened.tell({ type: 'attach', attachments: [file('b.py')] });
  await opened.page.waitForFunction(() => document.querySelectorAll('.chip').length === 2);
  await opened.page.fill('textarea', 'Second.');
  await opened.page.evaluate(() => window.tell({ type: 'answered', id: window.said.find((message) => message.what === 'send').id, result: {} }));
  await opened.page.waitForFunction(() => document.querySelectorAll('.chip').length === 1);
  assert.deepEqual(await opened.page.locator('.chip span').allInnerTexts(), ['b.py']);
  assert.equal(await opened.page.inputValue('textarea'), 'Second.');
});

check('a mention that is deleted takes its file with it', {}, async (opened) => {
  await show(opened, talk);
  await opened.page.click('textarea');
  await opened.page.keyboard.type('@sh');
  await opened.page.waitForSelector('.suggestions .option');
  await opened.page.keyboard.press('Enter');
  await opened.page.waitForSelector('.chip');
  await opened.page.fill('textarea', '');
  await opened.page.waitForSelector('.chip', { state: 'detached' });
});

check('a picture is pasted', {}, async (opened) => {
  await show(opened, talk);
  await opened.page.click('textarea');
  await opened.page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from([137, 80, 78, 71])], 'shot.png', { type: 'image/png' }));
    document.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await opened.page.waitForSelector('.chip img');
  await opened.page.click('button.send');
  assert.deepEqual((await answered(opened, 'send')).draft.attachments, [{ kind: 'image', name: 'shot.png', mimeType: 'image/png', data: 'iVBORw==' }]);
});

check('an earlier message is edited and sent again', {}, async (opened) => {
  await show(opened, talk);
  await opened.page.click('textarea');
  await opened.page.keyboard.press('ArrowUp');
  await opened.page.waitForSelector('.editing');
  assert.equal(await opened.page.inputValue('textarea'), 'And what about a missing file?');
  await opened.page.keyboard.press('Enter');
  const { draft } = await answered(opened, 'send');
  assert.equal(draft.editing, talk.events.filter((event) => event.update?.update.sessionUpdate === 'user_message_chunk').at(-1).update.update.messageId);
});

check('an edited message keeps what went with it', {
  answers: {
    ...ANSWERS,
    rewind: {
      sessionId: 'id-1', messageId: 'id-3', removed: 4, message: '', files: [],
      draft: { text: 'Why is the shop open?', attachments: [{ kind: 'selection', name: 'shop.py#L3-L4', uri: 'file:///project/shop.py#L3-L4', text: 'CLOSES = 19\n' }] },
    },
  },
}, async (opened) => {
  await show(opened, talk);
  await opened.page.locator('.row.user').first().hover();
  await opened.page.locator('.row.user').first().getByLabel('Edit and send again').click();
  await opened.page.waitForSelector('.editing');
  assert.deepEqual(await answered(opened, 'rewind'), { messageId: 'id-3', files: false, preview: true });
  await opened.page.click('button.send');
  const { draft } = await answered(opened, 'send');
  assert.deepEqual([draft.editing, draft.attachments.map(({ uri, text }) => ({ uri, text }))], ['id-3', [{ uri: 'file:///project/shop.py#L3-L4', text: 'CLOSES = 19\n' }]]);
});

check('going back to a message says what it takes, and can be undone', {
  answers: {
    ...ANSWERS,
    rewind: { sessionId: 'id-1', messageId: 'm', removed: 4, message: '', draft: { text: 'Why?', attachments: [] }, files: [{ path: 'shop.py', newPath: 'shop.py', action: 'edit', lines: 1, since: 0, kept: [], problems: [] }] },
    unrewind: { message: 'Back again.' },
  },
}, async (opened) => {
  await show(opened, talk);
  await opened.page.locator('.row.user').last().hover();
  await opened.page.locator('.row.user').last().getByLabel('Restore to before this message').click();
  await opened.page.waitForSelector('.touched');
  assert.equal((await answered(opened, 'rewind')).preview, true);
  await opened.page.click('.check input');
  await opened.page.click('.question button.main');
  await opened.page.waitForFunction(() => window.said.filter((message) => message.what === 'rewind').length === 2);
  assert.deepEqual([(await answered(opened, 'rewind')).files, (await answered(opened, 'rewind')).preview], [true, false]);
  await opened.page.getByRole('button', { name: 'Undo' }).click();
  await answered(opened, 'unrewind');
});

check('the model picker is searched and chosen from by keys', { answers: { ...ANSWERS, setModel: chatOf(talk) } }, async (opened) => {
  await show(opened, talk);
  await opened.page.focus('#model-picker');
  await opened.page.keyboard.press('Enter');
  await opened.page.keyboard.type('smol');
  await opened.page.keyboard.press('Enter');
  assert.equal((await answered(opened, 'setModel')).model, 'embedded/smollm2-135m');
  assert.equal(await opened.page.evaluate(() => document.activeElement.id), 'model-picker');
});

check('what is typed right after a menu opens is searched for', {}, async (opened) => {
  await show(opened, talk);
  const focused = await opened.page.evaluate(async () => {
    document.querySelector('#model-picker').click();
    await new Promise((drawn) => queueMicrotask(() => queueMicrotask(drawn))); // no frame, and no other key, in between
    return document.activeElement?.getAttribute('placeholder');
  });
  assert.equal(focused, 'Search');
});

check('rows are walked by arrow keys', {}, async (opened) => {
  await show(opened, talk);
  await opened.page.focus('.row[tabindex="0"]');
  await opened.page.keyboard.press('Home');
  assert.match(await focused(opened.page), /^You: Why is the shop open/);
  await opened.page.keyboard.press('ArrowDown');
  assert.equal(await focused(opened.page), 'Thought');
});

check('draft and scroll are there after a reload', { height: 500 }, async (opened) => {
  await show(opened, talk);
  await opened.page.click('textarea');
  await opened.page.keyboard.type('Half a sen');
  await opened.page.evaluate(() => { document.querySelector('.scroller').scrollTop = 120; });
  await opened.page.waitForFunction(() => JSON.parse(sessionStorage.getItem('state'))?.scroll && JSON.parse(sessionStorage.getItem('state')).draft.text === 'Half a sen');
  await opened.page.reload();
  await opened.page.waitForFunction(() => window.said.some((message) => message.type === 'ready'));
  await opened.tell({ type: 'setup', setup: setupOf(talk) });
  await show(opened, talk);
  await opened.page.waitForSelector('.row');
  assert.equal(await opened.page.inputValue('textarea'), 'Half a sen');
  await opened.page.waitForFunction(() => Math.abs(document.querySelector('.scroller').scrollTop - 120) <= 2);
});

check('ten thousand messages: few rows are in the page, and typing is not felt', {}, async (opened) => {
  const text = talk.events.findLast((event) => event.update?.update.sessionUpdate === 'agent_message_chunk').update.update.content.text;
  const loaded = await opened.page.evaluate(async ([text, chat]) => {
    const updates = [];
    for (let turn = 0; turn < 5000; turn += 1) {
      const tell = (update) => updates.push({ sessionId: 'id-1', turnId: `t${turn}`, seq: updates.length + 1, at: turn, update });
      tell({ sessionUpdate: 'turn_state', state: 'running' });
      tell({ sessionUpdate: 'user_message_chunk', messageId: `u${turn}`, content: { type: 'text', text: `Question ${turn}` }, replace: true });
      tell({ sessionUpdate: 'agent_message_chunk', messageId: `a${turn}`, content: { type: 'text', text: `Answer ${turn}\n\n${text}` }, replace: true });
      tell({ sessionUpdate: 'turn_state', state: 'idle', stopReason: 'end_turn' });
    }
    const began = performance.now();
    window.tell({ type: 'load', chat, updates, questions: [], draft: { text: '', attachments: [] } });
    while (!document.querySelector('.scroller')?.textContent.includes('Question 4999')) await new Promise((done) => setTimeout(done, 10));
    return performance.now() - began;
  }, [text, chatOf(talk)]);
  await opened.page.click('textarea');
  await opened.page.evaluate(() => new Promise((done) => requestIdleCallback(() => done())));
  await opened.page.evaluate(() => {
    window.delays = [];
    new PerformanceObserver((list) => window.delays.push(...list.getEntries().filter((entry) => entry.name === 'keydown').map((entry) => entry.processingEnd - entry.startTime))).observe({ type: 'event', durationThreshold: 16 });
  });
  const keys = 'How long does one key take in a conversation of ten thousand messages?';
  const took = [];
  for (const key of keys) {
    const start = performance.now();
    await opened.page.keyboard.type(key);
    await opened.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => done())));
    took.push(performance.now() - start);
  }
  assert.equal(await opened.page.inputValue('textarea'), keys);
  took.sort((a, b) => a - b);
  const events = await opened.page.evaluate(() => window.delays);
  const drawn = await opened.page.locator('.row').count();
  console.log(`10,000 messages: shown after ${Math.round(loaded)} ms; ${drawn} rows drawn; a key until the next frame, with the driver's round trip: median ${took[took.length >> 1].toFixed(1)} ms, worst ${took.at(-1).toFixed(1)} ms; of that the page's own work, where it was seen at all, at worst ${Math.max(0, ...events).toFixed(1)} ms`);
  assert.ok(drawn < 60);
  await opened.page.evaluate(() => { document.querySelector('.scroller').scrollTop = 0; });
  await opened.page.waitForFunction(() => document.querySelector('.scroller')?.textContent.includes('Question 0'));
});
