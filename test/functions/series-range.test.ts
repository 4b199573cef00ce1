import { describe, expect, it } from '@jest/globals';
import { stageSettings } from '../../lib/stages.ts';
import { createHttpWorld } from '../support/http-world.ts';

const path = '/api/v1/counters/a/series';
const bucketMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

type Bucket = keyof typeof bucketMs;

/** It keeps every level. */
async function build() {
  const world = createHttpWorld({ settings: stageSettings('dev') });
  await world.post('/increment?mode=sync', { key: 'a', value: 5 });
  const { clock } = world;
  /** Lets time pass until so long after the start of a day. */
  const untilAfterMidnight = (ms: number) =>
    clock.advance(bucketMs.day - (clock.nowMs() % bucketMs.day) + ms);
  const ask = async (query: string) => {
    const { status, json } = await world.get(`${path}?${query}`);
    return {
      status,
      ...(json as { points?: { at: string }[]; from?: string; to?: string; errors?: unknown }),
    };
  };
  return { ...world, untilAfterMidnight, ask };
}

const text = (ms: number): string => new Date(ms).toISOString();

describe('the range of a series', () => {
  it.each([
    ['minute', 60],
    ['hour', 48],
    ['day', 31],
  ] as const)(
    'by %s ends with the current bucket and begins %d buckets before its instant',
    async (bucket, count) => {
      // A millisecond before a bucket ends, at the start of the next, and a millisecond after it.
      for (const [afterMs, more] of [
        [-1, 0],
        [0, 1],
        [1, 1],
      ] as const) {
        const { untilAfterMidnight, ask, clock } = await build();
        await untilAfterMidnight(afterMs);
        const nowMs = clock.nowMs();
        const { points, from, to } = await ask(`bucket=${bucket}`);
        const currentMs = Math.floor(nowMs / bucketMs[bucket]) * bucketMs[bucket];
        expect(points).toHaveLength(count + more);
        expect(points!.at(-1)!.at).toBe(text(currentMs));
        expect([from, to]).toEqual([points![0]!.at, text(currentMs + bucketMs[bucket])]);
      }
    },
  );

  it.each(['minute', 'hour', 'day'] as const)('by %s has at most 1,500 buckets', async (bucket: Bucket) => {
    const { untilAfterMidnight, ask, clock } = await build();
    await untilAfterMidnight(0);
    const toMs = clock.nowMs();
    const from = (buckets: number, ms = 0): string =>
      `bucket=${bucket}&to=${text(toMs)}&from=${text(toMs - buckets * bucketMs[bucket] + ms)}`;
    expect((await ask(from(1500))).status).toBe(200);
    // A millisecond earlier, it is one bucket more.
    expect(await ask(from(1500, -1))).toMatchObject({ status: 400, errors: [{ path: 'from' }] });
    expect((await ask(from(1501))).status).toBe(400);
    expect((await ask(from(1501, 1))).status).toBe(400);
    expect((await ask(from(1501, bucketMs[bucket]))).status).toBe(200);
  });

  it('ends after it begins, by a millisecond at least', async () => {
    const { ask, clock } = await build();
    const now = clock.nowMs();
    const status = async (fromMs: number): Promise<number> =>
      (await ask(`bucket=minute&from=${text(fromMs)}&to=${text(now)}`)).status;
    expect([await status(now - 1), await status(now), await status(now + 1)]).toEqual([200, 400, 400]);
  });

  it('that a stage no longer keeps is empty, from and to its end', async () => {
    const { ask, untilAfterMidnight, clock } = await build();
    await untilAfterMidnight(0);
    const day = clock.nowMs() - 10 * bucketMs.day;
    const { status, points, from, to } = await ask(
      `bucket=minute&from=${text(day)}&to=${text(day + 60_001)}`,
    );
    expect({ status, points }).toEqual({ status: 200, points: [] });
    expect([from, to]).toEqual([text(day + 120_000), text(day + 120_000)]);
  });
});
