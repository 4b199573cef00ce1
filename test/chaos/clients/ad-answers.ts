import type { HttpAnswer } from '../../../lib/embedded/demo/http-connection.ts';
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
