import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { buildConsolePage, buildDemoPage, consoleInputs } from '../../console/build-page.ts';
import { requireBanner } from '../../lib/infra/bundle-functions.ts';
import { thirdPartyNotices } from '../third-party-notices.ts';

/** Builds `dist`: the command line with everything that it needs but LMDB, and the pages as they are served. */
const root = resolve(import.meta.dirname, '../..');
const dist = join(import.meta.dirname, 'dist');
const consoleFile = 'console-page.json';
const demoFile = 'demo-page.json';

/** The pages are built here, so that a server needs no bundler. */
const builtConsole: Plugin = {
  name: 'built-console',
  setup(setup) {
    setup.onLoad({ filter: /\/console\/build-page\.ts$/ }, () => ({
      contents: `import { readFile } from 'node:fs/promises';
        const read = async (file) => JSON.parse(await readFile(new URL(file, import.meta.url), 'utf8'));
        export const buildConsolePage = () => read('./${consoleFile}');
        export const buildDemoPage = () => read('./${demoFile}');`,
      loader: 'ts',
    }));
  },
};

await rm(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { cli: 'packages/adtally/cli.ts' },
  outdir: dist,
  bundle: true,
  // A command loads what it needs, and the server no SDK.
  splitting: true,
  metafile: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  external: ['lmdb'],
  banner: { js: requireBanner },
  plugins: [builtConsole],
  legalComments: 'none',
  logLevel: 'warning',
});
await writeFile(join(dist, consoleFile), JSON.stringify(await buildConsolePage()));
await writeFile(join(dist, demoFile), JSON.stringify(await buildDemoPage()));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', join(import.meta.dirname, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
const inputs = [...Object.keys(metafile.inputs), ...(await consoleInputs())];
await writeFile(join(import.meta.dirname, 'THIRD-PARTY-NOTICES'), thirdPartyNotices(root, inputs));
