import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { commandLine, optionLines, parseOptions, runCommand, text, type Values } from '../lib/options.ts';
import { nodeFlags } from '../lib/embedded/node-flags.ts';
import { version } from '../lib/version.ts';

/**
 * `npm run sea`: packs `packages/adtally` and makes one file of it, its dependencies and this Node, for this system
 * and processor. Takes LMDB and postject from npm's registry.
 */
const root = resolve(import.meta.dirname, '..');
const postject = 'postject@1.0.0-alpha.6';
/** Node looks for it in its own file to see whether it is a single executable. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const startMsMax = 30_000;

const options = {
  out: text('the name of a file', {
    argument: '<file>',
    about: 'the executable',
    default: `adtally-${process.platform}-${process.arch}`,
  }),
};

const usage = `Makes adtally one executable file that needs no Node: ${commandLine('sea')} [options]

${optionLines(options)}
It prints the size of the file, and how long it takes to start.
Exit codes: 0 made, 1 it could not be made or does not start, 2 wrong arguments.
`;

await runCommand({
  name: 'sea',
  usage,
  read: (args): Values<typeof options> => parseOptions(args, options).values,
  run: async ({ out }) => {
    const folder = mkdtempSync(join(tmpdir(), 'adtally-sea-'));
    try {
      make(folder, resolve(out));
      const mebibytes = (statSync(out).size / 2 ** 20).toFixed(1);
      const first = await startMs(folder, out);
      const next = await startMs(folder, out);
      process.stdout.write(
        `${out}: ${mebibytes} MiB; ready after ${first} ms, and ${next} ms once it is unpacked\n`,
      );
      return 0;
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`);
      return 1;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
});

function make(folder: string, out: string): void {
  if (!readFileSync(process.execPath).includes(`${fuse}:0`))
    throw new Error(`${process.execPath} cannot be made a single executable; use a Node of nodejs.org`);
  const npm = (cwd: string, ...args: string[]): void => {
    execFileSync('npm', [...args, '--silent', '--no-audit', '--no-fund'], {
      cwd,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  npm(join(root, 'packages/adtally'), 'pack', '--pack-destination', folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  npm(folder, 'install', '--no-package-lock', `./adtally-${version}.tgz`);
  const files = Object.fromEntries(
    readdirSync(join(folder, 'node_modules'), { recursive: true, encoding: 'utf8' })
      .map((name) => join('node_modules', name))
      .filter((name) => isNeeded(name) && statSync(join(folder, name)).isFile())
      .sort()
      .map((name) => [name, join(folder, name)]),
  );
  const name = join(folder, 'name');
  writeFileSync(name, `${version}-${digestOf(files)}`);
  const config = {
    main: join(import.meta.dirname, 'single-executable-main.cjs'),
    output: join(folder, 'blob'),
    disableExperimentalSEAWarning: true,
    execArgv: nodeFlags,
    assets: { ...files, name },
  };
  writeFileSync(join(folder, 'sea.json'), JSON.stringify(config));
  execFileSync(process.execPath, ['--experimental-sea-config', join(folder, 'sea.json')], {
    stdio: 'ignore',
  });
  copyFileSync(process.execPath, out);
  chmodSync(out, 0o755);
  if (process.platform === 'darwin') execFileSync('codesign', ['--remove-signature', out]);
  npm(folder, 'install', '--no-save', '--no-package-lock', '--prefix', join(folder, 'tool'), postject);
  const program = join(folder, 'tool/node_modules/postject/dist/cli.js');
  const segment = process.platform === 'darwin' ? ['--macho-segment-name', 'NODE_SEA'] : [];
  const args = [program, out, 'NODE_SEA_BLOB', config.output, '--sentinel-fuse', fuse, ...segment];
  execFileSync(process.execPath, args, { stdio: 'ignore' });
  if (process.platform === 'darwin') execFileSync('codesign', ['--sign', '-', out]);
}

/** Code, licences and the addons of this Node; not types, sources and addons of other Nodes. */
function isNeeded(name: string): boolean {
  if (/\.(d\.ts|map)$/.test(name)) return false;
  const abi = /\.abi(\d+)\./.exec(name)?.[1];
  if (abi !== undefined && abi !== process.versions.modules) return false;
  return /\.([cm]?js|json|node)$|(^|\/)(licen[cs]e[^/]*|THIRD-PARTY-NOTICES)$/i.test(name);
}

function digestOf(files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const [name, path] of Object.entries(files)) hash.update(name).update(readFileSync(path));
  return hash.digest('hex').slice(0, 12);
}

/** Until the server is ready, on a fresh folder; milliseconds. */
async function startMs(folder: string, out: string): Promise<number> {
  const data = mkdtempSync(join(folder, 'data-'));
  const env = { ADTALLY_CACHE: join(folder, 'cache') };
  const startedMs = performance.now();
  const server = spawn(resolve(out), ['--port', '0', '--quiet', '--data', data], { cwd: folder, env });
  let said = '';
  const readyMs = await new Promise<number>((done, fail) => {
    server.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('adtally is ready on')) done(performance.now() - startedMs);
    });
    server.on('exit', () => {
      fail(new Error(`${out} does not start: ${said}`));
    });
    setTimeout(() => server.kill('SIGKILL'), startMsMax).unref();
  });
  server.removeAllListeners('exit');
  server.kill('SIGKILL');
  await new Promise((done) => server.on('exit', done));
  return Math.round(readyMs);
}
