import fc from 'fast-check';
import type { AdEvent } from '../../lib/core/ads/ad-event.ts';
import {
  adStatuses,
  ageMax,
  ageMin,
  genders,
  platforms,
  type AdContent,
  type AdPatch,
  type Metadata,
} from '../../lib/core/ads/ad.ts';
import type { Frequency } from '../../lib/core/ads/frequency.ts';
import type { AdGoal } from '../../lib/core/ads/goal.ts';
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

const metadataKey = fc.constantFrom('a', 'b', 'line-item', 'x.y');
const metadataValue = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 5 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.integer(),
  fc.boolean(),
);
const sorted = <Value>(entries: readonly (readonly [string, Value])[]): Readonly<Record<string, Value>> =>
  Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
const entriesOf = <Value>(value: fc.Arbitrary<Value>) =>
  fc.uniqueArray(fc.tuple(metadataKey, value), { selector: ([key]) => key, maxLength: 4 });

/** Few external ids, so that ads meet on one. */
const externalId = fc.constantFrom('a', 'b', 'é"\u2028');
const furtherFields = {
  status: fc.constantFrom(...adStatuses),
  priority: fc.integer({ min: 1, max: 16 }),
  weight: fc.integer({ min: 1, max: 100 }),
  clickUrl: fc.constantFrom('https://shop.example/', 'https://shop.example/a?b=c#d'),
  imageUrl: fc.constant('https://cdn.example/1.png'),
  width: fc.integer({ min: 1, max: 10_000 }),
  height: fc.constant(250),
  campaignId: fc.constantFrom('autumn', 'é"\u2028', '7'),
};
const goal: fc.Arbitrary<AdGoal> = fc.record(
  {
    impressions: fc.constantFrom({ total: 1_000_000_000 }, { daily: 1 }, { total: 7, daily: 7 }),
    pacing: fc.constantFrom('even' as const, 'asap' as const),
    timezone: fc.constantFrom('Asia/Taipei', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'),
  },
  { requiredKeys: ['impressions', 'pacing'], noNullPrototype: true },
);
const frequency: fc.Arbitrary<Frequency> = fc.record(
  {
    max: fc.integer({ min: 1, max: 100 }),
    per: fc.constantFrom('PT1M', 'PT12H', 'P1D', 'P30D'),
    scope: fc.constantFrom('ad' as const, 'campaign' as const),
    anonymous: fc.constantFrom('skip' as const, 'serve' as const),
  },
  { requiredKeys: ['max', 'per', 'scope'], noNullPrototype: true },
);
const metadata: fc.Arbitrary<Metadata> = entriesOf(metadataValue).map(sorted);

const requiredKeys = Object.keys(fields) as (keyof typeof fields)[];
const everyField = { ...fields, externalId, ...furtherFields, metadata, goal, frequency };

/** Half of them with required fields alone. */
export const adContents: fc.Arbitrary<AdContent> = fc.oneof(
  fc.record({ ...fields, externalId }, { requiredKeys, noNullPrototype: true }),
  fc.record(everyField, { requiredKeys, noNullPrototype: true }),
);
const orNull = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(values);
const adPatches: fc.Arbitrary<AdPatch> = fc.record(
  {
    ...fields,
    externalId: orNull(externalId),
    status: orNull(furtherFields.status),
    priority: orNull(furtherFields.priority),
    weight: orNull(furtherFields.weight),
    clickUrl: orNull(furtherFields.clickUrl),
    imageUrl: orNull(furtherFields.imageUrl),
    width: orNull(furtherFields.width),
    height: orNull(furtherFields.height),
    campaignId: orNull(furtherFields.campaignId),
    metadata: orNull(entriesOf(orNull(metadataValue)).map(sorted)),
    goal: orNull(goal),
    frequency: orNull(frequency),
  },
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
      { type: fc.constant('AdCreated' as const), v: fc.constant(3 as const), adId: adIds, ad: adContents },
      { noNullPrototype: true },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record(
      { type: fc.constant('AdUpdated' as const), v: fc.constant(3 as const), adId: adIds, patch: adPatches },
      { noNullPrototype: true },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        type: fc.constant('AdImported' as const),
        v: fc.constant(2 as const),
        adId: adIds,
        ad: fc.record(everyField, { requiredKeys: [...requiredKeys, 'externalId'], noNullPrototype: true }),
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
