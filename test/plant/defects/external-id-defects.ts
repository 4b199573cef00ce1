import type { Defect } from '../defect.ts';

const decide = 'lib/core/ads/decide.ts';
const state = 'lib/core/ads/ad-state.ts';

/** External ids and imports: reused, replayed, raced, freed too early or too late. */
export const externalIdDefects: readonly Defect[] = [
  {
    name: 'external-id-freed-too-early',
    file: decide,
    find: `  if (ended !== undefined && ended.endAt > at) return refused('external-id-taken');`,
    replace: `  if (ended !== undefined && ended.startAt > at) return refused('external-id-taken');`,
    breaks: 'A new ad that takes the external id of a live one removes that one without a word.',
  },
  {
    name: 'external-id-freed-too-late',
    file: state,
    find: `    if (this.#externalIds !== undefined) this.#release(adId, this.#externalIds);`,
    replace: ``,
    breaks:
      'A projector that has been asked for external ids keeps those of deleted ads: no ad gets them until it restarts.',
  },
  {
    name: 'external-ids-of-a-batch-unseen',
    file: state,
    find: `    if (after?.externalId !== undefined) this.#externalIds.set(after.externalId, adId);`,
    replace: ``,
    breaks: 'Two imports of one external id in one batch of the log make two ads, and the next start fails.',
  },
  {
    name: 'given-up-external-id-still-held',
    file: state,
    find: `    if (before?.externalId !== undefined) this.#externalIds.set(before.externalId, undefined);`,
    replace: ``,
    breaks:
      'An external id that an ad gives up and another takes in one batch is refused, and taken when they come apart.',
  },
  {
    name: 'import-revives-an-ended-ad',
    file: decide,
    find: `  if (ad === undefined || ad.endAt <= event.at) return decideCreated(event, state, limits);`,
    replace: `  if (ad === undefined) return decideCreated(event, state, limits);`,
    breaks: 'An import after the end of an ad brings that ad back, under an id that was answered 404.',
  },
  {
    name: 'import-keeps-what-it-leaves-out',
    file: 'lib/api/import-schemas.ts',
    find: `  return { ...toAdContent(ad), externalId: ad.external_id };`,
    replace: `  return { ...toAdContent(ad), ...(ad.country === undefined && { country: ['TW'] }), externalId: ad.external_id };`,
    breaks: 'An ad of an import without countries is shown in one country.',
  },
  {
    name: 'one-event-id-for-an-import',
    file: 'lib/app/ads/import-ads.ts',
    find: `    const id = identity.eventId(index);`,
    replace: `    const id = identity.eventId(0);`,
    breaks: 'Of an import only the first ad takes effect; each of the others is told its outcome.',
  },
  {
    name: 'one-ad-id-for-an-import',
    file: 'lib/app/request-identity.ts',
    find: `  const hex = identity.eventId(index);`,
    replace: `  const hex = identity.eventId(0);`,
    breaks: 'Of the new ads of an import all but the first are refused, because their id is taken.',
  },
  {
    name: 'external-id-written-as-version-1',
    file: 'lib/app/ads/ad-event-codec.ts',
    find: `  return { ...event, v: content.externalId === undefined ? 1 : 2 };`,
    replace: `  return { ...event, v: typeof content.externalId === 'string' ? 2 : 1 };`,
    breaks:
      'A projector of an older release passes over that an ad gives up its external id, and two ads have it.',
  },
  {
    name: 'later-fields-passed-over',
    file: 'lib/core/ads/ad-row.ts',
    find: `  return unread === 0 ? optional : undefined;`,
    replace: `  return optional;`,
    breaks: 'After a roll-back the next change of an ad loses the fields that the later release gave it.',
  },
  {
    name: 'ended-holder-still-counts',
    file: decide,
    find: `  const ads = state.size - (ended === undefined ? 0 : 1);`,
    replace: `  const ads = state.size;`,
    breaks: 'A full stage refuses the ad that takes the place of one that has ended.',
  },
];
