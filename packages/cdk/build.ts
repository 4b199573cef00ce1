import { execFileSync } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { consoleInputs } from '../../console/build-page.ts';
import { bundleFunctions } from '../../lib/infra/bundle-functions.ts';
import { thirdPartyNotices } from '../third-party-notices.ts';

/**
 * Builds `dist`: the construct as one module, its types, a bundle of each function as it runs on Lambda, and the pages
 * that alarms and the dashboard name.
 */
const root = resolve(import.meta.dirname, '../..');
const dist = join(import.meta.dirname, 'dist');

await rm(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['packages/cdk/index.ts'],
  outdir: dist,
  bundle: true,
  metafile: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  mainFields: ['module', 'main'],
  external: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'],
  legalComments: 'none',
  logLevel: 'warning',
});
const functions = await bundleFunctions(join(dist, 'functions'));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', join(import.meta.dirname, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
const docs = join(root, 'docs');
await cp(docs, join(dist, 'docs'), {
  recursive: true,
  filter: (file) => file === docs || file.endsWith('.md'),
});
const inputs = [metafile, ...functions.map((bundle) => bundle.metafile)].flatMap((each) =>
  Object.keys(each.inputs),
);
await writeFile(
  join(import.meta.dirname, 'THIRD-PARTY-NOTICES'),
  thirdPartyNotices(root, [...inputs, ...(await consoleInputs())]),
);
