import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { startRuntime, type Runtime } from '../../lib/embedded/runtime.ts';
import { openStage } from '../../lib/operator/open-stage.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adsOf, browser, type DecidedAd } from '../support/delivery-world.ts';
import { HttpConnection } from '../support/http-connection.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';

let folder: string;
let runtime: Runtime;
let connection: HttpConnection;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-goals-'));
  runtime = await startRuntime({ folder, settings: stageSettings('local'), log: createRecordingTelemetry() });
  connection = new HttpConnection(new URL(runtime.url));
});

afterEach(async () => {
  connection.close();
  await runtime.stop();
  await rm(folder, { recursive: true });
});

async function ask(method: string, path: string, body?: object): Promise<unknown> {
  const answer = await connection.ask({
    ...{ method, path },
    headers: { ...browser, ...(path === '/api/v1/ad' && { Prefer: 'wait=10' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect([path, answer.statusCode < 300]).toEqual([path, true]);
  return answer.headers['content-type'] === 'application/json' ? JSON.parse(answer.body) : undefined;
}

const placements = [{ id: 'top' }];

async function decide(): Promise<DecidedAd | undefined> {
  return adsOf({ json: await ask('POST', '/api/v1/decisions', { placements }) })[0];
}

/** The container waits for its ledger, and between two leases. */
async function decideAgain(): Promise<DecidedAd> {
  for (let tries = 0; tries < 200; tries += 1) {
    const shown = await decide();
    if (shown !== undefined) return shown;
    await systemClock.sleep(50);
  }
  throw new Error('no decision in ten seconds');
}

async function seen({ decision }: DecidedAd): Promise<void> {
  await ask('GET', decision.impression_url!.slice(runtime.url.length));
  await runtime.idle();
}

const goal = { impressions: { total: 2 }, pacing: 'asap' };

async function createAd(): Promise<string> {
  const ad = {
    ...{ title: 'Green tea', content: 'Two for one', goal },
    ...{ start_at: '2026-01-01T00:00:00Z', end_at: '2100-01-01T00:00:00Z' },
  };
  return ((await ask('POST', '/api/v1/ad', ad)) as { id: string }).id;
}

describe('npm start with goals', () => {
  it('explains and reports an ad until its goal is reached', async () => {
    const id = await createAd();
    const explained = async (): Promise<unknown> => {
      const { ad } = (await ask('POST', '/api/v1/decisions/explain', { placements, ad: id })) as {
        ad: unknown;
      };
      return ad;
    };
    const report = (): Promise<unknown> => ask('GET', `/api/v1/ad/${id}/delivery?bucket=day`);
    expect(await explained()).toEqual({ id, excluded_by: 'waiting', waiting_until: null });
    expect(await report()).toMatchObject({ remaining: 2, rights: { out: 0, returned: 0 } });
    const first = await decideAgain();
    expect(await explained()).toEqual({ id, excluded_by: null });
    await seen(first);
    const last = await decideAgain();
    expect(await report()).toMatchObject({
      ...{ impressions: 1, goal, remaining: 1, rights: { out: 1, returned: 0 } },
      pace: { planned: 2, ratio: 0.5, state: 'on_plan' },
    });
    const closedAtMs = Date.parse(last.decision.expires_at) + 3 * 60_000;
    const { excluded_by: by, waiting_until: until } = (await explained()) as Record<string, string>;
    expect(by).toBe('waiting');
    // A minute may have ended between the request and its lease.
    expect(Math.abs(closedAtMs - Date.parse(until!))).toBeLessThanOrEqual(60_000);
    expect(await decide()).toBeUndefined();
    await seen(last);
    expect(await explained()).toEqual({ id, excluded_by: 'done' });
    await seen(first);
    expect(await report()).toMatchObject({
      ...{ impressions: 2, not_counted: { duplicate: 1 }, goal, remaining: 0 },
      ...{ rights: { out: 0, returned: 0 }, pace: { planned: 2, ratio: 1, state: 'done' } },
    });
  });

  it('passes no goal after a copy is put back, which knows nothing of later rights', async () => {
    const id = await createAd();
    // The first decision opens the ledger, and gets nothing.
    expect(await decide()).toBeUndefined();
    await runtime.idle();
    const stage = await openStage({ stage: 'local', data: folder });
    const copy = await mkdtemp(join(tmpdir(), 'adtally-goals-copy-'));
    try {
      await stage.backup!(copy);
      const before = [await decideAgain(), await decideAgain()];
      await runtime.stop();
      connection.close();
      runtime = await startRuntime({
        folder: copy,
        ...{ settings: stageSettings('local'), log: createRecordingTelemetry() },
      });
      connection = new HttpConnection(new URL(runtime.url));
      const after = [await decideAgain(), await decideAgain()];
      for (const { decision } of [...before, ...after]) {
        await ask('GET', new URL(decision.impression_url!).pathname);
        await runtime.idle();
      }
      expect(await ask('GET', `/api/v1/ad/${id}/delivery?bucket=day`)).toMatchObject({
        ...{ impressions: 2, remaining: 0, not_counted: { late: 2 } },
      });
    } finally {
      await stage.close();
      await runtime.stop();
      await rm(copy, { recursive: true });
    }
  });
});
