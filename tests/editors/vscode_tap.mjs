// TAP for tests/editors/vscode: what holds is waited for, never for a fixed time.

let current = '';
let count = 0;
let bad = 0;

export function begin(name) {
  current = name;
}

export function scenario() {
  return current;
}

export function ok(passed, text, why) {
  count += 1;
  bad += passed ? 0 : 1;
  console.log(`${passed ? '' : 'not '}ok ${count} - ${current}: ${text}`);
  if (!passed && why !== undefined) console.log(String(why).replace(/^/gm, '# '));
}

// The exit status.
export function plan() {
  console.log('1..' + count);
  return bad ? 1 : 0;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function wait(text, predicate, ms = 60000) {
  const end = Date.now() + ms;
  let good = await predicate();
  while (!good && Date.now() < end) {
    await sleep(50);
    good = await predicate();
  }
  ok(Boolean(good), text);
  if (!good) throw new Error('waited too long');
}
