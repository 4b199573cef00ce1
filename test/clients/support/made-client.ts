import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToSuccess, type CommandOptions } from './run-command.ts';
import { generatorJar, javaLibraries, npmTool, pythonTool, toolsFolder } from './tools.ts';

const programs = fileURLToPath(new URL('../programs/', import.meta.url));
const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** How a client is made from a document, compiled together with its program, and that program run. */
export interface MadeClient {
  readonly name: string;
  /** Writes the client into `folder`, from `folder/openapi.json`. */
  generate(folder: string): Promise<void>;
  /** Fails as the compiler does. */
  compile(folder: string): Promise<void>;
  /** Resolves to what the round trip printed. */
  run(folder: string, environment: CommandOptions['environment']): Promise<string>;
  /** A program of `examples`, and what it prints. */
  readonly example?: Pick<MadeClient, 'run'> & { readonly printed: RegExp };
}

/** An empty folder for a client, below the tools, where Node finds their packages. */
export function clientFolder(name: string): string {
  const folder = join(toolsFolder, '.work', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The options are those that docs/generated-clients.md recommends. */
async function openapiGenerator(
  folder: string,
  generator: string,
  options: readonly string[],
): Promise<void> {
  const from = ['-i', 'openapi.json', '-g', generator, '-o', 'client'];
  await runToSuccess('java', ['-jar', generatorJar, 'generate', ...from, ...options], { cwd: folder });
}

export const goClient: MadeClient = {
  name: 'go',
  async generate(folder) {
    const module = ['--git-host', 'example.com', '--git-user-id', 'adtally', '--git-repo-id', 'client'];
    await openapiGenerator(folder, 'go', [...module, '--additional-properties=packageName=adtally']);
  },
  async compile(folder) {
    const program = join(folder, 'client', 'roundtrip');
    cpSync(join(programs, 'go'), program, { recursive: true });
    await runToSuccess('go', ['build', '-o', '../roundtrip.exe', '.'], {
      cwd: program,
      environment: { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' },
    });
  },
  run: (folder, environment = {}) =>
    runToSuccess(join(folder, 'client', 'roundtrip.exe'), [], { environment }),
};

export const javaClient: MadeClient = {
  name: 'java',
  async generate(folder) {
    const packages = 'invokerPackage=adtally,apiPackage=adtally.api,modelPackage=adtally.model';
    await openapiGenerator(folder, 'java', [
      ...['--library', 'native'],
      `--additional-properties=useSingleRequestParameter=true,${packages}`,
    ]);
  },
  async compile(folder) {
    const sources = ['-sourcepath', join(folder, 'client', 'src', 'main', 'java')];
    const program = join(programs, 'java', 'RoundTrip.java');
    const options = ['-nowarn', '-d', join(folder, 'built'), '-cp', javaLibraries(), ...sources];
    await runToSuccess('javac', [...options, program]);
  },
  run: (folder, environment = {}) =>
    runToSuccess('java', ['-cp', `${join(folder, 'built')}:${javaLibraries()}`, 'RoundTrip'], {
      environment,
    }),
};

const bars = String.raw`(?: +\d\d:\d\d #* *\d+\n){3}`;
const printedByNotebook = new RegExp(
  [
    '^shop-1 created\\nshop-2 created\\n500 increments, counted once\\nshop-1/views 450\\nshop-1/clicks 50\\n',
    `shop-1/views\\n${bars}shop-1/clicks\\n${bars}not-found: No counter has this key\\.\\n$`,
  ].join(''),
);

export const pythonClient: MadeClient = {
  name: 'python',
  async generate(folder) {
    await openapiGenerator(folder, 'python', ['--additional-properties=packageName=adtally']);
  },
  async compile(folder) {
    await runToSuccess(pythonTool('python'), [
      '-m',
      'compileall',
      '-q',
      '-f',
      join(folder, 'client', 'adtally'),
    ]);
  },
  run: (folder, environment = {}) =>
    runToSuccess(pythonTool('python'), [join(programs, 'python', 'round_trip.py')], {
      environment: { ...environment, PYTHONPATH: join(folder, 'client') },
    }),
  example: {
    run: (folder, environment = {}) =>
      runToSuccess(pythonTool('python'), [join(examples, 'python', 'notebook.py')], {
        environment: { ...environment, PYTHONPATH: join(folder, 'client') },
      }),
    printed: printedByNotebook,
  },
};

export const openapiTypescriptClient: MadeClient = {
  name: 'openapi-typescript',
  async generate(folder) {
    const args = ['openapi.json', '-o', join('client', 'schema.ts')];
    await runToSuccess(npmTool('openapi-typescript'), args, { cwd: folder });
  },
  ...typescriptProgram('openapi-typescript'),
};

export const heyApiClient: MadeClient = {
  name: 'hey-api',
  async generate(folder) {
    prepareTypescript(folder);
    const args = ['-i', 'openapi.json', '-o', 'client', '-c', '@hey-api/client-fetch', '--no-log-file'];
    await runToSuccess(npmTool('openapi-ts'), args, { cwd: folder });
  },
  ...typescriptProgram('hey-api'),
};

/** The generators of TypeScript read the compiler's settings, too. */
function prepareTypescript(folder: string): void {
  cpSync(join(toolsFolder, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n');
}

function typescriptProgram(name: string): Pick<MadeClient, 'compile' | 'run'> {
  return {
    async compile(folder) {
      prepareTypescript(folder);
      cpSync(join(programs, 'typescript', 'steps.ts'), join(folder, 'steps.ts'));
      cpSync(join(programs, 'typescript', `${name}.ts`), join(folder, 'round-trip.ts'));
      await runToSuccess(npmTool('tsc'), ['-p', '.'], { cwd: folder });
    },
    run: (folder, environment = {}) =>
      runToSuccess(process.execPath, [join(folder, 'built', 'round-trip.js')], { environment }),
  };
}
