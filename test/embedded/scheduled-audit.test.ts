import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startRuntime, type Runtime } from '../../lib/embedded/runtime.ts';
import { counterKey } from '../../lib/app/state-keys.ts';
import { stageSettings } from '../../lib/stages.ts';
import { openDataFolder } from '../support/open-data-folder.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';

let folder: string;
let runtime: Runtime | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-scheduled-audit-'));
});
afterEach(async () => {
  await runtime?.stop();
  runtime = undefined;
  await rm(folder, { recursive: true });
});

interface Health {
  readonly audit: { readonly status: string; readonly counters: number; readonly differences: number } | null;
}

async function start(everyMinutes: number): Promise<void> {
  const settings = { ...stageSettings('local'), audit: { everyMinutes } };
  runtime = await startRuntime({ folder, settings, log: nullTelemetry });
}

async function get(path: string): Promise<Health> {
  return (await (await fetch(`${runtime?.url}${path}`)).json()) as Health;
}

/** The result is read from the store once in ten seconds. */
async function auditOnce(isThere: (audit: Health['audit']) => boolean): Promise<Health['audit']> {
  for (let tries = 0; tries < 60; tries += 1) {
    const { audit } = await get('/health');
    if (isThere(audit)) return audit;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('there was no such audit');
}

it('audits by the clock, across restarts, and shows the result', async () => {
  await start(0.005);
  const increment = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const body = JSON.stringify({ key: 'k', value: 3 });
  await fetch(`${runtime?.url}/increment`, { ...increment, body });
  await runtime?.idle();
  const first = await auditOnce((audit) => audit?.counters === 1);
  expect(first).toMatchObject({ status: 'equal', counters: 1, differences: 0 });
  expect((await get('/api/v1/stats')).audit).toMatchObject({ status: 'equal' });
  expect(existsSync(join(folder, 'audit.ndjson'))).toBe(true);
  await runtime?.stop();

  const stores = openDataFolder(folder);
  await stores.state.write({ type: 'update', key: counterKey('k'), add: { total: 1n } });
  await stores.close();
  await start(0.005);
  const second = await auditOnce((audit) => audit?.status === 'different');
  expect(second).toMatchObject({ counters: 1, differences: 1 });
}, 60_000);

it('audits nothing where the stage has no audit', async () => {
  await start(0);
  expect(await get('/health')).toMatchObject({ ready: true, audit: null });
});
