// What happens in tests/editors/vscode: each scenario is a window of its own, in a fresh Git repository, with a scripted
// model.
import fs from 'node:fs';
import path from 'node:path';
import { ok, sleep, wait } from './vscode_tap.mjs';
import * as tour from './vscode_tour.mjs';
import { emend, servers } from './vscode_window.mjs';

// Latin, two-byte, and two-unit characters before and after what is edited: wrong positions show.
const SOURCE = `/* Größe 🙂 */
#include <stddef.h>

/* café: adds up 𝒏 values */
int sum(const int *v, size_t n)
{
\tint s = 0;
\tfor (size_t i = 0; i < n; i++) s += v[i]; /* → 🙂 */
\treturn s;
}

/* end */
`;
const NOTEBOOK = JSON.stringify({
  cells: [{ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source: ['x = 1'] }],
  metadata: { language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 2,
}, null, 1) + '\n';
const LOOP = '\tfor (size_t i = 0; i < n; i++) s += v[i]; /* → 🙂 */\n';
const BETTER = '\tfor (size_t i = 0; i < n; i++)\n\t\ts += v[i]; /* → 🙂 é */\n';
const EDITED = SOURCE.replace(LOOP, BETTER);
const LONG = [
  ...Array.from({ length: 300 }, (_, i) => `## Part ${i}\n\n${'- It **adds** `v[1]` to what is there, and goes on. Größe 🙂\n'.repeat(8)}`),
  '```c\n' + Array.from({ length: 900 }, (_, i) => `int f${i}(void);${i % 7 ? '' : '\n'}`).join('\n') + '\n```\n',
  Array.from({ length: 500 }, (_, i) => `${i + 1}. and one more of them`).join('\n'),
  'The end of it.',
].join('\n\n');
const READ = { name: 'read_file', input: { path: 'sum.c' } };
const EDIT = { name: 'edit_file', input: { path: 'sum.c', edits: [{ old_text: LOOP, new_text: BETTER }] } };
const DONE = { text: 'The loop body has its own line now.' };

const command = (line) => ({ name: 'run_command', input: { command: line, reason: 'a test of Emend' } });

const FIRST = { name: 'sum.c', word: 'int sum', line: 5, lines: 6 };
export const defaults = { files: { 'sum.c': SOURCE }, first: FIRST };

export const scenarios = {
  refactor: {
    mode: 'ask',
    model: [{ calls: [READ] }, { text: 'I split the loop.', calls: [EDIT] }, DONE],
    async run(w) {
      await w.refactor();
      const diff = await w.proposal('sum.c');
      await w.shot('permission');
      const text = (await diff.textContent()).replaceAll('\u00a0', ' ');
      ok(text.includes('s += v[i]; /* → 🙂 é */'), 'the new text is on the screen');
      await w.progressInStatusBar();
      // Keys go where they went: into the code.
      await w.keys.press('Control+Home');
      await w.keys.type('/* typed */\n');
      await w.keys.press('Enter');
      ok(await diff.count() && !(await w.ends()), 'keys of a user who types answer nothing');
      await w.shot('typed');
      while (await w.dirty()) await w.keys.press('Control+Z');
      await w.titleButton(diff, 'Allow Once');
      await wait('the editor has unsaved changes', () => w.dirty());
      await w.ended('done');
      ok(!(await w.page.locator('.notification-toast', { hasText: 'Emend asks' }).count()), 'its notification is gone');
      await w.shot('done');
      await wait('the question is closed again', async () => await w.page.locator('.tab').count() === 1);
      ok(w.onDisk() === SOURCE, 'the file on disk is untouched');
      await w.holds('the editor holds the edit, exactly', EDITED);
      await w.keys.press('Control+Z');
      await w.holds('Ctrl+Z restores the text', SOURCE);
    },
  },

  denied: {
    mode: 'ask',
    model: [{ calls: [command('touch first')] }, { calls: [command('touch second\ntouch third')] }, { text: 'I was not allowed to.' }],
    async run(w) {
      await w.palette('Emend: Do a Task...');
      await w.page.locator('.quick-input-widget', { hasText: 'What should Emend do?' }).waitFor();
      await w.keys.type('make a file');
      await w.keys.press('Enter');
      await w.question('touch first');
      await w.shot('first');
      await w.toastLink('Deny');
      const cut = w.page.locator('.notification-toast', { hasText: 'touch second … and 1 more line' });
      await wait('what does not fit its notification is said', () => cut.count());
      ok(await cut.locator('a', { hasText: 'Deny' }).count() && !(await cut.locator('a', { hasText: 'Allow once' }).count()),
        'and there it can be denied, not allowed');
      await wait('the document has all of it', () => w.page.locator('.view-line', { hasText: '| touch third' }).count());
      await w.shot('second');
      await w.page.locator('.tab', { hasText: 'Emend asks' }).click();
      await w.palette('View: Move Editor into Previous Group');
      await wait('its document can be put elsewhere', async () => await w.page.locator('.editor-group-container').count() === 1 &&
        w.page.locator('.view-line', { hasText: '| touch third' }).count());
      ok(await cut.count() && !(await w.ends()), 'which is no answer');
      await w.page.locator('.tab', { hasText: 'Emend asks' }).locator('.codicon-close').click();
      await wait('its document goes', async () => !(await w.page.locator('.tab', { hasText: 'Emend asks' }).count()));
      await w.ended('denied', 'done');
      ok(fs.readdirSync(path.dirname(w.file)).sort().join() === '.git,sum.c', 'the choice and the closed document are a no');
      ok(!(await w.dirty()), 'the editor is untouched');
    },
  },

  explain: {
    mode: 'ask',
    model: [{ text: '# What it does\n\nIt **adds**. ' + 'word '.repeat(60) + '\n\nthe end', chunk_ms: 600 }],
    async run(w) {
      const row = await w.actions('Emend: Explain this code');
      while (!(await row.getAttribute('class')).includes('focused')) await w.keys.press('ArrowDown');
      await w.keys.press('Enter');
      const page = () => w.page.frames().map((f) => f.locator('h1', { hasText: 'What it does' }));
      const seen = async (word) => {
        for (const f of w.page.frames()) if (await f.locator('p', { hasText: word }).count().catch(() => 0)) return true;
        return false;
      };
      await wait('the answer is rendered beside the code while it comes', () => seen('word word'));
      await w.shot('streams');
      ok(!(await seen('the end')) && page().length > 0, 'before its end');
      await wait('the code stays on the screen', () => w.page.locator('.view-line', { hasText: 'int sum' }).count());
      await w.ended('done');
      await wait('the whole is there', () => seen('the end'));
      await w.shot('whole');
    },
  },

  conversation: {
    mode: 'edit',
    model: [
      { text: 'I look at the file first.', calls: [READ, { name: 'read_file', input: { path: 'missing.c' } }] },
      { calls: [{ name: 'ask_user', input: { question: 'Which way?', options: ['Short', 'Long'] } }] },
      { text: '## The answer\n\nIt is **short**: see [sum.c](sum.c:5).', expect: ['use tabs'], chunk_ms: 20 },
    ],
    async run(w) {
      const view = await w.openView();
      await w.shot('empty');
      await w.say(view, 'Look at sum.c');
      await wait('the words of the user stand there', () => view.locator('.prompt', { hasText: 'Look at sum.c' }).count());
      await wait('the question is a card', () => view.locator('.question', { hasText: 'Which way?' }).count());
      await wait('the steps are listed', () => view.locator('.steps li.done', { hasText: 'sum.c' }).count());
      await wait('the failed one is marked', async () => await view.locator('.steps li.failed', { hasText: 'missing.c' }).count() === 1);
      await w.say(view, 'use tabs');
      await wait('what is said meanwhile waits', () => view.locator('.chip', { hasText: 'waits: use tabs' }).count());
      await w.shot('steer');
      await view.locator('.question button', { hasText: 'Short' }).click();
      await wait('the answer is rendered', () => view.locator('.md h2', { hasText: 'The answer' }).count());
      await wait('the task is over', () => view.locator('.turn[data-state=done] .state').count());
      await wait('the steps are folded', async () => await view.locator('.steps[open]').count() === 0);
      ok(/\$0\.0\d+ · \d/.test(await view.locator('.turn footer .figures').textContent()), 'cost and time stand below');
      await wait('the cost of today is shown', () => view.locator('.meta', { hasText: 'of $50 today' }).count());
      await w.shot('answer');
      await view.locator('.md a', { hasText: 'sum.c' }).click();
      await wait('a link opens the file', () => w.page.locator('.statusbar-item', { hasText: 'Ln 5' }).count());
      await w.say(view, 'Why?');
      await wait('the conversation goes on, as a second turn', async () => await view.locator('.turn').count() === 2 &&
        view.locator('.turn[data-state=running] .prompt', { hasText: 'Why?' }).count());
      await view.locator('.question', { hasText: 'Which way?' }).waitFor();
      await view.locator('.composer button', { hasText: 'Stop' }).click();
      await wait('a button stops it', () => view.locator('.turn[data-state=cancelled]').count());
      await wait('nothing is asked any more', async () => !(await view.locator('.question').count()) &&
        !(await w.page.locator('.notification-toast', { hasText: 'Emend asks' }).count()));
      await w.shot('stopped');
      await wait('the status bar has model and cost', () => w.page.locator('.statusbar-item', { hasText: 'Emend: scripted · $0.' }).count());
    },
  },

  // Longer than what is drawn at once; a block of code, and a list, that are longer than a part of it.
  long: {
    mode: 'edit',
    model: [{ text: LONG }],
    async run(w) {
      const view = await w.openView();
      await view.evaluate(() => {
        window.slowest = 0;
        new PerformanceObserver((seen) => seen.getEntries().forEach((e) => {
          window.slowest = Math.max(window.slowest, e.duration);
        })).observe({ entryTypes: ['longtask'] });
      });
      await w.say(view, 'Tell all of it');
      await wait('the task is over', () => view.locator('.turn[data-state=done]').count());
      await wait('the end is in sight', () => view.locator('.md p', { hasText: 'The end of it.' }).isVisible());
      await wait('all that came before is there', async () => await view.locator('.md h2').count() === 300);
      const drawn = await view.evaluate(() => ({
        headings: [...document.querySelectorAll('.md h2')].map((h) => h.textContent).join(),
        code: [...document.querySelectorAll('.md pre')].map((p) => p.textContent).join('').split('\n').filter((l) => l.startsWith('int f')).length,
        items: [...document.querySelectorAll('.md ol')].reduce((n, l) => n + l.children.length, 0),
        last: [...document.querySelectorAll('.md ol')].at(-1).start + [...document.querySelectorAll('.md ol')].at(-1).children.length - 1,
        loose: [...document.querySelectorAll('.md p')].filter((p) => /```|int f/.test(p.textContent)).length,
        parts: document.querySelectorAll('.md > .part').length,
      }));
      ok(drawn.headings === Array.from({ length: 300 }, (_, i) => `Part ${i}`).join(), 'in its order, each once');
      ok(drawn.code === 900 && !drawn.loose, `the code is code, all of it: ${JSON.stringify({ ...drawn, headings: 0 })}`);
      ok(drawn.items === 500 && drawn.last === 500, 'the list is whole, with its numbers');
      ok(drawn.parts > 10, 'it was drawn in parts');
      console.log(`# the longest task of the page: ${Math.round(await view.evaluate(() => window.slowest))} ms (0: none above 50)`);
      await w.shot('end');
    },
  },

  review: {
    mode: 'edit',
    model: [{ calls: [READ] },
      { calls: [EDIT, { name: 'edit_file', input: { path: 'sum.c', edits: [{ old_text: '/* end */', new_text: '/* the end */' }] } }] }, DONE],
    async run(w) {
      await w.refactor();
      await w.ended('done');
      await wait('what stood there before is at the end of the line', () => w.page.evaluate(() =>
        [...document.querySelectorAll('.view-line span')].some((e) => getComputedStyle(e, '::after').content.includes('was: /* end */'))));
      await wait('each change has its lenses', async () => await w.page.locator('.codelens-decoration a', { hasText: 'Accept' }).count() === 2);
      await w.goTo(8);
      await w.shot('hunks');
      await w.page.locator('.view-line', { hasText: 'i < n; i++)' }).hover({ position: { x: 120, y: 8 } });
      const hover = w.page.locator('.monaco-hover', { hasText: 'changed this' });
      await hover.waitFor();
      ok((await hover.textContent()).replaceAll('\u00a0', ' ').includes('s += v[i]; /* → 🙂 */'), 'the hover shows the old text');
      await w.shot('hover');
      await w.keys.press('Escape');
      const view = await w.openView();
      await wait('the turn is in the view', () => view.locator('.turn[data-state=done]').count());
      const row = (await w.changes()).filter({ hasText: 'sum.c' });
      await wait('the list of files has it', () => row.filter({ hasText: '2 changes' }).count());
      await row.click();
      await wait('before and now stand side by side', () => w.page.locator('.tab', { hasText: 'before Emend' }).count());
      await wait('with the old line', () => w.page.locator('.line-delete').count());
      await w.shot('compare');
      await w.page.locator('.tab', { hasText: 'before Emend' }).locator('.codicon-close').click();
      await w.focus();
      await w.goTo(8);
      // The extension hears of the cursor a moment later, which is sooner than a person presses a key, but not than this.
      await wait('a key rejects the change at the cursor', async () => {
        await w.keys.press('Control+Shift+Backspace');
        await sleep(1000);
        return row.filter({ hasText: '1 change' }).count();
      });
      await w.page.locator('.editor-actions .action-label[aria-label^="Accept All Changes in This File"]').click();
      await wait('a button accepts the rest', async () => !(await row.count()));
      await w.holds('the file is as it was judged', SOURCE.replace('/* end */', '/* the end */'));
    },
  },

  unsaved: {
    mode: 'edit',
    model: [{ text: 'It is an **empty** function.', expect: ['void f(void)', 'in no file yet'] }],
    async run(w) {
      await w.newUntitled('void f(void) {}');
      const row = w.page.locator('.action-widget .monaco-list-row', { hasText: 'Emend: Explain this code' });
      await wait('the menu of an untitled document has Explain', async () => {
        await w.keys.press('Control+.');
        if (await row.waitFor({ timeout: 2000 }).then(() => true, () => false)) return true;
        await w.keys.press('Escape');
        return false;
      });
      while (!(await row.getAttribute('class')).includes('focused')) await w.keys.press('ArrowDown');
      await w.keys.press('Enter');
      const view = await w.view();
      await wait('the answer is in the view', () => view.locator('.md strong', { hasText: 'empty' }).count());
      await w.palette('Emend: Add Tests for This');
      await wait('what needs a file says so', () => w.page.locator('.notification-toast', { hasText: 'must be saved first' }).count());
      await w.page.locator('.tab', { hasText: 'Untitled-1' }).locator('.codicon-close').click();
      await w.page.locator('.monaco-dialog-box .monaco-button', { hasText: "Don't Save" }).click();
    },
  },

  restricted: {
    trusted: false,
    mode: 'auto',
    model: [{ calls: [READ] }, { calls: [EDIT, command('touch planted')] }, { text: 'I may only read.', expect: 'only read' }],
    async run(w) {
      await wait('one server runs', () => servers().length === 1);
      const view = await w.openView();
      await wait('the view says that it only reads', () => view.locator('.notice', { hasText: 'Restricted mode: Emend only reads' }).count());
      await w.say(view, 'Split the loop');
      await wait('the task ends', () => view.locator('.md', { hasText: 'I may only read.' }).count());
      await w.shot('read-only');
      ok(!(await w.dirty()) && w.onDisk() === SOURCE && !fs.existsSync(path.dirname(w.file) + '/planted'), 'nothing is changed');
      await view.locator('.notice button', { hasText: 'Manage Trust' }).click();
      await w.page.locator('.workspace-trust-editor .monaco-button', { hasText: 'Trust' }).first().click();
      await wait('the notice goes with the trust', async () => !(await (await w.view()).locator('.notice', { hasText: 'Restricted' }).count()));
      await w.shot('trusted');
    },
  },

  notebook: {
    mode: 'auto',
    files: { 'notes.ipynb': NOTEBOOK },
    first: { name: 'notes.ipynb', word: 'x = 1', line: 1, lines: 1 },
    model: [{ calls: [{ name: 'edit_file', input: { path: 'notes.ipynb', edits: [{ old_text: 'x = 1', new_text: 'x = 2' }] } }] },
      { text: 'Nothing is lost.', expect: 'it is a notebook that was changed there' }],
    async run(w) {
      await wait('one server runs', () => servers().length === 1);
      // What is opened before VS Code knows its own extensions is opened as text.
      await w.page.locator('.tab', { hasText: 'notes.ipynb' }).locator('.codicon-close').click();
      await w.openFile();
      await w.page.locator('.notebook-editor .view-line', { hasText: 'x = 1' }).click();
      await w.keys.press('Control+End');
      await w.keys.type('  # typed');
      await wait('the notebook has unsaved changes', () => w.page.locator('.tab.dirty', { hasText: 'notes.ipynb' }).count());
      const view = await w.openView();
      await w.say(view, 'Make it two');
      await wait('the file is not changed behind it', () => view.locator('.md', { hasText: 'Nothing is lost.' }).count());
      ok(w.onDisk() === NOTEBOOK, 'the file is as it was');
      await w.page.locator('.view-line', { hasText: '# typed' }).click();
      await w.keys.press('Control+S');
      await wait('what was typed is saved', () => w.onDisk().includes('x = 1  # typed'));
    },
  },

  missing: {
    program: '/nowhere/emend',
    mode: 'edit',
    model: [],
    async run(w) {
      const toast = w.page.locator('.notification-toast', { hasText: 'the program "/nowhere/emend" was not found' });
      await wait('the reason is said', () => toast.count());
      await wait('with what can be done', () => toast.locator('.monaco-button', { hasText: 'How to Install' }).count());
      await wait('the status bar says so', () => w.page.locator('.statusbar-item', { hasText: 'Emend: off' }).count());
      const view = await w.openView();
      await wait('and the view', () => view.locator('.notice', { hasText: 'was not found' }).count());
      await w.shot('missing');
      w.writeSettings({ 'emend.path': emend });
      await wait('it starts when the setting is mended', () => servers().length === 1);
      await wait('and the notice goes', async () => !(await view.locator('.notice', { hasText: 'was not found' }).count()));
    },
    errors: true,
  },

  lost: {
    mode: 'ask',
    model: [{ hang: true }],
    async run(w) {
      await w.refactor();
      await w.toast().waitFor();
      await wait('one server runs', () => servers().length === 1);
      process.kill(Number(servers()[0]), 'SIGKILL');
      await wait('the user is told which task was lost',
        () => w.page.locator('.notification-toast', { hasText: 'the server ended, and with it: Refactor sum.c' }).count());
      await wait('nothing is said to run',
        async () => !(await w.page.locator('.notification-toast', { hasText: 'Emend: Refactor sum.c' }).count()));
      await wait('it is started again', () => servers().length === 1);
      await w.page.locator('.notification-toast .monaco-button', { hasText: 'Resume' }).click();
      await wait('the task is resumed', () => w.toast().filter({ hasText: 'Go on where you were' }).count());
      await w.toast().locator('.monaco-button', { hasText: 'Cancel' }).click();
      await w.ended('cancelled');
    },
    errors: true,
  },

  cancel: {
    mode: 'auto',
    model: [{ text: 'word '.repeat(4000), chunk_ms: 100 }],
    async run(w) {
      await w.refactor();
      await w.toast().waitFor();
      await w.progressInStatusBar();
      await w.shot('running');
      await w.toast().locator('.monaco-button', { hasText: 'Cancel' }).click();
      await w.ended('cancelled');
      await w.shot('cancelled');
      ok(!(await w.dirty()), 'the editor is untouched');
    },
  },

  typing: {
    mode: 'auto',
    model: [{ calls: [READ] }, { text: 'Let me think about it for a moment. '.repeat(3), chunk_ms: 400, calls: [EDIT] }, DONE],
    async run(w) {
      await w.refactor();
      await w.toast().waitFor();
      await w.keys.press('Control+Home');
      await w.keys.type('typed above 🙂\n');
      await w.keys.press('Control+End');
      await w.keys.type('typed below é\n');
      await w.shot('typed');
      ok(await w.toast().count() && !(await w.page.locator('.view-line', { hasText: /^\s*s \+=/ }).count()),
        'the edit comes after the typing');
      await w.ended('done');
      await w.shot('done');
      await w.holds('typed text and edit are both there, exactly', `typed above 🙂\n${EDITED}typed below é\n`);
    },
  },

  tour,
};
