import { reservedPrefix } from '../counters/reserved-key.ts';

/** What is counted of each ad, each in a counter of its own. */
export const deliveryKinds = ['impression', 'click'] as const;
export type DeliveryKind = (typeof deliveryKinds)[number];

const prefixes = {
  impression: `${reservedPrefix}i#`,
  click: `${reservedPrefix}c#`,
} as const satisfies Record<DeliveryKind, string>;

/** An ad's id (RFC 9562), in lower case. */
const adIdPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isAdId(text: string): boolean {
  return adIdPattern.test(text);
}

/** The key of the counter of an ad's impressions or clicks, which is also the partition key of its events. */
export function deliveryKey(adId: string, kind: DeliveryKind): string {
  return `${prefixes[kind]}${adId}`;
}

/** The ad and the kind that a key names; undefined: it is no key of an ad. */
export function parseDeliveryKey(
  key: string,
): { readonly adId: string; readonly kind: DeliveryKind } | undefined {
  if (!key.startsWith(reservedPrefix)) return undefined;
  for (const kind of deliveryKinds) {
    const prefix = prefixes[kind];
    if (!key.startsWith(prefix)) continue;
    const adId = key.slice(prefix.length);
    return isAdId(adId) ? { adId, kind } : undefined;
  }
  return undefined;
}
