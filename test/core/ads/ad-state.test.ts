import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adBytes } from '../../../lib/core/ads/ad-content.ts';
import type { AdChange } from '../../../lib/core/ads/ad-change.ts';
import type { AdEvent } from '../../../lib/core/ads/ad-event.ts';
import { AdState, AdStateOverlay, evolve, type AdStateView } from '../../../lib/core/ads/ad-state.ts';
import { canonicalState } from '../../../lib/core/ads/snapshot/canonical-state.ts';
import { changesOf, decide } from '../../../lib/core/ads/decide.ts';
import { AssertionError } from '../../../lib/core/assert.ts';
import { adId, buildAd } from '../../support/ad-builder.ts';
import { adEventLogs } from '../../support/ad-event-arbitraries.ts';

const limits = { liveAdsMax: 4, liveBytesMax: 2000 };

function put(version: number, n = 1): AdChange {
  return { type: 'put', version, ad: buildAd({ id: adId(n), version }) };
}

function remove(version: number, n = 1): AdChange {
  return { type: 'remove', version, adId: adId(n), reason: 'deleted' };
}

/** What the state weighs, counted anew. */
function weigh(state: AdState): unknown {
  const ads = [...state.ads.values()];
  return { size: ads.length, liveBytes: ads.reduce((sum, ad) => sum + adBytes(ad), 0) };
}

/** Who has each external id that the logs name. */
function holders(state: AdStateView): Readonly<Record<string, string>> {
  const found = ['a', 'b', 'é"\u2028'].map((externalId) => [externalId, state.byExternalId(externalId)?.id]);
  return Object.fromEntries(found.filter(([, id]) => id !== undefined)) as Record<string, string>;
}

function folded(events: readonly AdEvent[]): AdState {
  const state = new AdState();
  for (const event of events) {
    for (const change of changesOf(decide(event, state, limits))) evolve(state, change);
  }
  return state;
}

describe('the state of all ads', () => {
  it('knows how many there are and what they weigh, whatever happened', () => {
    fc.assert(
      fc.property(adEventLogs, (events) => {
        const state = folded(events);
        expect({ size: state.size, liveBytes: state.liveBytes }).toStrictEqual(weigh(state));
        expect(state.size).toBeLessThanOrEqual(limits.liveAdsMax);
        expect(state.liveBytes).toBeLessThanOrEqual(limits.liveBytesMax);
      }),
    );
  });

  it('is the same when it is put together from its ads', () => {
    fc.assert(
      fc.property(adEventLogs, (events) => {
        const state = folded(events);
        const again = AdState.from([...state.ads.values()].toReversed(), state.version);
        expect(again).toEqual(state);
        expect(canonicalState(again)).toBe(canonicalState(state));
      }),
    );
  });

  it('knows what it weighs whether it is asked before a change or only after', () => {
    const ads = [1, 2].map((n) => buildAd({ id: adId(n), content: 'x'.repeat(n) }));
    for (const change of [put(1, 1), put(1, 3), remove(1, 2)]) {
      const [asked, unasked] = [AdState.from(ads, 0), AdState.from(ads, 0)];
      expect({ size: asked.size, liveBytes: asked.liveBytes }).toStrictEqual(weigh(asked));
      for (const state of [asked, unasked]) {
        evolve(state, change);
        expect({ size: state.size, liveBytes: state.liveBytes }).toStrictEqual(weigh(state));
      }
    }
  });

  it('knows who has each external id, whether it is asked before the changes or only after', () => {
    fc.assert(
      fc.property(adEventLogs, (events) => {
        const [asked, unasked] = [new AdState(), new AdState()];
        for (const event of events) {
          const overlay = new AdStateOverlay(asked);
          const changes = changesOf(decide(event, asked, limits));
          for (const change of changes) {
            overlay.apply(change);
            evolve(unasked, change);
          }
          const after = holders(AdState.from([...unasked.ads.values()], 0));
          expect(holders(overlay)).toEqual(after);
          for (const change of changes) evolve(asked, change);
          expect(holders(asked)).toEqual(after);
        }
        const all = [...unasked.ads.values()];
        const held = all.flatMap(({ id, externalId }) =>
          externalId === undefined ? [] : [[externalId, id]],
        );
        expect(Object.fromEntries(held)).toEqual(holders(unasked));
        expect(held).toHaveLength(Object.keys(holders(unasked)).length);
      }),
    );
  });

  it('cannot be put together from an ad given twice', () => {
    expect(() => AdState.from([buildAd(), buildAd()], 2)).toThrow(AssertionError);
  });

  it.each<[string, AdChange]>([
    ['leaves a gap', put(3)],
    ['was applied before', put(1)],
    ['removes what is not there', remove(2, 7)],
  ])('takes no change that %s, and stays as it was', (_what, change) => {
    const state = AdState.from([buildAd({ id: adId(1) })], 1);
    const before = canonicalState(state);
    expect(() => {
      evolve(state, change);
    }).toThrow(AssertionError);
    expect(canonicalState(state)).toBe(before);
  });
});

describe('what nobody has foreseen', () => {
  it('is an error rather than passed over', () => {
    expect(() => decide({ type: 'AdMoved' } as never, new AdState(), limits)).toThrow(AssertionError);
    const state = new AdState();
    expect(() => {
      evolve(state, { type: 'move', version: 1 } as never);
    }).toThrow(AssertionError);
    expect(state.version).toBe(0);
  });
});

describe('the canonical text of a state', () => {
  it('has a header and one line per ad, by id', () => {
    const ads = [buildAd({ id: adId(2), version: 4 }), buildAd({ id: adId(1), version: 3 })];
    const lines = canonicalState(AdState.from(ads, 5)).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe('{"v":1,"version":5,"ads":2}');
    expect(lines[1]).toContain(adId(1));
    expect(lines[2]).toContain(adId(2));
    expect(lines[3]).toBe('');
  });

  it('is another one for another version or ad', () => {
    const texts = [
      AdState.from([], 0),
      AdState.from([], 1),
      AdState.from([buildAd()], 1),
      AdState.from([buildAd({ endVersion: 1 })], 1),
    ].map(canonicalState);
    expect(new Set(texts).size).toBe(4);
  });
});

describe('changes that are not committed yet', () => {
  it('look like the state they lead to, leave the one below alone, and lead to it', () => {
    fc.assert(
      fc.property(adEventLogs, fc.nat(60), (events, cut) => {
        const base = folded(events.slice(0, cut));
        const before = canonicalState(base);
        const expected = folded(events);
        const overlay = new AdStateOverlay(base);
        for (const event of events.slice(cut)) {
          for (const change of changesOf(decide(event, overlay, limits))) overlay.apply(change);
        }
        const { version, size, liveBytes } = overlay;
        expect({ version, size, liveBytes }).toEqual({
          version: expected.version,
          ...(weigh(expected) as object),
        });
        for (let n = 0; n < 6; n++) expect(overlay.get(adId(n))).toEqual(expected.get(adId(n)));
        expect(canonicalState(base)).toBe(before);
        overlay.commit();
        expect(base).toEqual(expected);
      }),
    );
  });

  it.each([put(1), put(3), remove(3)])('do not take %j behind version 1', (change) => {
    const overlay = new AdStateOverlay(AdState.from([buildAd({ id: adId(1) })], 1));
    expect(() => {
      overlay.apply(change);
    }).toThrow(AssertionError);
    expect([overlay.version, overlay.size, overlay.touched.size]).toEqual([1, 1, 0]);
  });
});
