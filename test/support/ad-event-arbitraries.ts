import fc from 'fast-check';
import type { AdEvent } from '../../lib/core/ads/ad-event.ts';
import { ageMax, ageMin, genders, platforms, type AdContent } from '../../lib/core/ads/ad.ts';
import { adEpochMs, adId } from './ad-builder.ts';
import { eventId } from './ad-event-builder.ts';

const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'grapheme', minLength: 1, maxLength, size: 'max' });
const instant = fc.integer({ min: adEpochMs, max: adEpochMs + 50 });
const age = fc.option(fc.integer({ min: ageMin, max: ageMax }));
const country = fc
  .uniqueArray(fc.stringMatching(/^[A-Z]{2}$/), { maxLength: 5 })
  .map((list) => list.toSorted());

const fields = {
  title: text(20),
  content: text(60),
  startAt: instant,
  endAt: instant,
  ageStart: age,
  ageEnd: age,
  gender: fc.subarray([...genders]),
  country,
  platform: fc.subarray([...platforms]),
};

/** Few, so that ads meet on one. */
const externalId = fc.constantFrom('a', 'b', 'é"\u2028');

export const adContents: fc.Arbitrary<AdContent> = fc.record(
  { ...fields, externalId },
  {
    requiredKeys: [
      'title',
      'content',
      'startAt',
      'endAt',
      'ageStart',
      'ageEnd',
      'gender',
      'country',
      'platform',
    ],
    noNullPrototype: true,
  },
);
const adPatches = fc.record(
  { ...fields, externalId: fc.option(externalId) },
  { requiredKeys: [], noNullPrototype: true },
);

/** Few ids, instants and versions, so that refusals of every kind are as common as effects. */
const idsMax = 6;
type Unnamed<Event> = Event extends unknown ? Omit<Event, 'id' | 'at'> : never;
const adIds = fc.nat(idsMax - 1).map(adId);
const ifVersion = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined });
const anyEvent: fc.Arbitrary<Unnamed<AdEvent>> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      { type: fc.constant('AdCreated' as const), v: fc.constant(2 as const), adId: adIds, ad: adContents },
      { noNullPrototype: true },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record(
      { type: fc.constant('AdUpdated' as const), v: fc.constant(2 as const), adId: adIds, patch: adPatches },
      { noNullPrototype: true },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        type: fc.constant('AdImported' as const),
        v: fc.constant(1 as const),
        adId: adIds,
        ad: fc.record({ ...fields, externalId }, { noNullPrototype: true }),
      },
      { noNullPrototype: true },
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record(
        { type: fc.constant('AdDeleted' as const), v: fc.constant(1 as const), adId: adIds, ifVersion },
        { noNullPrototype: true },
      )
      .map(({ ifVersion: version, ...rest }) =>
        version === undefined ? rest : { ...rest, ifVersion: version },
      ),
  },
  {
    weight: 1,
    arbitrary: fc.record(
      { type: fc.constant('AdExpired' as const), v: fc.constant(1 as const), adId: adIds, endAt: instant },
      { noNullPrototype: true },
    ),
  },
);

/** A log: each event with an id of its own, at instants that mostly grow. */
export const adEventLogs: fc.Arbitrary<AdEvent[]> = fc
  .array(fc.tuple(anyEvent, fc.integer({ min: -2, max: 4 })), { maxLength: 60, size: 'max' })
  .map((steps) => {
    let at = adEpochMs;
    return steps.map(([event, step], index): AdEvent => {
      at += step;
      return { id: eventId(`e${index}`), at: Math.max(at, 0), ...event };
    });
  });
