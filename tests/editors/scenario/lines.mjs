// The other end of node.py: answers each line with what the driver's function of that name says.
import readline from 'node:readline';

export async function serve(driver, end) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, ...args] = JSON.parse(line);
    let answer;
    try {
      answer = { value: await driver[name](...args) };
    } catch (e) {
      answer = { error: String(e.stack ?? e) };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
  await end?.();
}
