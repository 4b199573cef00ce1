import { build } from 'esbuild';

/**
 * The client as one script for browsers: anything that only Node has would fail here. `exported`: only these
 * of its exports.
 */
export async function bundleForBrowsers(exported = '*'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export ${exported} from './client/index.ts';`, resolveDir: '.', loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    globalName: 'adtally',
  });
  return outputFiles[0]?.text ?? '';
}
