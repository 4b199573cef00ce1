import type { Clock } from '../../ports/clock.ts';
import { metrics, type Telemetry } from '../../ports/telemetry.ts';
import { sampledTraceId } from '../../app/trace.ts';
import type { StageSettings } from '../../stages.ts';
import { createIsShared } from '../answer/shared-answer.ts';
import { traceHeader } from '../headers.ts';
import { hasHeader } from '../request/request-header.ts';
import { traceContext } from '../request/trace-context.ts';
import { toEvery, type Edge, type EdgeRequest } from './edge.ts';
import { requestFields } from './edge.ts';

interface Deps {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly telemetry: Telemetry;
}

/** Counts requests by outcome and measures their time. */
export function requestMetrics({ clock, telemetry }: Deps): Edge {
  return {
    before: (request: EdgeRequest) => {
      request.startedMs = clock.monotonicMs();
    },
    ...toEvery(({ startedMs = 0 }, { statusCode }) => {
      telemetry.count(metrics.requests);
      if (statusCode >= 500) telemetry.count(metrics.requestErrors);
      else if (statusCode >= 400) telemetry.count(metrics.requestsRefused);
      telemetry.observe(metrics.requestMs, clock.monotonicMs() - startedMs);
    }),
  };
}

/** Returns the trace context to the caller who has it alone, and logs the request if its trace is sampled. */
export function requestTrace({
  clock,
  telemetry,
  settings,
}: Deps & { readonly settings: Pick<StageSettings, 'cloud'> }): Edge {
  const isShared = createIsShared(settings);
  return toEvery(({ event, startedMs = 0 }, answer) => {
    // Few requests have a trace; the others pay for one look at their header names.
    if (!hasHeader(event, 'traceparent')) return;
    const { traceparent } = traceContext(event);
    if (traceparent === undefined) return;
    if (!isShared(event, answer)) answer.headers[traceHeader] = traceparent;
    if (sampledTraceId(traceparent) === undefined) return;
    telemetry.info('answered a request', {
      ...requestFields(event),
      status: answer.statusCode,
      ms: Math.round((clock.monotonicMs() - startedMs) * 1000) / 1000,
    });
  });
}
