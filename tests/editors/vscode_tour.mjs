// A walk through the extension on the project of `make demo`, with a picture at each moment: EMEND_SHOTS keeps them, and
// `make pictures` takes those of docs/ from there. It is a scenario like the others: what is on a picture was checked.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ok, wait } from './vscode_tap.mjs';

const demo = path.join(path.dirname(fileURLToPath(import.meta.url)), '../demo');

export const files = Object.fromEntries(fs.readdirSync(path.join(demo, 'project'), { withFileTypes: true })
  .filter((e) => e.isFile()).map((e) => [e.name, fs.readFileSync(path.join(demo, 'project', e.name), 'utf8')]));

export const model = fs.readFileSync(path.join(demo, 'model.jsonl'), 'utf8').split('\n')
  .filter((line) => line && !line.startsWith('#')).map((line) => JSON.parse(line));

async function menus(w) {
  const row = await w.actions('Emend: Refactor this code');
  await row.waitFor();
  await w.shot('menu');
  await w.keys.press('Escape');
  await w.page.locator('.view-line', { hasText: 'double median' }).click({ button: 'right' });
  // The menu opens where the pointer is, which is then over its first entry.
  const entry = w.page.locator('.context-view .action-item', { hasText: /^Emend/ });
  await entry.waitFor();
  await entry.hover();
  await wait('the context menu has a menu of Emend', () => w.page.locator('.action-item', { hasText: 'Explain This Code' }).count());
  await w.shot('context');
  await w.keys.press('Escape');
  await w.keys.press('Escape');
}

async function task(w) {
  const view = await w.openView();
  await w.shot('empty');
  await w.say(view, 'The test fails. Find out why and mend it.');
  await wait('the command is a step', () => view.locator('.steps li', { hasText: 'make -s test' }).count());
  await wait('what a command changed is asked for', () => view.locator('.question', { hasText: 'make -s test' }).count());
  await w.shot('working');
  await view.locator('.question button', { hasText: 'Always allow what commands change' }).click();
  const diff = await w.proposal('stats.c');
  await wait('the question is in the view, too', () => view.locator('.question', { hasText: 'stats.c' }).count());
  ok(await diff.locator('.line-insert').count(), 'the diff has its new lines');
  await w.shot('proposal');
  await view.locator('.question button', { hasText: 'Allow once' }).click();
  await w.proposal('README.md');
  await view.locator('.question button', { hasText: 'Allow once' }).click();
  await wait('the task is done', () => view.locator('.turn[data-state=done]').count());
  await wait('the editor has what it changed', () => w.page.locator('.view-line', { hasText: 'qsort' }).count());
  await wait('each change has its lenses', () => w.page.locator('.codelens-decoration a', { hasText: 'Accept' }).count());
  const changes = await w.changes();
  await wait('the files with changes are listed', () => changes.filter({ hasText: 'README.md' }).count());
  await w.quiet();
  await w.shot('done');
}

async function review(w) {
  await w.page.locator('.view-line', { hasText: 'double *sorted' }).hover({ position: { x: 60, y: 8 } });
  await w.page.locator('.monaco-hover', { hasText: 'changed this' }).waitFor();
  await w.shot('hover');
  await w.keys.press('Escape');
  await (await w.changes()).filter({ hasText: 'stats.c' }).click();
  await wait('before and now stand side by side', () => w.page.locator('.line-delete').count());
  await w.quiet();
  await w.shot('compare');
}

async function around(w) {
  await w.page.locator('.statusbar-item', { hasText: 'Emend: scripted' }).click();
  await w.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Choose the Model' }).waitFor();
  await w.shot('status');
  await w.keys.press('Escape');
  await w.palette('Emend: Choose the Model...');
  await wait('the models are listed', () => w.page.locator('.quick-input-list .monaco-list-row', { hasText: 'anthropic/' }).count());
  await w.shot('models');
  await w.keys.press('Escape');
  await w.palette('Emend: Doctor: What Works on This Machine');
  await wait('the doctor says what works', () => w.page.locator('.view-line', { hasText: 'landlock' }).count());
  await w.shot('doctor');
  await w.palette('Welcome: Open Walkthrough...');
  const entry = w.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Get Started with Emend' });
  await entry.click();
  await wait('the walkthrough is there', () => w.page.locator('.getting-started-category, .gettingStarted', { hasText: 'Choose a model' }).count());
  await w.shot('walkthrough');
}

export async function run(w) {
  await menus(w);
  await task(w);
  await review(w);
  await around(w);
}

export const mode = 'ask';
export const first = { name: 'stats.c', word: 'double median', line: 12, lines: 4 };
