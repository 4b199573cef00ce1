import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endpointVariables } from '../aws/support/endpoints.ts';
import { installPython } from '../run/python-tool.ts';

/**
 * Goal: the contract of the event log on a second emulator, moto: where it and kinesis-local disagree, one of them is
 * not AWS (docs/emulators.md). Not a goal: the stack, whose API and tables moto's CloudFormation does not know. How to
 * run: `npm run test:moto`; arguments go on to Jest. Installs moto from PyPI into this folder (Python 3.10).
 */
const moto = 'moto[server]==5.2.5';
const startMs = 60_000;
const jestMsMax = 900_000;
const suites = ['kinesis-event-log'];

/** Tests that moto fails, each with a row in docs/emulators.md. */
const disagreements = ['a split shard is closed, and its children go on above its numbers'];

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = fileURLToPath(new URL('.installed/', import.meta.url));
const program = join(installPython(folder, [moto]), 'moto_server');
const port = await freePort();
const log = openSync(join(folder, 'moto.log'), 'w');
const server = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', log, log] });
const url = `http://127.0.0.1:${port}`;
try {
  await ready();
  process.exitCode = runJest();
} finally {
  server.kill();
  closeSync(log);
}

function runJest(): number {
  const jest = [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    'node_modules/jest/bin/jest.js',
  ];
  const agreed = `^(?!.*(?:${disagreements.join('|')})).*$`;
  const args = ['--config', 'test/aws/jest.config.mjs', '-t', agreed, ...suites, ...process.argv.slice(2)];
  const env = { ...process.env, [endpointVariables.kinesis]: url };
  const { status } = spawnSync(process.execPath, [...jest, ...args], {
    ...{ cwd: root, env, stdio: 'inherit', timeout: jestMsMax },
  });
  return status ?? 1;
}

async function ready(): Promise<void> {
  const deadline = performance.now() + startMs;
  while (performance.now() < deadline) {
    if (server.exitCode !== null) break;
    try {
      if ((await fetch(`${url}/moto-api/data.json`)).ok) return;
    } catch {
      // Not listening yet.
    }
    await sleep(200);
  }
  throw new Error(`moto did not answer within ${startMs} ms; see ${join(folder, 'moto.log')}`);
}

async function freePort(): Promise<number> {
  const found = createServer();
  await new Promise<void>((resolve) => found.listen(0, '127.0.0.1', resolve));
  const address = found.address();
  await new Promise((resolve) => found.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
