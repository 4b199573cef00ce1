import fc from 'fast-check';
import type { AdChange } from '../../../../lib/core/ads/ad-change.ts';
import { ageMax, ageMin, genders, platforms, type Ad } from '../../../../lib/core/ads/ad.ts';
import type { AdFilter, Catalog } from '../../../../lib/core/ads/catalog/catalog.ts';
import { adId, buildAd } from '../../../support/ad-builder.ts';

/** Few instants, ids and countries, so that ties, moves and re-used ids are the rule. */
const instantMax = 40;
const idsMax = 60;
const adCountries = ['DE', 'FR', 'JP', 'TW'];
/** More than a row has bits for: the first ones of a lineage have a bit each, the others share one. */
const manyCountries = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ', (letter) => [
  `${letter}A`,
  `${letter}B`,
]).flat();
/** The last ones are in no ad: never seen, not a code, and not known. */
const askedCountries = [...adCountries, ...manyCountries, 'XX', 'tw', 'T1', 'unknown'];

export const instants = fc.integer({ min: -1, max: instantMax + 1 });

const age = fc.integer({ min: ageMin, max: ageMax });
const edgeAge = fc.oneof(age, fc.constantFrom(ageMin, ageMax));
const agePair = fc.tuple(fc.option(edgeAge), fc.option(edgeAge)).map(([a, b]) => {
  if (a === null || b === null) return { ageStart: a, ageEnd: b };
  return { ageStart: Math.min(a, b), ageEnd: Math.max(a, b) };
});
const window = fc
  .uniqueArray(fc.integer({ min: 0, max: instantMax }), { minLength: 2, maxLength: 2 })
  .map(([a = 0, b = 0]) => ({ startAt: Math.min(a, b), endAt: Math.max(a, b) }));

const adWithoutVersion = fc
  .record({
    id: fc.integer({ min: 0, max: idsMax - 1 }).map(adId),
    title: fc.string({ minLength: 5, maxLength: 8, unit: 'grapheme' }),
    window,
    ages: agePair,
    gender: fc.subarray([...genders]),
    country: fc.oneof(fc.subarray(adCountries), fc.subarray(manyCountries, { minLength: 1, maxLength: 4 })),
    platform: fc.subarray([...platforms]),
    // Most ads have no such field, and of those that do, half are paused.
    further: fc.option(
      fc.record(
        {
          status: fc.constantFrom('active' as const, 'paused' as const),
          priority: fc.integer({ min: 1, max: 16 }),
          weight: fc.integer({ min: 1, max: 100 }),
          campaignId: fc.constantFrom('a', 'b', 'é"\u2028'),
        },
        { requiredKeys: ['status'], noNullPrototype: true },
      ),
      { nil: {} },
    ),
  })
  .map(({ window, ages, further, ...rest }) => buildAd({ ...rest, ...window, ...ages, ...further }));

/** What to do to a live set: put an ad, or remove a live one by its place (nothing when none is live). */
export type Edit = { readonly put: Ad } | { readonly removeNth: number };
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: adWithoutVersion.map((put) => ({ put })) },
  { weight: 2, arbitrary: fc.nat(idsMax).map((removeNth) => ({ removeNth })) },
);
export const edits = fc.array(edit, { maxLength: 120, size: 'max' });
export const ads = fc.uniqueArray(adWithoutVersion, {
  selector: (ad) => ad.id,
  maxLength: idsMax,
  size: 'max',
});

const optional = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(values, { nil: undefined });
export const filters: fc.Arbitrary<AdFilter> = fc
  .record({
    age: optional(fc.oneof(edgeAge, fc.constant('unknown' as const))),
    country: optional(fc.oneof(fc.constantFrom(...adCountries), fc.constantFrom(...askedCountries))),
    gender: optional(fc.constantFrom(...genders, 'unknown')),
    platform: optional(fc.constantFrom(...platforms, 'unknown')),
  })
  .map((filter) => Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)));

export interface Question {
  readonly filter: AdFilter;
  readonly atMs: number;
  readonly offset: number;
  readonly limit: number;
}
export const questions: fc.Arbitrary<Question> = fc.record({
  filter: filters,
  atMs: instants,
  offset: fc.oneof(fc.nat(6), fc.nat(idsMax + 5)),
  limit: fc.oneof(fc.nat(6), fc.nat(100)),
});

/** The change log that the edits amount to, after `version` and the live ids. */
export function toChanges(edits: readonly Edit[], liveIds: readonly string[], version: number): AdChange[] {
  const live = new Set(liveIds);
  const changes: AdChange[] = [];
  for (const edit of edits) {
    const next = version + changes.length + 1;
    if ('put' in edit) {
      live.add(edit.put.id);
      changes.push({ type: 'put', version: next, ad: { ...edit.put, version: next } });
      continue;
    }
    const adId = [...live][edit.removeNth % Math.max(live.size, 1)];
    if (adId === undefined) continue;
    live.delete(adId);
    changes.push({ type: 'remove', version: next, adId, reason: 'deleted' });
  }
  return changes;
}

export function ask(catalog: Pick<Catalog, 'query'>, { filter, atMs, offset, limit }: Question): unknown {
  return catalog.query(filter, atMs, { offset, limit });
}
