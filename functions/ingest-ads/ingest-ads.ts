import { createAdReader } from '../../lib/app/ads/ad-reader.ts';
import { createAdWriter } from '../../lib/app/ads/ad-writer.ts';
import { createIdempotency } from '../../lib/app/idempotency.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { withinRate } from '../../lib/api/access/within-rate.ts';
import {
  createHttpFunction,
  type HttpFunction,
  type HttpHandler,
} from '../../lib/api/answer/http-function.ts';
import { unroutedAnswer } from '../../lib/api/answer/unrouted.ts';
import { createAd } from './create-ad.ts';
import { deleteAd } from './delete-ad.ts';
import { updateAd } from './update-ad.ts';

export type IngestAdsDeps = Pick<Ports, 'adEvents' | 'state' | 'clock' | 'ids' | 'telemetry' | 'settings'>;

/** Validates changes of ads, appends them to the log and answers; writes no state but the idempotency record. */
export function createIngestAds(deps: IngestAdsDeps): HttpFunction {
  const parts = {
    writer: createAdWriter(deps),
    reader: createAdReader(deps),
    idempotency: createIdempotency(deps),
    clock: deps.clock,
  };
  const answer: HttpHandler = (event) => {
    switch (`${event.httpMethod} ${event.resource}`) {
      case 'POST /api/v1/ad':
        return createAd(parts, event);
      case 'PATCH /api/v1/ad/{id}':
        return updateAd(parts, event);
      case 'DELETE /api/v1/ad/{id}':
        return deleteAd(parts, event);
      default:
        return unroutedAnswer(event);
    }
  };
  return createHttpFunction(deps, withinRate(deps, answer));
}
