import { assert } from '../../core/assert.ts';
import { firstChunk, type CountChunk, type GiveUpChunk } from '../../core/counters/chunk.ts';
import type { CounterGroup, CounterRecord } from '../../core/counters/counter-record.ts';
import type { SeriesLevel } from '../../core/counters/series.ts';
import { dropSettled, toRepeats } from '../../core/counters/settled.ts';
import { isPortError } from '../../ports/port-error.ts';
import {
  isStateStoreError,
  readItemsMax,
  type StateStoreError,
  type Attributes,
  type TransactResult,
  type WriteResult,
} from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { giveUpIncrement } from '../quarantine/give-up.ts';
import type { RecordBatch } from '../record-batch.ts';
import { counterKey } from '../state-keys.ts';
import { BatchTally } from './batch-tally.ts';
import { claimAction, claimExpiresAt, countAction, type UpdateAction } from './counter-actions.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';
import type { TopKeysWriter } from './hot/top-keys-writer.ts';
import { createMarkHygiene, type MarkHygiene } from './mark-hygiene.ts';
import { keptLevels, seriesActions } from './series-actions.ts';

/** Updates handed to the store in one call. */
const writesPerCallMax = 1000;

export type SettlerPorts = Pick<Ports, 'state' | 'quarantine' | 'clock' | 'ids' | 'telemetry' | 'settings'>;

/** A counter of the batch and what is left of its records. */
export interface OpenGroup {
  readonly counterKey: string;
  remaining: readonly CounterRecord[];
  /** Added by transactions, which do not show the item they leave. */
  addedUnseen: bigint;
}

export function openGroup({ counterKey, records }: CounterGroup): OpenGroup {
  return { counterKey, remaining: records, addedUnseen: 0n };
}

/**
 * Settles the counters of one batch, chunk by chunk. A counter stops at its first failure, because a mark that moved
 * over a later chunk would hide the earlier one for ever; the other counters go on.
 *
 * Every write carries the condition on the marks it moves. So it makes no difference whether a write that seemed to
 * fail was applied, is applied later, or is made again by a twin of this invocation: it counts once.
 */
export class GroupSettler {
  readonly #deps: SettlerPorts;
  readonly #batch: RecordBatch;
  readonly #topKeys: Pick<TopKeysWriter, 'note'>;
  /** Monotonic; after it nothing new is begun. */
  readonly #deadlineMs: number;
  readonly #tally = new BatchTally();
  readonly #hygiene: MarkHygiene;
  readonly #levels: readonly SeriesLevel[];
  readonly #unseen = new Set<OpenGroup>();

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

  /** Takes every group as far as it goes; returns those that a failure of a port, or the deadline, left open. */
  async pass(groups: readonly OpenGroup[]): Promise<readonly OpenGroup[]> {
    const { transactionsAtOnce } = this.#deps.settings.counters;
    const together: HeadedGroup[] = [];
    const alone: OpenGroup[] = [];
    for (const group of groups) {
      const chunk = firstChunk(group.remaining, this.#levels);
      if (chunk?.type === 'count' && isOneWrite(chunk)) together.push({ group, chunk });
      else alone.push(group);
    }
    for (let start = 0; start < together.length && !this.#late(); start += writesPerCallMax) {
      alone.push(...(await this.#writeTogether(together.slice(start, start + writesPerCallMax))));
    }
    await forEachConcurrently(alone, transactionsAtOnce, (group) => this.#settleAlone(group));
    return groups.filter((group) => group.remaining.length > 0);
  }

  /** Drops idle marks and tells the metrics. */
  async finish(): Promise<void> {
    await this.#lookAtUnseen();
    this.#tally.report(this.#deps);
    if (!this.#late()) await this.#hygiene.tidy();
  }

  #late(): boolean {
    return this.#deps.clock.monotonicMs() >= this.#deadlineMs;
  }

  /** One update each, in one call. Returns the groups that have more to do; one that failed is not among them. */
  async #writeTogether(heads: readonly HeadedGroup[]): Promise<readonly OpenGroup[]> {
    const nowMs = this.#deps.clock.nowMs();
    const actions = heads.map(({ group, chunk }) => countAction(group.counterKey, chunk, nowMs));
    const results = await this.#writeEach(actions);
    const unfinished: OpenGroup[] = [];
    heads.forEach(({ group, chunk }, i) => {
      const result = results[i];
      if (result === undefined || isStateStoreError(result)) return;
      this.#afterWrite(group, chunk, result);
      if (group.remaining.length > 0) unfinished.push(group);
    });
    return unfinished;
  }

  async #writeEach(actions: readonly UpdateAction[]): Promise<readonly (WriteResult | StateStoreError)[]> {
    try {
      return await this.#deps.state.writeEach(actions);
    } catch (error) {
      if (isStateStoreError(error)) return [];
      throw error;
    }
  }

  async #settleAlone(group: OpenGroup): Promise<void> {
    try {
      // Bounded: each turn settles records or turns increments into repeats, and both only ever happen once to each.
      for (
        let chunk = firstChunk(group.remaining, this.#levels);
        chunk !== undefined;
        chunk = firstChunk(group.remaining, this.#levels)
      ) {
        if (this.#late()) return;
        if (chunk.type === 'give-up') await this.#giveUp(group, chunk);
        else if (isOneWrite(chunk)) await this.#write(group, chunk);
        else await this.#transact(group, chunk);
      }
    } catch (error) {
      if (!isPortError(error)) throw error;
    }
  }

  async #giveUp(group: OpenGroup, { record, reason }: GiveUpChunk): Promise<void> {
    const logRecord = this.#batch.records[record.index];
    assert(logRecord !== undefined, 'a counter record stands in its batch');
    await giveUpIncrement(this.#deps, { shard: this.#batch, record: logRecord, reason, count: 1 });
    group.remaining = group.remaining.slice(1);
  }

  async #write(group: OpenGroup, chunk: CountChunk): Promise<void> {
    const action = countAction(group.counterKey, chunk, this.#deps.clock.nowMs());
    this.#afterWrite(group, chunk, await this.#deps.state.write(action));
  }

  #afterWrite(group: OpenGroup, chunk: CountChunk, { status, item }: WriteResult): void {
    if (status === 'condition-failed') {
      this.#dropSettled(group, item);
      return;
    }
    this.#afterCount(group, chunk);
    if (item === undefined) return;
    this.#tally.noteItem(item, chunk.sum);
    this.#hygiene.note(group.counterKey, item);
  }

  async #transact(group: OpenGroup, chunk: CountChunk): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    const expiresAt = claimExpiresAt(this.#deps.settings, nowMs);
    const result = await this.#deps.state.transact([
      countAction(group.counterKey, chunk, nowMs),
      ...chunk.claims.map((eventId) => claimAction(eventId, expiresAt)),
      ...seriesActions(group.counterKey, chunk.series, this.#deps.settings),
    ]);
    if (result.status === 'condition-failed') {
      this.#afterFailedTransaction(group, chunk, result.failed);
      return;
    }
    this.#afterCount(group, chunk);
    group.addedUnseen += chunk.sum;
    this.#unseen.add(group);
  }

  /** The mark first: a claim of a record that the mark has passed may be this very record's. */
  #afterFailedTransaction(
    group: OpenGroup,
    chunk: CountChunk,
    failed: Extract<TransactResult, { status: 'condition-failed' }>['failed'],
  ): void {
    const counted = new Set<string>();
    for (const { index, item } of failed) {
      const eventId = chunk.claims[index - 1];
      if (eventId === undefined) this.#dropSettled(group, item);
      else counted.add(eventId);
    }
    assert(failed.length > 0, 'a failed transaction says what failed');
    group.remaining = toRepeats(group.remaining, counted);
  }

  #dropSettled(group: OpenGroup, item: Attributes | undefined): void {
    const before = group.remaining.length;
    group.remaining = dropSettled(group.remaining, item);
    assert(group.remaining.length < before, 'a mark that stands in the way has passed a record');
  }

  #afterCount(group: OpenGroup, chunk: CountChunk): void {
    group.remaining = group.remaining.slice(chunk.size);
    this.#topKeys.note(group.counterKey, chunk.sum);
    this.#tally.add(chunk, this.#deps.clock.nowMs());
  }

  /** Transactions do not show the item they leave: one read per counter, which cost more than that to write. */
  async #lookAtUnseen(): Promise<void> {
    const groups = [...this.#unseen];
    try {
      for (let start = 0; start < groups.length && !this.#late(); start += readItemsMax) {
        const page = groups.slice(start, start + readItemsMax);
        const items = await this.#deps.state.getMany(page.map((group) => counterKey(group.counterKey)));
        page.forEach((group, i) => {
          const item = items[i];
          if (item === undefined) return;
          this.#tally.noteItem(item, group.addedUnseen);
          this.#hygiene.note(group.counterKey, item);
        });
      }
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
    }
  }
}

/** Nothing but the counter's own item is written. */
function isOneWrite({ claims, series }: CountChunk): boolean {
  return claims.length === 0 && series.length === 0;
}

interface HeadedGroup {
  readonly group: OpenGroup;
  readonly chunk: CountChunk;
}
