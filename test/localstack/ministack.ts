import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installPython } from '../run/python-tool.ts';

/** Pinned: what an emulator does differently from AWS is listed for this version in docs/emulators.md. */
const ministackVersion = '1.5.33';

const startMs = 60_000;

export interface Endpoint {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Installs MiniStack into a virtual environment below `folder`, if it is not there, and starts it on
 * loopback.
 */
export async function startMinistack(folder: string): Promise<Endpoint> {
  const venv = join(folder, `ministack-${ministackVersion}`);
  const program = join(installPython(venv, [`ministack==${ministackVersion}`]), 'ministack');
  const port = await freePort();
  const log = openSync(join(folder, 'ministack.log'), 'w');
  const child = spawn(program, [], {
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: '0',
      // The functions run as child processes on the Node that runs this, not on whatever the machine has.
      PATH: `${join(process.cwd(), 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
      // CDK's own functions expect the SDK of Lambda's runtime.
      NODE_PATH: join(process.cwd(), 'node_modules'),
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await ready(url, child, join(folder, 'ministack.log'));
  return { url, stop: () => stop(child) };
}

async function ready(url: string, child: ChildProcess, log: string): Promise<void> {
  const deadline = performance.now() + startMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`MiniStack ended with ${child.exitCode} at its start; see ${log}`);
    try {
      if ((await fetch(`${url}/_ministack/health`)).ok) return;
    } catch {
      // Not listening yet.
    }
    await sleep(100);
  }
  child.kill('SIGKILL');
  throw new Error(`MiniStack did not answer within ${startMs} ms; see ${log}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exited;
  clearTimeout(forced);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
