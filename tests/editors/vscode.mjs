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

  static async open(browser, url, name, model, mode) {
    const folder = `${base}/work/${name}`;
    fs.mkdirSync(folder, { recursive: true });
    execFileSync('git', ['init', '-q', folder]);
    fs.writeFileSync(folder + '/sum.c', SOURCE);
    fs.writeFileSync(`${base}/${name}.jsonl`, model.map((turn) => JSON.stringify(turn) + '\n').join(''));
    writeJson(base + '/config/emend/config.json', {});
    writeJson(base + '/data/Machine/settings.json',
      { 'emend.path': emend, 'emend.model': `scripted:${base}/${name}.jsonl`, 'emend.mode': mode });
    const page = await browser.newPage({ viewport: { width: 1200, height: 760 } });
    const window = new Window(page, folder);
    page.setDefaultTimeout(60000); // the machine may be busy
    await page.goto(`${url}/?folder=${folder}`, { timeout: 120000 });
    await page.locator('.monaco-workbench .statusbar-item').first().waitFor({ timeout: 120000 });
    await window.openFile();
    return window;
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
      const { model, mode, run, errors } = scenarios[name];
      current = name;
      let window;
      try {
        window = await Window.open(browser, vscode.url, name, model, mode);
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
