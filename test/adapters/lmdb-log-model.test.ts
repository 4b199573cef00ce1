import { cpSync, rmSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openLmdb, type LmdbStores } from '../../lib/adapters/lmdb/open-lmdb.ts';
import type { LogEntry } from '../../lib/ports/event-log.ts';
import { freshFolder, testStreams } from './lmdb-folder.ts';
import { NaiveLog } from './naive-log.ts';

/**
 * The log on LMDB against a naive one: blocks of many records and of few, checkpoints anywhere within them,
 * trims, new numbers of shards, restarts and kills. Whatever one of them answers the other must answer too.
 */
const retentionMs = 1000;
const consumers = ['one', 'two'];

const entry = fc.record({ key: fc.nat(7), bytes: fc.integer({ min: 0, max: 60 }) });
const call = fc.array(entry, { minLength: 1, maxLength: 9 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('append' as const),
      calls: fc.array(call, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('settle' as const),
      consumers: fc.constantFrom(['one'], ['two'], consumers, consumers),
      // The shard of this index, or each.
      shard: fc.nat(4),
      percent: fc.nat(100),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('trim' as const),
      afterMs: fc.constantFrom(0, 1, retentionMs - 1, retentionMs, retentionMs + 1, retentionMs + 1),
      atOnce: fc.integer({ min: 1, max: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('read' as const),
      shard: fc.nat(4),
      percent: fc.nat(100),
      recordsMax: fc.integer({ min: 1, max: 12 }),
      bytesMax: fc.integer({ min: 1, max: 200 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('restart' as const),
      killed: fc.boolean(),
      shards: fc.integer({ min: 1, max: 3 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const scenario = fc.record({
  blockBytesMax: fc.constantFrom(1, 40, 150, 100_000),
  blocksPerTrimMax: fc.constantFrom(1, 3, 1000),
  shards: fc.integer({ min: 1, max: 3 }),
  steps: fc.array(step, { minLength: 40, maxLength: 70 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

test('the log keeps, trims and numbers its records as a naive log does', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const run = new Run(given);
      try {
        await run.compare();
        for (const each of given.steps) {
          await run.take(each);
          await run.compare();
        }
      } finally {
        await run.end();
      }
    }),
    { numRuns: 4 },
  );
});

class Run {
  readonly #given: Scenario;
  readonly #naive: NaiveLog;
  readonly #folders = [freshFolder()];
  #stores: LmdbStores;
  #nowMs = 1_000_000;
  #shardCount: number;
  #shardIds: readonly string[] = [];
  /** Where each key went first since the last change of the shards: it goes there again. */
  #homes = new Map<string, string>();

  constructor(given: Scenario) {
    this.#given = given;
    this.#shardCount = given.shards;
    this.#naive = new NaiveLog({ ...given, retentionMs });
    this.#stores = this.#open();
  }

  async take(step: Step): Promise<void> {
    const { increments } = this.#stores;
    switch (step.type) {
      case 'append':
        return this.#append(step.calls);
      case 'settle':
        for (const shardId of this.#chosen(step.shard)) {
          const number = this.#numberAt(shardId, step.percent);
          for (const consumer of step.consumers) {
            await increments.writeCheckpoint(consumer, shardId, String(number));
            this.#naive.settle(consumer, shardId, number);
          }
        }
        return;
      case 'trim': {
        this.#nowMs += step.afterMs;
        const trims = Array.from({ length: step.atOnce }, () => increments.trim());
        const expected = trims.map(() => this.#naive.trim(consumers, this.#nowMs));
        expect(await Promise.all(trims)).toEqual(expected);
        return;
      }
      case 'read':
        for (const shardId of this.#chosen(step.shard)) {
          const after = this.#numberAt(shardId, step.percent);
          const page = await increments.read(shardId, after === 0 ? undefined : String(after), step);
          expect(page.map(({ sequenceNumber }) => Number(sequenceNumber))).toEqual(
            this.#naive.read(shardId, after, step).map(({ number }) => number),
          );
        }
        return;
      case 'restart':
        if (step.killed) {
          // A copy of the file as it is, with no goodbye: what a killed process leaves on the disk.
          const folder = freshFolder();
          cpSync(this.#folders.at(-1) ?? '', folder, { recursive: true });
          this.#folders.push(folder);
        }
        await this.#stores.close();
        this.#shardCount = step.shards;
        this.#stores = this.#open();
    }
  }

  #chosen(shard: number): readonly string[] {
    const one = this.#shardIds[shard];
    return one === undefined ? this.#shardIds : [one];
  }

  /** A number of the shard, that far into its records; also one before the first, and one past the last. */
  #numberAt(shardId: string, percent: number): number {
    const records = this.#naive.records(shardId);
    const index = Math.floor((percent / 100) * (records.length + 1.99)) - 1;
    return records[index]?.number ?? (index < 0 ? 0 : this.#naive.lastNumber + 1);
  }

  /** Everything that can be asked, of both. */
  async compare(): Promise<void> {
    const { increments } = this.#stores;
    this.#shardIds = (await increments.shards()).map(({ shardId }) => shardId);
    for (const shardId of this.#shardIds) {
      const found = await increments.read(shardId, undefined, { recordsMax: 10_000, bytesMax: 10_000_000 });
      expect(
        found.map(({ sequenceNumber, partitionKey, data, arrivedAtMs }) => ({
          number: Number(sequenceNumber),
          key: partitionKey,
          text: Buffer.from(data).toString('latin1'),
          arrivedAtMs,
        })),
      ).toEqual(this.#naive.records(shardId));
      for (const consumer of consumers)
        expect(await increments.readCheckpoint(consumer, shardId)).toBe(
          this.#naive.checkpoint(consumer, shardId),
        );
      const dropped = this.#naive.dropped(shardId);
      for (const after of [0, dropped - 1, dropped, dropped + 1].filter((number) => number >= 0))
        expect(await increments.isWhole(shardId, { sequenceNumber: String(after), atMs: 0 })).toBe(
          dropped <= after,
        );
    }
  }

  async end(): Promise<void> {
    await this.#stores.close();
    for (const folder of this.#folders) rmSync(folder, { recursive: true });
  }

  /** Calls at once share one commit. */
  async #append(calls: readonly (readonly { key: number; bytes: number }[])[]): Promise<void> {
    const entries = calls.map((call) =>
      call.map(({ key, bytes }): LogEntry => ({
        partitionKey: `key-${key}`,
        data: Buffer.alloc(bytes, (key * 7 + bytes) % 120),
      })),
    );
    const results = (await Promise.all(entries.map((each) => this.#stores.increments.append(each)))).flat();
    const flat = entries.flat();
    results.forEach((result, index) => {
      const key = flat[index]?.partitionKey ?? '';
      if (result.status !== 'appended') throw new Error(result.reason);
      if (!this.#homes.has(key)) this.#homes.set(key, result.shardId);
    });
    const numbers = this.#naive.append(flat, (key) => this.#homes.get(key) ?? '', this.#nowMs);
    expect(results).toEqual(
      flat.map(({ partitionKey }, index) => ({
        status: 'appended',
        shardId: this.#homes.get(partitionKey),
        sequenceNumber: String(numbers[index]),
      })),
    );
  }

  #open(): LmdbStores {
    this.#homes = new Map();
    const { blockBytesMax, blocksPerTrimMax } = this.#given;
    return openLmdb({
      folder: this.#folders.at(-1) ?? '',
      streams: {
        ...testStreams,
        increments: { epoch: '1', shardCount: this.#shardCount, retentionMs, consumers },
      },
      clock: { nowMs: () => this.#nowMs },
      marginBytes: 0,
      limits: { blockBytesMax, blocksPerTrimMax },
    });
  }
}
