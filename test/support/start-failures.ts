import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { runCommand } from './run-command.ts';

/** A way of starting the server that it must refuse, with the one line that it then says. */
export interface StartFailure {
  readonly name: string;
  /** Words that go before the program, such as those that run it on another disk. */
  readonly under?: (folder: string) => readonly string[];
  /** Prepares the folder, which exists. `start` starts the server. */
  readonly prepare?: (folder: string, start: Start) => Promise<unknown>;
  /** `port` is in use. */
  readonly args: (folder: string, port: number) => readonly string[];
  readonly says: (folder: string, port: number) => string;
}

type Start = (args: readonly string[]) => Promise<Ended>;

export interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server that hangs instead of refusing is killed after so long. */
const msMax = 60_000;

/** Runs the case on a program, such as ['node', 'bin/local.ts'], and resolves to what it was answered. */
export async function runStartFailure(
  program: readonly string[],
  failure: StartFailure,
): Promise<Ended & { readonly expected: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'adtally-start-'));
  const start = (args: readonly string[], under: readonly string[] = []): Promise<Ended> =>
    run([...under, ...program, ...args]);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { readonly port: number };
  try {
    await failure.prepare?.(folder, start);
    const ended = await start(failure.args(folder, port), failure.under?.(folder));
    return { ...ended, expected: `${failure.says(folder, port)}\n` };
  } finally {
    other.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function run([file = '', ...args]: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: msMax, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? null), stdout, stderr });
    });
  });
}

const on =
  (...more: readonly string[]) =>
  (folder: string): readonly string[] => ['--data', folder, '--port', '0', ...more];
const choose = 'choose another folder (--data).';

/** A disk of its own, which no other process sees and which is gone with the process. */
export function onDisk(options: string, fill = 'true'): (folder: string) => readonly string[] {
  const script = `mount -t tmpfs -o ${options} none "$0" && { ${fill}; } && exec "$@"`;
  return (folder) => [...unshare, 'sh', '-c', script, folder];
}

const unshare = ['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];
/** Runs a program that sees the disk of another one, started by `onDisk`. */
export function unshared(pid: number): readonly string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  return ['nsenter', ...user, '--mount', '--target', String(pid)];
}

/** Linux, and this user may have disks of its own. */
export const canMount = works([...unshare, 'mount', '-t', 'tmpfs', 'none', '/mnt']);

/** As root without what lets root write everywhere and listen on any port. */
const humbled =
  process.getuid?.() === 0
    ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search,-net_bind_service']
    : [];
const canBeHumbled = humbled.length === 0 || works([...humbled, 'true']);

function works([file = '', ...args]: readonly string[]): boolean {
  return spawnSync(file, args).status === 0;
}

const anywhere: readonly StartFailure[] = [
  {
    name: 'a file as folder',
    prepare: (folder) => writeFile(join(folder, 'file'), ''),
    args: (folder) => on()(join(folder, 'file')),
    says: (folder) => `Cannot start: the data folder ${folder}/file is a file; ${choose}`,
  },
  {
    name: 'a folder in a file',
    prepare: (folder) => writeFile(join(folder, 'file'), ''),
    args: (folder) => on()(join(folder, 'file', 'in', 'it')),
    says: (folder) => `Cannot start: the data folder ${folder}/file/in/it would be in a file; ${choose}`,
  },
  {
    name: 'a folder in place of the database',
    prepare: (folder) => mkdir(join(folder, 'data.mdb')),
    args: on(),
    says: (folder) =>
      `Cannot start: ${folder}/data.mdb is a folder; choose another folder or restore a back-up (--data).`,
  },
  {
    name: 'a file that is not a database',
    prepare: (folder) => writeFile(join(folder, 'data.mdb'), 'something else'),
    args: on(),
    says: (folder) =>
      `Cannot start: ${folder}/data.mdb is not a database; choose another folder or restore a back-up (--data).`,
  },
  {
    name: "another program's database",
    prepare: async (folder) => {
      const theirs = open<string, string>(folder, { noSubdir: false });
      await theirs.openDB<string, string>('theirs', {}).put('key', 'value');
      await theirs.close();
    },
    args: on(),
    says: (folder) => `Cannot start: ${folder} holds the database of another program; ${choose}`,
  },
  {
    name: 'the folder of a newer version',
    prepare: async (folder, start) => {
      // It makes the folder and then lacks a token.
      await start(on('--tokens')(folder));
      const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
      const root = open<Buffer, Buffer>(folder, { ...binary, noSubdir: false, overlappingSync: false });
      const meta = root.openDB<Buffer, Buffer>('meta', binary);
      meta.putSync(Buffer.from('format'), Buffer.from('adtally-lmdb-2'));
      await root.close();
    },
    args: on(),
    says: (folder) =>
      `Cannot start: ${folder} holds format 'adtally-lmdb-2', and this version reads 'adtally-lmdb-1'; ` +
      'start the version of adtally that wrote it (--data).',
  },
  {
    name: 'a port in use',
    args: (folder, port) => ['--data', folder, '--port', String(port)],
    says: (_, port) =>
      `Port ${port} on 127.0.0.1 is in use. Choose another port with --port; 0 takes any free one.`,
  },
  ...['198.51.100.7', 'no-such-name.invalid'].map((host) => ({
    name: `the address ${host}, which is not of this machine`,
    prepare: (folder: string) =>
      runCommand('tokens', ['create', '--name', 'me', '--scopes', 'admin', '--data', folder]),
    args: on('--host', host),
    says: () => `--host ${host}: not an address of this machine. Use one of its own, or 0.0.0.0 for all.`,
  })),
];

const onLinux: readonly StartFailure[] = [
  {
    name: 'a folder in /proc',
    args: () => on()('/proc/foo'),
    says: () =>
      'Cannot start: the data folder /proc/foo cannot be created or opened ' +
      `(ENOENT: no such file or directory, mkdir '/proc/foo'); ${choose}`,
  },
];

const withDisks: readonly StartFailure[] = [
  ...['', '/new', '/new/er'].map((path) => ({
    name: `a read-only disk${path}`,
    under: onDisk('ro'),
    args: (folder: string) => on()(`${folder}${path}`),
    says: (folder: string) =>
      `Cannot start: the data folder ${folder}${path} is on a read-only file system (EROFS); ` +
      'mount it for writing or choose another folder (--data).',
  })),
  {
    name: 'a full disk',
    under: onDisk('size=1m', 'dd if=/dev/zero of="$0/fill" 2>/dev/null || true'),
    args: on(),
    says: (folder) =>
      `Cannot start: the data folder ${folder} is on a disk with 0 KiB free, and a new data folder needs ` +
      '45,056 KiB; make room or choose another folder (--data).',
  },
  {
    name: 'a disk with little room',
    under: onDisk('size=44m', 'dd if=/dev/zero of="$0/fill" bs=1k count=5 2>/dev/null'),
    args: on(),
    says: (folder) =>
      `Cannot start: the data folder ${folder} is on a disk with 45,048 KiB free, and a new data folder needs ` +
      '45,056 KiB; make room or choose another folder (--data).',
  },
];

const withoutRights: readonly StartFailure[] = [
  ...['', '/new'].map((path) => ({
    name: `a folder that this user may not write${path}`,
    under: () => humbled,
    prepare: (folder: string) => mkdir(join(folder, 'shut'), { mode: 0o500 }),
    args: (folder: string) => on()(`${folder}/shut${path}`),
    says: (folder: string) =>
      `Cannot start: the data folder ${folder}/shut${path} cannot be written by this user; ` +
      'change its permissions or choose another folder (--data).',
  })),
  {
    name: 'a data file that this user may not write',
    under: () => humbled,
    prepare: async (folder, start) => {
      await start(on('--tokens')(folder));
      await chmod(join(folder, 'data.mdb'), 0o400);
    },
    args: on(),
    says: (folder) =>
      `Cannot start: the data folder ${folder} cannot be written by this user; ` +
      'change its permissions or choose another folder (--data).',
  },
  {
    name: 'a port that this user may not have',
    under: () => humbled,
    args: (folder) => ['--data', folder, '--port', '79'],
    says: () => 'Port 79 on 127.0.0.1 is not allowed for this user. Choose one from 1024 on with --port.',
  },
];

/** Those that this machine and this user can arrange. */
export const startFailures: readonly StartFailure[] = [
  ...anywhere,
  ...(process.platform === 'linux' ? onLinux : []),
  ...(canMount ? withDisks : []),
  ...(canBeHumbled ? withoutRights : []),
];
