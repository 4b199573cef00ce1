import type {
  AdCreated,
  AdDeleted,
  AdExpired,
  AdImported,
  AdUpdated,
  ImportedContent,
} from '../../lib/core/ads/ad-event.ts';
import type { AdContent, AdPatch } from '../../lib/core/ads/ad.ts';
import { adEpochMs, adId, buildAd } from './ad-builder.ts';

export const hourMs = 3_600_000;

/** 32 hex digits, different for every text. */
export function eventId(text: string): string {
  const hex = Array.from(text, (character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  if (hex.length > 30) throw new RangeError(`too long for an event id: ${text}`);
  return `${hex}${'0'.repeat(30 - hex.length)}${hex.length.toString(16).padStart(2, '0')}`;
}

/** An ad for anyone, from `adEpochMs` for a day. */
export function buildContent(overrides: Partial<AdContent> = {}): AdContent {
  const { title, content, startAt, endAt, ageStart, ageEnd, gender, country, platform } = buildAd();
  return { title, content, startAt, endAt, ageStart, ageEnd, gender, country, platform, ...overrides };
}

interface EventOptions {
  /** Tells events of one kind about one ad apart; default ''. */
  readonly tag?: string;
  /** Default an hour before `adEpochMs`. */
  readonly at?: number;
}

/** The creation of ad number `n`. */
export function adCreated(
  n: number,
  overrides: Partial<AdContent> = {},
  options: EventOptions = {},
): AdCreated {
  return {
    type: 'AdCreated',
    ...base('c', n, options),
    v: 3,
    ad: buildContent({ title: `AD ${n}`, ...overrides }),
  };
}

export function adUpdated(
  n: number,
  patch: AdPatch,
  options: EventOptions & { readonly ifVersion?: number } = {},
): AdUpdated {
  const { ifVersion } = options;
  const event: AdUpdated = { type: 'AdUpdated', ...base('u', n, options), v: 3, patch };
  return ifVersion === undefined ? event : { ...event, ifVersion };
}

/** An import of external id `externalId`, which creates ad number `n` if it creates one. */
export function adImported(
  n: number,
  { externalId, ...overrides }: Partial<AdContent> & Pick<ImportedContent, 'externalId'>,
  options: EventOptions = {},
): AdImported {
  const ad = { ...buildContent({ title: `AD ${n}`, ...overrides }), externalId };
  return { type: 'AdImported', ...base('i', n, options), v: 2, ad };
}

export function adDeleted(
  n: number,
  options: EventOptions & { readonly ifVersion?: number } = {},
): AdDeleted {
  const { ifVersion } = options;
  const event: AdDeleted = { type: 'AdDeleted', ...base('d', n, options) };
  return ifVersion === undefined ? event : { ...event, ifVersion };
}

/** By default just when its end has come. */
export function adExpired(n: number, endAt: number, options: EventOptions = {}): AdExpired {
  return { type: 'AdExpired', ...base('x', n, { at: endAt, ...options }), endAt };
}

function base(kind: string, n: number, { tag = '', at = adEpochMs - hourMs }: EventOptions) {
  return { v: 1, id: eventId(`${kind}${n}${tag}`), adId: adId(n), at } as const;
}
