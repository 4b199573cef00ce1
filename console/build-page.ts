import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { ConsolePage, PlainPage } from '../lib/api/document/console-page.ts';
import { pagePolicy } from '../lib/api/document/page-policy.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

/**
 * Builds the console as one page with its script, style and charts inside. It loads nothing and may call only
 * its own server. Also builds the script of the docs page. Rejects with esbuild's error.
 */
export async function buildConsolePage(): Promise<ConsolePage> {
  const [page, docsScript] = await Promise.all([buildPage('page'), bundle('docs/main.ts')]);
  return { ...page, docsScript };
}

/** Builds the demo as one page, like the console. It also loads pictures, those that report impressions. */
export function buildDemoPage(): Promise<PlainPage> {
  return buildPage('demo', { hasPictures: true });
}

/** The files that the pages and the script consist of, from the root of the repository. */
export async function consoleInputs(): Promise<readonly string[]> {
  const { metafile } = await build({
    ...options,
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    entryPoints: [
      ...['console/page/main.ts', 'console/page/style.css', 'console/docs/main.ts'],
      ...['console/demo/main.ts', 'console/demo/style.css'],
    ],
    outdir: '.',
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

const options = {
  bundle: true,
  write: false,
  minify: true,
  format: 'iife',
  target: ['chrome115', 'firefox115', 'safari16.4'] as string[],
  legalComments: 'none',
  logLevel: 'silent',
} as const;

async function buildPage(
  name: 'page' | 'demo',
  policy: { readonly hasPictures?: boolean } = {},
): Promise<PlainPage> {
  const [template, tools, script, style] = await Promise.all([
    readFile(`${folder}${name}/index.html`, 'utf8'),
    readFile(`${folder}page/tools.html`, 'utf8'),
    bundle(`${name}/main.ts`),
    bundle(`${name}/style.css`),
  ]);
  // Replaced by functions, so that a `$` in the code has no special meaning.
  const html = template
    .replace(/<tools placeholder="([^"]*)"><\/tools>/, (_, placeholder: string) =>
      tools.replace('placeholder=""', () => `placeholder="${placeholder}"`),
    )
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`);
  return { html, policy: pagePolicy({ script, style, ...policy }) };
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: [entry],
    ...options,
  });
  return outputFiles[0]?.text.trim() ?? '';
}
