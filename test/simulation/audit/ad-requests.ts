import type { AdPatch } from '../../../lib/core/ads/ad.ts';
import { readAdBody } from './ad-body.ts';
import type { AdTruth } from './ad-commits.ts';
import { parseTrace, type LoggedEvent } from './ad-log.ts';
import type { WriteCall } from './ad-target.ts';
import type { Answered } from './answered.ts';

/** The API's limit for a body. */
export const bodyBytesMax = 262_144;

/** What a request asks for; undefined: the API must refuse it with 400, 413 or 415. */
export function askedOf({ request }: Pick<Answered, 'request'>, { call }: WriteCall): AdPatch | undefined {
  if (call === 'delete') return {};
  const { headers, body = '' } = request;
  if (!/^application\/(?:merge-patch\+)?json$/.test(headers['content-type'] ?? '')) return undefined;
  return Buffer.byteLength(body) > bodyBytesMax ? undefined : readAdBody(body, call);
}

/** A key is remembered for 24 h; clocks differ by minutes. */
const keyLifeMs = 23 * 3_600_000;

/**
 * The records that carry the wish of this request, from this attempt at it or another; but what came of it in
 * an earlier life of its key is another effect.
 */
export function recordsOf(
  { log }: AdTruth,
  { request, sentAtMs }: Pick<Answered, 'request' | 'sentAtMs'>,
): readonly LoggedEvent[] {
  const trace = parseTrace(request.headers.traceparent);
  if (trace === undefined) return [];
  return log.ofWish(trace.wish).filter(({ record }) => record.arrivedAtMs > sentAtMs - keyLifeMs);
}
