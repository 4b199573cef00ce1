import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { countClaimed } from '../../../lib/app/counters/counter-actions.ts';
import { readSeries } from '../../../lib/app/counters/series-reader.ts';
import { stageSettings, type StageSettings } from '../../../lib/stages.ts';
import {
  createCounterWorld,
  deliver,
  increment,
  logRecords,
  type CounterWorld,
} from '../../support/counter-world.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

type Level = 'minute' | 'hour' | 'day';
const levels: readonly Level[] = ['minute', 'hour', 'day'];
const bucketMs = { minute: minuteMs, hour: hourMs, day: dayMs };
/** What one item holds: an hour of minutes, a day of hours, 32 days. */
const itemMs = { minute: hourMs, hour: dayMs, day: 32 * dayMs };

/** A day on which an item of each level begins: 640 times 32 days after 1970. */
const originMs = 640 * 32 * dayMs;

/** Increments at the bounds of buckets and items, a millisecond before, at and after; each of another size. */
const bounds = [0, minuteMs, hourMs, 23 * hourMs, dayMs, 2 * dayMs, 31 * dayMs, 32 * dayMs, 33 * dayMs];
const events = bounds
  .flatMap((afterMs) => [afterMs - 1, afterMs, afterMs + 1])
  .map((afterMs, i) => ({ atMs: originMs + afterMs, value: 2n ** BigInt(i) }));

function keeping(series: StageSettings['counters']['series']): StageSettings {
  const local = stageSettings('local');
  return { ...local, counters: { ...local.counters, series } };
}

/** All events counted at once, when the last of them has happened. */
async function countedWorld(series: StageSettings['counters']['series']): Promise<CounterWorld> {
  const world = createCounterWorld({ settings: keeping(series) });
  const logged = events.map(({ atMs, value }) => increment('a', value, { at: atMs }));
  await deliver(createAggregator(world.ports), logRecords([...logged, increment('ab', 7, { at: originMs })]));
  return world;
}

interface Question {
  readonly series: Readonly<Partial<Record<Level, number>>>;
  readonly bucket: Level;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
}

/** The level that answers: the coarsest that is kept and not coarser than the bucket. */
function sourceOf({ series, bucket }: Question): Level | undefined {
  return levels.filter((level, i) => series[level] !== undefined && i <= levels.indexOf(bucket)).at(-1);
}

/** From its definition: each whole bucket in the range whose items have not expired, and what lies in it. */
function expectedPoints(question: Question): readonly { atMs: number; value: bigint }[] | undefined {
  const { series, bucket, fromMs, toMs, nowMs } = question;
  const source = sourceOf(question);
  if (source === undefined) return undefined;
  const keptMs = (series[source] ?? 0) * dayMs;
  const size = bucketMs[bucket];
  const points = [];
  for (let atMs = Math.floor(fromMs / size) * size; atMs < toMs; atMs += size) {
    const itemEndsMs = (Math.floor(atMs / itemMs[source]) + 1) * itemMs[source];
    if (nowMs >= itemEndsMs + keptMs) continue;
    const value = events
      .filter((event) => event.atMs >= atMs && event.atMs < atMs + size)
      .reduce((sum, event) => sum + event.value, 0n);
    points.push({ atMs, value });
  }
  return points;
}

async function answer(world: CounterWorld, { bucket, fromMs, toMs, nowMs }: Question) {
  const clock = { ...world.clock, nowMs: () => nowMs };
  const result = await readSeries({ ...world.ports, clock }, 'a', { bucket, fromMs, toMs });
  return result.status === 'ok' ? result.points : undefined;
}

const around = (instantMs: number) => [instantMs - 1, instantMs, instantMs + 1];

const stages: readonly Question['series'][] = [
  { minute: 2, hour: 40, day: 1000 },
  { minute: 7 },
  { hour: 40 },
  { day: 100 },
  { minute: 2, day: 100 },
  { minute: 40, hour: 3 },
  {},
];

/** Ranges of few buckets, from and to a millisecond before, at and after each bound. */
function rangesOf(bucket: Level): readonly { fromMs: number; toMs: number }[] {
  const lengths = [1, bucketMs[bucket], 3 * bucketMs[bucket]];
  return bounds.flatMap((afterMs) =>
    around(originMs + afterMs).flatMap((fromMs) =>
      lengths.map((length) => ({ fromMs, toMs: fromMs + length })),
    ),
  );
}

describe('every bucket, from every level that can serve it', () => {
  it.each(stages)(
    'has what happened from its start to before its end, where a stage keeps %j',
    async (series) => {
      const world = await countedWorld(series);
      const wrong: unknown[] = [];
      for (const bucket of levels) {
        for (const range of rangesOf(bucket)) {
          const question = { series, bucket, ...range, nowMs: range.toMs };
          const [found, expected] = [await answer(world, question), expectedPoints(question)];
          if (!same(found, expected)) wrong.push({ question, found, expected });
        }
      }
      expect(wrong.slice(0, 3)).toEqual([]);
    },
  );
});

it('has an event that a redrive counts days later where it happened', async () => {
  const world = createCounterWorld({ settings: keeping({ minute: 40 }) });
  const { event } = increment('a', 5, { at: originMs + 1 });
  const nowMs = originMs + 3 * dayMs;
  await world.memoryState.transact(countClaimed(event!, world.ports.settings, nowMs));
  const range = { fromMs: originMs, toMs: originMs + minuteMs };
  const points = await answer(world, { series: {}, bucket: 'minute', ...range, nowMs });
  expect(points).toEqual([{ atMs: originMs, value: 5n }]);
});

describe('an item of a series', () => {
  /** For each level: its item that begins at the origin, by the bucket that only this level serves. */
  it.each([
    ['minute', { minute: 2, hour: 400, day: 1000 }],
    ['hour', { minute: 2, hour: 40, day: 1000 }],
    ['day', { minute: 2, hour: 40, day: 100 }],
    ['day', { hour: 40 }],
    ['day', { minute: 7 }],
    ['hour', { minute: 7 }],
  ] as const)(
    'is read until it expires and never longer, kept or swept by the store: %s of %j',
    async (bucket, series) => {
      for (const sweeps of [false, true]) {
        const world = await countedWorld(series);
        const range = { fromMs: originMs - 2 * bucketMs[bucket], toMs: originMs + 3 * bucketMs[bucket] };
        const source = sourceOf({ series, bucket, ...range, nowMs: 0 }) ?? 'day';
        const keptMs = (series as Question['series'])[source]! * dayMs;
        // The items before the origin, that which begins there, and for hours and days those after it.
        for (const itemEnd of [0, 1, 2, 3, 24, 25].map((n) => originMs + n * itemMs[source])) {
          for (const nowMs of around(itemEnd + keptMs)) {
            if (sweeps) await world.memoryState.sweepExpired(nowMs / 1000, 1000);
            const question = { series, bucket, ...range, nowMs };
            expect([nowMs, await answer(world, question)]).toEqual([nowMs, expectedPoints(question)]);
          }
        }
      }
    },
  );

  it.each([
    ['minute', 2],
    ['hour', 40],
    ['day', 100],
  ] as const)(
    'is deleted by a store that sweeps when it is no longer read: %s, kept %d days',
    async (level, days) => {
      const world = await countedWorld({ minute: 2, hour: 40, day: 100 });
      const sk = String(originMs / itemMs[level]).padStart(10, '0');
      const isThere = async (nowMs: number): Promise<boolean> => {
        await world.memoryState.sweepExpired(nowMs / 1000, 1000);
        return (
          (await world.memoryState.get({ table: 'counters', pk: `series#${level}#a`, sk })) !== undefined
        );
      };
      const endMs = originMs + itemMs[level] + days * dayMs;
      expect([await isThere(endMs - 1), await isThere(endMs)]).toEqual([true, false]);
    },
  );
});

function same(found: unknown, expected: unknown): boolean {
  const text = (value: unknown): string =>
    JSON.stringify([value], (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each));
  return text(found) === text(expected);
}
