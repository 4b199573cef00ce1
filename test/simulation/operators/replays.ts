import { compareProjection, MovingProjectionError } from '../../../lib/app/rebuild/compare-projection.ts';
import type { Attributes, ItemKey } from '../../../lib/ports/state-store.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import type { Prng } from '../../support/prng.ts';
import { keptSides, type SidePrefix } from '../audit/ad-sides.ts';
import { demand } from '../audit/demand.ts';
import type { Kernel } from '../kernel.ts';
import type { Platform } from '../platform.ts';
import type { Services } from '../services.ts';
import { alterState, type AlteredItem } from './altered-state.ts';
import { runCommand } from './operator-runs.ts';

export interface ReplaysOptions {
  readonly kernel: Kernel;
  readonly services: Services;
  readonly platform: Platform;
}

/** The ads that a change names; a later change of an ad comes after an earlier one. */
interface KnownAds {
  readonly live: readonly string[];
  readonly gone: readonly string[];
}

/** A part of the projection that somebody has changed, and what a comparison must report. */
interface Plant {
  readonly item: AlteredItem;
  readonly told: unknown;
}

/** Longer than anything here takes: the ad does not end while somebody compares. */
const lastsMs = 24 * 3_600_000;

/** Operators who replay the changes of the ads again and again and compare the projection with the result. */
export class Replays {
  readonly #options: ReplaysOptions;
  readonly #prng: Prng;
  #replays = 0;
  #planted = 0;

  constructor(options: ReplaysOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('replays');
  }

  /** One run beside a working projector. */
  async run(): Promise<void> {
    const told = await this.#compare();
    demand(told === undefined || told.length === 0, 'G5', differenceMessage, () => ({ told }));
  }

  /** When everything is settled: nothing differs, and a planted difference is told and nothing else. */
  async atRest(): Promise<void> {
    const none = await this.#compare();
    demand(none?.length === 0, 'G5', differenceMessage, () => ({ none }));
    const plant = this.#planted === 0 ? await this.#drawPlant() : undefined;
    if (plant === undefined) return;
    this.#planted += 1;
    const told = await this.#compare([plant.item]);
    const isRight = told?.length === 1 && JSON.stringify(told[0]) === JSON.stringify(plant.told);
    demand(isRight, 'G5', 'a rebuild misses a difference', () => ({ expected: plant.told, told }));
  }

  facts(): Readonly<Record<string, number>> {
    return { replays: this.#replays, replaysOfPlanted: this.#planted };
  }

  /** What differs; undefined: the ads changed too fast, or a port failed. */
  async #compare(altered: readonly AlteredItem[] = []): Promise<readonly unknown[] | undefined> {
    const { kernel, platform } = this.#options;
    const ports = platform.operatorPorts();
    const deps = { ...ports, state: alterState(ports.state, altered), telemetry: nullTelemetry };
    const told = await runCommand({ kernel, pending: platform.pending }, async () => {
      try {
        return (await compareProjection(deps)).differences;
      } catch (error) {
        if (!(error instanceof MovingProjectionError)) throw error;
        return undefined;
      }
    });
    if (told === undefined) return undefined;
    this.#replays += 1;
    kernel.tell(`a rebuild: ${told.length} differences`);
    return told;
  }

  async #drawPlant(): Promise<Plant | undefined> {
    const { memory } = this.#options.services;
    const head = await memory.get(headKey);
    if (head === undefined) return undefined;
    const { live, gone } = await this.#ads(Number(head['version']));
    const plants = headNumbers.map((attribute) => plantInHead(head, attribute));
    const prefix = keptSides(head)[0] ?? '';
    if (live.length > 0) plants.push(...plantsInAd(prefix, this.#prng.pick(live)));
    if (gone.length > 0) plants.push(plantBack(prefix, this.#prng.pick(gone)));
    return this.#prng.pick(plants);
  }

  async #ads(version: number): Promise<KnownAds> {
    const { memory } = this.#options.services;
    const rows = new Map<string, number | undefined>();
    for (let n = 1; n <= version; n += 1) {
      const pk = `changes#${Math.floor(n / 1000)}`;
      const item = await memory.get({ table: 'ads', pk, sk: String(n).padStart(16, '0') });
      const change = JSON.parse(String(item?.['change'])) as { put?: unknown[]; remove?: string };
      if (change.put === undefined) rows.set(String(change.remove), undefined);
      else rows.set(String(change.put[0]), Number(change.put[4]));
    }
    const untilMs = this.#options.kernel.nowMs() + lastsMs;
    const ids = [...rows];
    return {
      live: ids.flatMap(([id, endMs]) => (endMs !== undefined && endMs > untilMs ? [id] : [])),
      gone: ids.flatMap(([id, endMs]) => (endMs === undefined ? [id] : [])),
    };
  }
}

const differenceMessage = 'a rebuild reports a difference where there is none';

const headNumbers = ['live_ads', 'live_bytes', 'deleted', 'expired'] as const;

const headKey: ItemKey = { table: 'ads', pk: 'head', sk: '' };

function adKey(prefix: SidePrefix, adId: string): ItemKey {
  return { table: 'ads', pk: `${prefix}ad#${adId}`, sk: '' };
}

function plantsInAd(prefix: SidePrefix, adId: string): readonly Plant[] {
  const differs = { type: 'ad', adId, what: 'differs' };
  const key = adKey(prefix, adId);
  return [
    { item: { key, alter: () => undefined }, told: { type: 'ad', adId, what: 'missing' } },
    { item: { key, alter: (item) => added(item, 'version', 1n) }, told: differs },
    { item: { key, alter: (item) => added(item, 'end_at', -1n) }, told: differs },
    { item: { key, alter: (item) => ({ ...item, ad: `${String(item?.['ad'])} ` }) }, told: differs },
  ];
}

function plantBack(prefix: SidePrefix, adId: string): Plant {
  const alter = (): Attributes => ({ ad: JSON.stringify([adId]), version: 1n, end_at: 1n });
  return { item: { key: adKey(prefix, adId), alter }, told: { type: 'ad', adId, what: 'should be gone' } };
}

/** The head may say otherwise only while nothing moves it. */
function plantInHead(head: Attributes, attribute: (typeof headNumbers)[number]): Plant {
  const expected = Number(head[attribute] ?? 0n);
  return {
    item: { key: headKey, alter: (item) => added(item, attribute, 1n) },
    told: { type: 'head', attribute, expected, found: expected + 1 },
  };
}

function added(item: Attributes | undefined, attribute: string, by: bigint): Attributes {
  const value = item?.[attribute];
  return { ...item, [attribute]: (typeof value === 'bigint' ? value : 0n) + by };
}
