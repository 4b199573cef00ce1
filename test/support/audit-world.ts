import type { AuditBook } from '../../lib/app/audit/audit-book.ts';
import { emptyBook } from '../../lib/app/audit/audit-book.ts';
import { auditLimits } from '../../lib/app/audit/audit-limits.ts';
import { audit } from '../../lib/app/audit/audit.ts';
import type { AuditReport } from '../../lib/app/audit/audit-report.ts';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { giveUpIncrement } from '../../lib/app/quarantine/give-up.ts';
import { counterKey } from '../../lib/app/state-keys.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { LogHistory } from '../../lib/ports/log-history.ts';
import type { LogRecord } from '../../lib/ports/log-reader.ts';
import { createCounterWorld, deliver, type CounterWorld, type Logged } from './counter-world.ts';

export interface AuditWorld extends CounterWorld {
  /** `whole`, as the log would say; undefined: it says what is true. */
  readonly history: LogHistory & { whole: boolean | undefined };
  readonly book: AuditBook;
  append(logged: readonly Logged[]): Promise<void>;
  /**
   * Counts what is in the log after what was counted before. `records`: at most so many of each shard; `only`:
   * of this shard.
   */
  count(records?: number, only?: string): Promise<void>;
  /** Gives up the next record of a shard, as its consumer does with one that kills it. */
  giveUpNext(shardId: string): Promise<void>;
  /** Adds to a counter behind the log's back. */
  tamper(key: string, by: bigint): Promise<void>;
  audit(book?: AuditBook): Promise<AuditReport>;
  /** Reads of the log that brought records. */
  pagesRead(): number;
}

const perAppend = 500;

/** The counting half of the pipeline, each step made by hand. */
export function createAuditWorld(overrides: Partial<Ports> = {}, limits = auditLimits): AuditWorld {
  const world = createCounterWorld(overrides);
  const { increments, ports, clock } = world;
  const aggregator = createAggregator(ports);
  const counted = new Map<string, string>();
  const appended: { readonly shardId: string; readonly sequenceNumber: string }[] = [];
  let pages = 0;
  const history: AuditWorld['history'] = {
    stream: 'increments',
    epoch: '1',
    whole: true,
    shards: () => increments.shards(),
    async read(...args) {
      const records = await increments.read(...args);
      if (records.length > 0) pages += 1;
      return records;
    },
    async isWhole(shardId, after) {
      const dropped = BigInt((await history.droppedThrough(shardId)) ?? '-1');
      return history.whole ?? dropped <= BigInt(after?.sequenceNumber ?? '-1');
    },
    async droppedThrough(shardId) {
      const [oldest] = await increments.read(shardId, undefined, { recordsMax: 1, bytesMax: 1 });
      return appended
        .filter((place) => place.shardId === shardId)
        .map(({ sequenceNumber }) => sequenceNumber)
        .findLast((number) => oldest === undefined || BigInt(number) < BigInt(oldest.sequenceNumber));
    },
  };
  const book = emptyBook('1');
  return {
    ...world,
    history,
    book,
    pagesRead: () => pages,
    async append(logged) {
      for (let start = 0; start < logged.length; start += perAppend) {
        const results = await increments.append(logged.slice(start, start + perAppend));
        for (const result of results) if (result.status === 'appended') appended.push(result);
      }
    },
    async count(records = Infinity, only?: string) {
      for (const { shardId } of await increments.shards()) {
        if (only !== undefined && shardId !== only) continue;
        let left = records;
        for (;;) {
          const limits = { recordsMax: Math.min(left, 10_000), bytesMax: 2 ** 30 };
          const read: readonly LogRecord[] =
            left === 0 ? [] : await increments.read(shardId, counted.get(shardId), limits);
          const last = read.at(-1);
          if (last === undefined) break;
          await deliver(aggregator, read, { epoch: '1', shardId });
          counted.set(shardId, last.sequenceNumber);
          left -= read.length;
        }
      }
    },
    async giveUpNext(shardId) {
      const limits = { recordsMax: 1, bytesMax: 1 };
      const [record] = await increments.read(shardId, counted.get(shardId), limits);
      if (record === undefined) throw new Error(`no record of ${shardId} waits`);
      await giveUpIncrement(ports, { shard: { epoch: '1', shardId }, record, reason: 'kills the function' });
      counted.set(shardId, record.sequenceNumber);
    },
    async tamper(key, by) {
      await ports.state.write({ type: 'update', key: counterKey(key), add: { total: by } });
    },
    audit: (into = book) =>
      audit({ state: ports.state, telemetry: ports.telemetry, clock, history, limits }, into),
  };
}
