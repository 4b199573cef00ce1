import type { StageSettings } from '../stages.ts';

/** The window in which the web ACL counts, and for which a 429 of it asks to wait. */
export const addressWindowSeconds = 60;

/** Callers with tokens who may share one address, such as an office, each at the full rate of a token. */
const tokensPerAddress = 5;

/** A limit of the web ACL on the requests of one address. */
export interface AddressLimit {
  readonly name: string;
  /** In a window of `addressWindowSeconds`. */
  readonly requestsMax: number;
  readonly counts: 'calls without Authorization' | 'all calls';
}

/**
 * An address may call as often as one token without a token, and as often as five in all. The second limit
 * counts every call, because nobody has checked the token yet: with the header alone the first one is evaded.
 */
export function addressLimits({ tokens: { rate } }: Pick<StageSettings, 'tokens'>): readonly AddressLimit[] {
  const ofOneToken = rate.ratePerSecond * addressWindowSeconds + rate.burst;
  return [
    {
      name: 'rate-without-token',
      requestsMax: ofOneToken,
      counts: 'calls without Authorization',
    },
    { name: 'rate-per-address', requestsMax: tokensPerAddress * ofOneToken, counts: 'all calls' },
  ];
}
