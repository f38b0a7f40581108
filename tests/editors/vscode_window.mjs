// A real VS Code (code-server) in a browser, as tests/editors/vscode drives it: with keys and clicks. What is looked at is
// what a user would see, and the bytes that saving a file gives.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ok, scenario, sleep, wait } from './vscode_tap.mjs';

const cache = process.env.VSCODE_CACHE;
export const emend = path.resolve(process.env.EMEND);
// PERSON_BASE: the home is made, and taken away, by who started this.
export const base = process.env.PERSON_BASE ?? fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'emend-vscode-')));

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

// asksForTrust: a folder that is opened first is not trusted, and the user is asked.
export function userSettings(asksForTrust) {
  writeJson(base + '/data/User/settings.json', {
    'workbench.startupEditor': 'none', 'files.autoSave': 'off', // which is on by default in a browser
    'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' }, 'editor.minimap.enabled': false,
    'workbench.colorTheme': 'Default Dark Modern', 'security.workspace.trust.enabled': asksForTrust,
  });
}

// VS Code with the packaged extension. Returns the process and the address that it listens on.
export function startVscode(installed = () => {}) {
  execFileSync(process.execPath, [entry, ...folders, '--install-extension', cache + '/build/emend.vsix'], { env, stdio: 'pipe' });
  installed();
  userSettings(false);
  const child = spawn(process.execPath, [entry, ...folders, '--auth', 'none', '--bind-addr', '127.0.0.1:0',
    '--disable-telemetry', '--disable-update-check'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
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
export function servers() {
  return fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`${emend}\0lsp\0`) &&
        fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes('HOME=' + base);
    } catch {
      return false;
    }
  });
}

// In the page: what stood in its toasts, in the order in which it came. They go by themselves, on a busy machine before they
// were looked for.
function remember() {
  const last = new WeakMap();
  window.toasts = [];
  setInterval(() => document.querySelectorAll('.notification-toast').forEach((toast) => {
    if (last.get(toast) === toast.textContent) return;
    last.set(toast, toast.textContent);
    window.toasts.push(toast.textContent);
  }), 200);
}

export class Window {
  constructor(page, folder, first) {
    this.page = page;
    this.first = first; // the file that is opened
    this.file = `${folder}/${first.name}`;
    this.keys = page.keyboard;
    this.shots = 0;
    this.heard = 0; // of the page's toasts
  }

  // files: name -> text; first: { name, word: of a line that shows that it is there, line and lines: a function of it }
  static async open(browser, url, name, { model, mode, files, first, program = emend, trusted = true }) {
    const folder = `${base}/work/${name}`;
    fs.mkdirSync(folder, { recursive: true });
    execFileSync('git', ['init', '-q', folder]);
    for (const [file, text] of Object.entries(files)) fs.writeFileSync(`${folder}/${file}`, text);
    fs.writeFileSync(`${base}/${name}.jsonl`, model.map((turn) => JSON.stringify(turn) + '\n').join(''));
    writeJson(base + '/config/emend/config.json', {});
    userSettings(!trusted);
    return Window.show(browser, url, folder, first,
      { 'emend.path': program, 'emend.model': `scripted:${base}/${name}.jsonl`, 'emend.mode': mode }, trusted);
  }

  static async show(browser, url, folder, first, settings, trusted = true) {
    const page = await browser.newPage({ viewport: { width: 1200, height: 760 } });
    const window = new Window(page, folder, first);
    window.settings = {};
    window.writeSettings(settings);
    page.setDefaultTimeout(60000); // the machine may be busy
    await page.addInitScript(remember);
    page.on('dialog', (dialog) => dialog.accept()); // on a busy machine a save may still be under way: it is left
    await page.goto(`${url}/?folder=${folder}`, { timeout: 120000 });
    await page.locator('.monaco-workbench .statusbar-item').first().waitFor({ timeout: 120000 });
    if (!trusted) await page.locator('.monaco-dialog-box .monaco-button', { hasText: "No, I don't trust" }).click();
    await window.openFile();
    // A command that is called before there is an extension is not found.
    await page.locator('.statusbar-item', { hasText: 'Emend' }).first().waitFor();
    return window;
  }

  writeSettings(more) {
    Object.assign(this.settings, more);
    writeJson(base + '/data/Machine/settings.json', this.settings);
  }

  async openFile() {
    await this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: this.first.name }).first().dblclick();
    await this.page.locator('.view-line', { hasText: this.first.word }).waitFor();
  }

  async shot(what) {
    const folder = process.env.EMEND_SHOTS;
    if (!folder) return;
    fs.mkdirSync(folder, { recursive: true });
    this.shots += 1;
    await this.page.screenshot({ path: `${folder}/${scenario()}-${this.shots}-${what}.png` });
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
    await this.page.locator('.view-line', { hasText: this.first.word }).click();
    await this.goTo(this.first.line);
    for (let i = 0; i < this.first.lines; i++) await this.keys.press('Shift+ArrowDown');
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

  // The document of a question about this. Its lines are wrapped.
  asks(word) {
    return this.page.locator('.view-lines', { has: this.page.locator('.view-line', { hasText: 'Emend asks:' }) })
      .filter({ hasText: word }).count();
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

  // The list of files with changes that wait, unfolded.
  async changes() {
    const pane = this.page.locator('.pane', { hasText: 'Changes That Wait' });
    const folded = pane.locator('.pane-header[aria-expanded=false]');
    if (await folded.count()) await folded.click();
    return pane.locator('.monaco-list-row');
  }

  async newUntitled(text) {
    await this.page.locator('.tabs-container').dblclick({ position: { x: 500, y: 15 } });
    await this.page.locator('.tab', { hasText: 'Untitled-1' }).waitFor();
    await this.keys.type(text);
  }

  // No notification is in front of what is to be seen.
  async quiet() {
    await this.palette('Notifications: Clear All Notifications');
    await wait('nothing is in front', async () => !(await this.page.locator('.notification-toast').count()));
  }

  // The notification of the running task.
  toast() {
    return this.page.locator('.notification-toast', { hasText: 'Emend: ' }).filter({ has: this.page.locator('.monaco-button') });
  }

  // Whether a toast said this since the last end of a task; its number, from one.
  async said(words) {
    const at = (await this.page.evaluate(() => window.toasts)).slice(this.heard).findIndex((text) => words.test(text));
    return at < 0 ? 0 : this.heard + at + 1;
  }

  ends() {
    return this.said(/: (done|denied|failed)/);
  }

  async ended(...states) {
    const words = new RegExp(`: (${states.join('|')})`);
    await wait(`the task ends as ${states.join(' or ')}`, () => this.said(words));
    this.heard = await this.said(words);
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
    await this.page.locator('.tab', { hasText: this.first.name }).first().click();
    await this.page.locator('.view-line', { hasText: this.first.word }).click();
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
