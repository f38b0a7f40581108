// What the checks share: the SDK from the folder it was installed in, and TAP.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export async function sdk(name) {
  const require = createRequire(pathToFileURL(process.env.SDK_ROOT + "/").href);
  const m = await import(pathToFileURL(require.resolve(name)).href);
  return m.default?.default ? m.default : m;
}

// tests: name to async function. Ends the process; its status says whether one failed.
export async function run(tests) {
  let n = 0;
  let failed = 0;
  console.log(`1..${Object.keys(tests).length}`);
  for (const [name, test] of Object.entries(tests)) {
    n++;
    try {
      await test();
      console.log(`ok ${n} - ${name}`);
    } catch (e) {
      failed++;
      console.log(`not ok ${n} - ${name}`);
      console.log(String(e?.stack ?? e).split("\n").slice(0, 12).map((l) => "# " + l).join("\n"));
    }
  }
  process.exit(failed ? 1 : 0);
}
