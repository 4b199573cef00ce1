import type { Attributes } from '../../../lib/ports/state-store.ts';
import type { AppliedWrite, Exchange, ItemChange } from './auditor.ts';
import { demand } from './demand.ts';

/** An amount that was counted, by the instant of its POST. */
export interface CountedAmount {
  readonly value: bigint;
  readonly atMs: number;
}

/** Spelt out once more, so that a mistake of the product's own arithmetic does not hide itself. */
const levelFacts = {
  minute: { bucketMs: 60_000, windowMs: 3_600_000 },
  hour: { bucketMs: 3_600_000, windowMs: 86_400_000 },
  day: { bucketMs: 86_400_000, windowMs: 32 * 86_400_000 },
} as const;
type Level = keyof typeof levelFacts;

/** Clocks of two containers are ten minutes apart at most. */
const skewMs = 600_000;

/** What stands in which bucket since when. */
export class SeriesTruth {
  readonly #levels: readonly Level[];
  readonly #added = new Map<string, { bucketMs: number; amount: bigint; writtenAtMs: number }[]>();

  constructor(levels: readonly Level[]) {
    this.#levels = levels;
  }

  /**
   * Checks what one write did to the series of a counter: each level must grow by exactly what the write
   * counted, in the buckets of the POSTs. `syncAmount`: added by `mode=sync`, whose instant only its
   * container knows.
   */
  check(write: AppliedWrite, counter: string, counted: readonly CountedAmount[], syncAmount: bigint): void {
    for (const level of this.#levels) {
      const grown = grownBuckets(write, level, counter);
      const expected = new Map<number, bigint>();
      for (const { value, atMs } of counted) addTo(expected, bucketOf(level, atMs), value);
      for (const [bucketMs, amount] of grown) addTo(expected, bucketMs, -amount);
      const wrong = [...expected].filter(([, amount]) => amount !== 0n);
      const isSync = ([bucketMs, amount]: [number, bigint]): boolean =>
        amount === -syncAmount && Math.abs(bucketMs - bucketOf(level, write.atMs)) <= nearMs(level);
      const [sync, ...rest] = syncAmount > 0n ? wrong : [undefined, ...wrong];
      const isRight = rest.length === 0 && (sync === undefined ? syncAmount === 0n : isSync(sync));
      demand(isRight, 'I1', 'a series did not grow as its total did', () => ({
        level,
        counter,
        counted,
        syncAmount,
        grown: [...grown],
      }));
      for (const [bucketMs, amount] of grown) {
        const name = `${level} ${counter}`;
        const added = this.#added.get(name) ?? [];
        added.push({ bucketMs, amount, writtenAtMs: write.atMs });
        this.#added.set(name, added);
      }
    }
  }

  /** What the finest level held of a stretch of time, at an instant. */
  between(counter: string, { fromMs, endMs }: { fromMs: number; endMs: number }, atMs: number): bigint {
    const [finest] = this.#levels;
    let sum = 0n;
    for (const { bucketMs, amount, writtenAtMs } of this.#added.get(`${finest} ${counter}`) ?? []) {
      if (bucketMs >= fromMs && bucketMs < endMs && writtenAtMs <= atMs) sum += amount;
    }
    return sum;
  }
}

interface ShownSeries {
  readonly key: string;
  readonly bucket: Level;
  readonly points: readonly { readonly at: string; readonly value: string }[];
}

/**
 * Checks an answered read of one series or many: they are of the keys asked for, in their order, and each
 * bucket shows a sum that it had between request and answer.
 */
export function checkSeriesRead(truth: SeriesTruth, exchange: Exchange): boolean {
  const { id, request, answer, ...times } = exchange;
  const asked = askedKeys(request.target);
  if (asked === undefined || request.method !== 'GET' || answer?.status !== 200) return false;
  const json = JSON.parse(answer.body.replace(/"value":(\d+)/g, '"value":"$1"')) as
    ShownSeries | { readonly series: readonly ShownSeries[] };
  const all = 'series' in json ? json.series : [json];
  const keys = all.map(({ key }) => key);
  demand(isPartInOrder(keys, asked), 'I2', 'series of other keys than those asked for', () => ({
    ...{ exchange: id, asked, keys },
  }));
  for (const { key, bucket, points } of all) {
    for (const { at, value } of points) {
      const fromMs = Date.parse(at);
      const range = { fromMs, endMs: fromMs + levelFacts[bucket].bucketMs };
      const least = truth.between(key, range, times.sentAtMs);
      const most = truth.between(key, range, times.answeredAtMs);
      const shown = BigInt(value);
      demand(shown >= least && shown <= most, 'I2', 'a series shows a sum that never was', () => ({
        ...{ exchange: id, key, bucket, at, shown, least, most },
      }));
    }
  }
  return true;
}

interface ShownPoints {
  readonly bucket: Level;
  readonly points: readonly { readonly at: string; readonly impressions: number; readonly clicks: number }[];
}

/** The same of the report of an ad, which has a series for each of its counters. */
export function checkDeliveryPoints(truth: SeriesTruth, exchange: Exchange): void {
  const { id, request, answer, ...times } = exchange;
  const ad = /^\/api\/v1\/ad\/([^/?]+)\/delivery\?/.exec(request.target)?.[1];
  if (ad === undefined || request.method !== 'GET' || answer?.status !== 200) return;
  const { bucket, points } = JSON.parse(answer.body) as ShownPoints;
  for (const { at, impressions, clicks } of points) {
    const fromMs = Date.parse(at);
    const range = { fromMs, endMs: fromMs + levelFacts[bucket].bucketMs };
    for (const [counter, shown] of [
      [`\u0001i#${ad}`, BigInt(impressions)],
      [`\u0001c#${ad}`, BigInt(clicks)],
    ] as const) {
      const least = truth.between(counter, range, times.sentAtMs);
      const most = truth.between(counter, range, times.answeredAtMs);
      demand(shown >= least && shown <= most, 'I2', 'a report of an ad has a point that never was', () => ({
        ...{ exchange: id, counter, bucket, at, shown, least, most },
      }));
    }
  }
}

/** undefined: it is no read of series. */
function askedKeys(target: string): readonly string[] | undefined {
  const one = /^\/api\/v1\/counters\/([^/?]+)\/series\?/.exec(target)?.[1];
  if (one !== undefined) return [decodeURIComponent(one)];
  const many = /^\/api\/v1\/series\?(.*)$/.exec(target)?.[1];
  return many === undefined ? undefined : new URLSearchParams(many).getAll('key');
}

function isPartInOrder(part: readonly string[], all: readonly string[]): boolean {
  let from = 0;
  for (const key of part) {
    const index = all.indexOf(key, from);
    if (index < 0) return false;
    from = index + 1;
  }
  return true;
}

function grownBuckets(write: AppliedWrite, level: Level, counter: string): ReadonlyMap<number, bigint> {
  const grown = new Map<number, bigint>();
  for (const { key, before, after } of write.changes) {
    if (key.pk !== `series#${level}#${counter}` || after === undefined) continue;
    for (const name of Object.keys(after)) {
      if (!/^b\d+$/.test(name)) continue;
      const amount = number(after[name]) - number(before?.[name]);
      const atMs =
        Number(key.sk) * levelFacts[level].windowMs + Number(name.slice(1)) * levelFacts[level].bucketMs;
      if (amount !== 0n) grown.set(atMs, amount);
    }
  }
  return grown;
}

/** Series items that a write changed although it changed no counter of theirs. */
export function strayChanges({ changes }: AppliedWrite): readonly ItemChange[] {
  const counters = new Set(changes.map(({ key }) => key.pk));
  return changes.filter(({ key, after }) => {
    const [kind, , ...counter] = key.pk.split('#');
    return kind === 'series' && after !== undefined && !counters.has(`counter#${counter.join('#')}`);
  });
}

/** Buckets of one instant by two clocks are so far apart at most. */
function nearMs(level: Level): number {
  return skewMs + levelFacts[level].bucketMs;
}

function bucketOf(level: Level, atMs: number): number {
  const { bucketMs } = levelFacts[level];
  return Math.floor(atMs / bucketMs) * bucketMs;
}

function addTo(sums: Map<number, bigint>, bucketMs: number, amount: bigint): void {
  sums.set(bucketMs, (sums.get(bucketMs) ?? 0n) + amount);
}

function number(value: Attributes[string] | undefined): bigint {
  return typeof value === 'bigint' ? value : 0n;
}
