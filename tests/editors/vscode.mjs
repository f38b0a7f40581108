// Runs the scenarios of tests/editors/vscode, or those that are named.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { defaults, scenarios } from './vscode_scenarios.mjs';
import { begin, ok, plan } from './vscode_tap.mjs';
import { base, startVscode, Window } from './vscode_window.mjs';

const { chromium } = createRequire(process.env.VSCODE_CACHE + '/')('playwright-core');

async function play(browser, url, name) {
  const one = { ...defaults, ...scenarios[name] };
  let window;
  begin(name);
  try {
    window = await Window.open(browser, url, name, one);
    await one.run(window);
    if (!one.errors) await window.noErrors();
    await window.close();
  } catch (e) {
    ok(false, 'the scenario runs to its end', e.stack);
    await window?.shot('failed').catch(() => {}); // the page may be closed
    await window?.page.close();
  }
}

async function main() {
  const vscode = await startVscode();
  let browser;
  try {
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
    const names = process.argv.slice(2);
    for (const name of names.length ? names : Object.keys(scenarios)) await play(browser, vscode.url, name);
  } finally {
    await browser?.close();
    vscode.child.removeAllListeners('exit');
    vscode.child.kill();
  }
}

try {
  await main();
} finally {
  fs.rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.exit(plan());
