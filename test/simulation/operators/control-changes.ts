import type { ControlContent } from '../../../lib/app/control/control-content.ts';
import { createControlStore, type ChangeResult } from '../../../lib/app/control/control-store.ts';
import type { Attributes } from '../../../lib/ports/state-store.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import type { Prng } from '../../support/prng.ts';
import { controlEventOf } from '../audit/control-event.ts';
import { demand } from '../audit/demand.ts';
import { drawKey } from '../clients/counter-keys.ts';
import type { Kernel } from '../kernel.ts';
import type { Platform } from '../platform.ts';
import type { Services } from '../services.ts';
import { runCommand } from './operator-runs.ts';

export interface ControlChangesOptions {
  readonly kernel: Kernel;
  readonly services: Services;
  readonly platform: Platform;
}

/** A change as its operator was told of it. */
interface Told {
  readonly by: string;
  readonly version: number;
  readonly content: string;
}

/** Longer ones cannot be spread. */
const keyLengthMax = 246;

/**
 * Operators who change the control item while everything runs, at times two at once: pinned keys, rates,
 * traces. Whatever they do, the totals stay right: the other auditors see to that. Here: one wins each
 * version and what it was told is what stands there, and the log tells of every version, in their order.
 */
export class ControlChanges {
  readonly #options: ControlChangesOptions;
  readonly #prng: Prng;
  readonly #told: Told[] = [];
  #conflicts = 0;
  #operators = 0;

  constructor(options: ControlChangesOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('control');
  }

  async run(): Promise<void> {
    const machines = this.#prng.int(1, 2);
    await Promise.all(Array.from({ length: machines }, () => this.#changeAsOne()));
  }

  async #changeAsOne(): Promise<void> {
    const { kernel, platform } = this.#options;
    this.#operators += 1;
    const by = `operator-${this.#operators}`;
    const ports = platform.operatorPorts();
    const store = createControlStore({ ...ports, telemetry: nullTelemetry, rateMax: undefined });
    const back = this.#prng.chance(0.2);
    const to = this.#prng.chance(0.5) ? undefined : this.#prng.int(0, 3);
    const edit = this.#drawEdit();
    const result = await runCommand<ChangeResult>({ kernel, pending: platform.pending }, () =>
      back
        ? store.rollback({ to, by, ifVersion: undefined })
        : store.change({ edit, by, ifVersion: undefined }),
    );
    if (result?.status === 'conflict') this.#conflicts += 1;
    if (result?.status !== 'changed') return;
    const { version, content } = result.change;
    kernel.tell(`${by} makes version ${version} of the control item`);
    this.#told.push({ by, version, content: sorted(content) });
  }

  #drawEdit(): (current: ControlContent) => ControlContent {
    const prng = this.#prng;
    const keys = Array.from({ length: prng.int(0, 3) }, () => drawKey(prng));
    const pinned = new Map(keys.map((key) => [key, prng.pick([2, 3, 8, 32])]));
    const hotKeys = Array.from(pinned, ([key, lanes]) => ({ key, lanes })).filter(
      ({ key }) => key.length <= keyLengthMax,
    );
    const what = prng.int(1, 4);
    if (what <= 2) return (current) => ({ ...current, hot_keys: hotKeys });
    if (what === 3) return (current) => ({ ...current, trace_share: prng.int(0, 100) / 100 });
    // Nobody here calls so often, but each call is now counted.
    return (current) => ({ ...current, rate: { per_second: prng.int(1000, 9000), burst: 10_000 } });
  }

  async atRest(): Promise<void> {
    const { memory } = this.#options.services;
    const current = await memory.get({ table: 'counters', pk: 'control', sk: '' });
    const version = Number(current?.['version'] ?? 0n);
    const stored = new Map<number, Attributes>();
    const { items } = await memory.query({ table: 'counters', pk: 'control#changes', limit: 1000 });
    for (const { sk, attributes } of items) stored.set(Number(sk), attributes);
    // A seed makes fewer than are kept.
    demand(stored.size === version, 'G6', 'a change of the control item is not on record', () => ({
      version,
      stored: [...stored.keys()],
    }));
    for (const told of this.#told) {
      const item = stored.get(told.version);
      const isRight = item?.['by'] === told.by && sorted(parsed(item['content'])) === told.content;
      demand(isRight, 'G3', 'an operator was told of a change that is not there', () => ({ told, item }));
    }
    const last = stored.get(version);
    demand(last?.['content'] === current?.['content'], 'G3', 'the item is not its last change', () => ({
      last,
      current,
    }));
    this.#checkLog(stored);
  }

  /** Each version is in the log, first after the one before it, with who and what; copies are equal. */
  #checkLog(stored: ReadonlyMap<number, Attributes>): void {
    let highest = 0;
    for (const { data } of this.#options.services.recordsOf('ad-events')) {
      const event = controlEventOf(data);
      if (event === undefined) continue;
      const item = stored.get(event.version);
      demand(event.version <= highest + 1, 'G3', 'the log tells of a change before an older one', () => ({
        event,
        highest,
      }));
      highest = Math.max(highest, event.version);
      const isRight =
        item?.['change_id'] === event.id &&
        item['by'] === event.by &&
        item['at'] === BigInt(event.at) &&
        sorted(parsed(item['content'])) === sorted(event.content);
      demand(isRight, 'G3', 'the log tells of another change', () => ({ event, item }));
    }
    demand(highest === stored.size, 'G6', 'the log does not tell of a change', () => ({
      highest,
      changes: stored.size,
    }));
  }

  facts(): Readonly<Record<string, number>> {
    return { controlChanges: this.#told.length, controlConflicts: this.#conflicts };
  }
}

function parsed(text: unknown): object {
  return JSON.parse(String(text)) as object;
}

/** Its fields in one order. */
function sorted(content: object): string {
  return JSON.stringify(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
}
