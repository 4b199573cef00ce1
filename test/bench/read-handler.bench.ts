/**
 * Goals: GET /api/v1/ad through the warm function on one core, API Gateway event in, response out, at 100,000
 * ads: rate and latency; and the cost of its parts: middy, and zod if it read the queries. Non-goals: the
 * store (the catalog is at hand, as within the stage's allowed staleness) and the socket. Bodies are
 * converted to bytes, as a sender must do.
 */
import middy from '@middy/core';
import { createQueryAds } from '../../functions/query-ads/query-ads.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { parseAdQuery } from '../../lib/api/request/ad-query.ts';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import type { ApiFunction } from '../../lib/api/api-function.ts';
import { queryValues, readQuery } from '../../lib/api/request/query-parameters.ts';
import { adQuery } from '../../lib/api/request/query-schemas.ts';
import { Catalog } from '../../lib/core/ads/catalog/catalog.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adEpochMs } from '../support/ad-builder.ts';
import { Prng } from '../support/prng.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import {
  adsDescription,
  makeAds,
  makeQuery,
  queryMixes,
  type PageQuery,
  type QueryMix,
} from './catalog-data.ts';
import { gatewayEvent, measureLatencies, type GatewayEvent } from './gateway-events.ts';
import { measureAwaitedRate, quantile, ResultHash, type BenchContext, type Benchmark } from './harness.ts';

export const readHandlerBench: Benchmark = {
  name: 'read-handler',
  async run(context) {
    const prng = new Prng(context.seed);
    const adCount = context.quick ? 700 : 100_000;
    const catalog = Catalog.from(makeAds(prng, adCount), adCount);
    for (const mix of Object.keys(queryMixes) as QueryMix[]) {
      const events = Array.from({ length: context.quick ? 64 : 8192 }, () => toAdEvent(makeQuery(prng, mix)));
      await benchHandler(context, { catalog, mix, events });
      if (mix === 'mixed') await benchParts(context, events);
    }
  },
};

interface Input {
  readonly catalog: Catalog;
  readonly mix: QueryMix;
  readonly events: readonly GatewayEvent[];
}

async function benchHandler(context: BenchContext, { catalog, mix, events }: Input): Promise<void> {
  const answer = createFunction(catalog);
  const hash = new ResultHash();
  const ask = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const { body } = await answer(events[i % events.length]!);
      hash.add(Buffer.byteLength(body));
    }
  };
  const count = context.quick ? 200 : 300_000;
  const rounds = context.quick ? 1 : 5;
  const { perSecond, cpuShare } = await measureAwaitedRate(rounds, count, () => ask(count));
  const latenciesUs = await measureLatencies(answer, events, count);
  const conditions = {
    cores: 1,
    ads: `${catalog.size.toLocaleString('en')}, ${adsDescription}`,
    mix: queryMixes[mix],
    clock: 'standing still',
    'cpu share': cpuShare,
    hash: hash.hex,
  };
  const name = `read handler, ${mix}`;
  context.report({
    name,
    value: perSecond,
    unit: 'requests/s',
    conditions: { ...conditions, rounds: `median of ${rounds} x ${count}` },
  });
  for (const share of [0.5, 0.99]) {
    context.report({
      name: `${name}, p${share * 100}`,
      value: quantile(latenciesUs, share),
      unit: 'us',
      conditions: { ...conditions, requests: count },
    });
  }
}

/** What parts of a request cost, each alone; their rates do not add up to the handler's exactly. */
async function benchParts(context: BenchContext, events: readonly GatewayEvent[]): Promise<void> {
  const count = context.quick ? 200 : 300_000;
  const hash = new ResultHash();
  const answer = { statusCode: 200, headers: {}, body: '' };
  const bare = middy(() => answer).use({
    before: () => undefined,
    after: () => undefined,
  }) as unknown as ApiFunction;
  const parts: Readonly<Record<string, (event: GatewayEvent) => unknown>> = {
    'an async function alone': async () => Promise.resolve(answer),
    'middy with one middleware': (event) => bare(event),
    'the query by hand': (event) => parseAdQuery(queryValues(event), new FieldErrors()),
    'the query by zod': (event) => adQuery.safeParse(readQuery(queryValues(event), [], new FieldErrors())),
  };
  for (const [name, part] of Object.entries(parts)) {
    const { perSecond, cpuShare } = await measureAwaitedRate(context.quick ? 1 : 5, count, async () => {
      for (let i = 0; i < count; i++) {
        const result = part(events[i % events.length]!);
        const settled = result instanceof Promise ? await (result as Promise<unknown>) : result;
        hash.add(settled === undefined ? 0 : i);
      }
    });
    const conditions = { cores: 1, mix: queryMixes.mixed, 'cpu share': cpuShare, hash: hash.hex };
    context.report({ name: `part: ${name}`, value: 1e9 / perSecond, unit: 'ns', conditions });
  }
}

function createFunction(catalog: Catalog): ApiFunction {
  const token = 'a2.local.1.shardId-000000000000.49654972158452964352.1795478400';
  const view = { status: 'ok', catalog, staleMs: 0, token } as const;
  return createQueryAds({
    state: createMemoryStateStore(),
    clock: { ...systemClock, monotonicMs: () => systemClock.monotonicMs(), nowMs: () => adEpochMs },
    ids: systemIds,
    telemetry: nullTelemetry,
    settings: stageSettings('dev'),
    catalogs: { current: () => view, facts: { version: catalog.version, ads: catalog.size, ageMs: 0 } },
  });
}

function toAdEvent({ filter, page }: PageQuery): GatewayEvent {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filter, ...page })) search.set(name, String(value));
  return gatewayEvent({ path: `/api/v1/ad?${search.toString()}` });
}
