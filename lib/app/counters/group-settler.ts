import { assert } from '../../core/assert.ts';
import {
  firstChunk,
  type CountChunk,
  type GiveUpChunk,
  type RightsChunk,
} from '../../core/counters/chunk.ts';
import {
  type CounterGroup,
  type CounterRecord,
  dropSettled,
  judgeTracked,
  toRepeats,
} from '../../core/counters/counter-record.ts';
import { isReservedKey } from '../../core/counters/reserved-key.ts';
import type { SeriesLevel } from '../../core/counters/series.ts';
import { fenceHolds, readFence } from '../../core/delivery/goals/fence.ts';
import { trackedAcceptedForMs } from '../../core/delivery/tracked-event.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { isPortError } from '../../ports/port-error.ts';
import {
  isStateStoreError,
  readItemsMax,
  transactEachMax,
  type Attributes,
  type EachOptions,
  type TransactResult,
  type WriteResult,
} from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { settleRights } from '../delivery/settle-rights.ts';
import { giveUpIncrement } from '../quarantine/give-up.ts';
import type { RecordBatch } from '../record-batch.ts';
import { counterKey } from '../state-keys.ts';
import { BatchTally } from './batch-tally.ts';
import { claimAction, claimExpiresAt, countAction, keptLevels, seriesActions } from './counter-actions.ts';
import { forEachConcurrently } from '../../core/concurrently.ts';
import type { TopKeysWriter } from './hot/top-keys-writer.ts';
import { createMarkHygiene, type MarkHygiene } from './mark-hygiene.ts';

/** Updates in one call of the store. */
const writesPerCallMax = 1000;
/** Records that are given up, and orders that are obeyed, in parallel: each takes several calls. */
const concurrentGiveUpsMax = 32;

export type SettlerPorts = Pick<Ports, 'state' | 'quarantine' | 'clock' | 'ids' | 'telemetry' | 'settings'>;

/** A counter of the batch and its remaining records. */
export interface OpenGroup {
  readonly counterKey: string;
  remaining: readonly CounterRecord[];
  /** The sum added by transactions, which do not return the new item. */
  addedUnseen: bigint;
}

export function openGroup({ counterKey, records }: CounterGroup): OpenGroup {
  return { counterKey, remaining: records, addedUnseen: 0n };
}

/**
 * Settles the counters of one batch, chunk by chunk. A counter stops at its first failure, because a mark
 * that passed a later chunk would hide the earlier one for ever; the other counters continue. Every write is
 * conditional on the marks that it moves. So a write that seemed to fail counts once, whether it was applied,
 * is applied later, or is repeated by a concurrent invocation.
 */
export class GroupSettler {
  readonly #deps: SettlerPorts;
  readonly #batch: RecordBatch;
  readonly #topKeys: Pick<TopKeysWriter, 'note'>;
  /** By the monotonic clock; after it nothing new is begun. */
  readonly #deadlineMs: number;
  readonly #tally = new BatchTally();
  readonly #hygiene: MarkHygiene;
  readonly #levels: readonly SeriesLevel[];
  readonly #unseen = new Set<OpenGroup>();
  readonly #untilLate: EachOptions = { isLate: () => this.#late() };

  constructor(
    deps: SettlerPorts,
    batch: RecordBatch,
    { topKeys, deadlineMs }: { readonly topKeys: Pick<TopKeysWriter, 'note'>; readonly deadlineMs: number },
  ) {
    this.#deps = deps;
    this.#topKeys = topKeys;
    this.#batch = batch;
    this.#deadlineMs = deadlineMs;
    this.#hygiene = createMarkHygiene(deps, deps.clock.nowMs());
    this.#levels = keptLevels(deps.settings);
  }

  /**
   * Settles every group as far as possible; returns those that a failure of a port or the deadline left open.
   */
  async pass(groups: readonly OpenGroup[]): Promise<readonly OpenGroup[]> {
    // Bounded: each round settles records or turns increments into repeats, and both happen at most once to
    // each record.
    for (let open = groups; open.length > 0;) open = await this.#round(open);
    return groups.filter((group) => group.remaining.length > 0);
  }

  /** Drops idle marks and reports the metrics. */
  async finish(): Promise<void> {
    await this.#lookAtUnseen();
    this.#tally.report(this.#deps);
    if (!this.#late()) await this.#hygiene.tidy();
  }

  #late(): boolean {
    return this.#deps.clock.monotonicMs() >= this.#deadlineMs;
  }

  /** Writes one chunk of each group; returns the groups that succeeded and have more. */
  async #round(groups: readonly OpenGroup[]): Promise<readonly OpenGroup[]> {
    const before = groups.map(({ remaining }) => remaining);
    const writes: CountingGroup[] = [];
    const transactions: CountingGroup[] = [];
    const hopeless: { readonly group: OpenGroup; readonly chunk: GiveUpChunk }[] = [];
    const orders: { readonly group: OpenGroup; readonly chunk: RightsChunk }[] = [];
    for (const group of groups) {
      const chunk = firstChunk(group.remaining, this.#levels);
      if (chunk?.type === 'give-up') hopeless.push({ group, chunk });
      else if (chunk?.type === 'rights') orders.push({ group, chunk });
      else if (chunk !== undefined) (isOneWrite(chunk) ? writes : transactions).push({ group, chunk });
    }
    for (const page of pages(writes, writesPerCallMax)) await this.#write(page);
    for (const page of pages(transactions, transactEachMax)) await this.#transact(page);
    await forEachConcurrently(hopeless, concurrentGiveUpsMax, ({ group, chunk }) =>
      this.#giveUp(group, chunk),
    );
    await forEachConcurrently(orders, concurrentGiveUpsMax, ({ group, chunk }) => this.#obey(group, chunk));
    return groups.filter(({ remaining }, i) => remaining.length > 0 && remaining !== before[i]);
  }

  async #obey(group: OpenGroup, { record, order }: RightsChunk): Promise<void> {
    if (this.#late()) return;
    const { sequenceNumber, markAttribute } = record;
    const { arrivedAtMs } = this.#loggedAs(record);
    const end = { attribute: markAttribute, first: sequenceNumber, last: sequenceNumber };
    try {
      await settleRights(this.#deps, { order, arrivedAtMs, end });
    } catch (error) {
      if (isStateStoreError(error)) return;
      throw error;
    }
    group.remaining = group.remaining.slice(1);
  }

  #loggedAs({ index }: CounterRecord): LogRecord {
    const record = this.#batch.records[index];
    assert(record !== undefined, 'a counter record has its record in the batch');
    return record;
  }

  async #giveUp(group: OpenGroup, { record, reason }: GiveUpChunk): Promise<void> {
    if (this.#late()) return;
    const logRecord = this.#loggedAs(record);
    try {
      await giveUpIncrement(this.#deps, { shard: this.#batch, record: logRecord, reason });
    } catch (error) {
      if (isPortError(error)) return;
      throw error;
    }
    group.remaining = group.remaining.slice(1);
  }

  async #write(heads: readonly CountingGroup[]): Promise<void> {
    if (this.#late()) return;
    const nowMs = this.#deps.clock.nowMs();
    const actions = heads.map(({ group, chunk }) => countAction(group.counterKey, chunk, nowMs));
    const results = await orNone(this.#deps.state.writeEach(actions, this.#untilLate));
    heads.forEach(({ group, chunk }, i) => {
      const result = results[i];
      if (result !== undefined && !isStateStoreError(result)) this.#afterWrite(group, chunk, result);
    });
  }

  #afterWrite(group: OpenGroup, chunk: CountChunk, { status, item }: WriteResult): void {
    if (status === 'condition-failed') {
      this.#lookAgain(group, chunk, item);
      return;
    }
    this.#afterCount(group, chunk);
    if (item !== undefined) this.#noteItem(group, item, chunk.sum);
  }

  async #transact(heads: readonly CountingGroup[]): Promise<void> {
    if (this.#late()) return;
    const { settings, state, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const expiresAt = claimExpiresAt(settings, nowMs);
    const trackedExpiresAt = claimExpiresAt(settings, nowMs, trackedAcceptedForMs);
    const transactions = heads.map(({ group, chunk }) => [
      countAction(group.counterKey, chunk, nowMs),
      ...chunk.claims.map((eventId) =>
        claimAction(eventId, chunk.tracked === undefined ? expiresAt : trackedExpiresAt),
      ),
      ...seriesActions(group.counterKey, chunk.series, settings),
    ]);
    const results = await orNone(state.transactEach(transactions, this.#untilLate));
    heads.forEach(({ group, chunk }, i) => {
      const result = results[i];
      if (result !== undefined && !isStateStoreError(result)) this.#afterTransaction(group, chunk, result);
    });
  }

  #afterTransaction(group: OpenGroup, chunk: CountChunk, result: TransactResult): void {
    if (result.status === 'condition-failed') {
      this.#afterFailedTransaction(group, chunk, result.failed);
      return;
    }
    this.#afterCount(group, chunk);
    group.addedUnseen += chunk.sum;
    this.#unseen.add(group);
  }

  /** Check the mark first: if the mark has passed the record, the claim may be the record's own. */
  #afterFailedTransaction(
    group: OpenGroup,
    chunk: CountChunk,
    failed: Extract<TransactResult, { status: 'condition-failed' }>['failed'],
  ): void {
    const counted = new Set<string>();
    for (const { index, item } of failed) {
      const eventId = chunk.claims[index - 1];
      if (eventId === undefined) this.#lookAgain(group, chunk, item);
      else counted.add(eventId);
    }
    assert(failed.length > 0, 'a failed transaction says what failed');
    group.remaining = toRepeats(group.remaining, counted);
  }

  /** `item`: the counter, whose mark has passed a record of the chunk, or whose fence is another. */
  #lookAgain(group: OpenGroup, { tracked }: CountChunk, item: Attributes | undefined): void {
    const before = group.remaining.length;
    const rest = dropSettled(group.remaining, item);
    const isOtherFence = tracked?.fence !== undefined && !fenceHolds(tracked.fence, readFence(item));
    assert(rest.length < before || isOtherFence, 'a mark that stands in the way has passed a record');
    group.remaining = tracked === undefined ? rest : judgeTracked(rest, item);
  }

  #afterCount(group: OpenGroup, chunk: CountChunk): void {
    group.remaining = group.remaining.slice(chunk.size);
    // No caller sent the canary's increments: they are in no list and in no figure of what callers sent.
    if (isReservedKey(group.counterKey) && chunk.tracked === undefined) return;
    if (chunk.tracked === undefined) this.#topKeys.note(group.counterKey, chunk.sum);
    this.#tally.add(chunk, this.#deps.clock.nowMs());
  }

  /** `item`: the counter after `added` was added to it. */
  #noteItem({ counterKey }: OpenGroup, item: Attributes, added: bigint): void {
    if (!isReservedKey(counterKey)) this.#tally.noteItem(item, added);
    this.#hygiene.note(counterKey, item);
  }

  /**
   * Transactions do not return the new item: this reads each counter once, which costs less than its write
   * did.
   */
  async #lookAtUnseen(): Promise<void> {
    const groups = [...this.#unseen];
    try {
      for (let start = 0; start < groups.length && !this.#late(); start += readItemsMax) {
        const page = groups.slice(start, start + readItemsMax);
        const items = await this.#deps.state.getMany(page.map((group) => counterKey(group.counterKey)));
        page.forEach((group, i) => {
          const item = items[i];
          if (item !== undefined) this.#noteItem(group, item, group.addedUnseen);
        });
      }
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
    }
  }
}

/** Whether only the counter's own item is written. */
function isOneWrite({ claims, series }: CountChunk): boolean {
  return claims.length === 0 && series.length === 0;
}

interface CountingGroup {
  readonly group: OpenGroup;
  readonly chunk: CountChunk;
}

function* pages<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** No results for a call that failed as a whole. */
async function orNone<T>(results: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await results;
  } catch (error) {
    if (isStateStoreError(error)) return [];
    throw error;
  }
}
