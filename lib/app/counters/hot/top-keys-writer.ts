import { mergeSketches, SpaceSaving, type ClosedSketch } from '../../../core/counters/hot/space-saving.ts';
import { isStateStoreError } from '../../../ports/state-store.ts';
import type { Ports } from '../../ports.ts';
import { topAllKey, topPartKey } from '../../state-keys.ts';
import {
  minuteMs,
  minutesBehindMax,
  readAll,
  readParts,
  sketchCapacity,
  toStored,
} from './stored-sketches.ts';

/**
 * With `smallEveryBatch`, a sketch of at most this many keys is written with every batch, which costs a write
 * unit or two.
 */
const smallSketch = 64;

/**
 * Batches that end while a sketch is being written go into the next one, which the same call writes, at most
 * this often.
 */
const roundsMax = 3;

/** Minutes whose sketches are kept for writing while the store fails; older ones are dropped. */
const closedMax = 3;

/** A sketch may be written for this many minutes after its own; then the minute is merged. */
const minutesOpen = 2;

/** How long the sketch of a minute is kept, milliseconds. */
const partLifeMs = 2 * minutesBehindMax * minuteMs;

export interface TopKeysWriter {
  /** An amount that this container has just added to a counter. */
  note(key: string, amount: bigint): void;
  /**
   * Writes the sketch if it is due, at the end of a batch, because nothing runs after it. Never rejects for a
   * failure of the store: a sketch that could not be written is written with a later batch, or lost with its
   * container.
   */
  save(): Promise<void>;
  /** Writes everything that is not written yet: for a process that knows when it is idle or ends. */
  saveAll(): Promise<void>;
}

/**
 * One container's part in the lists of hot keys. It keeps one sketch per minute, in an item of its own, so
 * that no two containers write one item. The first container after a minute merges all sketches of the minute
 * into the all-time sketch.
 */
export function createTopKeysWriter(
  deps: Pick<Ports, 'state' | 'clock' | 'ids' | 'settings'>,
  { smallEveryBatch }: { readonly smallEveryBatch: boolean } = { smallEveryBatch: true },
): TopKeysWriter {
  return deps.settings.counters.topKeysSaveMs === 0 ? noTopKeys : new Writer(deps, smallEveryBatch);
}

const noTopKeys: TopKeysWriter = {
  note: () => undefined,
  save: () => Promise.resolve(),
  saveAll: () => Promise.resolve(),
};

interface MinuteSketch {
  readonly minute: number;
  readonly sketch: SpaceSaving;
}

class Writer implements TopKeysWriter {
  readonly #deps: Pick<Ports, 'state' | 'clock' | 'ids' | 'settings'>;
  readonly #smallEveryBatch: boolean;
  readonly #containerId: string;
  #current: MinuteSketch | undefined;
  readonly #closed: MinuteSketch[] = [];
  /** Additions in the current sketch, and how many of them are written. */
  #noted = 0;
  #written = 0;
  #savedMs = -Infinity;
  #mergedMinute = -1;
  #isSaving = false;

  constructor(deps: Pick<Ports, 'state' | 'clock' | 'ids' | 'settings'>, smallEveryBatch: boolean) {
    this.#deps = deps;
    this.#smallEveryBatch = smallEveryBatch;
    this.#containerId = deps.ids.nonce();
  }

  note(key: string, amount: bigint): void {
    if (amount <= 0n) return;
    this.#turn().sketch.add(key, amount);
    this.#noted += 1;
  }

  async save(): Promise<void> {
    // Batches of several lanes may end together in one process: one of them writes for all.
    if (this.#isSaving) return;
    this.#isSaving = true;
    try {
      for (let round = 0; round < roundsMax && this.#isDue(); round += 1) await this.#writeDue();
      await this.#mergeOnce();
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
    } finally {
      this.#isSaving = false;
    }
  }

  async saveAll(): Promise<void> {
    this.#savedMs = -Infinity;
    return this.save();
  }

  #turn(): MinuteSketch {
    const minute = Math.floor(this.#deps.clock.nowMs() / minuteMs);
    if (this.#current?.minute === minute) return this.#current;
    if (this.#current !== undefined && this.#noted > this.#written) {
      this.#closed.push(this.#current);
      if (this.#closed.length > closedMax) this.#closed.shift();
    }
    this.#noted = 0;
    this.#written = 0;
    this.#savedMs = -Infinity;
    this.#current = { minute, sketch: new SpaceSaving(sketchCapacity) };
    return this.#current;
  }

  #isDue(): boolean {
    if (this.#closed.length > 0) return true;
    if (this.#current === undefined || this.#noted === this.#written) return false;
    const { clock, settings } = this.#deps;
    const isSmall = this.#smallEveryBatch && this.#current.sketch.size <= smallSketch;
    return isSmall || clock.monotonicMs() - this.#savedMs >= settings.counters.topKeysSaveMs;
  }

  async #writeDue(): Promise<void> {
    for (let closed = this.#closed[0]; closed !== undefined; closed = this.#closed[0]) {
      await this.#write(closed);
      this.#closed.shift();
    }
    const current = this.#current;
    if (current === undefined || !this.#isDue()) return;
    const noted = this.#noted;
    await this.#write(current);
    // Other batches may have run meanwhile, even into the next minute, whose sketch is not written yet.
    if (this.#current !== current) return;
    this.#savedMs = this.#deps.clock.monotonicMs();
    this.#written = noted;
  }

  async #write({ minute, sketch }: MinuteSketch): Promise<void> {
    const closed: ClosedSketch = { keys: sketch.top(), unwatchedMax: sketch.unwatchedMax };
    const expiresAtMs = (minute + 1) * minuteMs + partLifeMs;
    await this.#deps.state.write({
      type: 'put',
      key: topPartKey(minute, this.#containerId),
      attributes: { sketch: toStored(closed), expires_at: BigInt(Math.ceil(expiresAtMs / 1000)) },
    });
  }

  /**
   * Once a minute: merges into the all-time sketch up to the last minute that no container writes to any
   * more.
   */
  async #mergeOnce(): Promise<void> {
    const { state, clock } = this.#deps;
    const through = Math.floor(clock.nowMs() / minuteMs) - minutesOpen;
    if (through <= this.#mergedMinute) return;
    const all = await readAll(this.#deps);
    const first = Math.max(all.through, through - minutesBehindMax) + 1;
    const parts = await readParts(this.#deps, first, through);
    this.#mergedMinute = through;
    if (parts.length === 0) return;
    await state.write({
      type: 'put',
      key: topAllKey,
      attributes: {
        sketch: toStored(mergeSketches([all.sketch, ...parts.map(({ sketch }) => sketch)], sketchCapacity)),
        through: BigInt(through),
        version: all.version + 1n,
      },
      // Otherwise another container has merged it.
      condition:
        all.version === 0n ? { op: 'item-absent' } : { op: '=', attribute: 'version', value: all.version },
    });
  }
}
