import { build } from 'esbuild';

/** The client as one script for browsers: anything that only Node has would fail here. */
export async function bundleForBrowsers(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ['client/index.ts'],
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
