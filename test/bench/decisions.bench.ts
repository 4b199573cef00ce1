/**
 * Goals: decisions per second on one core, of one ad and of ten, by the number of ads and of their groups; with a signed
 * token for each ad, as the function chooses them; pages of the same catalogs in the same run; and what the first
 * decision costs, which makes the groups. Non-goals: the HTTP edge and the state store (decide-handler.bench.ts). Each
 * decision has a draw of its own, made from a nonce as one of a request is.
 */
import { createSecretKey } from 'node:crypto';
import { genders, platforms, type Ad } from '../../lib/core/ads/ad.ts';
import type { AdFilter } from '../../lib/core/ads/ad-filter.ts';
import { Catalog } from '../../lib/core/ads/catalog/catalog.ts';
import { createDecider } from '../../lib/app/delivery/decider.ts';
import { Rights } from '../../lib/app/delivery/rights.ts';
import { createUserCaps } from '../../lib/app/delivery/user-caps.ts';
import type { SigningKey } from '../../lib/app/delivery/signing-keys.ts';
import { unkeyedEventId } from '../../lib/app/request-identity.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { decide } from '../../lib/core/delivery/choose.ts';
import { createCounterWorld } from '../support/counter-world.ts';
import { Draw } from '../../lib/core/delivery/draw.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adCountries, adEpochMs } from '../support/ad-builder.ts';
import { Prng } from '../support/prng.ts';
import { adsDescription, makeAds } from './catalog-data.ts';
import {
  elapsedMs,
  measureAwaitedRate,
  measureRate,
  ResultHash,
  type BenchContext,
  type Benchmark,
  type Rate,
} from './harness.ts';

export const decisionsBench: Benchmark = {
  name: 'decisions',
  async run(context) {
    const layouts = context.quick
      ? [{ ads: 700, priorities: 4, weights: fewWeights }]
      : [
          { ads: 1000, priorities: 4, weights: fewWeights },
          { ads: 1000, priorities: 16, weights: everyWeight },
          { ads: 10_000, priorities: 4, weights: fewWeights },
          { ads: 100_000, priorities: 4, weights: fewWeights },
        ];
    for (const layout of layouts) await benchLayout(context, layout);
  },
};

const fewWeights = [1, 2, 5, 10, 50];
const everyWeight = Array.from({ length: 100 }, (_, n) => n + 1);

interface Layout {
  readonly ads: number;
  readonly priorities: number;
  readonly weights: readonly number[];
}

async function benchLayout(context: BenchContext, layout: Layout): Promise<void> {
  const prng = new Prng(context.seed);
  const catalog = Catalog.from(makeLayout(prng, layout), layout.ads);
  const filters = Array.from({ length: 4096 }, () => makeFilter(prng));
  const nonces = filters.map(() => makeNonce(prng));
  const name = `${layout.ads.toLocaleString('en')} ads, ${layout.priorities} priorities, ${layout.weights.length} weights`;
  const decideOnce = (i: number, count: number): readonly { readonly id: string }[] => {
    const filter = filters[i % filters.length]!;
    const draw = Draw.of(nonces[i % nonces.length]!);
    const [placement] = decide(catalog, { filter, placements: [{ id: 'a', count }] }, adEpochMs, draw);
    return placement!.ads;
  };
  context.report({
    name: `first decision, ${name}`,
    value: elapsedMs(() => decideOnce(0, 1)),
    unit: 'ms',
    conditions: { ads: adsDescription },
  });

  const rounds = context.quick ? 1 : 5;
  const operations = context.quick ? 300 : layout.ads > 10_000 ? 40_000 : 400_000;
  const row = (what: string, unit: string, measured: Measured): void => {
    const { rate, operations: each, asked, answered, hash } = measured;
    context.report({
      name: `${what}, ${name}`,
      value: rate.perSecond,
      unit,
      conditions: {
        cores: 1,
        'cpu share': rate.cpuShare,
        ads: adsDescription,
        asked: 'age 18..64, 24 countries, gender, platform',
        rounds: `median of ${rounds} x ${each}`,
        'ads each': (answered / asked).toFixed(2),
        hash: hash.hex,
      },
    });
  };
  /** `work` returns the number of ads. */
  const measure = (work: (i: number, hash: ResultHash) => number): Measured => {
    const hash = new ResultHash();
    let [asked, answered] = [0, 0];
    const rate = measureRate(rounds, operations, () => {
      for (let i = 0; i < operations; i++) answered += work(asked++, hash);
    });
    return { rate, operations, asked, answered, hash };
  };
  for (const count of [1, 10]) {
    const measured = measure((i, hash) => {
      const ads = decideOnce(i, count);
      hash.addText(ads.at(-1)?.id ?? '');
      return ads.length;
    });
    row(`decisions of ${count}`, 'decisions/s', measured);
    const sign = createDecider(
      { clock: { ...systemClock, nowMs: () => adEpochMs }, settings: stageSettings('prod') },
      new Rights(createCounterWorld().ports),
      createUserCaps(createCounterWorld().ports, { between: () => Promise.resolve([key]) }),
    );
    // A token costs more than the lottery.
    const fewer = Math.ceil(operations / (4 * count));
    const hash = new ResultHash();
    let [asked, answered] = [0, 0];
    const rate = await measureAwaitedRate(rounds, fewer, async () => {
      for (let i = 0; i < fewer; i++, asked++) {
        const filter = filters[asked % filters.length]!;
        const nonce = nonces[asked % nonces.length]!;
        const { placements } = await sign(
          { catalog, staleMs: 0 },
          { filter, placements: [{ id: 'article/top', count }] },
          { identity: { eventId: (index) => unkeyedEventId(nonce, index) }, key, user: undefined },
        );
        const { ads } = placements[0]!;
        answered += ads.length;
        hash.addText(ads.at(-1)?.token ?? '');
      }
    });
    row(`decisions of ${count} with tokens`, 'decisions/s', {
      rate,
      operations: fewer,
      asked,
      answered,
      hash,
    });
  }
  const pages = measure((i, hash) => {
    const { items, total } = catalog.query(filters[i % filters.length]!, adEpochMs, { offset: 0, limit: 10 });
    hash.add(total);
    return items.length;
  });
  row('pages of 10', 'pages/s', pages);
}

interface Measured {
  readonly rate: Rate;
  /** Of a round. */
  readonly operations: number;
  readonly asked: number;
  readonly answered: number;
  readonly hash: ResultHash;
}

const key: SigningKey = {
  id: 1,
  secret: createSecretKey(Buffer.alloc(32, 1)),
  ...{ createdAtMs: 0, signsFromMs: 0, signsUntilMs: Infinity, expiresAt: undefined },
};

function makeLayout(prng: Prng, { ads, priorities, weights }: Layout): Ad[] {
  return makeAds(prng, ads).map((ad) => ({
    ...ad,
    priority: prng.int(1, priorities),
    weight: prng.pick(weights),
  }));
}

function makeFilter(prng: Prng): AdFilter {
  return {
    age: prng.int(18, 64),
    country: prng.pick(adCountries),
    gender: prng.pick(genders),
    platform: prng.pick(platforms),
  };
}

function makeNonce(prng: Prng): string {
  return Array.from({ length: 4 }, () => prng.uint32().toString(16).padStart(8, '0')).join('');
}
