import { isCounterKey } from '../../../core/counters/counter-key.ts';
import type { CounterGroup } from '../../../core/counters/counter-record.ts';
import {
  fleetHotKeysMax,
  keptPerSecond,
  mergeHotKeys,
  type FleetHotKey,
  type SeenRate,
} from '../../../core/counters/hot/fleet-hot-keys.ts';
import { lanesMax } from '../../../core/counters/hot/lanes.ts';
import { isStateStoreError, type Attributes, type Condition } from '../../../ports/state-store.ts';
import { metrics } from '../../../ports/telemetry.ts';
import type { Ports } from '../../ports.ts';
import type { RecordBatch } from '../../record-batch.ts';
import { hotHintKey } from '../../state-keys.ts';
import { spreadKeyLengthMax } from './key-spreader.ts';

/** A container looks at the hint this often while it sees a hot counter, and never else. */
const lookEveryMs = 2000;

/** Rates are of a second or more, so that a few records at one instant are no high rate. */
const spanMinMs = 1000;

/** The store deletes a hint that nobody has renewed for this long. */
const hintLifeMs = 3_600_000;

export interface HotHint {
  /** Tells all containers of the hot counters of a batch. Never rejects for a failure of the store. */
  tell(batch: RecordBatch, groups: readonly CounterGroup[]): Promise<void>;
}

/**
 * The consumers' part in spreading hot counters. A container of ingest works on one request at a time and sees
 * hardly any records of one counter; the consumers see all of them. What they find is a hint: one small item
 * that ingest reads with the control item. Nothing depends on it, so a write that fails or loses to another
 * container's is left to a later batch.
 */
export function createHotHint(deps: Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'>): HotHint {
  const { state, clock, telemetry, settings } = deps;
  let lookedAtMs = -Infinity;

  const write = async (seen: readonly SeenRate[], nowMs: number): Promise<void> => {
    const stored = (await state.get(hotHintKey))?.['keys'];
    const { laneRecordsPerSecond } = settings.counters;
    const merged = mergeHotKeys(decodeHotKeys(stored), seen, { nowMs, laneRecordsPerSecond });
    if (merged === undefined) return;
    const condition: Condition =
      stored === undefined
        ? { op: 'absent', attribute: 'keys' }
        : { op: '=', attribute: 'keys', value: stored };
    const expiresAt = BigInt(Math.ceil((nowMs + hintLifeMs) / 1000));
    const attributes = { keys: encodeHotKeys(merged), expires_at: expiresAt };
    await state.write({ type: 'put', key: hotHintKey, attributes, condition });
  };

  return {
    async tell(batch, groups) {
      const seen = ratesOf(batch, groups, settings.counters);
      const nowMs = clock.nowMs();
      // The wall clock, because the other one may stand still between batches. It may also go back.
      if (seen.length === 0 || Math.abs(nowMs - lookedAtMs) < lookEveryMs) return;
      lookedAtMs = nowMs;
      try {
        await write(seen, nowMs);
      } catch (error) {
        if (!isStateStoreError(error)) throw error;
        telemetry.count(metrics.hotHintUnwritten);
      }
    },
  };
}

/** The counters of a batch that are hot, or spread and still busy. */
function ratesOf(
  { records }: RecordBatch,
  groups: readonly CounterGroup[],
  { laneRecordsPerSecond, hotKeys }: Ports['settings']['counters'],
): readonly SeenRate[] {
  const first = records[0];
  const last = records.at(-1);
  if (laneRecordsPerSecond === 0 || first === undefined || last === undefined) return [];
  const seconds = Math.max(spanMinMs, last.arrivedAtMs - first.arrivedAtMs) / 1000;
  const recordsMin = keptPerSecond(laneRecordsPerSecond) * seconds;
  return groups.flatMap((group): SeenRate[] => {
    const { counterKey: key } = group;
    if (group.records.length < recordsMin || key.length > spreadKeyLengthMax || !isCounterKey(key)) return [];
    const byPartitionKey = new Map<string, number>();
    for (const { index } of group.records) {
      const partitionKey = records[index]?.partitionKey ?? key;
      byPartitionKey.set(partitionKey, (byPartitionKey.get(partitionKey) ?? 0) + 1);
    }
    const perSecond = Math.max(...byPartitionKey.values()) / seconds;
    const isSpread = byPartitionKey.size > 1 || !byPartitionKey.has(key);
    if (perSecond <= laneRecordsPerSecond && !isSpread) return [];
    return [{ key, perSecond, pinnedLanes: hotKeys.find((pin) => pin.key === key)?.lanes ?? 0 }];
  });
}

function encodeHotKeys(keys: readonly FleetHotKey[]): string {
  return JSON.stringify(
    keys.map(({ key, lanes, raisedAtMs, seenAtMs }) => [key, lanes, raisedAtMs, seenAtMs]),
  );
}

/** What is none, a later release's or spoilt, is left out: it is only a hint. */
export function decodeHotKeys(stored: Attributes[string] | undefined): readonly FleetHotKey[] {
  if (typeof stored !== 'string') return [];
  let rows: unknown;
  try {
    rows = JSON.parse(stored);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [];
  }
  return Array.isArray(rows) ? rows.slice(0, fleetHotKeysMax).flatMap(toHotKey) : [];
}

function toHotKey(row: unknown): readonly FleetHotKey[] {
  if (!Array.isArray(row)) return [];
  const [key, lanes, raisedAtMs, seenAtMs] = row as readonly unknown[];
  if (typeof key !== 'string' || key.length > spreadKeyLengthMax || !isCounterKey(key)) return [];
  if (!isWhole(lanes) || lanes < 2 || lanes > lanesMax || !isWhole(raisedAtMs) || !isWhole(seenAtMs))
    return [];
  return [{ key, lanes, raisedAtMs, seenAtMs }];
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
