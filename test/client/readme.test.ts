import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startRuntime, type Runtime } from '../../lib/embedded/runtime.ts';
import { stageSettings } from '../../lib/stages.ts';
import { defaultBatchPolicy, defaultPolicy } from '../../client/index.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';

const readme = readFileSync('client/README.md', 'utf8');
let folder: string;
let runtime: Runtime;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adtally-client-readme-'));
  runtime = await startRuntime({
    folder: join(folder, 'data'),
    settings: stageSettings('local'),
    log: nullTelemetry,
  });
});

afterAll(async () => {
  await runtime.stop();
  rmSync(folder, { recursive: true });
});

describe('the client’s README', () => {
  it.each([
    ['calls', /^1 W\/"\S+"\n1\n$/],
    ['batches', /^1000\n$/],
    ['events', /^true\n$/],
    [
      'lists',
      /^3 \{ refused: 1, created: 2 \}\nshop-1 created undefined\nshop-2 created undefined\nshop-3 refused title\n7\n$/,
    ],
    ['series', /^tea\/clicks 3\ntea\/impressions 40\n$/],
    [
      'errors',
      /^increment: key "" must have 1 to 256 characters; it has 0\. Nothing was sent\.\n404 not-found safe\nnot-connected safe\n$/,
    ],
  ])('has an example of %s that runs', async (name, printed) => {
    const code =
      new RegExp(`<!-- example: ${name} -->\\n+\`\`\`ts\\n(.*?)\`\`\``, 's').exec(readme)?.[1] ?? '';
    const file = join(folder, `${name}.ts`);
    const here = pathToFileURL(join(process.cwd(), 'client/index.ts')).href;
    writeFileSync(
      file,
      code.replace("'@adtally/client'", `'${here}'`).replaceAll('http://localhost:3333', runtime.url),
    );
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(printed);
  });

  it('has no other example', () => {
    const named = [...readme.matchAll(/<!-- example: (\w+) -->\n+```ts/g)].map(([, name]) => name);
    expect(named).toEqual(['calls', 'batches', 'events', 'lists', 'series', 'errors']);
  });

  it('states the defaults that the code has', () => {
    const { retryBudget, breaker, backoff } = defaultPolicy;
    expect(defaultPolicy).toMatchObject({
      callTimeoutMs: 30_000,
      tryTimeoutMs: 10_000,
      triesMax: 5,
      callsMax: 1000,
      tokenKeysMax: 10_000,
      connectTimeoutMs: 3000,
      fallbackForMs: 30_000,
      gzipFromLength: 1400,
    });
    expect([retryBudget, breaker, backoff]).toEqual([
      { ratio: 0.1, burst: 10, perSecond: 0.2 },
      { windowMs: 10_000, triesMin: 20, failureShare: 0.5, openMs: 5000 },
      { baseMs: 100, maxMs: 10_000 },
    ]);
    expect(defaultBatchPolicy).toMatchObject({
      ...{ batchEntriesMax: 500, batchBytesMax: 60_000, flushEveryMs: 1000, inFlightMax: 2 },
      ...{ queueEntriesMax: 10_000, queueBytesMax: 2_000_000, waitingMax: 1000, patienceMs: 600_000 },
      readYourWrites: true,
    });
  });
});
