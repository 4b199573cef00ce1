import { readWeights } from './weights.ts';

/**
 * Whether `Accept-Encoding` prefers gzip (RFC 9110, 12.5.3): it names gzip or `*` with a weight above 0 and
 * not below that of `identity`, if it names that.
 */
export function acceptsGzip(header: string): boolean {
  const weights = readWeights(header);
  const gzip = Math.max(weights.get('gzip') ?? -1, weights.get('x-gzip') ?? -1);
  const weight = gzip >= 0 ? gzip : (weights.get('*') ?? 0);
  return weight > 0 && weight >= (weights.get('identity') ?? 0);
}
