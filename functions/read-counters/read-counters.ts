import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import { faultsAnswer, jsonAnswer, problemAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { counterKeyFault } from '../../lib/api/counter-schemas.ts';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { createHttpFunction, type HttpFunction } from '../../lib/api/answer/http-function.ts';
import { counterPath, countersQuery, noPath, noQuery } from '../../lib/api/request/query-schemas.ts';
import { readRead } from '../../lib/api/request/read-request.ts';
import { unroutedAnswer } from '../../lib/api/answer/unrouted.ts';
import { createCounterReader, type Counter } from '../../lib/app/counters/counter-reader.ts';
import { createTopKeysReader, type TopKeys } from '../../lib/app/counters/hot/top-keys-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { TopKey } from '../../lib/core/counters/hot/space-saving.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { assert } from '../../lib/core/assert.ts';
import type { ConsistencyToken } from '../../lib/core/consistency-token.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import { answerSeries, neverStored, readSeriesRequest } from './counter-series.ts';

export type ReadCountersDeps = Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'>;

/** Reads totals, always the current ones. */
export function createReadCounters(deps: ReadCountersDeps): HttpFunction {
  const reader = createCounterReader(deps);
  const topKeys = createTopKeysReader(deps);

  async function read(
    keys: readonly string[],
    tokens: readonly ConsistencyToken[],
    toAnswer: (counters: readonly Counter[]) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const faults = formatFaults(keys);
    if (faults !== undefined) return faults;
    const result = await reader.read(keys, tokens);
    if (result.status === 'not-caught-up') return problemAnswer('not-caught-up');
    const found = result.counters.filter((counter) => counter !== undefined);
    if (found.length < keys.length) deps.telemetry.count(metrics.counterNotFound, keys.length - found.length);
    return toAnswer(found);
  }

  /** What only the stage's key format refuses; everything else the schemas have refused. */
  function formatFaults(keys: readonly string[]): Answer | undefined {
    const errors = new FieldErrors();
    for (const key of keys) {
      const fault = counterKeyFault(key, deps.settings.counters.keyFormat);
      if (fault !== undefined) errors.add('key', fault);
    }
    return errors.count === 0 ? undefined : faultsAnswer(errors);
  }

  function readOne(
    event: APIGatewayProxyEvent,
    toJson: (counter: Counter) => string,
  ): Answer | Promise<Answer> {
    const request = readRead(event, { pathParameters: counterPath, query: noQuery }, deps.settings.stage);
    if (!request.ok) return request.answer;
    return read([request.path.key], request.tokens, ([counter]) =>
      counter === undefined ? noCounter() : jsonAnswer(200, toJson(counter), neverStored),
    );
  }

  function readMany(event: APIGatewayProxyEvent): Answer | Promise<Answer> {
    const shape = { pathParameters: noPath, query: countersQuery, repeatable: ['key'] };
    const request = readRead<unknown, z.output<typeof countersQuery>>(event, shape, deps.settings.stage);
    if (!request.ok) return request.answer;
    const { key, top } = request.query;
    if (top !== undefined) return answerTop(top);
    return read(key ?? [], request.tokens, (counters) =>
      jsonAnswer(200, `{"counters":[${counters.map(counterJson).join(',')}]}`, neverStored),
    );
  }

  async function answerTop(count: number): Promise<Answer> {
    if (deps.settings.counters.topKeysSaveMs === 0) {
      const errors = new FieldErrors();
      errors.add('top', 'this stage keeps no list of hot keys');
      return faultsAnswer(errors);
    }
    return jsonAnswer(200, topJson(await topKeys.read(count)), neverStored);
  }

  function readSeriesOf(event: APIGatewayProxyEvent): Answer | Promise<Answer> {
    const request = readSeriesRequest(event, deps);
    if (!request.ok) return request.answer;
    // The series stand in the counter's own transactions: what a token stands for is in both or in neither.
    return read([request.key], request.tokens, ([counter]) =>
      counter === undefined ? noCounter() : answerSeries(deps, request),
    );
  }

  return createHttpFunction(deps, (event) => {
    if (event.httpMethod !== 'GET' && event.httpMethod !== 'HEAD') return unroutedAnswer(event);
    switch (event.resource) {
      case '/increment/{key}':
        return readOne(event, totalJson);
      case '/api/v1/counters/{key}':
        return readOne(event, counterJson);
      case '/api/v1/counters/{key}/series':
        return readSeriesOf(event);
      case '/api/v1/counters':
        return readMany(event);
      default:
        return unroutedAnswer(event);
    }
  });
}

function noCounter(): Answer {
  return problemAnswer('not-found', { detail: 'No counter has this key.' });
}

/** Totals are written digit for digit: JSON.stringify takes no bigint, and a double would round. */
function totalJson(counter: Counter): string {
  return `{${JSON.stringify(counter.key)}:${counter.value}}`;
}

function counterJson(counter: Counter): string {
  assert(Number.isSafeInteger(counter.updatedAtMs), 'a counter without an instant');
  const updatedAt = formatInstant(counter.updatedAtMs);
  return `{"key":${JSON.stringify(counter.key)},"value":${counter.value},"updated_at":"${updatedAt}"}`;
}

function topJson({ recent, all }: TopKeys): string {
  const rows = (keys: readonly TopKey[]): string =>
    keys
      .map(
        ({ key, value, errorMax }) =>
          `{"key":${JSON.stringify(key)},"value":${value},"error_max":${errorMax}}`,
      )
      .join(',');
  return `{"recent":{"window_ms":${recent.windowMs},"keys":[${rows(recent.keys)}]},"all":{"keys":[${rows(all.keys)}]}}`;
}
