import { describe, expect, it } from '@jest/globals';
import type { FailedIncrements } from '../../../client/index.ts';
import {
  answer,
  problem,
  scriptedApi,
  systemError,
  type ScriptedApi,
  type Step,
} from '../support/scripted-api.ts';

/** A batch as it is sent, and what comes of its answers. */
async function sendBatch(
  steps: readonly Step[],
  keys: readonly string[],
  options: { readYourWrites?: boolean; patienceMs?: number; closeMs?: number } = {},
) {
  const { closeMs, ...batch } = options;
  const api = scriptedApi(steps, { random: 0, autoAdvance: closeMs === undefined });
  const failed: FailedIncrements[] = [];
  const batcher = api.client.batchIncrements({ ...batch, onFailed: (one) => failed.push(one) });
  for (const key of keys) await batcher.add(key, 1);
  const ended = closeMs === undefined ? batcher.flush() : batcher.close(closeMs);
  if (closeMs !== undefined) await api.clock.advance(closeMs);
  await ended;
  return { ...api, batcher, failed };
}

const accepted = answer(202, { accepted: 1 });
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `k${index}`);
const invalid = (status: number, ...paths: readonly string[]): Step =>
  problem(
    status,
    'invalid-request',
    {},
    paths.map((path) => ({ path, message: 'must be a UUID' })),
  );
const keysOf = (api: Pick<ScriptedApi, 'requests'>): string[][] =>
  api.requests.map(({ body = '' }) =>
    (JSON.parse(body as string) as { increments: { key: string }[] }).increments.map(({ key }) => key),
  );

describe('a batch', () => {
  it.each([
    [undefined, 'return=representation'],
    [false, 'return=minimal'],
    [true, 'return=representation'],
  ])('with readYourWrites %s asks for %s', async (readYourWrites, prefer) => {
    const { requests } = await sendBatch(
      [accepted],
      ['a', 'b'],
      readYourWrites === undefined ? {} : { readYourWrites },
    );
    expect(requests).toMatchObject([
      {
        url: 'http://api.test/api/v1/increments',
        method: 'POST',
        headers: { Prefer: prefer, 'Idempotency-Key': 'key-1', 'Content-Type': 'application/json' },
        body: '{"increments":[{"key":"a","value":1},{"key":"b","value":1}]}',
      },
    ]);
    expect(requests[0]).not.toHaveProperty('keepalive');
  });

  it('of a page that closes is the same request, which outlives the page and is not waited for', async () => {
    const { client, clock, requests } = scriptedApi([systemError('ECONNRESET'), 'silence', accepted], {
      autoAdvance: false,
    });
    const batcher = client.batchIncrements({ onFailed: () => undefined });
    await batcher.add('a', 1);
    batcher.sendBeforeUnload();
    await clock.advance(10);
    const [parting, ordinary] = requests;
    const { url, method, headers, body } = ordinary!;
    expect(parting).toEqual({
      ...{ url, method, headers, body, keepalive: true, atMs: 0 },
      operationClass: 'increments',
    });
    expect(ordinary).toHaveProperty('signal');
    await clock.advance(60_000);
    expect(requests.map((request) => request.headers['Idempotency-Key'])).toEqual(Array(3).fill('key-1'));
    expect(batcher.facts()).toMatchObject({ acknowledged: 1, queued: 0 });
  });

  it('whose entries the API refuses by their places is sent again without these, as a new request', async () => {
    const paths = ['increments.0.key', 'increments.7.value', 'increments.11.key', 'increments.11.value'];
    const api = await sendBatch([invalid(400, ...paths), accepted], names(12));
    expect(keysOf(api)).toEqual([names(12), ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k8', 'k9', 'k10']]);
    expect(api.requests.map(({ headers }) => headers['Idempotency-Key'])).toEqual(['key-1', 'key-2']);
    expect(api.failed).toMatchObject([
      { ambiguous: false, increments: [{ key: 'k0' }, { key: 'k7' }, { key: 'k11' }] },
    ]);
    expect(api.batcher.facts()).toMatchObject({ acknowledged: 9, failed: 3 });
  });

  it('has places of three digits', async () => {
    const api = await sendBatch([invalid(400, 'increments.499.key'), accepted], names(500));
    expect(api.failed.map(({ increments }) => increments.map(({ key }) => key))).toEqual([['k499']]);
    expect(keysOf(api)[1]).toEqual(names(499));
  });

  it.each<[string, Step]>([
    ['400 for no place', invalid(400, 'prefer')],
    ['400 for places that it does not have', invalid(400, 'increments.2.key', 'increments.12.key')],
    ['422 for a place', invalid(422, 'increments.0.key')],
    ['403', problem(403, 'forbidden')],
  ])('that gets %s fails whole, for certain', async (_name, step) => {
    const { failed, requests } = await sendBatch([step], ['a', 'b']);
    expect(requests).toHaveLength(1);
    expect(failed).toMatchObject([{ ambiguous: false, increments: [{ key: 'a' }, { key: 'b' }] }]);
  });

  it('is tried until its patience is over, with pauses for budget and breaker, and may then be counted', async () => {
    const patienceMs = 60_000;
    const { failed, requests, clock } = await sendBatch([problem(503, 'log-unavailable')], ['a'], {
      patienceMs,
    });
    expect(requests.length).toBeGreaterThan(11);
    expect(failed).toMatchObject([
      { ambiguous: true, error: { code: 'log-unavailable', tries: requests.length } },
    ]);
    expect(clock.monotonicMs()).toBeLessThanOrEqual(patienceMs);
    // Time alone adds a retry each five seconds.
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(patienceMs - 5000);
  });

  it('that is logged in part until its patience is over fails in that part, perhaps counted', async () => {
    const partly = answer(
      207,
      { accepted: 2, failed: [{ index: 1, ambiguous: false }] },
      { 'Retry-After': '1' },
    );
    const { failed, requests, batcher } = await sendBatch([partly], ['a', 'b', 'c'], { patienceMs: 4500 });
    expect(requests.map(({ atMs }) => atMs)).toEqual([0, 1000, 2000, 3000, 4000]);
    expect(failed).toMatchObject([
      { ambiguous: true, increments: [{ key: 'b', value: 1 }], error: { code: 'partly-accepted', tries: 5 } },
    ]);
    expect(batcher.facts()).toMatchObject({ acknowledged: 2, failed: 1 });
  });

  it('ends with its batcher, also while it is being sent', async () => {
    const { failed, requests } = await sendBatch(['silence'], ['a'], { closeMs: 700 });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.signal?.aborted).toBe(true);
    expect(failed).toMatchObject([{ ambiguous: true, error: { code: 'aborted' } }]);
  });
});
