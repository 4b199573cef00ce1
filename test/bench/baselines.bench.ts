/**
 * Goals: the catalog beside two simpler indexes that answer the same: a scan of everything, and maps within
 * maps as the replicated ad server had them. They run in turns and in one process, so that their ratio is
 * meaningful on any machine; hashes compare the answers. Non-goals: changes (both would have to do most of
 * their work again) and the passing of time.
 *
 *   node test/bench/main.ts baselines
 */
import { Catalog } from '../../lib/core/ads/catalog/catalog.ts';
import { adEpochMs } from '../support/ad-builder.ts';
import { Prng } from '../support/prng.ts';
import { LeafIndex } from './baselines/leaf-index.ts';
import type { PageIndex } from './baselines/page-index.ts';
import { ScanIndex } from './baselines/scan-index.ts';
import { adsDescription, makeAds, makeQuery, queryMixes, type PageQuery } from './catalog-data.ts';
import {
  liveBytes,
  processorMs,
  quantile,
  ResultHash,
  type BenchContext,
  type Benchmark,
} from './harness.ts';

export const baselinesBench: Benchmark = {
  name: 'baselines',
  run(context) {
    for (const adCount of context.quick ? [10, 150] : [10, 1000, 10_000, 100_000, 1_000_000])
      compare(context, adCount);
  },
};

/** With more ads the lists take gigabytes. */
const leafAdsMax = 10_000;
const roundMs = 150;
const slowMs = 20;
/** Fewer where a scan takes long. */
const comparedQueries = (adCount: number): number => (adCount > 10_000 ? 8 : 64);

interface Contender {
  readonly name: string;
  readonly index: PageIndex;
  /** Of its own, beside the ads. */
  readonly bytes: number;
  /** Per round, so that a round takes about as long for each. */
  queries: number;
  readonly rates: number[];
}

function compare(context: BenchContext, adCount: number): void {
  const { seed, quick } = context;
  const prng = new Prng(seed);
  const ads = makeAds(prng, adCount);
  const queries = Array.from({ length: quick ? 64 : 4096 }, () => makeQuery(prng, 'full pages'));
  const contenders = [
    build(context, 'catalog', () => Catalog.from(ads, adCount)),
    build(context, 'scan of all ads', () => new ScanIndex(ads)),
    ...(adCount <= leafAdsMax
      ? [build(context, 'maps within maps', () => new LeafIndex(ads, adEpochMs))]
      : []),
  ];
  const hashes = contenders.map(({ index }) => hashOf(index, queries.slice(0, comparedQueries(adCount))));
  if (new Set(hashes).size !== 1) throw new Error(`they do not answer the same: ${hashes.join(', ')}`);
  for (const contender of contenders) calibrate(contender, queries, quick);
  for (let round = 0; round < (quick ? 1 : 7); round++) {
    for (const { index, rates, queries: count } of contenders) {
      const tookMs = processorMs(() => {
        ask(index, queries, count);
      });
      rates.push((count * 1000) / tookMs);
    }
  }
  const conditions = {
    cores: 1,
    ads: adsDescription,
    mix: queryMixes['full pages'],
    clock: 'standing still',
    hash: hashes[0] ?? '',
  };
  report(context, `${adCount.toLocaleString('en')} ads`, contenders, {
    ...conditions,
    rounds: 7,
    'ad count': adCount,
  });
}

function build(context: BenchContext, name: string, make: () => PageIndex): Contender {
  const before = liveBytes(context);
  const index = make();
  return { name, index, bytes: liveBytes(context) - before, queries: 1, rates: [] };
}

function calibrate(contender: Contender, queries: readonly PageQuery[], quick: boolean): void {
  if (quick) contender.queries = 20;
  // Each question once, where that is soon done: the catalog counts the total of a filter that it has not met
  // yet.
  const firstMs = processorMs(() => {
    ask(contender.index, queries, 1);
  });
  if (firstMs < slowMs) ask(contender.index, queries, queries.length);
  while (!quick) {
    const tookMs = processorMs(() => {
      ask(contender.index, queries, contender.queries);
    });
    if (tookMs > roundMs / 2) return;
    contender.queries = Math.ceil(contender.queries * Math.min(16, roundMs / Math.max(tookMs, 0.01)));
  }
}

/** So that no answer is for nothing. */
let seen = 0;

function ask(index: PageIndex, queries: readonly PageQuery[], count: number): void {
  for (let i = 0; i < count; i++) {
    const { filter, page } = queries[i % queries.length] as PageQuery;
    const { items, total } = index.query(filter, adEpochMs, page);
    seen = (seen + items.length + total) % 1_000_000_007;
  }
}

function hashOf(index: PageIndex, queries: readonly PageQuery[]): string {
  const hash = new ResultHash();
  for (const { filter, page } of queries) {
    const { items, total } = index.query(filter, adEpochMs, page);
    hash.add(total);
    for (const item of items) hash.addText(item);
  }
  return hash.hex;
}

function report(
  context: BenchContext,
  size: string,
  contenders: readonly Contender[],
  conditions: Readonly<Record<string, string | number>>,
): void {
  const [catalog] = contenders;
  const more = { ...conditions, seen };
  for (const { name, rates, bytes, index } of contenders) {
    const entries = index instanceof LeafIndex ? { 'places in lists': index.entries } : {};
    context.report({
      name: `${name}, ${size}`,
      value: quantile(rates, 0.5),
      unit: 'pages/s',
      conditions: { ...more, ...entries },
    });
    context.report({ name: `${name}, ${size}, beside the ads`, value: bytes / 1e6, unit: 'MB', conditions });
    if (catalog === undefined || name === catalog.name) continue;
    const ratios = rates.map((rate, i) => (catalog.rates[i] ?? Number.NaN) / rate);
    context.report({
      name: `catalog to ${name}, ${size}`,
      value: quantile(ratios, 0.5),
      unit: 'times',
      conditions,
    });
  }
}
