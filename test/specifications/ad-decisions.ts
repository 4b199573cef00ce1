import { describe, it } from '@jest/globals';
import { adBytes } from '../../lib/core/ads/ad-content.ts';
import { adEpochMs, adId } from '../support/ad-builder.ts';
import {
  adCreated,
  adDeleted,
  adExpired,
  adImported,
  adUpdated,
  buildContent,
  hourMs,
} from '../support/ad-event-builder.ts';
import { givenAdsIn } from '../support/ad-spec.ts';
import type { SpecificationStore } from './specification-store.ts';

const endAt = adEpochMs + 24 * hourMs;

/** What comes of each event of an ad, given the events before; on any store. */
export function specifyAdDecisions(store: SpecificationStore): void {
  const given = givenAdsIn(store);

  describe('creating an ad', () => {
    it('makes the next version, at the instant of the event', async () => {
      await given(adCreated(1))
        .when(adCreated(2, { title: 'second', country: ['JP', 'TW'] }, { at: adEpochMs - 5 }))
        .thenPuts({
          id: adId(2),
          title: 'second',
          country: ['JP', 'TW'],
          version: 2,
          createdAt: adEpochMs - 5,
        });
    });

    it('refuses an id that another event has taken', async () => {
      await given(adCreated(1))
        .when(adCreated(1, {}, { tag: 'again' }))
        .thenRefuses('already-exists');
    });

    it('refuses an end at or before the start', async () => {
      await given()
        .when(adCreated(1, { endAt: adEpochMs }))
        .thenRefuses('invalid-window');
      await given()
        .when(adCreated(1, { endAt: adEpochMs + 1 }))
        .thenPuts({ endAt: adEpochMs + 1 });
    });

    it('refuses an age range that is the wrong way round', async () => {
      await given()
        .when(adCreated(1, { ageStart: 30, ageEnd: 29 }))
        .thenRefuses('invalid-ages');
      await given()
        .when(adCreated(1, { ageStart: 30, ageEnd: 30 }))
        .thenPuts({ ageStart: 30, ageEnd: 30 });
      await given()
        .when(adCreated(1, { ageStart: 30, ageEnd: null }))
        .thenPuts({ ageEnd: null });
    });

    it('refuses an ad that has ended at the instant of the event', async () => {
      await given()
        .when(adCreated(1, {}, { at: endAt }))
        .thenRefuses('already-ended');
      await given()
        .when(adCreated(1, {}, { at: endAt - 1 }))
        .thenPuts({ endAt });
    });

    it('refuses more live ads than the stage takes, and takes one again when one is gone', async () => {
      const limits = { liveAdsMax: 2 };
      await given(adCreated(1), adCreated(2)).when(adCreated(3), limits).thenRefuses('over-limit');
      await given(adCreated(1), adCreated(2), adDeleted(1))
        .when(adCreated(3), limits)
        .thenPuts({ id: adId(3) });
    });

    it('refuses more bytes than the stage takes', async () => {
      const bytes = adBytes(buildContent({ title: 'AD 1' }));
      await given(adCreated(1))
        .when(adCreated(2), { liveBytesMax: 2 * bytes })
        .thenPuts({ id: adId(2) });
      await given(adCreated(1))
        .when(adCreated(2), { liveBytesMax: 2 * bytes - 1 })
        .thenRefuses('over-limit');
    });
  });

  describe('updating an ad', () => {
    it('changes the fields of the patch alone', async () => {
      await given(adCreated(1, { country: ['TW'], ageStart: 20 }))
        .when(adUpdated(1, { title: 'other', ageStart: null }))
        .thenPuts({ title: 'other', country: ['TW'], ageStart: null, content: 'content', version: 2 });
    });

    it('can empty a target list', async () => {
      await given(adCreated(1, { gender: ['F'], country: ['TW'], platform: ['ios'] }))
        .when(adUpdated(1, { gender: [], country: [], platform: [] }))
        .thenPuts({ gender: [], country: [], platform: [] });
    });

    it('remembers which version set the end', async () => {
      await given(adCreated(1), adUpdated(1, { title: 'a' }, { tag: 'a' }))
        .when(adUpdated(1, { title: 'b' }, { tag: 'b' }))
        .thenPuts({ version: 3, endVersion: 1 });
      await given(adCreated(1), adUpdated(1, { endAt: endAt + 1 }, { tag: 'a' }))
        .when(adUpdated(1, { title: 'b' }, { tag: 'b' }))
        .thenPuts({ version: 3, endVersion: 2 });
    });

    const goal = { impressions: { total: 7 }, pacing: 'even' } as const;
    const other = { ...goal, pacing: 'asap' } as const;

    it('counts how often a goal is set and removed, and not how often it changes', async () => {
      await given().when(adCreated(1, { goal })).thenPuts({ goal, generation: 1 });
      await given(adCreated(1, { goal }))
        .when(adUpdated(1, { goal: other }))
        .thenPuts({ goal: other, generation: 1 });
      await given(adCreated(1, { goal }))
        .when(adUpdated(1, { title: 'other' }))
        .thenPuts({ goal, generation: 1 });
      await given(adCreated(1, { goal }))
        .when(adUpdated(1, { goal: null }))
        .thenPuts({ generation: 2 });
      await given(adCreated(1, { goal }), adUpdated(1, { goal: null }, { tag: 'a' }))
        .when(adUpdated(1, { title: 'other' }, { tag: 'b' }))
        .thenPuts({ generation: 2 });
      await given(adCreated(1, { goal }), adUpdated(1, { goal: null }, { tag: 'a' }))
        .when(adUpdated(1, { goal }, { tag: 'b' }))
        .thenPuts({ goal, generation: 3 });
    });

    it('refuses a cap for a campaign that the merged ad has not', async () => {
      const frequency = { max: 1, per: 'P1D', scope: 'campaign' } as const;
      await given(adCreated(1)).when(adUpdated(1, { frequency })).thenRefuses('cap-without-campaign');
      await given(adCreated(1, { frequency, campaignId: 'a' }))
        .when(adUpdated(1, { campaignId: null }))
        .thenRefuses('cap-without-campaign');
      await given(adCreated(1, { campaignId: 'a' }))
        .when(adUpdated(1, { frequency }))
        .thenPuts({ frequency });
    });

    it('refuses what is unknown, deleted or ended', async () => {
      const patch = { title: 'other' };
      await given().when(adUpdated(1, patch)).thenRefuses('not-found');
      await given(adCreated(1), adDeleted(1)).when(adUpdated(1, patch)).thenRefuses('not-found');
      await given(adCreated(1))
        .when(adUpdated(1, patch, { at: endAt }))
        .thenRefuses('not-found');
      await given(adCreated(1))
        .when(adUpdated(1, { endAt: endAt + 1 }, { at: endAt }))
        .thenRefuses('not-found');
    });

    it('refuses another version than the one asked for', async () => {
      await given(adCreated(1))
        .when(adUpdated(1, { title: 'b' }, { ifVersion: 2 }))
        .thenRefuses('version-mismatch');
      await given(adCreated(1))
        .when(adUpdated(1, { title: 'b' }, { ifVersion: 1 }))
        .thenPuts({ version: 2 });
    });

    it('lets only one of two concurrent edits with one If-Match succeed', async () => {
      await given(adCreated(1), adUpdated(1, { title: 'mine' }, { tag: 'a', ifVersion: 1 }))
        .when(adUpdated(1, { title: 'yours' }, { tag: 'b', ifVersion: 1 }))
        .thenRefuses('version-mismatch');
    });

    it('checks the merged ad', async () => {
      await given(adCreated(1))
        .when(adUpdated(1, { startAt: endAt }))
        .thenRefuses('invalid-window');
      await given(adCreated(1, { ageEnd: 30 }))
        .when(adUpdated(1, { ageStart: 31 }))
        .thenRefuses('invalid-ages');
      await given(adCreated(1))
        .when(adUpdated(1, { endAt: adEpochMs + 5 }, { at: adEpochMs + 5 }))
        .thenRefuses('already-ended');
    });

    it('makes no version of a patch that changes nothing', async () => {
      await given(adCreated(1, { title: 'same', country: ['TW'] }))
        .when(adUpdated(1, { title: 'same', country: ['TW'] }))
        .thenChangesNothing(1);
    });

    it('refuses to grow past the stage, but not to shrink there', async () => {
      const limits = { liveBytesMax: adBytes(buildContent({ title: 'AD 1' })) };
      await given(adCreated(1))
        .when(adUpdated(1, { title: 'AD 1!' }), limits)
        .thenRefuses('over-limit');
      await given(adCreated(1))
        .when(adUpdated(1, { title: 'AD.1' }), limits)
        .thenPuts({ title: 'AD.1' });
    });
  });

  describe('an external id', () => {
    const x = { externalId: 'x' };

    it('belongs to one live ad at a time', async () => {
      await given(adCreated(1, x)).when(adCreated(2, x)).thenRefuses('external-id-taken');
      await given(adCreated(1, x), adCreated(2)).when(adUpdated(2, x)).thenRefuses('external-id-taken');
      await given(adCreated(1, x), adCreated(2, { externalId: 'y' }))
        .when(adUpdated(2, x))
        .thenRefuses('external-id-taken');
      await given(adCreated(1, x))
        .when(adCreated(2, { externalId: 'X' }))
        .thenPuts({ id: adId(2), externalId: 'X' });
    });

    it('stays with its ad through changes of other fields', async () => {
      await given(adCreated(1, x))
        .when(adUpdated(1, { title: 'other' }))
        .thenPuts({ title: 'other', externalId: 'x', endVersion: 1 });
      await given(adCreated(1, x)).when(adUpdated(1, x)).thenChangesNothing(1);
      await given(adCreated(1, x), adUpdated(1, { title: 'other' }))
        .when(adCreated(2, x))
        .thenRefuses('external-id-taken');
    });

    it('is free once its ad has given it up, was deleted or has expired', async () => {
      const free = { id: adId(2), externalId: 'x' };
      await given(adCreated(1, x), adUpdated(1, { externalId: null }))
        .when(adCreated(2, x))
        .thenPuts({ ...free, version: 3 });
      await given(adCreated(1, x), adUpdated(1, { externalId: 'y' }))
        .when(adCreated(2, x))
        .thenPuts({ ...free, version: 3 });
      await given(adCreated(1, x), adDeleted(1))
        .when(adCreated(2, x))
        .thenPuts({ ...free, version: 3 });
      await given(adCreated(1, x), adExpired(1, endAt))
        .when(adCreated(2, x, { at: adEpochMs }))
        .thenPuts({ ...free, version: 3 });
    });

    it('is not free because its ad would only take another one later', async () => {
      await given(adCreated(1, x), adCreated(2), adUpdated(1, { externalId: 'y' }), adUpdated(2, x))
        .when(adUpdated(1, x, { tag: 'back' }))
        .thenRefuses('external-id-taken');
    });

    it('is free from the end of its ad on, which is then removed first', async () => {
      const later = { endAt: endAt + hourMs, ...x };
      await given(adCreated(1, x))
        .when(adCreated(2, later, { at: endAt }))
        .thenExpiresAndPuts({ version: 2, adId: adId(1) }, { id: adId(2), version: 3, externalId: 'x' });
      await given(adCreated(1, x), adCreated(2, { endAt: later.endAt }))
        .when(adUpdated(2, x, { at: endAt }))
        .thenExpiresAndPuts({ version: 3, adId: adId(1) }, { id: adId(2), version: 4, endVersion: 2 });
      await given(adCreated(1, x))
        .when(adCreated(2, later, { at: endAt - 1 }))
        .thenRefuses('external-id-taken');
    });

    it('makes room by the ad that has ended', async () => {
      const bytes = adBytes(buildContent({ title: 'AD 1', ...x }));
      const later = { endAt: endAt + hourMs, ...x };
      await given(adCreated(1, x))
        .when(adCreated(2, later, { at: endAt }), { liveAdsMax: 1, liveBytesMax: bytes })
        .thenExpiresAndPuts({ adId: adId(1) }, { id: adId(2) });
      await given(adCreated(1, x))
        .when(adCreated(2, { ...later, title: 'AD 2!' }, { at: endAt }), { liveBytesMax: bytes })
        .thenRefuses('over-limit');
    });

    it('counts among the bytes of its ad', async () => {
      const bytes = adBytes(buildContent({ title: 'AD 1' }));
      await given()
        .when(adCreated(1, { externalId: 'é' }), { liveBytesMax: bytes + 1 })
        .thenRefuses('over-limit');
      await given()
        .when(adCreated(1, { externalId: 'é' }), { liveBytesMax: bytes + 2 })
        .thenPuts({ externalId: 'é' });
    });
  });

  describe('pausing an ad, and its other optional fields', () => {
    it('is a change like any other, and back is one too', async () => {
      await given(adCreated(1))
        .when(adUpdated(1, { status: 'paused' }))
        .thenPuts({ status: 'paused', version: 2, endVersion: 1 });
      await given(adCreated(1, { status: 'paused', priority: 3 }))
        .when(adUpdated(1, { status: 'active' }))
        .thenPuts({ status: 'active', priority: 3 });
      await given(adCreated(1, { status: 'paused' }))
        .when(adUpdated(1, { status: 'paused' }))
        .thenChangesNothing(1);
      await given(adCreated(1))
        .when(adUpdated(1, { status: null }))
        .thenChangesNothing(1);
    });

    it('changes, deletes and expires a paused ad as any other', async () => {
      const paused = adCreated(1, { status: 'paused' });
      await given(paused)
        .when(adUpdated(1, { title: 'other' }))
        .thenPuts({ title: 'other', status: 'paused' });
      await given(paused)
        .when(adDeleted(1))
        .thenRemoves({ adId: adId(1), reason: 'deleted' });
      await given(paused)
        .when(adExpired(1, endAt))
        .thenRemoves({ adId: adId(1), reason: 'expired' });
    });

    it('merges metadata key by key, up to its limits', async () => {
      const first = adCreated(1, { metadata: { a: 'x', b: 1 } });
      await given(first)
        .when(adUpdated(1, { metadata: { b: null, c: true } }))
        .thenPuts({ metadata: { a: 'x', c: true } });
      await given(first)
        .when(adUpdated(1, { metadata: { a: 'x', d: null } }))
        .thenChangesNothing(1);
      const large = { a: 'x'.repeat(1200) };
      await given(adCreated(1, { metadata: large }))
        .when(adUpdated(1, { metadata: { b: 'x'.repeat(1200) } }))
        .thenRefuses('metadata-too-large');
      await given(adCreated(1, { metadata: large }))
        .when(adUpdated(1, { metadata: { a: null, b: 'x'.repeat(1200) } }))
        .thenPuts({ metadata: { b: 'x'.repeat(1200) } });
    });

    it('counts their texts among the bytes of the stage', async () => {
      const ad = adCreated(1, { clickUrl: 'https://shop.example/', metadata: { a: 'é' } });
      const bytes = adBytes(buildContent({ title: 'AD 1' })) + 21 + '{"a":""}'.length + 2;
      await given()
        .when(ad, { liveBytesMax: bytes - 1 })
        .thenRefuses('over-limit');
      await given().when(ad, { liveBytesMax: bytes }).thenPuts({ clickUrl: 'https://shop.example/' });
    });

    it('counts its goal and its cap among them', async () => {
      const goal = { impressions: { total: 1000 }, pacing: 'asap', timezone: 'Asia/Taipei' } as const;
      const frequency = { max: 3, per: 'P1D', scope: 'ad' } as const;
      const ad = adCreated(1, { goal, frequency });
      // {"impressions":{"total":1000},"pacing":"asap","timezone":"Asia/Taipei"} and {"max":3,"per":"P1D","scope":"ad"}
      const bytes = adBytes(buildContent({ title: 'AD 1' })) + 71 + 34;
      await given()
        .when(ad, { liveBytesMax: bytes - 1 })
        .thenRefuses('over-limit');
      await given().when(ad, { liveBytesMax: bytes }).thenPuts({ goal, frequency });
    });

    it('are cleared by an import that leaves them out', async () => {
      const x = { externalId: 'x' };
      await given(adCreated(1, { ...x, status: 'paused', weight: 4 }))
        .when(adImported(2, { ...x, title: 'AD 1', weight: 5 }))
        .thenPuts({ id: adId(1), weight: 5, version: 2 });
      await given(adImported(1, { ...x, metadata: { a: 1 } }))
        .when(adImported(2, { ...x, title: 'AD 1', metadata: { a: 1 } }))
        .thenChangesNothing(1);
    });
  });

  describe('importing an ad', () => {
    const x = { externalId: 'x' };

    it('creates it if no live ad has its external id', async () => {
      await given(adCreated(1))
        .when(adImported(2, x, { at: adEpochMs - 5 }))
        .thenPuts({ id: adId(2), version: 2, createdAt: adEpochMs - 5, ...x });
      await given(adImported(1, x), adDeleted(1))
        .when(adImported(2, x))
        .thenPuts({ id: adId(2), version: 3 });
    });

    it('makes the live ad of its external id what it says, all of it', async () => {
      await given(adCreated(1, { ...x, ageStart: 20, country: ['TW'] }), adUpdated(1, { ageEnd: 30 }))
        .when(adImported(2, { ...x, title: 'other' }))
        .thenPuts({
          ...{ id: adId(1), version: 3, createdAt: adEpochMs - hourMs, endVersion: 1, title: 'other' },
          ...{ ageStart: null, ageEnd: null, country: [], ...x },
        });
      await given(adCreated(1, x))
        .when(adImported(2, { ...x, endAt: endAt + 1 }))
        .thenPuts({ id: adId(1), version: 2, endAt: endAt + 1 });
    });

    it('makes no version of an ad that is so already', async () => {
      await given(adCreated(1, { ...x, title: 'same' }))
        .when(adImported(2, { ...x, title: 'same' }))
        .thenChangesNothing(1);
    });

    it('makes one ad of two imports at once', async () => {
      await given(adImported(1, { ...x, title: 'mine' }))
        .when(adImported(2, { ...x, title: 'yours' }))
        .thenPuts({ id: adId(1), title: 'yours', version: 2 });
    });

    it('makes a new ad once the one of its external id has ended', async () => {
      await given(adCreated(1, x))
        .when(adImported(2, { ...x, endAt: endAt + 1 }, { at: endAt }))
        .thenExpiresAndPuts({ version: 2, adId: adId(1) }, { id: adId(2), version: 3, createdAt: endAt });
    });

    it('refuses what creating or changing an ad refuses', async () => {
      await given()
        .when(adImported(1, { ...x, endAt: adEpochMs }))
        .thenRefuses('invalid-window');
      await given(adCreated(1, x))
        .when(adImported(2, { ...x, ageStart: 2, ageEnd: 1 }))
        .thenRefuses('invalid-ages');
      await given(adCreated(1, x))
        .when(adImported(2, { ...x, endAt: adEpochMs + 1 }, { at: adEpochMs + 1 }))
        .thenRefuses('already-ended');
      await given(adCreated(1)).when(adImported(2, x), { liveAdsMax: 1 }).thenRefuses('over-limit');
      await given(adCreated(1, x))
        .when(adImported(2, { ...x, title: 'AD 1!' }), { liveAdsMax: 1, liveBytesMax: 1 })
        .thenRefuses('over-limit');
    });
  });

  describe('deleting an ad', () => {
    it('removes it, started or not', async () => {
      await given(adCreated(1)).when(adDeleted(1)).thenRemoves({ version: 2, reason: 'deleted' });
      await given(adCreated(1))
        .when(adDeleted(1, { at: adEpochMs + 1 }))
        .thenRemoves({ version: 2 });
    });

    it('refuses an unknown, an ended and a not-yet-created ad without harm', async () => {
      await given().when(adDeleted(1)).thenRefuses('not-found');
      await given(adCreated(1))
        .when(adDeleted(1, { at: endAt }))
        .thenRefuses('not-found');
      await given(adDeleted(1))
        .when(adCreated(1))
        .thenPuts({ id: adId(1), version: 1 });
    });

    it('refuses another version than the one asked for', async () => {
      await given(adCreated(1))
        .when(adDeleted(1, { ifVersion: 3 }))
        .thenRefuses('version-mismatch');
    });

    it('lets nothing bring a deleted ad back', async () => {
      await given(adCreated(1), adDeleted(1)).when(adExpired(1, endAt)).thenRefuses('not-found');
      await given(adCreated(1), adDeleted(1))
        .when(adUpdated(1, { startAt: adEpochMs + 1 }))
        .thenRefuses('not-found');
    });
  });

  describe('expiring an ad', () => {
    it('removes an ad whose end has come, once', async () => {
      await given(adCreated(1)).when(adExpired(1, endAt)).thenRemoves({ version: 2, reason: 'expired' });
      await given(adCreated(1), adExpired(1, endAt, { tag: 'a' }))
        .when(adExpired(1, endAt))
        .thenRefuses('not-found');
    });

    it('keeps an ad whose end has moved on when the old schedule fires', async () => {
      await given(adCreated(1), adUpdated(1, { endAt: endAt + hourMs }))
        .when(adExpired(1, endAt))
        .thenRefuses('not-due');
      await given(adCreated(1), adUpdated(1, { endAt: endAt + hourMs }))
        .when(adExpired(1, endAt, { at: endAt + 2 * hourMs }))
        .thenRefuses('not-due');
    });

    it('takes an ad whose end has moved forward also by the schedule of the old end', async () => {
      await given(adCreated(1), adUpdated(1, { endAt: endAt - hourMs }))
        .when(adExpired(1, endAt))
        .thenRemoves({ reason: 'expired' });
    });

    it('keeps an ad when the event came before its end by its own instant', async () => {
      await given(adCreated(1))
        .when(adExpired(1, endAt, { at: endAt - 1 }))
        .thenRefuses('not-due');
    });
  });
}
