import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startRuntime, type Runtime } from '../../lib/embedded/runtime.ts';
import { stageSettings } from '../../lib/stages.ts';
import { openDataFolder } from '../support/open-data-folder.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';

const counter = { table: 'counters', pk: 'counter#\u0001canary', sk: '' } as const;

let folder: string;
let runtime: Runtime | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-canary-'));
});
afterEach(async () => {
  await runtime?.stop();
  runtime = undefined;
  await rm(folder, { recursive: true });
});

async function start(everyMinutes: number): Promise<ReturnType<typeof createRecordingTelemetry>> {
  const log = createRecordingTelemetry();
  const settings = { ...stageSettings('local'), canary: { everyMinutes } };
  runtime = await startRuntime({ folder, settings, log });
  return log;
}

async function get(path: string): Promise<{ readonly canary: { readonly status: string } | null }> {
  return (await (await fetch(`${runtime?.url}${path}`)).json()) as Awaited<ReturnType<typeof get>>;
}

/** The value of a metric of run-canary. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${runtime?.url}/metrics`)).text();
  return Number(new RegExp(`^adtally_${name}_total\\{function="run-canary"\\} (\\d+)$`, 'm').exec(text)?.[1]);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it did not come to that');
}

it('runs by the clock, across restarts, and shows and reports what it found', async () => {
  await start(0.005);
  await until(async () => (await metric('canary_runs')) >= 3);
  await until(async () => (await get('/health')).canary?.status === 'counted');
  expect((await get('/api/v1/stats')).canary).toMatchObject({ status: 'counted' });
  expect(await metric('canary_differences')).toBe(0);
  await runtime?.stop();

  const stores = openDataFolder(folder);
  expect((await stores.state.get(counter))?.['total']).toBeGreaterThanOrEqual(3n);
  await stores.state.write({ type: 'update', key: counter, add: { total: 1n } });
  await stores.close();
  const log = await start(0.005);
  await until(async () => (await metric('canary_runs')) >= 2);
  expect(await metric('canary_differences')).toBe(1);
  expect(log.lines).toContainEqual(
    expect.objectContaining({ level: 'error', fields: expect.objectContaining({ status: 'doubled' }) }),
  );
}, 60_000);

it('does not run where the stage has none', async () => {
  await start(0);
  expect(await get('/health')).toMatchObject({ ready: true, canary: null });
});
