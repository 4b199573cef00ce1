import { CountMin } from '../../../core/counters/hot/count-min.ts';
import { jumpHash, laneName, lanesMax, type PinnedKey } from '../../../core/counters/hot/lanes.ts';
import { parsePartitionKey, toPartitionKey } from '../../../core/counters/counter-key.ts';
import { textHash } from '../../../core/text-hash.ts';
import type { EventLog } from '../../../ports/event-log.ts';
import type { Ports } from '../../ports.ts';

/** A shard accepts 1,000 records a second, and it holds other keys too. */
const recordsPerLanePerSecond = 200;

/** Rates cover the current second and the one before it. */
const windowMs = 1000;

/** A counter keeps its lanes this long after it last needed them, then loses half of them, and so on. */
const coolingMs = 30_000;

/**
 * A refusal doubles the lanes; further refusals within this time are ignored, because they say nothing new.
 */
const refusalPauseMs = 200;

/**
 * A refused counter with fewer records a second here is not the cause: when all shards are at their limit,
 * more lanes for cool counters would only cause more writes.
 */
const refusedPerSecondMin = 2;

/** The most counters that are spread at the same time. */
const spreadKeysMax = 1000;

/**
 * The length of a key that can be spread, in UTF-16 code units: a partition key has at most 256, and a lane's
 * name and its separator need up to ten.
 */
export const spreadKeyLengthMax = 246;

/** The size of the sketch that estimates rates: 64 KB for both windows. */
const [sketchWidth, sketchDepth] = [2048, 4];

export interface KeySpreader {
  /** The partition key for the next event of a counter, which is about to be written. */
  partitionKeyOf(counterKey: string, eventId: string): string;
  /** Call it when the log refused a record of this partition key because its shard is at its limit. */
  refused(partitionKey: string): void;
}

interface SpreadKey {
  lanes: number;
  readonly names: string[];
  coolAtMs: number;
  refusedAtMs: number;
}

/**
 * Spreads hot counters over several partition keys, so that one shard's limit does not bound a counter. Two
 * signs show that a counter is hot: the rate of its records in this container, and refusals of the log, which
 * reflect all containers together. Counting does not change: every partition key has a mark of its own in the
 * one item of its counter. The event id chooses the lane, so a repeated request mostly gets the same lane,
 * and adding lanes moves few ids. A pinned counter has its lanes from its first event on; once it is no longer
 * pinned, it loses them as any counter that cools.
 */
export function createKeySpreader(deps: KeySpreaderDeps): KeySpreader {
  return new Spreader(deps);
}

interface KeySpreaderDeps {
  readonly clock: Pick<Ports['clock'], 'monotonicMs'>;
  readonly log: Pick<EventLog, 'hashPosition'>;
  /** As of now; an equal list may be another object, which costs a little. Default: none. */
  readonly pinned?: () => readonly PinnedKey[];
}

const nothingPinned: readonly PinnedKey[] = [];

class Spreader implements KeySpreader {
  readonly #clock: Pick<Ports['clock'], 'monotonicMs'>;
  readonly #log: Pick<EventLog, 'hashPosition'>;
  readonly #pinned: () => readonly PinnedKey[];
  #pinnedList = nothingPinned;
  #pinnedLanes: ReadonlyMap<string, number> = new Map();
  readonly #spread = new Map<string, SpreadKey>();
  #window = -Infinity;
  #current = new CountMin(sketchWidth, sketchDepth);
  #previous = new CountMin(sketchWidth, sketchDepth);

  constructor({ clock, log, pinned = () => nothingPinned }: KeySpreaderDeps) {
    this.#clock = clock;
    this.#log = log;
    this.#pinned = pinned;
  }

  partitionKeyOf(counterKey: string, eventId: string): string {
    const nowMs = this.#clock.monotonicMs();
    const byRate = Math.ceil(this.#rate(counterKey, nowMs) / recordsPerLanePerSecond);
    const wanted = Math.min(lanesMax, Math.max(byRate, this.#lanesPinned(counterKey)));
    const spread = this.#spread.get(counterKey) ?? (wanted > 1 ? this.#begin(counterKey) : undefined);
    if (spread === undefined) return counterKey;
    this.#adjust(counterKey, spread, wanted, nowMs);
    const lane = jumpHash(textHash(eventId), spread.lanes);
    return lane === 0 ? counterKey : toPartitionKey(counterKey, this.#nameOf(counterKey, spread, lane));
  }

  refused(partitionKey: string): void {
    const nowMs = this.#clock.monotonicMs();
    const { counterKey } = parsePartitionKey(partitionKey);
    if (this.#estimate(counterKey, nowMs) < refusedPerSecondMin) return;
    const spread = this.#spread.get(counterKey) ?? this.#begin(counterKey);
    if (spread === undefined) return;
    spread.coolAtMs = nowMs + coolingMs;
    if (nowMs < spread.refusedAtMs + refusalPauseMs) return;
    spread.refusedAtMs = nowMs;
    spread.lanes = Math.min(lanesMax, 2 * spread.lanes);
  }

  /** 0: not pinned. */
  #lanesPinned(counterKey: string): number {
    const list = this.#pinned();
    if (list !== this.#pinnedList) {
      this.#pinnedLanes = new Map(list.map(({ key, lanes }) => [key, lanes]));
      this.#pinnedList = list;
    }
    return this.#pinnedLanes.get(counterKey) ?? 0;
  }

  /** Records a second, including this one. */
  #rate(counterKey: string, nowMs: number): number {
    this.#turn(nowMs);
    this.#current.add(counterKey);
    return this.#estimate(counterKey, nowMs);
  }

  /** The count of the current window, plus the part of the previous one that still counts. */
  #estimate(counterKey: string, nowMs: number): number {
    const share = 1 - (nowMs / windowMs - this.#turn(nowMs));
    return this.#current.estimate(counterKey) + share * this.#previous.estimate(counterKey);
  }

  #turn(nowMs: number): number {
    const window = Math.floor(nowMs / windowMs);
    if (window !== this.#window) {
      [this.#previous, this.#current] = [this.#current, this.#previous];
      this.#current.clear();
      if (window !== this.#window + 1) this.#previous.clear();
      this.#window = window;
    }
    return window;
  }

  #begin(counterKey: string): SpreadKey | undefined {
    if (counterKey.length > spreadKeyLengthMax) return undefined;
    if (this.#spread.size >= spreadKeysMax) {
      const [longest] = this.#spread.keys();
      if (longest !== undefined) this.#spread.delete(longest);
    }
    const spread = { lanes: 1, names: [], coolAtMs: 0, refusedAtMs: -Infinity };
    this.#spread.set(counterKey, spread);
    return spread;
  }

  #adjust(counterKey: string, spread: SpreadKey, wanted: number, nowMs: number): void {
    if (wanted >= spread.lanes) {
      spread.lanes = wanted;
      spread.coolAtMs = nowMs + coolingMs;
      return;
    }
    if (nowMs < spread.coolAtMs) return;
    spread.lanes = Math.max(wanted, Math.floor(spread.lanes / 2));
    spread.coolAtMs = nowMs + coolingMs;
    if (spread.lanes <= 1) this.#spread.delete(counterKey);
  }

  #nameOf(counterKey: string, { names }: SpreadKey, lane: number): string {
    return (names[lane] ??= laneName(counterKey, lane, (partitionKey) =>
      this.#log.hashPosition(partitionKey),
    ));
  }
}
