/**
 * Goals: pages with their exact totals per second on one core, at four sizes, alone and with 10 changes a
 * second. Non-goals: the HTTP edge and the state store. The clock advances by 1 ms every 1000 queries, so
 * that ads start and end.
 */
import { Catalog } from '../../lib/core/ads/catalog/catalog.ts';
import { adEpochMs } from '../support/ad-builder.ts';
import { Prng } from '../support/prng.ts';
import { adsDescription, makeAds, makeQuery, makeUpdate, queryMixes, type QueryMix } from './catalog-data.ts';
import { measureRate, ResultHash, type BenchContext, type Benchmark } from './harness.ts';

export const indexPageBench: Benchmark = {
  name: 'index-page',
  run(context) {
    for (const adCount of context.quick ? [10, 700] : [10, 1000, 100_000, 1_000_000]) {
      for (const mix of Object.keys(queryMixes) as QueryMix[]) benchPages(context, adCount, mix);
    }
  },
};

const changesPerSecond = 10;
const queriesPerMs = 1000;

function benchPages(context: BenchContext, adCount: number, mix: QueryMix): void {
  const prng = new Prng(context.seed);
  const queries = Array.from({ length: context.quick ? 256 : 65_536 }, () => makeQuery(prng, mix));
  const roundQueries = context.quick ? 500 : 2_000_000;
  const rounds = context.quick ? 1 : 5;
  const state = { catalog: Catalog.from(makeAds(prng, adCount), adCount), asked: 0, items: 0 };
  const hash = new ResultHash();

  const ask = (count: number): void => {
    for (let i = 0; i < count; i++, state.asked++) {
      const { filter, page } = queries[state.asked % queries.length]!;
      const { items, total } = state.catalog.query(
        filter,
        adEpochMs + Math.floor(state.asked / queriesPerMs),
        page,
      );
      state.items += items.length;
      hash.add(total);
      hash.add(items[items.length - 1]?.length ?? 0);
    }
  };
  const change = (): void => {
    state.catalog = state.catalog.apply([makeUpdate(prng, adCount, state.catalog.version + 1)]);
  };
  const row = (name: string, work: () => void, more: Record<string, string>): number => {
    const before = { ...state, facts: state.catalog.totalsFacts };
    const { perSecond, cpuShare } = measureRate(rounds, roundQueries, work);
    const { hits, counted } = state.catalog.totalsFacts;
    const counts = counted - before.facts.counted;
    context.report({
      name: `index page, ${mix}${name}, ${adCount.toLocaleString('en')} ads`,
      value: perSecond,
      unit: 'pages/s',
      conditions: {
        ...more,
        cores: 1,
        'cpu share': cpuShare,
        ads: adsDescription,
        mix: queryMixes[mix],
        rounds: `median of ${rounds} x ${roundQueries}`,
        'items per page': ((state.items - before.items) / (state.asked - before.asked)).toFixed(1),
        'totals hit ratio': (1 - counts / (counts + hits - before.facts.hits)).toFixed(4),
        hash: hash.hex,
      },
    });
    return perSecond;
  };

  const rate = row(
    '',
    () => {
      ask(roundQueries);
    },
    {},
  );
  const between = context.quick ? 50 : Math.max(Math.floor(rate / changesPerSecond), 1);
  const askAndChange = (): void => {
    for (let asked = 0; asked < roundQueries; asked += between) {
      change();
      ask(Math.min(between, roundQueries - asked));
    }
  };
  row(' with 10 changes/s', askAndChange, { change: `one every ${between} pages` });
}
