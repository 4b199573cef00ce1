import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { FunctionName } from '../stages.ts';

/**
 * The folder of a function's bundle, below `outdir`: `index.mjs`, which exports `handler`. The first call
 * bundles all functions. CDK builds its tree synchronously and esbuild's plugins run asynchronously, hence a
 * process.
 */
export function bundleFunction(name: FunctionName, outdir: string): string {
  const folder = resolve(outdir);
  if (!bundled.has(folder)) {
    const script = `import { bundleFunctions } from ${JSON.stringify(bundleFunctionsUrl)};
      await bundleFunctions(${JSON.stringify(folder)});`;
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: bundlingMsMax,
    });
    bundled.add(folder);
  }
  return join(folder, name);
}

const bundled = new Set<string>();
const bundleFunctionsUrl = new URL('./bundle-functions.ts', import.meta.url).href;
const bundlingMsMax = 120_000;
