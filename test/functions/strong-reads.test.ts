import { beforeEach, describe, expect, it } from '@jest/globals';
import { createQueryAds } from '../../functions/query-ads/query-ads.ts';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { headKey } from '../../lib/app/state-keys.ts';
import { StateStoreError } from '../../lib/ports/state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adCreated } from '../support/ad-event-builder.ts';
import { projectAll, recordsOf } from '../support/ad-world.ts';
import { overrideState } from '../support/faulty-ad-ports.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import { toEvent } from '../support/proxy-event.ts';

const local = stageSettings('local');
const settings = { ...local, reader: { maxStalenessMs: 1000, staleServeMaxMs: 60_000 } };
const adId = '01900000-0000-7000-8000-000000000000';

let world: HttpWorld;
let store: { down: boolean; heads: number };
let query: (path: string) => Promise<{
  status: number;
  headers: Readonly<Record<string, unknown>>;
  json: unknown;
}>;

beforeEach(() => {
  world = createHttpWorld({ settings });
  store = { down: false, heads: 0 };
  const watched = store;
  const state = overrideState(world.memoryState, {
    get: async (key) => {
      if (key === headKey) watched.heads += 1;
      if (watched.down) throw new StateStoreError('state-unavailable', 'down');
      return world.memoryState.get(key);
    },
  });
  const queryAds = createQueryAds({ ...world.ports, state });
  query = async (path) => {
    const { statusCode: status, headers = {}, body } = await queryAds(toEvent({ path }));
    return { status, headers, json: JSON.parse(body) as unknown };
  };
});

const addAds = (count: number): Promise<void> => {
  const events = Array.from({ length: count }, (_, n) => adCreated(n));
  return projectAll(createAdProjector(world.ports), recordsOf(events));
};

const catalogReads = ['/api/v1/ad', '/api/v1/ad/explain', '/api/v1/ads'];

describe.each(catalogReads)('GET %s', (path) => {
  it('with consistency=strong shows what was applied when it came; without, what it knew', async () => {
    await addAds(1);
    expect((await query(path)).headers['Catalog-Version']).toBe('1');
    await addAds(3);
    for (const eventual of [path, `${path}?consistency=eventual`])
      expect((await query(eventual)).headers['Catalog-Version']).toBe('1');
    expect(store.heads).toBe(1);
    const strong = await query(`${path}?consistency=strong`);
    expect(strong).toMatchObject({ status: 200, headers: { 'Catalog-Version': '3' } });
    expect(strong.headers['Cache-Control']).toMatch(/no-cache|no-store/);
    // What it costs: one read of the head.
    expect(store.heads).toBe(2);
  });

  it('with consistency=strong is 503 with Retry-After while the store is down', async () => {
    await addAds(1);
    await query(path);
    store.down = true;
    expect((await query(path)).status).toBe(200);
    const refused = await query(`${path}?consistency=strong`);
    expect(refused).toMatchObject({
      status: 503,
      headers: { 'Retry-After': '1', 'Cache-Control': 'no-store' },
      json: { type: 'urn:adtally:problem:state-unavailable' },
    });
    expect((refused.json as { detail: string }).detail).toContain('without `consistency=strong`');
  });
});

describe('the parameter consistency', () => {
  const reads = [
    ...['/api/v1/ad', '/api/v1/ad/explain', '/api/v1/ads', `/api/v1/ad/${adId}`],
    ...[
      '/increment/k',
      '/api/v1/counters/k',
      '/api/v1/counters?key=k',
      '/api/v1/counters/k/series?bucket=day',
      '/api/v1/series?bucket=day&key=k',
    ],
  ];
  const joined = (path: string, value: string): string =>
    `${path}${path.includes('?') ? '&' : '?'}consistency=${value}`;

  it.each(reads)('is taken by GET %s', async (path) => {
    const plain = await world.get(path);
    for (const value of ['strong', 'eventual']) {
      const asked = await world.get(joined(path, value));
      expect(asked.status).toBe(plain.status);
      if (!path.includes('explain')) expect(asked.text).toBe(plain.text);
    }
  });

  it.each(reads)('of GET %s is strong or eventual, once', async (path) => {
    for (const value of ['', 'Strong', 'linearizable', 'true', 'strong&consistency=strong']) {
      const refused = await world.get(joined(path, value));
      expect(refused).toMatchObject({ status: 400, json: { errors: [{ path: 'consistency' }] } });
    }
    const wrong = await world.get(joined(path, 'x'));
    expect(wrong.json).toMatchObject({ errors: [{ message: 'must be strong or eventual' }] });
  });

  it('is not taken where the answer is an estimate or a report', async () => {
    for (const path of ['/api/v1/hot-counters', '/api/v1/stats', '/api/v1/quarantine']) {
      const refused = await world.get(joined(path, 'strong'));
      expect(refused).toMatchObject({ status: 400, json: { errors: [{ path: 'consistency' }] } });
    }
    expect((await world.get('/api/v1/counters?top=3&consistency=strong')).json).toMatchObject({
      errors: [{ path: 'consistency', message: 'must not be strong with `top`, whose lists are estimates' }],
    });
  });
});
