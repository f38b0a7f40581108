// The scenarios of tests/editors/vscode: each is a window of its own, in a fresh Git repository, with a
// scripted model; what is done is done with keys and clicks, what is checked is what a user would see, and
// the bytes that saving the file then gives.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';

const cache = process.env.VSCODE_CACHE;
const emend = path.resolve(process.env.EMEND);
const { chromium } = createRequire(cache + '/')('playwright-core');
const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'emend-vscode-')));

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
const LOOP = '\tfor (size_t i = 0; i < n; i++) s += v[i]; /* → 🙂 */\n';
const BETTER = '\tfor (size_t i = 0; i < n; i++)\n\t\ts += v[i]; /* → 🙂 é */\n';
const EDITED = SOURCE.replace(LOOP, BETTER);
const READ = { name: 'read_file', input: { path: 'sum.c' } };
const EDIT = { name: 'edit_file', input: { path: 'sum.c', edits: [{ old_text: LOOP, new_text: BETTER }] } };
const DONE = { text: 'The loop body has its own line now.' };

const command = (line) => ({ name: 'run_command', input: { command: line, reason: 'a test of Emend' } });

// --- TAP -----------------------------------------------------------------------------------------

let current = '';
let count = 0;
let bad = 0;

function ok(passed, text, why) {
  count += 1;
  bad += passed ? 0 : 1;
  console.log(`${passed ? '' : 'not '}ok ${count} - ${current}: ${text}`);
  if (!passed && why !== undefined) console.log(String(why).replace(/^/gm, '# '));
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function wait(text, predicate, ms = 60000) {
  const end = Date.now() + ms;
  let good = await predicate();
  while (!good && Date.now() < end) {
    await sleep(50);
    good = await predicate();
  }
  ok(Boolean(good), text);
  if (!good) throw new Error('waited too long');
}

// --- VS Code -------------------------------------------------------------------------------------

const entry = path.join(cache, 'node_modules/code-server/out/node/entry.js');
const folders = ['--user-data-dir', base + '/data', '--extensions-dir', base + '/extensions'];
const env = {
  ...process.env, HOME: base, XDG_CONFIG_HOME: base + '/config', XDG_STATE_HOME: base + '/state',
  XDG_CACHE_HOME: base + '/cache', XDG_DATA_HOME: base + '/share',
};
delete env.EMEND_MODEL;
delete env.EMEND_MODE;

function writeJson(file, value) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(value));
}

// Returns the process and the address that it listens on.
function startVscode() {
  execFileSync(process.execPath, [entry, ...folders, '--install-extension', cache + '/build/emend.vsix'], { env, stdio: 'pipe' });
  writeJson(base + '/data/User/settings.json', {
    'workbench.startupEditor': 'none', 'files.autoSave': 'off', // which is on by default in a browser
    'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' }, 'editor.minimap.enabled': false,
  });
  const child = spawn(process.execPath, [entry, ...folders, '--auth', 'none', '--bind-addr', '127.0.0.1:0',
    '--disable-workspace-trust', '--disable-telemetry', '--disable-update-check'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (data) => {
      said += data;
      const at = said.match(/listening on (http:\/\/127\.0\.0\.1:\d+)/);
      if (at) resolve({ child, url: at[1] });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', () => reject(new Error('code-server does not start:\n' + said)));
  });
}

// The running servers of this test, by their HOME.
function servers() {
  return fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`${emend}\0lsp\0`) &&
        fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes('HOME=' + base);
    } catch {
      return false;
    }
  });
}

class Window {
  constructor(page, folder) {
    this.page = page;
    this.file = folder + '/sum.c';
    this.keys = page.keyboard;
    this.shots = 0;
  }

  static async open(browser, url, name, model, mode, program) {
    const folder = `${base}/work/${name}`;
    fs.mkdirSync(folder, { recursive: true });
    execFileSync('git', ['init', '-q', folder]);
    fs.writeFileSync(folder + '/sum.c', SOURCE);
    fs.writeFileSync(`${base}/${name}.jsonl`, model.map((turn) => JSON.stringify(turn) + '\n').join(''));
    writeJson(base + '/config/emend/config.json', {});
    const settings = { 'emend.path': program, 'emend.model': `scripted:${base}/${name}.jsonl`, 'emend.mode': mode };
    writeJson(base + '/data/Machine/settings.json', settings);
    const page = await browser.newPage({ viewport: { width: 1200, height: 760 } });
    const window = new Window(page, folder);
    window.settings = settings;
    page.setDefaultTimeout(60000); // the machine may be busy
    await page.goto(`${url}/?folder=${folder}`, { timeout: 120000 });
    await page.locator('.monaco-workbench .statusbar-item').first().waitFor({ timeout: 120000 });
    await window.openFile();
    return window;
  }

  writeSettings(more) {
    Object.assign(this.settings, more);
    writeJson(base + '/data/Machine/settings.json', this.settings);
  }

  async openFile() {
    await this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'sum.c' }).dblclick();
    await this.page.locator('.view-line', { hasText: 'int sum' }).waitFor();
  }

  async shot(what) {
    const folder = process.env.EMEND_SHOTS;
    if (!folder) return;
    fs.mkdirSync(folder, { recursive: true });
    this.shots += 1;
    await this.page.screenshot({ path: `${folder}/${current}-${this.shots}-${what}.png` });
  }

  // The extension may be there later than the window.
  async palette(title) {
    const row = this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: title });
    await wait(`the palette has "${title}"`, async () => {
      await this.keys.press('F1');
      await this.page.locator('.quick-input-widget input[type=text]').waitFor();
      await this.keys.type(title);
      if (await row.waitFor({ timeout: 3000 }).then(() => true, () => false)) return true;
      await this.keys.press('Escape');
      return false;
    });
    await this.keys.press('Enter');
  }

  async goTo(line) {
    await this.keys.press('Control+G');
    await this.keys.type(String(line));
    await this.keys.press('Enter');
  }

  // Selects the function and opens the menu of code actions, once the server is there to offer its own.
  async actions(title) {
    await this.page.locator('.view-line', { hasText: 'int sum' }).click();
    await this.goTo(5);
    for (let i = 0; i < 6; i++) await this.keys.press('Shift+ArrowDown');
    const row = this.page.locator('.action-widget .monaco-list-row', { hasText: title });
    await wait(`the menu of code actions has "${title}"`, async () => {
      if (await row.count()) return true;
      await this.keys.press('Control+.');
      await sleep(500);
      if (await row.count()) return true;
      await this.keys.press('Escape');
      return false;
    });
    return row;
  }

  async refactor() {
    const row = await this.actions('Emend: Refactor this code');
    await this.shot('menu');
    while (!(await row.getAttribute('class')).includes('focused')) await this.keys.press('ArrowDown');
    await this.keys.press('Enter');
  }

  // The editor that shows the diff of an edit, with the answers in its title bar.
  async proposal(file) {
    const group = this.page.locator('.editor-group-container',
      { has: this.page.locator('.tab', { hasText: `Emend asks: ${file}` }) });
    await wait(`the edit of ${file} is shown as a diff`, () => group.locator('.line-insert').count());
    return group;
  }

  // A button in the title bar of an editor; VS Code shows those of the active editor only.
  async titleButton(group, label) {
    await group.locator('.tab', { hasText: 'Emend asks' }).click();
    await group.locator(`.editor-actions .action-label[aria-label^="${label}"]`).click();
  }

  // A link in the notification of a question.
  async toastLink(label) {
    await this.page.locator('.notification-toast', { hasText: 'Emend asks' }).locator('a', { hasText: label }).click();
  }

  // The document of a question about this.
  asks(word) {
    return this.page.locator('.view-line', { hasText: 'Emend asks:' }).filter({ hasText: word }).count();
  }

  async question(word) {
    await wait(`"${word}" is asked for`, () => this.asks(word));
  }

  async lens(title) {
    await this.page.locator('.codelens-decoration a', { hasText: title }).click();
  }

  // The page of the view in the side bar: a frame in a frame.
  async view() {
    let found;
    await wait('the view is there', async () => {
      for (const frame of this.page.frames()) {
        if (await frame.locator('.composer textarea').count().catch(() => 0)) found = frame;
      }
      return found;
    });
    return found;
  }

  async openView() {
    await this.palette('Emend: Tasks and Conversation');
    return this.view();
  }

  async say(view, text) {
    await view.locator('.composer textarea').click();
    await this.keys.type(text);
    await this.keys.press('Enter');
  }

  async newUntitled(text) {
    await this.page.locator('.tabs-container').dblclick({ position: { x: 500, y: 15 } });
    await this.page.locator('.tab', { hasText: 'Untitled-1' }).waitFor();
    await this.keys.type(text);
  }

  // The notification of the running task.
  toast() {
    return this.page.locator('.notification-toast', { hasText: 'Emend: ' }).filter({ has: this.page.locator('.monaco-button') });
  }

  ends() {
    return this.page.locator('.notification-toast', { hasText: /: (done|denied|failed)/ }).count();
  }

  async ended(state) {
    await wait('the task ends as ' + state, () => this.page.locator('.notification-toast', { hasText: `: ${state}` }).count());
    await wait('its notification goes', async () => !(await this.toast().count()));
  }

  async progressInStatusBar() {
    await wait('the status bar shows the progress',
      () => this.page.locator('.statusbar-item', { hasText: 'Refactor sum.c' }).count());
  }

  dirty() {
    return this.page.locator('.tab.dirty', { hasText: 'sum.c' }).count();
  }

  onDisk() {
    return fs.readFileSync(this.file, 'utf8');
  }

  async focus() {
    await this.page.locator('.tab', { hasText: 'sum.c' }).click();
    await this.page.locator('.view-line', { hasText: 'int sum' }).click();
  }

  // Saves what the editor holds; what is then on disk is all of it, to the byte.
  async holds(text, wanted) {
    await this.focus();
    await this.keys.press('Control+S');
    const end = Date.now() + 3000;
    while (this.onDisk() !== wanted && Date.now() < end) await sleep(50);
    ok(this.onDisk() === wanted, text, this.onDisk());
  }

  async noErrors() {
    const errors = this.page.locator('.notification-list-item .codicon-error, .monaco-dialog-box .codicon-dialog-error');
    ok(await errors.count() === 0, 'no error was shown');
  }

  async close() {
    await wait('one server runs for the window', () => servers().length === 1, 2000);
    await this.page.close({ runBeforeUnload: true });
    await wait('the server quits with the window', () => servers().length === 0);
  }
}

// --- what happens --------------------------------------------------------------------------------

const scenarios = {
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
      ok(await w.page.locator('.tab').count() === 1, 'the question is closed again');
      ok(w.onDisk() === SOURCE, 'the file on disk is untouched');
      await w.holds('the editor holds the edit, exactly', EDITED);
      await w.keys.press('Control+Z');
      await w.holds('Ctrl+Z restores the text', SOURCE);
    },
  },

  denied: {
    mode: 'ask',
    model: [{ calls: [command('touch first')] }, { calls: [command('touch second')] }, { text: 'I was not allowed to.' }],
    async run(w) {
      await w.palette('Emend: Do a Task...');
      await w.page.locator('.quick-input-widget', { hasText: 'What should Emend do?' }).waitFor();
      await w.keys.type('make a file');
      await w.keys.press('Enter');
      await w.question('touch first');
      await w.shot('first');
      await w.toastLink('Deny');
      await w.question('touch second');
      await w.shot('second');
      await w.page.locator('.tab', { hasText: 'Emend asks' }).locator('.codicon-close').click();
      await wait('the task ends', async () => (await w.page.locator('.notification-toast', { hasText: /: (denied|done)/ }).count()));
      await wait('its notification goes', async () => !(await w.toast().count()));
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
      ok(await w.page.locator('.view-line', { hasText: 'int sum' }).count(), 'the code stays on the screen');
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
      ok(await view.locator('.steps li.failed', { hasText: 'missing.c' }).count() === 1, 'the failed one is marked');
      await w.say(view, 'use tabs');
      await wait('what is said meanwhile waits', () => view.locator('.chip', { hasText: 'waits: use tabs' }).count());
      await w.shot('steer');
      await view.locator('.question button', { hasText: 'Short' }).click();
      await wait('the answer is rendered', () => view.locator('.md h2', { hasText: 'The answer' }).count());
      await wait('the task is over', () => view.locator('.turn[data-state=done] .state').count());
      ok(await view.locator('.steps[open]').count() === 0, 'the steps are folded');
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
      await wait('nothing is asked any more', async () => !(await view.locator('.question').count()));
      await w.shot('stopped');
      ok(await w.page.locator('.statusbar-item', { hasText: 'Emend: scripted · $0.0' }).count(), 'the status bar has model and cost');
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
      const file = w.page.locator('.pane', { hasText: 'Changes That Wait' });
      if (await file.locator('.pane-header[aria-expanded=false]').count()) await file.locator('.pane-header').click();
      const row = file.locator('.monaco-list-row', { hasText: 'sum.c' });
      await wait('the list of files has it', () => row.filter({ hasText: '2 changes' }).count());
      await row.click();
      await wait('before and now stand side by side', () => w.page.locator('.tab', { hasText: 'before Emend' }).count());
      await wait('with the old line', () => w.page.locator('.line-delete').count());
      await w.shot('compare');
      await w.page.locator('.tab', { hasText: 'before Emend' }).locator('.codicon-close').click();
      await w.focus();
      await w.goTo(8);
      await w.keys.press('Control+Shift+Backspace');
      await wait('a key rejects the change at the cursor', () => row.filter({ hasText: '1 change' }).count());
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

  missing: {
    path: '/nowhere/emend',
    mode: 'edit',
    model: [],
    async run(w) {
      const toast = w.page.locator('.notification-toast', { hasText: 'the program "/nowhere/emend" was not found' });
      await wait('the reason is said', () => toast.count());
      ok(await toast.locator('.monaco-button', { hasText: 'How to Install' }).count(), 'with what can be done');
      ok(await w.page.locator('.statusbar-item', { hasText: 'Emend: off' }).count(), 'the status bar says so');
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
    model: [{ hang: true }, { text: 'I went on.', expect: ['go on where you were'] }],
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
      await wait('the task is resumed', () => w.page.locator('.notification-toast', { hasText: 'I went on' }).count());
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
};

async function main() {
  const vscode = await startVscode();
  let browser;
  try {
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
    const names = process.argv.slice(2);
    for (const name of names.length ? names : Object.keys(scenarios)) {
      const { model, mode, run, errors, path: program = emend } = scenarios[name];
      current = name;
      let window;
      try {
        window = await Window.open(browser, vscode.url, name, model, mode, program);
        await run(window);
        if (!errors) await window.noErrors();
        await window.close();
      } catch (e) {
        ok(false, 'the scenario runs to its end', e.stack);
        await window?.shot('failed');
        await window?.page.close();
      }
    }
  } finally {
    await browser?.close();
    vscode.child.removeAllListeners('exit');
    vscode.child.kill();
  }
  console.log('1..' + count);
}

try {
  await main();
} finally {
  fs.rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.exit(bad ? 1 : 0);
