import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { buildConsolePage } from '../../console/build-page.ts';
import { consoleFile } from '../api/document/console-page.ts';
import { functionNames, type FunctionName } from '../stages.ts';
import type { BundleSize } from './bundling.ts';
import { leaveOut } from './left-out.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Bundle extends BundleSize {
  readonly name: FunctionName;
  /** A folder with `index.mjs`, which exports `handler`, and its chunks. */
  readonly folder: string;
  /** esbuild's list of its contents. */
  readonly metafile: Metafile;
}

/** Bundles every function with its dependencies, the SDK included, into its own folder below `outdir`. */
export async function bundleFunctions(outdir: string): Promise<readonly Bundle[]> {
  return Promise.all(functionNames.map(async (name) => bundleOne(name, join(outdir, name))));
}

async function bundleOne(name: FunctionName, folder: string): Promise<Bundle> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { index: join(root, 'functions', name, 'handler.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What `import()` loads is a file of its own, and so is what it shares with the rest.
    splitting: true,
    chunkNames: 'chunk-[hash]',
    metafile: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The SDK's ES modules, so that unused code is dropped: half the size of its CommonJS modules.
    mainFields: ['module', 'main'],
    banner: { js: requireBanner },
    alias: { '@aws-sdk/credential-provider-node': join(root, 'lib/adapters/aws/lambda-credentials.ts') },
    plugins: [inlineSchemaKeys, leaveOut(name)],
    // Replaced modules have no exports to import.
    logOverride: { 'import-is-undefined': 'silent' },
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
  });
  if (name === 'describe-api') {
    await writeFile(join(folder, consoleFile), JSON.stringify(await buildConsolePage()));
  }
  const code = Object.keys(metafile.outputs).filter((file) => file.endsWith('.mjs'));
  const sizeOf = (files: readonly string[]): number =>
    files.reduce((sum, file) => sum + (metafile.outputs[file]?.bytes ?? 0), 0);
  const initial = initialFiles(metafile);
  return { name, folder, metafile, initialBytes: sizeOf(initial), bytes: sizeOf(code) };
}

/** The entry and what it imports, directly or not, other than by `import()`. */
function initialFiles({ outputs }: Metafile): readonly string[] {
  const files = new Set(
    Object.keys(outputs).filter((file) => outputs[file]?.entryPoint?.endsWith('/handler.ts')),
  );
  // A set also visits what is added on the way.
  for (const file of files)
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && path in outputs) files.add(path);
  return [...files];
}

/** Remaining CommonJS code in a bundle loads Node's modules by `require`, which an ES module lacks. */
export const requireBanner =
  "import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);";

/**
 * An SDK client has the schemas of all its operations in one file, with constants as computed keys: `{ [_h]:
 * ... }`. esbuild cannot know that such a key has no side effect, so it keeps every schema. With the values
 * of the constants inlined it keeps only the used ones, which saves 50 KB in a bundle with S3.
 */
const inlineSchemaKeys: Plugin = {
  name: 'inline-schema-keys',
  setup(setup) {
    setup.onLoad({ filter: /@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_0\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const constants = new Map(
        Array.from(source.matchAll(/^const (_\w+) = ("[^"\\]*");$/gm), ([, name, value]) => [name, value]),
      );
      const contents = source.replace(
        /\[(_\w+)\]:/g,
        (key, name: string) => `${constants.get(name) ?? key.slice(0, -1)}:`,
      );
      return { contents, loader: 'js' };
    });
  },
};
