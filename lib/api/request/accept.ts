import { readWeights } from './weights.ts';

/**
 * Whether a request prefers a page to JSON, as browsers do (RFC 9110, 12.5.1). If it has no preference, it
 * gets JSON.
 */
export function acceptsPage(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const weights = readWeights(accept);
  const weightOf = (type: string, subtype: string): number =>
    weights.get(`${type}/${subtype}`) ?? weights.get(`${type}/*`) ?? weights.get('*/*') ?? 0;
  return weightOf('text', 'html') > weightOf('application', 'json');
}
