import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { buildConsolePage } from '../../console/build-page.ts';
import { consoleFile } from '../api/document/console-page.ts';
import { functionNames, type FunctionName } from '../stages.ts';
import { leaveOut } from './left-out.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Bundle {
  readonly name: FunctionName;
  /** A folder with `index.mjs`, which exports `handler`. */
  readonly folder: string;
  /** The bytes of the code, without the source map, which is read only to print a stack. */
  readonly bytes: number;
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
    entryPoints: [join(root, 'functions', name, 'handler.ts')],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
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
  const code = Object.entries(metafile.outputs).filter(([file]) => file.endsWith('.mjs'));
  return { name, folder, metafile, bytes: code.reduce((sum, [, { bytes }]) => sum + bytes, 0) };
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
