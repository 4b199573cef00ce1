import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { assert } from '../core/assert.ts';
import type { FunctionName } from '../stages.ts';

/** Bytes of a function's code. */
export interface BundleSize {
  /** What it begins with: `index.mjs` and the chunks that it imports. */
  readonly initialBytes: number;
  /** With the chunks that are loaded when they are first needed. */
  readonly bytes: number;
}

/**
 * The folder of a function's bundle, below `outdir`: `index.mjs`, which exports `handler`, and its chunks. The
 * first call bundles all functions.
 */
export function bundleFunction(name: FunctionName, outdir: string): string {
  bundleAll(outdir);
  return join(resolve(outdir), name);
}

/** The size of that bundle. */
export function bundleSize(name: FunctionName, outdir: string): BundleSize {
  const size = bundleAll(outdir)[name];
  assert(size !== undefined, `${name} has no bundle`);
  return size;
}

type Sizes = Readonly<Partial<Record<FunctionName, BundleSize>>>;

/** CDK builds its tree synchronously and esbuild's plugins run asynchronously, hence a process. */
function bundleAll(outdir: string): Sizes {
  const folder = resolve(outdir);
  const known = bundled.get(folder);
  if (known !== undefined) return known;
  const script = `import { bundleFunctions } from ${JSON.stringify(bundleFunctionsUrl)};
    const bundles = await bundleFunctions(${JSON.stringify(folder)});
    const sizes = bundles.map(({ name, initialBytes, bytes }) => [name, { initialBytes, bytes }]);
    process.stdout.write(JSON.stringify(Object.fromEntries(sizes)));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: bundlingMsMax,
  });
  const sizes = JSON.parse(output) as Sizes;
  bundled.set(folder, sizes);
  return sizes;
}

const bundled = new Map<string, Sizes>();
const bundleFunctionsUrl = new URL('./bundle-functions.ts', import.meta.url).href;
const bundlingMsMax = 120_000;
