import { describe, expect, it } from '@jest/globals';
import type { BatcherOptions } from '../../client/index.ts';
import { formatToken } from '../../lib/core/consistency-token.ts';
import { stageSettings } from '../../lib/stages.ts';
import { worldApi } from './support/world-api.ts';
import { answer, scriptedApi, type SentRequest, type Step } from './support/scripted-api.ts';

const local = stageSettings('local');
const stageWithUuids = { ...local, counters: { ...local.counters, keyFormat: 'uuid' as const } };

const token = (key: string, sequenceNumber: number): string =>
  formatToken({
    type: 'counter',
    stage: 'dev',
    position: { epoch: 'e1', shardId: 's', sequenceNumber: String(sequenceNumber) },
    issuedAtMs: 5000,
    partitionKey: key,
  });

/** Answers batches as the API does, and every read with an empty list. */
function tokenApi(options: Partial<BatcherOptions> = {}, policy: { tokenKeysMax?: number } = {}) {
  let sequenceNumber = 0;
  const step: Step = (request) => {
    if (request.method === 'GET') return answer(200, { counters: [] })();
    const { increments } = JSON.parse(request.body as string) as { increments: { key: string }[] };
    const wanted = request.headers['Prefer'] === 'return=representation';
    const tokens = Object.fromEntries(increments.map(({ key }) => [key, token(key, ++sequenceNumber)]));
    return answer(202, { accepted: increments.length, ...(wanted && { tokens }) })();
  };
  const api = scriptedApi([step], { policy });
  const batcher = api.client.batchIncrements({
    onFailed: ({ error }) => {
      throw error;
    },
    ...options,
  });
  /** The tokens that a read presents. */
  const presented = async (...key: string[]): Promise<readonly string[]> => {
    await api.client.getCounters({ key });
    const header = (api.requests.at(-1) as SentRequest).headers['Consistency-Token'];
    return header === undefined ? [] : header.split(', ').sort();
  };
  return { ...api, batcher, presented };
}

describe('reads of a client that batches', () => {
  it.each(['flush', 'close'] as const)('present the tokens of all batches after %s', async (end) => {
    const { batcher, presented } = tokenApi({ batchEntriesMax: 2 });
    for (const key of ['a', 'b', 'c', 'a']) await batcher.add(key, 1);
    await batcher[end]();
    expect(await presented('a', 'c', 'x')).toEqual([token('a', 4), token('c', 3)].sort());
  });

  it('include batches that were sent long before the flush', async () => {
    const { batcher, clock, presented } = tokenApi();
    await batcher.add('a', 1);
    await clock.advance(60_000);
    expect(batcher.facts()).toMatchObject({ acknowledged: 1, queued: 0 });
    await batcher.flush();
    expect(await presented('a')).toEqual([token('a', 1)]);
  });

  it('do not wait for batches that nobody has flushed', async () => {
    const { batcher, clock, presented } = tokenApi();
    await batcher.add('a', 1);
    await clock.advance(5000);
    expect(await presented('a')).toEqual([]);
  });

  it('do not wait where that is switched off', async () => {
    const { batcher, presented } = tokenApi({ readYourWrites: false });
    await batcher.add('a', 1);
    await batcher.flush();
    expect(await presented('a')).toEqual([]);
  });

  it('do not wait where the read says so', async () => {
    const { batcher, client, requests, presented } = tokenApi();
    await batcher.add('a', 1);
    await batcher.flush();
    await client.getCounters({ key: ['a'] }, { readYourWrites: false });
    expect(requests.at(-1)?.headers).not.toHaveProperty('Consistency-Token');
    expect(await presented('a')).toEqual([token('a', 1)]);
  });

  it('show all that was added, by the API itself', async () => {
    const { client } = worldApi();
    const batcher = client.batchIncrements({ onFailed: () => undefined });
    for (let i = 0; i < 3000; i += 1) await batcher.add(`k${i % 15}`, 1);
    await batcher.flush();
    const { body } = await client.getCounters({ key: Array.from({ length: 15 }, (_, i) => `k${i}`) });
    expect(body.counters.map(({ value }) => value)).toEqual(Array(15).fill(200));
  });

  it('know a UUID in any spelling, as stages do that require them', async () => {
    const upper = '0190A0A0-0000-7000-8000-0000000000AB';
    const { client, requests } = worldApi({}, stageWithUuids);
    const batcher = client.batchIncrements({ onFailed: () => undefined });
    await batcher.add(upper, 5);
    await batcher.flush();
    expect((await client.getCounter({ key: upper })).body).toMatchObject({ value: 5 });
    expect(requests.at(-1)?.headers['Consistency-Token']).toContain(upper.toLowerCase());
  });

  it('forget the counters that were written longest ago, beyond the limit', async () => {
    const { batcher, presented } = tokenApi({ batchEntriesMax: 1 }, { tokenKeysMax: 2 });
    for (const key of ['a', 'b', 'c']) await batcher.add(key, 1);
    await batcher.flush();
    expect(await presented('a', 'b', 'c')).toEqual([token('b', 2), token('c', 3)].sort());
  });
});
