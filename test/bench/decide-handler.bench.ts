/**
 * Goals: POST /api/v1/decisions through the warm function on one core, API Gateway event in, response out, with one
 * signed token each: rate and latency, by the number of ads; beside GET /api/v1/ad of the same catalog in the same run;
 * and the cost of its parts.
 * Non-goals: the store (the catalog and the keys are at hand) and the socket. Bodies are converted to bytes, as a
 * sender must do.
 */
import { createHmac, createSecretKey } from 'node:crypto';
import { createDecideAds } from '../../functions/decide-ads/decide-ads.ts';
import { decisionsJson } from '../../functions/decide-ads/decisions-json.ts';
import { createQueryAds } from '../../functions/query-ads/query-ads.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import type { ApiFunction } from '../../lib/api/api-function.ts';
import { deliveryRoutes } from '../../lib/api/delivery-routes.ts';
import { isPlainDecision } from '../../lib/api/request/decision-body.ts';
import { readRequest } from '../../lib/api/request/read-request.ts';
import { createDecider } from '../../lib/app/delivery/decider.ts';
import { Rights } from '../../lib/app/delivery/rights.ts';
import { createUserCaps } from '../../lib/app/delivery/user-caps.ts';
import { hmacSha256 } from '../../lib/app/delivery/hmac.ts';
import type { SigningKey } from '../../lib/app/delivery/signing-keys.ts';
import { unkeyedEventId } from '../../lib/app/request-identity.ts';
import { genders, platforms, type Ad } from '../../lib/core/ads/ad.ts';
import { Catalog } from '../../lib/core/ads/catalog/catalog.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adCountries, adEpochMs } from '../support/ad-builder.ts';
import { createCounterWorld, seededIds } from '../support/counter-world.ts';
import { createMemoryEventLog } from '../support/memory/memory-event-log.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { Prng } from '../support/prng.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { adsDescription, makeAds } from './catalog-data.ts';
import { gatewayEvent, measureLatencies, type GatewayEvent } from './gateway-events.ts';
import { measureAwaitedRate, quantile, ResultHash, type BenchContext, type Benchmark } from './harness.ts';

export const decideHandlerBench: Benchmark = {
  name: 'decide-handler',
  async run(context) {
    const { quick } = context;
    for (const ads of quick ? [700] : [1000, 10_000]) {
      const prng = new Prng(context.seed);
      const catalog = Catalog.from(makeLiveAds(prng, ads), ads);
      const asked = Array.from({ length: quick ? 64 : 4096 }, () => drawAsked(prng));
      const pages = asked.map((asking) => {
        const search = new URLSearchParams({ ...asking, age: String(asking.age) });
        return gatewayEvent({ path: `/api/v1/ad?${search.toString()}` });
      });
      const decisions = (count: number): readonly GatewayEvent[] =>
        asked.map((asking) => {
          const body = { ...asking, placements: [{ id: 'article/top', count }] };
          return gatewayEvent({ method: 'POST', path: '/api/v1/decisions', body, principal: 'bench' });
        });
      const name = `${ads.toLocaleString('en')} ads`;
      const { decideAds, queryAds, clock } = createFunctions(context, catalog);
      await bench(context, `decide handler, one ad each, ${name}`, decideAds, decisions(1));
      await bench(context, `decide handler, ten ads each, ${name}`, decideAds, decisions(10));
      await bench(context, `read handler, ten ads each, ${name}`, queryAds, pages);
      if (ads <= 1000) await benchParts(context, { catalog, clock, asked, event: decisions(1)[0]! });
    }
  },
};

async function bench(
  { quick, report }: BenchContext,
  name: string,
  answer: ApiFunction,
  events: readonly GatewayEvent[],
): Promise<void> {
  const hash = new ResultHash();
  const count = quick ? 200 : 30_000;
  const rounds = quick ? 1 : 5;
  const { perSecond, cpuShare } = await measureAwaitedRate(rounds, count, async () => {
    for (let i = 0; i < count; i++) {
      const { statusCode, body } = await answer(events[i % events.length]!);
      if (statusCode !== 200) throw new Error(`${statusCode} ${body}`);
      hash.add(Buffer.byteLength(body));
      // Of a decision, a part of its token.
      hash.addText(body.slice(-40));
    }
  });
  const latenciesUs = await measureLatencies(answer, events, count);
  const conditions = {
    cores: 1,
    ads: `${adsDescription}, 4 priorities, 5 weights`,
    asked: 'age 18..64, 24 countries, gender, platform',
    clock: 'standing still',
    'cpu share': cpuShare,
    hash: hash.hex,
  };
  report({
    name,
    value: perSecond,
    unit: 'requests/s',
    conditions: { ...conditions, rounds: `median of ${rounds} x ${count}` },
  });
  for (const share of [0.5, 0.99]) {
    report({
      name: `${name}, p${share * 100}`,
      value: quantile(latenciesUs, share),
      unit: 'us',
      conditions: { ...conditions, requests: count },
    });
  }
}

interface Parts {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly asked: readonly ReturnType<typeof drawAsked>[];
  readonly event: GatewayEvent;
}

/** What parts of a decision of one ad cost, each alone. */
async function benchParts(
  { quick, report }: BenchContext,
  { catalog, clock, asked, event }: Parts,
): Promise<void> {
  const secret = Buffer.alloc(32, 1);
  const key: SigningKey = {
    id: 1,
    secret: createSecretKey(secret),
    ...{ createdAtMs: 0, signsFromMs: 0, signsUntilMs: Infinity, expiresAt: undefined },
  };
  const decide = createDecider(
    { clock, settings: stageSettings('local') },
    new Rights(createCounterWorld().ports),
    createUserCaps(createCounterWorld().ports, { between: () => Promise.resolve([key]) }),
  );
  const nonce = '0123456789abcdef'.repeat(2);
  const identity = { eventId: (index: number) => unkeyedEventId(nonce, index) };
  const placements = [{ id: 'article/top', count: 1 }];
  const made = await decide(
    { catalog, staleMs: 0 },
    { filter: asked[0]!, placements },
    { identity, key, user: undefined },
  );
  const address = { origin: 'https://ads.example', base: '/prod' };
  const message = Buffer.alloc(53, 1);
  const parts: Readonly<Record<string, (i: number) => unknown>> = {
    'the request read and checked': () =>
      readRequest(deliveryRoutes.decide, event, {
        ...{ stage: 'local', hasEdge: false },
        isPlainBody: isPlainDecision,
      }),
    'an ad drawn, its token and its link signed': (i) =>
      decide(
        { catalog, staleMs: 0 },
        { filter: asked[i % asked.length]!, placements },
        { identity, key, user: undefined },
      ),
    'a signature': () => hmacSha256(key.secret, message),
    'the same by createHmac': () => createHmac('sha256', key.secret).update(message).digest(),
    'the answer put together': () => decisionsJson(made, address, false),
  };
  const count = quick ? 200 : 60_000;
  for (const [name, part] of Object.entries(parts)) {
    const hash = new ResultHash();
    const { perSecond, cpuShare } = await measureAwaitedRate(quick ? 1 : 5, count, async () => {
      for (let i = 0; i < count; i++) {
        const result = part(i);
        const settled = result instanceof Promise ? await (result as Promise<unknown>) : result;
        hash.add(settled === undefined ? 0 : i);
      }
    });
    report({
      name: `part: ${name}`,
      value: 1e9 / perSecond,
      unit: 'ns',
      conditions: { cores: 1, 'cpu share': cpuShare, hash: hash.hex },
    });
  }
}

function createFunctions({ seed }: BenchContext, catalog: Catalog) {
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs(), nowMs: () => adEpochMs };
  const token = 'a2.local.1.shardId-000000000000.49654972158452964352.1795478400';
  const view = { status: 'ok', catalog, staleMs: 0, token } as const;
  const deps = {
    ...{ state: createMemoryStateStore(), clock, ids: seededIds(seed), telemetry: nullTelemetry },
    increments: createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount: 1, clock }),
    settings: stageSettings('local'),
    catalogs: { current: () => view, facts: { version: catalog.version, ads: catalog.size, ageMs: 0 } },
  };
  return { decideAds: createDecideAds(deps), queryAds: createQueryAds(deps), clock };
}

/** As in decisions.bench.ts. */
function makeLiveAds(prng: Prng, ads: number): Ad[] {
  const weights = [1, 2, 5, 10, 50];
  return makeAds(prng, ads).map((ad) => ({
    ...ad,
    priority: prng.int(1, 4),
    weight: prng.pick(weights),
    clickUrl: 'https://shop.example/shoes?utm_campaign=autumn',
  }));
}

function drawAsked(prng: Prng) {
  return {
    age: prng.int(18, 64),
    country: prng.pick(adCountries),
    gender: prng.pick(genders),
    platform: prng.pick(platforms),
  };
}
