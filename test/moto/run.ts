import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endpointVariables } from '../aws/support/endpoints.ts';
import { installPython } from '../run/python-tool.ts';
import { runJest, runSuite } from '../support/run-suite.ts';

/**
 * Goal: the contract of the event log on a second emulator, moto: where it and kinesis-local disagree, one of them is
 * not AWS (docs/emulators.md). Not a goal: the stack, whose API and tables moto's CloudFormation does not know. How to
 * run: `npm run test:moto`; arguments go on to Jest.
 */
const moto = 'moto[server]==5.2.5';
const startMs = 60_000;
const jestMsMax = 900_000;
const suites = ['kinesis-event-log'];

/** Tests that moto fails, each with a row in docs/emulators.md. */
const disagreements = [
  'calls at once lose nothing and share no number',
  'a split shard is closed, and its children go on above its numbers',
  // It merges the children of that split.
  'two merged shards are closed, and their child goes on above both',
];

const folder = fileURLToPath(new URL('.installed/', import.meta.url));
const logFile = join(folder, 'moto.log');

await runSuite({
  name: 'test:moto',
  about: `The contract of the event log on a second emulator, moto. Installs it from PyPI (Python 3.10).`,
  async run(args) {
    const program = join(installPython(folder, [moto]), 'moto_server');
    const port = await freePort();
    const log = openSync(logFile, 'w');
    const server = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', log, log] });
    const url = `http://127.0.0.1:${port}`;
    try {
      await ready(server, url);
      const agreed = `^(?!.*(?:${disagreements.join('|')})).*$`;
      return runJest({
        ...{ folder: 'aws', args: ['-t', agreed, ...suites, ...args], msMax: jestMsMax },
        environment: { [endpointVariables.kinesis]: url },
      });
    } finally {
      server.kill();
      closeSync(log);
    }
  },
});

async function ready(server: ChildProcess, url: string): Promise<void> {
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
  throw new Error(`moto did not answer within ${startMs} ms; see ${logFile}`);
}

async function freePort(): Promise<number> {
  const found = createServer();
  await new Promise<void>((resolve) => found.listen(0, '127.0.0.1', resolve));
  const address = found.address();
  await new Promise((resolve) => found.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
