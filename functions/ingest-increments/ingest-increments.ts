import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { problem, type Problem } from '../../lib/api/answer/answer.ts';
import { tokenHeader } from '../../lib/api/answer/token-header.ts';
import { counterRoutes } from '../../lib/api/counter-routes.ts';
import { uuidIncrementBody, uuidIncrementsBody } from '../../lib/api/counter-schemas.ts';
import { operation } from '../../lib/api/operation.ts';
import type { TopKeysWriter } from '../../lib/app/counters/hot/top-keys-writer.ts';
import { createIncrementWriter } from '../../lib/app/counters/increment-writer.ts';
import { createIdempotency } from '../../lib/app/idempotency.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { createCallLimit } from '../../lib/app/rate/call-limit.ts';
import type { UsageRecorder } from '../../lib/app/usage/usage-recorder.ts';
import { assert } from '../../lib/core/assert.ts';
import type { StageSettings } from '../../lib/stages.ts';

export interface IngestIncrementsDeps extends Pick<
  Ports,
  'increments' | 'state' | 'clock' | 'ids' | 'telemetry' | 'settings'
> {
  /** A writer that its owner flushes after the last call; default: the function's own. */
  readonly topKeys?: TopKeysWriter;
  readonly usage?: UsageRecorder;
}

/**
 * Validates increments, appends them to the log and answers. In `sync` mode it counts a single one before the
 * answer instead; the mode is that of the request, else the stage's.
 */
export function createIngestIncrements(deps: IngestIncrementsDeps): ApiFunction {
  const writer = createIncrementWriter(deps, deps.topKeys);
  const routes = ofStage(deps.settings);
  const { defaultMode } = deps.settings.counters;

  const increment = operation(routes.increment, async (request) => {
    const { body, query, identity, traceparent, preferences } = request;
    if ((query.mode ?? defaultMode) === 'sync') {
      const { total } = await writer.addSync(body, { identity });
      if (preferences.minimal === true)
        return { status: 204, headers: { 'Preference-Applied': 'return=minimal' }, increments: 1 };
      return { status: 200, body: `{${JSON.stringify(body.key)}:${total}}`, increments: 1 };
    }
    const result = await writer.append([body], {
      identity,
      ...(traceparent !== undefined && { traceparent }),
    });
    if (result.status === 'unavailable') return logUnavailable(result.ambiguous);
    const token = result.tokens.get(body.key);
    assert(result.status === 'accepted' && token !== undefined, 'one increment was accepted in part');
    return { status: 202, headers: { 'Consistency-Token': token }, body: '{}', increments: 1 };
  });

  const incrementMany = operation(routes.incrementMany, async (request) => {
    const { identity, traceparent, preferences } = request;
    const { increments } = request.body;
    const options = { identity, ...(traceparent !== undefined && { traceparent }) };
    const result = await writer.append(increments, options);
    if (result.status === 'unavailable') return logUnavailable(result.ambiguous);
    const { tokens } = result;
    const headers = {
      ...tokenHeader([...tokens.values()]),
      ...(preferences.representation && { 'Preference-Applied': 'return=representation' }),
    };
    const tail = preferences.representation
      ? `,"tokens":${JSON.stringify(Object.fromEntries(tokens))}}`
      : '}';
    if (result.status === 'accepted') {
      const body = `{"accepted":${increments.length}${tail}`;
      return { status: 202, headers, body, increments: increments.length };
    }
    const { failed } = result;
    const accepted = increments.length - failed.length;
    const body = `{"accepted":${accepted},"failed":${JSON.stringify(failed)}${tail}`;
    return { status: 207, headers: { ...headers, 'Retry-After': '1' }, body, increments: accepted };
  });

  return createApiFunction(
    {
      ...deps,
      idempotency: createIdempotency(deps),
      takeCall: createCallLimit(deps),
    },
    [increment, incrementMany],
  );
}

/** The routes of a stage, whose bodies accept only UUIDs if it requires them. */
function ofStage({ counters }: StageSettings): Pick<typeof counterRoutes, 'increment' | 'incrementMany'> {
  const { increment, incrementMany } = counterRoutes;
  if (counters.keyFormat === 'any') return { increment, incrementMany };
  return {
    increment: { ...increment, body: { ...increment.body, schema: uuidIncrementBody } },
    incrementMany: { ...incrementMany, body: { ...incrementMany.body, schema: uuidIncrementsBody } },
  };
}

/** Answers a request of which no increment is certainly in the log. */
function logUnavailable(ambiguous: boolean): Problem<'log-unavailable'> {
  return problem('log-unavailable', {
    detail: ambiguous
      ? 'The increments may or may not have been logged, each at most once. With an Idempotency-Key it is safe to send them again; without one they might be counted twice.'
      : 'No increment was logged. Send the request again.',
  });
}
