import {
  incrementBody,
  incrementsBody,
  uuidIncrementBody,
  uuidIncrementsBody,
} from '../../lib/api/counter-schemas.ts';
import { withinRate } from '../../lib/api/access/within-rate.ts';
import {
  createHttpFunction,
  type HttpFunction,
  type HttpHandler,
} from '../../lib/api/answer/http-function.ts';
import { unroutedAnswer } from '../../lib/api/answer/unrouted.ts';
import { createIncrementWriter } from '../../lib/app/counters/increment-writer.ts';
import { createIdempotency } from '../../lib/app/idempotency.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { incrementMany } from './increment-many.ts';
import { incrementOne } from './increment-one.ts';

export type IngestIncrementsDeps = Pick<
  Ports,
  'increments' | 'state' | 'clock' | 'ids' | 'telemetry' | 'settings'
>;

/** Validates increments, appends them to the log and answers; `mode=sync` counts at once instead. */
export function createIngestIncrements(deps: IngestIncrementsDeps): HttpFunction {
  const parts = { writer: createIncrementWriter(deps), idempotency: createIdempotency(deps) };
  const uuidKeys = deps.settings.counters.keyFormat === 'uuid';
  const oneBody = uuidKeys ? uuidIncrementBody : incrementBody;
  const manyBody = uuidKeys ? uuidIncrementsBody : incrementsBody;
  const answer: HttpHandler = (event) => {
    switch (`${event.httpMethod} ${event.resource}`) {
      case 'POST /increment':
        return incrementOne(parts, oneBody, event);
      case 'POST /api/v1/increments':
        return incrementMany(parts, manyBody, event);
      default:
        return unroutedAnswer(event);
    }
  };
  return createHttpFunction(deps, withinRate(deps, answer));
}
