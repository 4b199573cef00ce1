import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer, Socket, type AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../emulators/', import.meta.url));
const simulator = join(folder, 'node_modules/amplify-dynamodb-simulator/emulator');
const kinesisLocal = join(folder, 'node_modules/kinesis-local');

/** The oldest Java that DynamoDB Local runs on. */
const javaMin = 17;
const installMsMax = 300_000;
const startMsMax = 60_000;

export interface Emulator {
  readonly name: string;
  readonly endpoint: string;
  stop(): void;
}

/** Installs the emulators from their own lockfile where they are missing. */
export function installEmulators(): void {
  if (existsSync(join(simulator, 'DynamoDBLocal.jar')) && existsSync(join(kinesisLocal, 'main.js'))) return;
  const { status, error } = spawnSync(
    'npm',
    ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'],
    { stdio: 'inherit', timeout: installMsMax },
  );
  if (status !== 0) throw new Error(`npm ci of the emulators failed: ${error?.message ?? `exit ${status}`}`);
}

/** Why DynamoDB Local cannot run here; undefined: it can. */
export function missingForDynamodb(): string | undefined {
  const { stderr, status } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (status !== 0) return 'java is not installed';
  const version = Number(/version "(\d+)/.exec(stderr)?.[1]);
  return version >= javaMin ? undefined : `java is version ${version}, not ${javaMin} or newer`;
}

export async function startDynamodbLocal(): Promise<Emulator> {
  const port = await freePort();
  const library = `-Djava.library.path=${join(simulator, 'DynamoDBLocal_lib')}`;
  const jar = join(simulator, 'DynamoDBLocal.jar');
  return start('DynamoDB Local', port, 'java', [
    library,
    '-jar',
    jar,
    '-inMemory',
    '-sharedDb',
    '-port',
    String(port),
  ]);
}

export async function startKinesisLocal(): Promise<Emulator> {
  const port = await freePort();
  return start('kinesis-local', port, process.execPath, [join(kinesisLocal, 'main.js')], {
    KINESIS_MOCK_PLAIN_PORT: String(port),
    KINESIS_MOCK_TLS_PORT: String(await freePort()),
    KINESIS_MOCK_CERT_PATH: join(kinesisLocal, 'server.json'),
    CREATE_STREAM_DURATION: '50ms',
    SPLIT_SHARD_DURATION: '50ms',
    MERGE_SHARDS_DURATION: '50ms',
    SHARD_LIMIT: '100',
    LOG_LEVEL: 'ERROR',
  });
}

async function start(
  name: string,
  port: number,
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Emulator> {
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    // DynamoDB Local writes a file of its own where it stands.
    cwd: tmpdir(),
    // Their logs are long and say nothing that a failed test does not.
    stdio: 'ignore',
  });
  const stop = (): void => {
    child.kill('SIGKILL');
  };
  try {
    await answering(child, port);
  } catch (error) {
    stop();
    throw new Error(`${name} did not start`, { cause: error });
  }
  return { name, endpoint: `http://127.0.0.1:${port}`, stop };
}

/** Resolves once the port takes connections; rejects if the process ends before, or after `startMsMax`. */
async function answering(child: ChildProcess, port: number): Promise<void> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < startMsMax) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (await connects(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no connection within ${startMsMax} ms`);
}

async function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new Socket();
    const settle = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => {
      settle(true);
    });
    socket.once('error', () => {
      settle(false);
    });
    socket.connect(port, '127.0.0.1');
  });
}

/** Free a moment ago: the system gives the same one out again only after all others. */
async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
