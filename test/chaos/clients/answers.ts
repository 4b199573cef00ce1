import type { HttpAnswer } from '../../support/http-connection.ts';
import type { ServedAd } from '../ledger/ad-story.ts';

export function adIn({ body }: HttpAnswer): ServedAd {
  return JSON.parse(body) as ServedAd;
}

export function adsIn({ body }: HttpAnswer): readonly ServedAd[] {
  return (JSON.parse(body) as { ads: ServedAd[] }).ads;
}

export function tokenOf({ headers }: HttpAnswer): string | undefined {
  return headers['consistency-token'];
}

/** The total in `{"<key>":<total>}`, digit for digit; 0 when there is no such counter yet. */
export function totalIn({ statusCode, body }: HttpAnswer): bigint {
  return statusCode === 404 ? 0n : BigInt(/:(\d+)\}$/.exec(body)?.[1] ?? '');
}

/** Tokens of an accepted batch, by key. */
export function tokensIn({ body }: HttpAnswer): Readonly<Record<string, string>> {
  return (JSON.parse(body) as { tokens?: Record<string, string> }).tokens ?? {};
}

/** Which increments of a batch were not taken; `ambiguous`: perhaps they were. */
export function failuresIn({ body }: HttpAnswer): readonly { index: number; ambiguous: boolean }[] {
  return (JSON.parse(body) as { failed?: { index: number; ambiguous: boolean }[] }).failed ?? [];
}
