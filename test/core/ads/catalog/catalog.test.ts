import { describe, expect, it } from '@jest/globals';
import type { AdChange } from '../../../../lib/core/ads/ad-change.ts';
import { adToJson } from '../../../../lib/core/ads/ad-json.ts';
import type { Ad } from '../../../../lib/core/ads/ad.ts';
import { Catalog, type AdFilter } from '../../../../lib/core/ads/catalog/catalog.ts';
import { adEpochMs, adId, buildAd, randomAd, randomContent } from '../../../support/ad-builder.ts';
import { Prng } from '../../../support/prng.ts';
import { NaiveCatalog } from './naive-catalog.ts';

const first10 = { offset: 0, limit: 10 };

describe('an ad in a catalog', () => {
  it('is served from its start on and no longer at its end, though its removal is not applied', () => {
    const catalog = Catalog.from([buildAd({ startAt: 1000, endAt: 2000 })], 1);
    const totals = [999, 1000, 1999, 2000, 1999, 999].map((atMs) => catalog.query({}, atMs, first10).total);
    expect(totals).toEqual([0, 1, 1, 0, 1, 0]);
  });

  it('does not come back when the start of a deleted one passes', () => {
    const scheduled = buildAd({ startAt: 1000, endAt: 2000 });
    const catalog = Catalog.empty().apply([put(1, scheduled), remove(2, scheduled.id)]);
    expect(catalog.query({}, 1500, first10)).toEqual({ items: [], total: 0 });
  });

  it('is one row however wide its targets are, and an omitted target admits anyone', () => {
    const wide = buildAd({
      ageStart: 1,
      ageEnd: 120,
      gender: ['M', 'F'],
      platform: ['android', 'ios', 'web'],
    });
    const catalog = Catalog.from([wide], 1);
    const filters: AdFilter[] = [
      {},
      { age: 1 },
      { age: 120 },
      { country: 'TW', gender: 'F', platform: 'web' },
    ];
    for (const filter of filters) {
      expect(catalog.query(filter, adEpochMs, first10)).toEqual({ items: [adToJson(wide)], total: 1 });
    }
    expect(catalog.size).toBe(1);
  });

  it('is found in a block of several words that was cut in two, and whose parts are changed again', () => {
    const prng = new Prng(7);
    const ads = Array.from({ length: 96 }, (_, n) => randomAd(prng, 10 * n));
    let catalog = Catalog.from(ads, 96, { blockRowsMax: 96 });
    let model = new NaiveCatalog(ads);
    for (let round = 0; round < 150; round++) {
      const n = prng.int(0, 960);
      const change =
        round % 4 === 3 && catalog.get(adId(n)) !== undefined
          ? remove(97 + round, adId(n))
          : put(97 + round, { ...randomContent(prng, n), id: adId(n), version: 97 + round, createdAt: 0 });
      catalog = catalog.apply([change]);
      model = model.apply([change]);
      for (const filter of [{ age: prng.int(18, 64) }, { country: 'TW' }, {}]) {
        const page = { offset: prng.int(0, 40), limit: 20 };
        expect(catalog.query(filter, adEpochMs, page)).toEqual(model.query(filter, adEpochMs, page));
      }
    }
  });

  it('is asked for by 40 countries, among them one that only came with a change', () => {
    const codes = Array.from(
      { length: 40 },
      (_, i) => `${String.fromCharCode(65 + (i % 26))}${i < 26 ? 'X' : 'Y'}`,
    );
    const ads = Array.from({ length: 200 }, (_, n) =>
      buildAd({
        id: adId(n),
        country: n % 7 === 0 ? [] : codes.filter((_, i) => (i * 31 + n) % 9 === 0).sort(),
      }),
    );
    const changes = [
      put(201, buildAd({ id: adId(3), country: ['ZZ', codes[39]!] })),
      put(202, buildAd({ id: adId(500), country: codes })),
      put(203, buildAd({ id: adId(501) })),
    ];
    let catalog = Catalog.from(ads, 200);
    let model = new NaiveCatalog(ads);
    for (const change of changes) {
      for (const country of [...codes, 'ZZ', 'QQ']) {
        const page = { offset: 0, limit: 100 };
        expect(catalog.query({ country }, adEpochMs, page)).toEqual(
          model.query({ country }, adEpochMs, page),
        );
      }
      catalog = catalog.apply([change]);
      model = model.apply([change]);
    }
    expect(catalog.query({ country: 'ZZ' }, adEpochMs, first10).total).toBe(31);
    expect(catalog.query({ country: codes[39]! }, adEpochMs, first10)).toEqual(
      model.query({ country: codes[39]! }, adEpochMs, first10),
    );
  });

  it('is serialised once, for all catalogs that hold this version of it, and not before it is served', () => {
    let serialised = 0;
    const ad = Object.defineProperty(buildAd(), 'createdAt', { get: () => ++serialised });
    const catalog = Catalog.from([ad], 1);
    expect(serialised).toBe(0);
    catalog.query({}, adEpochMs, first10);
    catalog.apply([put(2, buildAd({ id: adId(9) }))]).query({}, adEpochMs, first10);
    catalog.listById(undefined, 10, adEpochMs);
    expect(serialised).toBe(1);
  });
});

describe('a total', () => {
  // The way from one catalog to a later one is known for so many changes.
  it.each([1, 127, 128, 129, 300])('is right after %i changes that nobody asked in between', (count) => {
    let catalog = Catalog.from([buildAd({ id: adId(9999) })], 1);
    const filters: AdFilter[] = [{}, { country: 'TW' }, { age: 30 }];
    const totals = () => filters.map((filter) => catalog.query(filter, adEpochMs, first10).total);
    const before = totals();
    for (let n = 0; n < count; n += 1) {
      const { version } = catalog;
      catalog = catalog.apply([put(version + 1, buildAd({ id: adId(n), version: version + 1 }))]);
    }
    expect(totals()).toEqual(before.map((total) => total * (count + 1)));
    expect(before).toEqual([1, 1, 1]);
  });
});

describe('a page', () => {
  const ads = Array.from({ length: 30 }, (_, n) =>
    buildAd({ id: adId(29 - n), endAt: adEpochMs + 1 + Math.floor(n / 4) }),
  );
  const catalog = Catalog.from(ads, 30);

  it('does not overlap the next one, and its total is of all pages', () => {
    const pages = [0, 10, 20, 30].map((offset) => catalog.query({}, adEpochMs, { offset, limit: 10 }));
    expect(pages.map(({ items }) => items.length)).toEqual([10, 10, 10, 0]);
    expect(new Set(pages.flatMap(({ items }) => items)).size).toBe(30);
    expect(pages.map(({ total }) => total)).toEqual([30, 30, 30, 30]);
  });

  it('may be empty, and still tells the total', () => {
    expect(catalog.query({}, adEpochMs, { offset: 5, limit: 0 })).toEqual({ items: [], total: 30 });
    expect(catalog.query({}, adEpochMs, { offset: Number.MAX_SAFE_INTEGER, limit: 100 })).toEqual({
      items: [],
      total: 30,
    });
  });

  it.each([
    [{ offset: -1, limit: 1 }, {}],
    [{ offset: 0.5, limit: 1 }, {}],
    [{ offset: 0, limit: 101 }, {}],
    [{ offset: 0, limit: 1 }, { age: 0 }],
    [{ offset: 0, limit: 1 }, { age: 121 }],
  ])('is refused for %j, %j', (page, filter) => {
    expect(() => catalog.query(filter, adEpochMs, page)).toThrow('out of range');
  });
});

describe('changes', () => {
  const catalog = Catalog.from([buildAd()], 5);

  it.each<[string, AdChange[]]>([
    ['leave a gap', [put(7, buildAd())]],
    ['are applied already', [put(5, buildAd())]],
    ['leave a gap between them', [put(6, buildAd()), put(8, buildAd())]],
    ['remove an ad that is not there', [remove(6, adId(1))]],
    ['remove an ad twice', [remove(6, adId(0)), remove(7, adId(0))]],
    [
      'remove twice an ad that they put',
      [put(6, buildAd({ id: adId(2) })), remove(7, adId(2)), remove(8, adId(2))],
    ],
    ['hold an ad that ends before it starts', [put(6, buildAd({ startAt: 2, endAt: 2 }))]],
    ['hold an ad for no age', [put(6, buildAd({ ageStart: 30, ageEnd: 29 }))]],
    ['hold an ad for an age that nobody has', [put(6, buildAd({ ageStart: 0 }))]],
    ['hold an ad for a country without a code', [put(6, buildAd({ country: ['tw'] }))]],
  ])('are refused whole when they %s', (_, changes) => {
    const before = catalog.query({}, adEpochMs, first10);
    expect(() => catalog.apply(changes)).toThrow(expect.objectContaining({ name: 'AssertionError' }));
    expect([catalog.version, catalog.size]).toEqual([5, 1]);
    expect(catalog.query({}, adEpochMs, first10)).toEqual(before);
  });

  it('of none make no new catalog', () => {
    expect(catalog.apply([])).toBe(catalog);
  });

  it('may remove and put the same ad, which is then there', () => {
    const after = catalog.apply([remove(6, adId(0)), put(7, buildAd({ version: 7 }))]);
    expect([after.version, after.size, after.get(adId(0))?.version]).toEqual([7, 1, 7]);
  });

  it('cannot make a catalog with one id twice', () => {
    expect(() => Catalog.from([buildAd(), buildAd({ endAt: adEpochMs + 1 })], 2)).toThrow('twice');
  });
});

describe('a large catalog', () => {
  it('is right in the default blocks, through splits, moves and removals', () => {
    const prng = new Prng(5);
    let ads = Array.from({ length: 3000 }, (_, n) => randomAd(prng, n));
    let catalog = Catalog.from(ads, 3000);
    for (let round = 0; round < 12; round++) {
      const batch = [1, 3, 40, 700][round % 4]!;
      const changes: AdChange[] = [];
      const byId = new Map(ads.map((ad) => [ad.id, ad]));
      for (let i = 0; i < batch; i++) {
        const version = catalog.version + i + 1;
        const id = adId(prng.int(0, 4000));
        if (byId.has(id) && prng.chance(0.4)) {
          byId.delete(id);
          changes.push(remove(version, id));
        } else {
          const ad = buildAd({ ...randomContent(prng, i), id, version });
          byId.set(id, ad);
          changes.push(put(version, ad));
        }
      }
      catalog = catalog.apply(changes);
      ads = [...byId.values()];
      const model = new NaiveCatalog(ads);
      expect([catalog.size, catalog.bytes]).toEqual([ads.length, model.bytes]);
      for (let i = 0; i < 20; i++) {
        const filter: AdFilter = { age: prng.int(1, 100), ...(prng.chance(0.5) ? { country: 'TW' } : {}) };
        const atMs = adEpochMs + prng.int(-5, 40) * 86_400_000;
        const page = { offset: prng.int(0, 300), limit: 100 };
        expect(catalog.query(filter, atMs, page)).toEqual(model.query(filter, atMs, page));
      }
    }
  });

  it('counts each shape once, then follows the changes and the clock', () => {
    const prng = new Prng(6);
    let catalog = Catalog.from(
      Array.from({ length: 5000 }, (_, n) => randomAd(prng, n)),
      5000,
    );
    for (let round = 0; round < 50; round++) {
      const atMs = adEpochMs + (round % 10) * 60_000;
      for (let age = 20; age < 60; age++) catalog.query({ age }, atMs, first10);
      const id = adId(prng.int(0, 5999));
      catalog = catalog.apply([put(catalog.version + 1, buildAd({ ...randomContent(prng, round), id }))]);
    }
    expect(catalog.totalsFacts).toEqual({ hits: 49 * 40, counted: 40 });
  });
});

function put(version: number, ad: Ad): AdChange {
  return { type: 'put', version, ad };
}

function remove(version: number, adId: string): AdChange {
  return { type: 'remove', version, adId, reason: 'deleted' };
}
