// A real VS Code in a browser, as play.py drives it: with keys and clicks (see ../vscode_window.mjs). Beside Emend runs an
// extension that stands for a linter and a language server, and that writes down the text of the file for the player.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { sleep } from '../vscode_tap.mjs';
import { serve } from './lines.mjs';

console.log = console.error; // the other end reads stdout
const [work, first] = process.argv.slice(2);
const { base, emend, servers, startVscode, Window } = await import('../vscode_window.mjs');
const { chromium } = createRequire(process.env.VSCODE_CACHE + '/')('playwright-core');

const LINTER = `
const vscode = require('vscode');
const fs = require('fs');
exports.activate = () => {
  const found = vscode.languages.createDiagnosticCollection('other');
  const look = (document) => {
    if (!document.uri.path.endsWith('/${first}') || document.uri.scheme !== 'file') return;
    const text = document.getText();
    fs.writeFileSync('${base}/text.new', text);
    fs.renameSync('${base}/text.new', '${base}/text');
    found.set(document.uri, [...text.matchAll(/BAD/g)].map((m) =>
      new vscode.Diagnostic(new vscode.Range(document.positionAt(m.index), document.positionAt(m.index + 3)), 'this is bad')));
  };
  vscode.workspace.textDocuments.forEach(look);
  vscode.workspace.onDidOpenTextDocument(look);
  vscode.workspace.onDidChangeTextDocument((e) => look(e.document));

  const word = /[\\p{L}\\p{N}_]+/gu;
  const places = (document, position) => {
    const name = document.getText(document.getWordRangeAtPosition(position, /[\\p{L}\\p{N}_]+/u));
    return [...document.getText().matchAll(word)].filter((m) => m[0] === name).map((m) => new vscode.Location(document.uri,
      new vscode.Range(document.positionAt(m.index), document.positionAt(m.index + name.length))));
  };
  const all = { scheme: 'file' };
  vscode.languages.registerReferenceProvider(all, { provideReferences: places });
  vscode.languages.registerDefinitionProvider(all, { provideDefinition: (d, p) => places(d, p)[0] });
  vscode.languages.registerRenameProvider(all, { provideRenameEdits: (document, position, name) => {
    const edit = new vscode.WorkspaceEdit();
    for (const place of places(document, position)) edit.replace(document.uri, place.range, name);
    return edit;
  } });
};
`;

function addLinter() {
  const name = 'test.other-1.0.0';
  const folder = `${base}/extensions/${name}`;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(folder + '/main.js', LINTER);
  fs.writeFileSync(folder + '/package.json', JSON.stringify({
    name: 'other', publisher: 'test', version: '1.0.0', engines: { vscode: '^1.80.0' }, main: './main.js', activationEvents: ['*'],
  }));
  const list = `${base}/extensions/extensions.json`;
  const all = JSON.parse(fs.readFileSync(list, 'utf8'));
  all.push({ identifier: { id: 'test.other' }, version: '1.0.0', relativeLocation: name,
    location: { $mid: 1, path: folder, scheme: 'file' }, metadata: { source: 'vsix', installedTimestamp: Date.now() } });
  fs.writeFileSync(list, JSON.stringify(all));
}

const vscode = await startVscode(addLinter);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
const w = await Window.show(browser, vscode.url, work, { name: first, word: 'int sum' },
  { 'emend.path': emend, 'emend.model': `scripted:${base}/model.jsonl`, 'emend.mode': 'ask', 'editor.autoClosingBrackets': 'never' });
const view = await w.openView();
const plain = (text) => (text ?? '').replaceAll('\u00a0', ' ');
const question = () => view.locator('.question').first();
const count = (locator) => locator.count();

// The beginning of the file is in sight again, also behind a long line.
async function focus() {
  await w.page.locator('.tab', { hasText: first }).first().click();
  await w.keys.press('Control+1');
  await w.goTo(1);
}

async function input(text) {
  await w.page.locator('.quick-input-widget input[type=text]').waitFor();
  await w.keys.type(text);
  await w.keys.press('Enter');
}

// The lines of the question's document as the editor draws them, each brought into sight. What is wrapped has one number;
// each line of a command of several lines stands behind a bar.
async function shownLines() {
  const group = w.page.locator('.editor-group-container', { has: w.page.locator('.tab.active', { hasText: 'Emend asks' }) });
  if (!await count(group)) return [];
  const editor = group.first().locator('.monaco-editor').first();
  const rows = new Map();
  const look = () => editor.evaluate((e) => {
    const edge = e.querySelector('.lines-content').getBoundingClientRect();
    const numbers = new Map([...e.querySelectorAll('.margin-view-overlays > div')].map((d) =>
      [d.style.top, d.querySelector('.line-numbers')?.textContent ?? '']));
    const right = e.querySelector('.overflow-guard').getBoundingClientRect().right;
    return { scrolled: Math.round(-edge.top), rows: [...e.querySelectorAll('.view-lines .view-line')].map((l) =>
      [parseInt(l.style.top, 10), numbers.get(l.style.top) ?? '', l.textContent,
        (l.firstElementChild?.getBoundingClientRect().right ?? 0) > right]) };
  });
  const box = await editor.boundingBox();
  await w.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  // Until it moves no more.
  const scroll = async (by, each) => {
    let last = NaN;
    for (let still = 0; still < 3;) {
      const seen = await look();
      each(seen);
      still = seen.scrolled === last ? still + 1 : 0;
      last = seen.scrolled;
      await w.page.mouse.wheel(0, by);
      await sleep(30);
    }
  };
  await scroll(-100000, () => {});
  await scroll(box.height * 0.7, (seen) => {
    for (const [top, number, text, cut] of seen.rows) rows.set(top, [number, text + (cut ? '<CUT AT THE EDGE>' : '')]);
  });
  const lines = [];
  for (const [, [number, text]] of [...rows].sort((a, b) => a[0] - b[0])) {
    if (number) lines.push(text);
    else lines[lines.length - 1] += text;
  }
  return lines.map((line) => plain(line).replace(/^\| /, ''));
}

const driver = {
  window_text: () => shownLines().catch(() => []), // it is drawn just now
  ready: async () => servers().length === 1 && await count(w.page.locator('.statusbar-item', { hasText: 'Emend: scripted' })) > 0,
  async type(n, text) {
    await driver.begin_typing(n);
    await w.keys.type(text);
  },
  problem: async () => await count(w.page.locator('.squiggly-error')) > 0,
  async ask(text) {
    await w.palette('Emend: Do a Task...');
    await w.page.locator('.quick-input-widget', { hasText: 'What should Emend do?' }).waitFor();
    await w.keys.type(text);
    await w.keys.press('Enter');
  },
  async action(from, to, title) {
    await focus();
    w.first.line = from;
    w.first.lines = to - from;
    const row = await w.actions(title);
    while (!(await row.first().getAttribute('class')).includes('focused')) await w.keys.press('ArrowDown');
    await w.keys.press('Enter');
  },
  question: async () => plain(await view.locator('.question').evaluateAll((all) => all[0]?.textContent)),
  async proposal() {
    const group = w.page.locator('.editor-group-container', { has: w.page.locator('.tab', { hasText: 'Emend asks' }) });
    return await count(group.locator('.line-insert')) ? plain(await group.textContent()) : '';
  },
  async answer_shown() {
    const texts = await Promise.all(w.page.frames().slice(1).map((f) => f.locator('body').innerText({ timeout: 1000 }).catch(() => '')));
    return texts.join('\n');
  },
  allow: () => question().locator('button', { hasText: 'Allow once' }).click(),
  async deny(why) {
    await question().locator('button', { hasText: 'say why' }).click();
    await input(why);
  },
  choose: (option) => question().locator('button', { hasText: option }).click(),
  async leave() {
    await focus();
  },
  async begin_typing(n) {
    await focus();
    await w.goTo(n);
    await w.page.locator('.statusbar-item', { hasText: `Ln ${n},` }).waitFor();
    await w.keys.press('End');
  },
  type_on: (text) => w.keys.type(text),
  end_typing() {},
  steer: (text) => w.say(view, text),
  cancel: () => view.locator('.composer button', { hasText: 'Stop' }).click(),
  undo: () => w.palette('Emend: Undo Last Task'),
  async accept_all() {
    if (!await driver.waiting()) return;
    await focus();
    await w.page.locator('.editor-actions .action-label[aria-label^="Accept All Changes in This File"]').click();
  },
  waiting: () => count(w.page.locator('.codelens-decoration a', { hasText: 'Reject' })),
  // Its lens is the last one above the line.
  async reject(n) {
    await focus();
    await w.goTo(n);
    const at = (await w.page.locator('.view-overlays .current-line').first().boundingBox()).y;
    const all = await w.page.locator('.codelens-decoration a', { hasText: 'Reject' }).all();
    const boxes = await Promise.all(all.map(async (lens) => ({ lens, y: (await lens.boundingBox()).y })));
    const above = boxes.filter((b) => b.y < at).sort((a, b) => b.y - a.y);
    await above[0].lens.click();
  },
  before_kill() {},
  lost: async () => await count(w.page.locator('.notification-toast', { hasText: 'the server ended, and with it: Add one' })) > 0,
  resume: () => w.page.locator('.notification-toast .monaco-button', { hasText: 'Resume' }).click(),
  text: () => fs.readFileSync(base + '/text', 'utf8'),
  running: async () => await count(view.locator('.turn[data-state=running]')) > 0,
  async ends() {
    const states = await view.locator('.turn').evaluateAll((all) => all.map((t) => t.dataset.state));
    return states.filter((s) => s && s !== 'running' && s !== 'lost');
  },
  async screen() {
    await w.shot('seen');
    return plain(await view.locator('body').innerText()).slice(-800);
  },
};

await serve(driver, async () => {
  await browser.close();
  vscode.child.removeAllListeners('exit');
  vscode.child.kill();
});
process.exit(0);
