// Bundles the extension into dist/: one file for VS Code's side, one for the page of the view, and its style sheet. `npm run build`; `npm run watch` while working on it.
import fs from 'node:fs';
import * as esbuild from 'esbuild';

const watch = process.argv.includes('--watch');
const options = {
  bundle: true,
  minify: !watch,
  sourcemap: watch,
  legalComments: 'none',
  logLevel: 'info',
};
const builds = [
  { ...options, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', platform: 'node', target: 'node20',
    format: 'cjs', external: ['vscode'] },
  { ...options, entryPoints: { view: 'src/view/main.ts' }, outdir: 'dist', platform: 'browser', target: 'es2022', format: 'iife' },
  { ...options, entryPoints: { view: 'src/view/view.css' }, outdir: 'dist' },
];

// The licenses of all that is bundled ask for a copy of themselves beside it.
async function licenses(results) {
  const names = new Set(results.flatMap((r) => Object.keys(r.metafile.inputs))
    .map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter(Boolean));
  const texts = [...names].sort().map((name) => {
    const folder = `node_modules/${name}`;
    const file = fs.readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
    if (!file) throw new Error(`${name} has no license file`);
    return `${name}\n\n${fs.readFileSync(`${folder}/${file}`, 'utf8')}`;
  });
  fs.writeFileSync('dist/LICENSES.txt', texts.join(`\n${'-'.repeat(80)}\n\n`));
}

if (watch) for (const one of builds) await (await esbuild.context(one)).watch();
else await licenses(await Promise.all(builds.map((one) => esbuild.build({ ...one, metafile: true }))));
