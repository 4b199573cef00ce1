import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeAdEvent, encodeAdEvent } from '../../../lib/app/ads/ad-event-codec.ts';
import { adEventLogs } from '../../support/ad-event-arbitraries.ts';
import { adCreated, adDeleted, adUpdated } from '../../support/ad-event-builder.ts';

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('an ad event as a record', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(adEventLogs, (events) => {
        for (const event of events) {
          expect(decodeAdEvent(encodeAdEvent(event))).toStrictEqual({ status: 'ok', event });
        }
      }),
      { numRuns: 50 },
    );
  });

  it('carries the trace context', () => {
    const event = { ...adDeleted(1), traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    expect(decodeAdEvent(encodeAdEvent(event))).toStrictEqual({ status: 'ok', event });
  });

  it('may hold fields that are not known here', () => {
    const event = adUpdated(1, { title: 'other' });
    const newer = { ...event, campaign: 1, patch: { ...event.patch, colour: 'red' } };
    expect(decodeAdEvent(encode(newer))).toStrictEqual({ status: 'ok', event });
  });

  it('gets its target lists in order and without repetition', () => {
    const event = adCreated(1);
    const messy = {
      ...event.ad,
      gender: ['F', 'M', 'F'],
      country: ['TW', 'JP', 'TW'],
      platform: ['web', 'ios'],
    };
    expect(decodeAdEvent(encode({ ...event, ad: messy }))).toMatchObject({
      event: { ad: { gender: ['M', 'F'], country: ['JP', 'TW'], platform: ['ios', 'web'] } },
    });
  });

  it.each([
    ['no JSON', new Uint8Array([0x7b])],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['nothing', new Uint8Array()],
    ['null', encode(null)],
    ['a list', encode([])],
    ['another version', encode({ ...adDeleted(1), v: 2 })],
    ['another type', encode({ ...adDeleted(1), type: 'AdPraised' })],
    ['no event id', encode({ ...adDeleted(1), id: 'x' })],
    ['an id that is no UUID', encode({ ...adDeleted(1), adId: '../head' })],
    ['a time that is none', encode({ ...adDeleted(1), at: 1e300 })],
    [
      'a content too long for an item',
      encode({ ...adCreated(1), ad: { ...adCreated(1).ad, content: 'x'.repeat(20_001) } }),
    ],
    ['a country that is none', encode(adUpdated(1, { country: ['Taiwan'] }))],
    ['an age of 0', encode(adUpdated(1, { ageStart: 0 }))],
  ])('is told from %s, with a reason', (_what, data) => {
    const decoded = decodeAdEvent(data);
    expect(decoded).toMatchObject({ status: 'undecodable', reason: expect.stringMatching(/./) });
  });

  it('keeps what the record holds out of the reason', () => {
    const decoded = decodeAdEvent(encode({ ...adDeleted(1), id: 'secret' }));
    expect(JSON.stringify(decoded)).not.toContain('secret');
  });

  it('is not written when the other end would refuse it', () => {
    expect(() => encodeAdEvent({ ...adDeleted(1), id: 'x' })).toThrow();
  });
});
