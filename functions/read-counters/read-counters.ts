import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { invalidRequest, problem, type Problem, type ProblemOf } from '../../lib/api/answer/answer.ts';
import { seriesRange } from '../../lib/api/answer/series-range.ts';
import { counterRoutes } from '../../lib/api/counter-routes.ts';
import { counterKeyFault } from '../../lib/api/counter-schemas.ts';
import { operation } from '../../lib/api/operation.ts';
import { hotCountersDefault } from '../../lib/api/request/query-schemas.ts';
import { settingsNow } from '../../lib/app/control/effective-settings.ts';
import { createCounterReader, type Counter } from '../../lib/app/counters/counter-reader.ts';
import { createTopKeysReader, type TopKeys } from '../../lib/app/counters/hot/top-keys-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { UsageRecorder } from '../../lib/app/usage/usage-recorder.ts';
import { assert } from '../../lib/core/assert.ts';
import type { ConsistencyToken } from '../../lib/core/consistency-token.ts';
import { canonicalKey } from '../../lib/core/counters/counter-key.ts';
import type { TopKey } from '../../lib/core/counters/hot/space-saving.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { manySeriesJson, seriesJson } from './counter-series.ts';
import { usageOperations } from './usage.ts';

export interface ReadCountersDeps extends Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'> {
  readonly usage?: UsageRecorder;
}

/** Totals change with any increment, so caches must not keep answers. */
const neverStored = { 'Cache-Control': 'no-store' };

/** `counters?top` is deprecated since this instant (RFC 9745): 28 November 2026. */
const topDeprecated = { Deprecation: '@1795824000', Link: '</api/v1/hot-counters>; rel="successor-version"' };

/** Answers reads of counters with current totals. */
export function createReadCounters(deps: ReadCountersDeps): ApiFunction {
  const { keyFormat, topKeysSaveMs } = deps.settings.counters;
  const reader = createCounterReader(deps);
  const topKeys = createTopKeysReader(deps);
  const ofStage = (key: string): string => canonicalKey(key, keyFormat);

  /** Returns the counters that exist, or the errors in keys by the stage's key format. */
  async function read(
    keys: readonly string[],
    tokens: readonly ConsistencyToken[],
  ): Promise<readonly Counter[] | ProblemOf<'invalid-request' | 'not-caught-up'>> {
    const faults = keys.flatMap((key) => counterKeyFault(key, keyFormat) ?? []);
    if (faults.length > 0) return invalidRequest(faults.map((message) => ({ path: 'key', message })));
    const wanted = keys.map(ofStage);
    // Equal texts have been refused; here they are equal in two spellings.
    if (new Set(wanted).size < wanted.length)
      return invalidRequest([{ path: 'key', message: 'must not repeat a value' }]);
    const result = await reader.read(wanted, tokens);
    if (result.status === 'not-caught-up') return problem('not-caught-up');
    const found = result.counters.filter((counter) => counter !== undefined);
    if (found.length < keys.length) deps.telemetry.count(metrics.counterNotFound, keys.length - found.length);
    return found;
  }

  async function readOne(
    key: string,
    tokens: readonly ConsistencyToken[],
  ): Promise<Counter | ProblemOf<'invalid-request' | 'not-caught-up' | 'not-found'>> {
    const found = await read([key], tokens);
    if ('problem' in found) return found;
    return found[0] ?? problem('not-found', { detail: 'No counter has this key.' });
  }

  async function readHot(count: number, name: string): Promise<string | Problem<'invalid-request'>> {
    return topKeysSaveMs === 0
      ? invalidRequest([{ path: name, message: 'this stage keeps no list of hot keys' }])
      : hotJson(await topKeys.read(count));
  }

  const getTotal = operation(counterRoutes.getTotal, async ({ path, tokens }) => {
    const counter = await readOne(path.key, tokens);
    if ('problem' in counter) return counter;
    // Written by our own code: JSON.stringify takes no bigint, and a double would round.
    return { status: 200, headers: neverStored, body: `{${JSON.stringify(counter.key)}:${counter.value}}` };
  });

  const getCounter = operation(counterRoutes.getCounter, async ({ path, tokens }) => {
    const counter = await readOne(path.key, tokens);
    if ('problem' in counter) return counter;
    return { status: 200, headers: neverStored, body: counterJson(counter) };
  });

  const getCounterSeries = operation(counterRoutes.getCounterSeries, async ({ path, query, tokens }) => {
    // The levels stay the same until the answer.
    const now = { ...deps, settings: settingsNow(deps.settings) };
    const range = seriesRange(query, 1, now);
    if ('problem' in range) return range;
    // The counter's own transactions write the series, so the write of a token is in both or in neither.
    const counter = await readOne(path.key, tokens);
    if ('problem' in counter) return counter;
    return { status: 200, headers: neverStored, body: await seriesJson(now, ofStage(path.key), range) };
  });

  const getSeries = operation(counterRoutes.getSeries, async ({ query, tokens }) => {
    const now = { ...deps, settings: settingsNow(deps.settings) };
    const range = seriesRange(query, query.key.length, now);
    if ('problem' in range) return range;
    const found = await read(query.key, tokens);
    if ('problem' in found) return found;
    const keys = found.map(({ key }) => key);
    return { status: 200, headers: neverStored, body: await manySeriesJson(now, keys, range) };
  });

  const getCounters = operation(counterRoutes.getCounters, async ({ query, tokens }) => {
    if (query.top !== undefined) {
      const hot = await readHot(query.top, 'top');
      if (typeof hot !== 'string') return hot;
      const headers = { ...neverStored, ...topDeprecated };
      return { status: 200, headers, body: `{"counters":[],${hot.slice(1)}` };
    }
    const found = await read(query.key ?? [], tokens);
    if ('problem' in found) return found;
    return { status: 200, headers: neverStored, body: `{"counters":[${found.map(counterJson).join(',')}]}` };
  });

  const getHotCounters = operation(counterRoutes.getHotCounters, async ({ query }) => {
    const hot = await readHot(query.limit ?? hotCountersDefault, 'limit');
    return typeof hot === 'string' ? { status: 200, headers: neverStored, body: hot } : hot;
  });

  return createApiFunction(deps, [
    ...[getTotal, getCounter, getCounterSeries, getSeries, getCounters, getHotCounters],
    ...usageOperations(deps),
  ]);
}

function counterJson(counter: Counter): string {
  assert(Number.isSafeInteger(counter.updatedAtMs), 'a counter has no time of its last change');
  const updatedAt = formatInstant(counter.updatedAtMs);
  return `{"key":${JSON.stringify(counter.key)},"value":${counter.value},"updated_at":"${updatedAt}"}`;
}

function hotJson({ recent, all }: TopKeys): string {
  const rows = (keys: readonly TopKey[]): string =>
    keys
      .map(
        ({ key, value, errorMax }) =>
          `{"key":${JSON.stringify(key)},"value":${value},"error_max":${errorMax}}`,
      )
      .join(',');
  return `{"recent":{"window_ms":${recent.windowMs},"keys":[${rows(recent.keys)}]},"all":{"keys":[${rows(all.keys)}]}}`;
}
