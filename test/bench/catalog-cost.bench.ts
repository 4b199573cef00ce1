/**
 * Goals: what a catalog costs to make, to keep in memory and to bring up to date, and the longest pause a
 * change makes. Non-goals: reading snapshots and changes from the state store.
 */
import type { AdChange } from '../../lib/core/ads/ad-change.ts';
import { AdState, evolve } from '../../lib/core/ads/ad-state.ts';
import { Catalog } from '../../lib/core/ads/catalog/catalog.ts';
import { adEpochMs } from '../support/ad-builder.ts';
import { Prng } from '../support/prng.ts';
import { adsDescription, makeAds, makeChangeLog, makeQuery, makeUpdate } from './catalog-data.ts';
import {
  elapsedMs,
  liveBytes,
  measureRate,
  quantile,
  ResultHash,
  type BenchContext,
  type Benchmark,
} from './harness.ts';

export const catalogCostBench: Benchmark = {
  name: 'catalog-cost',
  run(context) {
    for (const adCount of context.quick ? [700] : [100_000, 1000, 1_000_000]) {
      benchMaking(context, adCount);
      benchPauses(context, adCount);
    }
    benchReplay(context, context.quick ? 500 : 100_000);
  },
};

/**
 * The first catalog of a process, made before the compiler has seen the code, is the one a cold start waits
 * for.
 */
function benchMaking(context: BenchContext, adCount: number): void {
  const prng = new Prng(context.seed);
  const query = makeQuery(prng, 'full pages');
  const beforeBytes = liveBytes(context);
  const ads = makeAds(prng, adCount);
  const adsBytes = liveBytes(context) - beforeBytes;
  const hash = new ResultHash();
  let catalog = Catalog.empty();
  const make = (): void => {
    catalog = Catalog.from(ads, adCount);
    const { items, total } = catalog.query(query.filter, adEpochMs, query.page);
    hash.add(total);
    for (const item of items) hash.addText(item);
  };
  const name = `catalog of ${adCount.toLocaleString('en')} ads`;
  const conditions = { ads: adsDescription };
  const firstMs = elapsedMs(make);
  context.report({
    name: `${name}, made and asked once, first`,
    value: firstMs,
    unit: 'ms',
    conditions: { ...conditions, hash: hash.hex },
  });
  const later = measureRate(context.quick ? 1 : 5, 1, make);
  context.report({
    name: `${name}, made and asked once, later`,
    value: 1000 / later.perSecond,
    unit: 'ms',
    conditions: { ...conditions, 'cpu share': later.cpuShare, hash: hash.hex },
  });
  const indexBytes = liveBytes(context) - beforeBytes - adsBytes;
  catalog.listById(undefined, adCount, adEpochMs);
  const servedBytes = liveBytes(context) - beforeBytes - adsBytes - indexBytes;
  const gc = 'after a full collection';
  const perAd = (what: string, bytes: number): void => {
    context.report({
      name: `${name}, ${what}`,
      value: bytes / adCount,
      unit: 'bytes/ad',
      conditions: { ...conditions, gc },
    });
  };
  perAd('the ads themselves', adsBytes);
  perAd('orders and bitmaps', indexBytes);
  perAd('JSON once served', servedBytes);
  const processMb = process.memoryUsage.rss() / 1e6;
  context.report({
    name: `${name}, whole process, all served`,
    value: processMb,
    unit: 'MB resident',
    conditions: { ...conditions, gc },
  });
}

/** How long a process that answers is away for one change, and for the first page after it. */
function benchPauses(context: BenchContext, adCount: number): void {
  const prng = new Prng(context.seed);
  let catalog = Catalog.from(makeAds(prng, adCount), adCount);
  const query = makeQuery(prng, 'full pages');
  const hash = new ResultHash();
  for (const changesPerApply of [1, 500]) {
    const pausesMs = Array.from({ length: context.quick ? 5 : 400 }, () => {
      const changes = Array.from({ length: changesPerApply }, (_, i) =>
        makeUpdate(prng, adCount, catalog.version + i + 1),
      );
      return elapsedMs(() => {
        catalog = catalog.apply(changes);
        hash.add(catalog.query(query.filter, adEpochMs, query.page).total);
      });
    });
    const name = `${changesPerApply} changes and a page, ${adCount.toLocaleString('en')} ads`;
    const conditions = { ads: adsDescription, of: pausesMs.length, hash: hash.hex };
    context.report({
      name: `${name}, median pause`,
      value: 1000 * quantile(pausesMs, 0.5),
      unit: 'us',
      conditions,
    });
    context.report({
      name: `${name}, worst pause`,
      value: 1000 * quantile(pausesMs, 1),
      unit: 'us',
      conditions,
    });
  }
}

function benchReplay(context: BenchContext, adCount: number): void {
  const changes = makeChangeLog(new Prng(context.seed), adCount);
  const hash = new ResultHash();
  const replay = (how: string, toCatalog: () => Catalog): void => {
    const { perSecond, cpuShare } = measureRate(context.quick ? 1 : 3, changes.length, () => {
      const catalog = toCatalog();
      hash.add(catalog.bytes);
      hash.add(catalog.query({ age: 30 }, adEpochMs, { offset: 0, limit: 10 }).total);
    });
    const conditions = {
      ads: adsDescription,
      changes: changes.length,
      'live at the end': adCount,
      'cpu share': cpuShare,
      hash: hash.hex,
    };
    context.report({
      name: `replay into a catalog, ${how}`,
      value: perSecond,
      unit: 'changes/s',
      conditions,
    });
  };
  replay('by way of plain state, as a cold reader does', () => viaState(changes));
  const inBatches = (batch: number): Catalog => {
    let catalog = Catalog.empty();
    for (let i = 0; i < changes.length; i += batch) catalog = catalog.apply(changes.slice(i, i + batch));
    return catalog;
  };
  replay('in one apply', () => inBatches(changes.length));
  for (const batch of [1000, 1]) replay(`${batch} an apply, as a warm reader does`, () => inBatches(batch));
}

function viaState(changes: readonly AdChange[]): Catalog {
  const state = new AdState();
  for (const change of changes) evolve(state, change);
  return Catalog.from([...state.ads.values()], state.version);
}
