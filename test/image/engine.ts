import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, matchesGlob, relative, resolve } from 'node:path';
import { commandOf, parseDockerfile, type BuildStage } from './dockerfile.ts';

/**
 * Runs the steps of a Dockerfile without a container engine: each stage is a copy-on-write view of this machine's own
 * root, with Node 24 and npm where the base image has them, and nothing of the user's. Linux and root. Goal: every
 * step is run by the real programs, as the user and in the folder that the Dockerfile says, and what it makes runs as
 * an engine runs it: another user, a root that is read-only, no network. Non-goal: what the base image has.
 */
const repository = resolve(import.meta.dirname, '../..');

export interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Stage {
  readonly root: string;
  directory: string;
  user: string;
  readonly environment: Map<string, string>;
  readonly volumes: string[];
  healthCheck: readonly string[];
  entrypoint: readonly string[];
  command: readonly string[];
}

export interface Image {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
  /** A container with a read-only root, a volume of its own and no network but loopback. */
  start(options?: { readonly volumeSize?: string }): Promise<Container>;
  remove(): Promise<void>;
}

export interface Container {
  /** Runs a program to its end. `root`: as that user, as an operator of the machine might. */
  run(program: readonly string[], as?: 'root'): Promise<Ended>;
  /** Starts a program that goes on. */
  spawn(program: readonly string[]): ChildProcess;
  /** Removes the container and its volume. */
  remove(): Promise<void>;
}

/** Of each command, longer than the slowest, which installs everything. */
const msMax = 420_000;

function execute(file: string, args: readonly string[], cwd = '/'): Promise<Ended> {
  return new Promise((done) => {
    execFile(file, args, { timeout: msMax, maxBuffer: 64e6, cwd }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : (error.code ?? error.signal ?? null), stdout, stderr });
    });
  });
}

async function must(file: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execute(file, args);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${String(code)}: ${stdout}${stderr}`);
  return stdout;
}

/** A process that keeps namespaces of its own; they go with it. */
async function startHolder(unshare: readonly string[], setUp: string): Promise<ChildProcess> {
  const holder = spawn('unshare', [...unshare, 'sh', '-ec', `${setUp}\necho ready\nexec sleep infinity`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(holder.stdout, 'data'),
    once(holder, 'exit').then(() => Promise.reject(new Error(`cannot set up: ${setUp}`))),
  ]);
  return holder;
}

async function end(holder: ChildProcess): Promise<void> {
  if (holder.exitCode === null && holder.signalCode === null && holder.kill('SIGKILL'))
    await once(holder, 'exit');
}

/** What hides the machine's own Node, npm and files. */
const hidden = ['/work', '/root', '/home', '/tmp', '/usr/lib/node_modules', '/usr/local', '/opt'];
const hiddenPrograms = ['/usr/bin/node', '/usr/bin/npm', '/usr/bin/npx', '/usr/bin/corepack'];

export async function buildImage(dockerfile: string): Promise<Image> {
  const folder = await mkdtemp(join(tmpdir(), 'adtally-image-'));
  const holder = await startHolder(['--mount'], `mount -t tmpfs -o size=6g none ${folder}`);
  const here = ['--mount', `--target=${holder.pid ?? 0}`];
  const inside = (...program: readonly string[]): Promise<string> => must('nsenter', [...here, ...program]);
  /** A path of the namespace as other processes see it. */
  const seen = (path: string): string => `/proc/${holder.pid ?? 0}/root${path}`;

  const makeRoot = async (name: string): Promise<string> => {
    const at = join(folder, name);
    await inside('mkdir', '-p', `${at}/upper`, `${at}/work`, `${at}/root`);
    const layers = `lowerdir=/,upperdir=${at}/upper,workdir=${at}/work`;
    await inside('mount', '-t', 'overlay', 'overlay', '-o', layers, `${at}/root`);
    for (const path of hidden) {
      await inside('mkdir', '-p', `${at}/root${path}`);
      await inside('mount', '-t', 'tmpfs', 'none', `${at}/root${path}`);
    }
    await inside('rm', '-f', ...hiddenPrograms.map((path) => `${at}/root${path}`));
    await inside('mount', '--rbind', '/dev', `${at}/root/dev`);
    await inside('mount', '-t', 'proc', 'proc', `${at}/root/proc`);
    const local = seen(`${at}/root/usr/local`);
    await mkdir(join(local, 'lib/node_modules'), { recursive: true });
    await mkdir(join(local, 'bin'));
    await cp(join(repository, 'node_modules/node/bin/node'), join(local, 'bin/node'));
    const npm = (await must('npm', ['root', '--global'])).trim();
    await cp(join(npm, 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true });
    for (const name of ['npm', 'npx'])
      await inside(
        'ln',
        '-s',
        `../lib/node_modules/npm/bin/${name}-cli.js`,
        `${at}/root/usr/local/bin/${name}`,
      );
    return `${at}/root`;
  };

  const stages = new Map<string | undefined, Stage>();
  const build = async ({ instructions }: BuildStage, root: string): Promise<Stage> => {
    const environment = new Map([['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']]);
    const stage: Stage = {
      ...{ root, directory: '/', user: '0:0', environment, volumes: [] },
      ...{ healthCheck: [], entrypoint: [], command: [] },
    };
    for (const { name, text } of instructions) {
      if (name === 'RUN') await inside(...inStage(stage, commandOf(text)));
      else if (name === 'COPY') await copy(stage, text);
      else await describe(stage, name, text);
    }
    return stage;
  };

  const describe = async (stage: Stage, name: string, text: string): Promise<void> => {
    if (name === 'WORKDIR') await inside('mkdir', '-p', stage.root + (stage.directory = text));
    else if (name === 'USER') stage.user = text;
    else if (name === 'VOLUME') stage.volumes.push(text);
    else if (name === 'ENTRYPOINT') stage.entrypoint = commandOf(text);
    else if (name === 'CMD') stage.command = commandOf(text);
    else if (name === 'HEALTHCHECK') stage.healthCheck = commandOf(/ CMD (.*)$/.exec(text)?.[1] ?? '');
    else if (name === 'ENV') for (const pair of text.split(/\s+/)) set(stage.environment, pair);
    else if (name !== 'EXPOSE') throw new Error(`this engine has no ${name}`);
  };

  const copy = async (stage: Stage, text: string): Promise<void> => {
    const [, from, source = '', target = ''] = /^(?:--from=(\S+) )?(\S+) (\S+)$/.exec(text) ?? [];
    const to = join(stage.root, resolve(stage.directory, target));
    if (from !== undefined) {
      await inside('mkdir', '-p', to);
      await inside('cp', '-a', `${stages.get(from)?.root ?? ''}${source}/.`, to);
    } else if (source === '.') await copyContext(seen(to));
    else throw new Error(`this engine copies only the whole repository: ${text}`);
  };

  try {
    const parsed = parseDockerfile(dockerfile);
    for (const [index, stage] of parsed.entries())
      stages.set(stage.as, await build(stage, await makeRoot(`stage-${index}`)));
  } catch (error) {
    await end(holder);
    throw error;
  }
  const last = stages.get(undefined);
  if (last === undefined) throw new Error('the Dockerfile has no last stage');
  return {
    ...last,
    start: ({ volumeSize = '200m' } = {}) => startContainer(last, here, volumeSize),
    async remove() {
      await end(holder);
      await rm(folder, { recursive: true });
    },
  };
}

async function startContainer(
  stage: Stage,
  image: readonly string[],
  volumeSize: string,
): Promise<Container> {
  const [uid, gid] = stage.user.split(':');
  const setUp = [
    'ip link set lo up',
    `mount -o remount,ro,bind ${stage.root} || mount -o remount,ro ${stage.root}`,
    ...hidden.map((path) => `mount -o remount,ro ${stage.root}${path}`),
    ...stage.volumes.map(
      (path) => `mount -t tmpfs -o size=${volumeSize},uid=${uid},gid=${gid} none ${stage.root}${path}`,
    ),
  ];
  const holder = await startHolder(
    ['--net', 'nsenter', ...image, '--', 'unshare', '--mount'],
    setUp.join('\n'),
  );
  const here = ['--net', '--mount', `--target=${holder.pid ?? 0}`];
  const children: ChildProcess[] = [];
  return {
    run: (program, as) =>
      execute('nsenter', [...here, ...inStage(as === 'root' ? { ...stage, user: '0:0' } : stage, program)]),
    spawn(program) {
      const child = spawn('nsenter', [...here, ...inStage(stage, program)], { cwd: '/' });
      children.push(child);
      return child;
    },
    async remove() {
      for (const child of children) await end(child);
      await end(holder);
    },
  };
}

function inStage(
  { root, directory, user, environment }: Stage,
  program: readonly string[],
): readonly string[] {
  const trusted = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'].map(
    (name) => [name, process.env[name] ?? ''] as const,
  );
  const variables = [...trusted, ...environment, ['HOME', '/tmp'] as const].map(
    ([name, value]) => `${name}=${value}`,
  );
  const [uid = '', gid = ''] = user.split(':');
  const become = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const enter = ['sh', '-c', 'cd "$0" && exec "$@"', directory];
  return ['chroot', root, 'env', '-i', ...variables, ...become, ...enter, ...program];
}

function set(environment: Map<string, string>, pair: string): void {
  const [name = '', value = ''] = pair.split('=');
  environment.set(
    name,
    value.replaceAll(/\$([A-Z]+)/g, (_, known: string) => environment.get(known) ?? ''),
  );
}

/** The repository without what .dockerignore names. */
async function copyContext(target: string): Promise<void> {
  const ignored = (await readFile(join(repository, '.dockerignore'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  await cp(repository, target, {
    recursive: true,
    filter: (path) => !ignored.some((pattern) => matchesGlob(relative(repository, path), pattern)),
  });
}
