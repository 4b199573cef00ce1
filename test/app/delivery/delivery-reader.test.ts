import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { createDeliveryReader } from '../../../lib/app/delivery/delivery-reader.ts';
import { createTrackWriter } from '../../../lib/app/delivery/track-writer.ts';
import { parseToken } from '../../../lib/core/consistency-token.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { createCounterWorld, deliver, logRecords, type CounterWorld } from '../../support/counter-world.ts';
import { adId, tracked } from '../../support/tracked-world.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const none = {
  impressions: 0n,
  clicks: 0n,
  notCounted: { duplicate: 0n, late: 0n, invalid: { bot: 0n, prefetch: 0n, 'no-user-agent': 0n } },
  counter: { generation: 0, total: 0, closed: undefined, counted: new Map(), days: new Map() },
};

describe('reading what was counted of an ad', () => {
  it('returns each number, of both kinds together where nothing is counted', async () => {
    const world = createCounterWorld();
    const shown = tracked();
    const clicked = tracked({ kind: 'click' });
    const logged = [
      ...[shown, shown, tracked(), tracked({ generation: 1 }), tracked({ invalid: 'bot' })],
      ...[clicked, clicked, clicked, tracked({ kind: 'click', invalid: 'bot' })],
      ...[tracked({ kind: 'click', invalid: 'prefetch' }), tracked({ ad: adId(2) })],
    ];
    await deliver(createAggregator(world.ports), logRecords(logged));
    expect(await createDeliveryReader(world.ports).read([adId(3), adId(1), adId(2)], [])).toStrictEqual({
      status: 'ok',
      ads: [
        none,
        {
          impressions: 2n,
          clicks: 1n,
          notCounted: {
            duplicate: 3n,
            late: 1n,
            invalid: { bot: 2n, prefetch: 1n, 'no-user-agent': 0n },
          },
          counter: { ...none.counter, total: 2 },
        },
        { ...none, impressions: 1n, counter: { ...none.counter, total: 1 } },
      ],
    });
  });

  it('takes up to 50 ads, also one of them twice', async () => {
    const world = createCounterWorld();
    const reader = createDeliveryReader(world.ports);
    const ids = Array.from({ length: 50 }, (_, i) => adId(i));
    expect(await reader.read([...ids.slice(1), ids[1]!], [])).toMatchObject({ status: 'ok' });
    await expect(reader.read([...ids, adId(50)], [])).rejects.toThrow('1 to 50 ads');
    await expect(reader.read([], [])).rejects.toThrow('1 to 50 ads');
  });

  it('waits for the events that its tokens name, and says when they do not come', async () => {
    const world = createCounterWorld();
    const event = { id: 'a'.repeat(32), ad: adId(1), kind: 'click', at: 5, generation: 0, epoch: 7 } as const;
    const result = await createTrackWriter(world.ports).append([event]);
    if (result.status !== 'accepted') throw new Error(result.status);
    const tokens = result.tokens.flatMap((token) => parseToken(token) ?? []);
    const reader = createDeliveryReader(world.ports);
    expect(await reader.read([adId(1)], tokens)).toStrictEqual({ status: 'not-caught-up' });
    // A token of another ad is nothing to wait for.
    expect(await reader.read([adId(2)], tokens)).toStrictEqual({ status: 'ok', ads: [none] });
    await settleAll(world);
    expect(await reader.read([adId(1)], tokens)).toStrictEqual({
      status: 'ok',
      ads: [{ ...none, clicks: 1n }],
    });
  });
});

async function settleAll(world: CounterWorld): Promise<void> {
  for (const { shardId } of await world.increments.shards()) {
    const records = await world.increments.read(shardId, undefined, { recordsMax: 1000, bytesMax: 2 ** 20 });
    if (records.length > 0) await deliver(createAggregator(world.ports), records, { epoch: '1', shardId });
  }
}

describe('reading the series of an ad', () => {
  const dayMs = 86_400_000;
  const fromMs = Math.floor(virtualStartMs / dayMs) * dayMs;

  it('returns what was counted in each bucket', async () => {
    const world = createCounterWorld();
    const at = fromMs + dayMs + 1;
    const logged = [
      tracked({ at: fromMs }),
      tracked({ at }),
      tracked({ at, kind: 'click' }),
      tracked({ at, invalid: 'bot' }),
    ];
    await deliver(createAggregator(world.ports), logRecords(logged));
    const range = { bucket: 'day', fromMs, toMs: fromMs + 3 * dayMs } as const;
    expect(await createDeliveryReader(world.ports).readSeries(adId(1), range)).toStrictEqual({
      status: 'ok',
      points: [
        { atMs: fromMs, impressions: 1n, clicks: 0n },
        { atMs: fromMs + dayMs, impressions: 1n, clicks: 1n },
        { atMs: fromMs + 2 * dayMs, impressions: 0n, clicks: 0n },
      ],
    });
  });

  it('says when the stage keeps none', async () => {
    const local = stageSettings('local');
    const settings = { ...local, counters: { ...local.counters, series: {} } };
    const reader = createDeliveryReader(createCounterWorld({ settings }).ports);
    const range = { bucket: 'day', fromMs, toMs: fromMs + dayMs } as const;
    expect(await reader.readSeries(adId(1), range)).toStrictEqual({ status: 'not-kept' });
  });
});
