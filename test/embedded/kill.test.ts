import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { HttpConnection } from '../../lib/embedded/demo/http-connection.ts';
import { startLocalProcess, type LocalProcess } from '../../lib/embedded/demo/local-process.ts';
import { Prng } from '../support/prng.ts';
import { KillWorkload } from './kill-workload.ts';

/** KILL_SEED=n repeats the choices of a run; the instants of the kills within the program are chance all the same. */
const seed = Number(process.env['KILL_SEED'] ?? randomInt(2 ** 31));
const rounds = 20;
const connections = 24;

let folder: string;
let server: LocalProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-kill-'));
});
afterAll(async () => {
  await server.kill();
  await rm(folder, { recursive: true });
});

async function get<T>(path: string): Promise<T> {
  const connection = new HttpConnection(server.url);
  const answer = await connection.ask({ method: 'GET', path });
  connection.close();
  expect(answer.statusCode).toBe(200);
  return JSON.parse(answer.body) as T;
}

async function totals(keys: readonly string[]): Promise<Map<string, number>> {
  const query = keys.map((key) => `key=${key}`).join('&');
  const { counters } = await get<{ counters: { key: string; value: number }[] }>(`/api/v1/counters?${query}`);
  return new Map(counters.map(({ key, value }) => [key, value]));
}

interface Facts {
  readonly facts: Readonly<Record<'ad-events' | 'increments', { readonly records_behind: number }>>;
}

/** Until nothing is behind, several looks in a row: records are read a moment after the start. */
async function untilCounted(): Promise<void> {
  for (let quiet = 0, looks = 0; quiet < 5; looks += 1) {
    expect(looks).toBeLessThan(600);
    const { facts } = await get<Facts>('/health');
    quiet = facts['ad-events'].records_behind + facts.increments.records_behind === 0 ? quiet + 1 : 0;
    await systemClock.sleep(50);
  }
}

async function allAdIds(): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor = ''; ;) {
    const page = await get<{ ads: { id: string }[]; next_cursor: string | null }>(
      `/api/v1/ads?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    ids.push(...page.ads.map(({ id }) => id));
    if (page.next_cursor === null) return ids;
    cursor = page.next_cursor;
  }
}

describe(`a server that is killed ${rounds} times (KILL_SEED=${seed})`, () => {
  it('has every acknowledged write exactly once, and no other more than once', async () => {
    const random = new Prng(seed);
    const workload = new KillWorkload(random);
    for (let round = 0; round < rounds; round += 1) {
      server = await startLocalProcess(folder);
      const running = workload.run(server.url, connections);
      await systemClock.sleep(random.int(0, 600));
      await server.kill();
      await running;
    }
    server = await startLocalProcess(folder);
    await workload.settle(server.url);
    await untilCounted();

    expect(workload.acknowledged).toBeGreaterThan(rounds * 10);
    expect(workload.unanswered).toBeGreaterThan(rounds);
    const counted = await totals([...workload.counters.keys()]);
    for (const [key, { acknowledged, sent }] of workload.counters) {
      expect(counted.get(key)).toBeGreaterThanOrEqual(acknowledged);
      expect(counted.get(key)).toBeLessThanOrEqual(sent);
    }
    const ids = await allAdIds();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining([...workload.ads]));
    expect(ids.length).toBeLessThanOrEqual(workload.adsSent);
    expect(await server.stop()).toBe(0);
  }, 240_000);
});
