import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adToRow } from '../../../../lib/core/ads/ad-row.ts';
import type { Ad } from '../../../../lib/core/ads/ad.ts';
import { CatalogRows } from '../../../../lib/core/ads/catalog/catalog-rows.ts';
import { Catalog } from '../../../../lib/core/ads/catalog/catalog.ts';
import { SnapshotAds } from '../../../../lib/core/ads/snapshot/snapshot-ads.ts';
import type { SnapshotRows } from '../../../../lib/core/ads/snapshot/snapshot-codec.ts';
import { adEpochMs, adId, buildAd, randomAd } from '../../../support/ad-builder.ts';
import { Prng } from '../../../support/prng.ts';
import { runs } from '../../runs.ts';
import { ads, ask, edits, filters, instants, questions, toChanges } from './catalog-arbitraries.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** As a snapshot holds them, `perChunk` ads a chunk. */
function catalogOfRows(ads: readonly Ad[], version: number, perChunk: number, blockRowsMax: number): Catalog {
  const lines = ads.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((ad) => `${adToRow(ad)}\n`);
  const rows = new CatalogRows();
  for (let start = 0; start < lines.length; start += perChunk) {
    expect(rows.add(encode(lines.slice(start, start + perChunk).join('')))).toBe(true);
  }
  expect(rows.size).toBe(ads.length);
  return Catalog.fromRows(rows, version, { blockRowsMax });
}

/** Rows that must be parsed at once stand between those that need not be. */
const storedAds = fc.tuple(ads, fc.infiniteStream(fc.nat(5))).map(([ads, kinds]) =>
  ads.map((ad) => {
    const kind = kinds.next().value as number;
    if (kind === 0) return { ...ad, id: `${ad.id}-longer` };
    if (kind === 1) return { ...ad, startAt: ad.startAt - 50 };
    return kind === 2 ? { ...ad, content: '"\\\n\ud800é🦊', endVersion: 1 } : ad;
  }),
);

describe('a catalog of rows', () => {
  it('answers as one of ads does, before and after changes', () => {
    fc.assert(
      fc.property(
        storedAds,
        edits,
        fc.array(questions, { maxLength: 8 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(2, 8, 64),
        (ads, edits, questions, perChunk, blockRowsMax) => {
          let rows = catalogOfRows(ads, 7, perChunk, blockRowsMax);
          let parsed = Catalog.from(ads, 7, { blockRowsMax });
          const ids = [...parsed.ads()].map(({ id }) => id);
          for (const changes of [[], toChanges(edits, ids, 7)]) {
            rows = rows.apply(changes);
            parsed = parsed.apply(changes);
            for (const question of questions) {
              expect(ask(rows, question)).toEqual(ask(parsed, question));
              const { filter, atMs } = question;
              expect(rows.explain(filter, atMs)).toEqual(parsed.explain(filter, atMs));
              expect(rows.nextInstant(atMs)).toBe(parsed.nextInstant(atMs));
            }
            expect([...rows.ads()]).toStrictEqual([...parsed.ads()]);
            expect([rows.version, rows.size, rows.bytes]).toEqual([
              parsed.version,
              parsed.size,
              parsed.bytes,
            ]);
            expect(rows.listById(undefined, 100, -100)).toEqual(parsed.listById(undefined, 100, -100));
            for (const id of ids) expect(rows.get(id)).toStrictEqual(parsed.get(id));
          }
        },
      ),
      runs(150),
    );
  });

  it('keeps its totals right while the clock moves', () => {
    fc.assert(
      fc.property(
        storedAds,
        fc.array(filters, { minLength: 1, maxLength: 3 }),
        fc.array(instants, { maxLength: 30 }),
        (ads, filters, instants) => {
          const rows = catalogOfRows(ads, 1, 10, 8);
          for (const atMs of instants) {
            for (const filter of filters) {
              const question = { filter, atMs, offset: 0, limit: 5 };
              expect(ask(rows, question)).toEqual(ask(Catalog.from(ads, 1), question));
            }
          }
        },
      ),
      runs(60),
    );
  });

  it('knows more countries than have a bit of their own', () => {
    const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    const codes = letters.flatMap((letter) => ['A', 'B'].map((second) => letter + second));
    const prng = new Prng(3);
    const ads = Array.from({ length: 200 }, (_, n) =>
      buildAd({
        id: adId(n),
        country: prng.sample(codes, prng.int(0, 4)).toSorted(),
        endAt: adEpochMs + 10 + (n % 50),
      }),
    );
    const rows = catalogOfRows(ads, 1, 30, 64);
    const parsed = Catalog.from(ads, 1);
    for (const atMs of [adEpochMs, adEpochMs + 11, adEpochMs + 30]) {
      for (const country of [...codes, 'ZZ']) {
        const question = { filter: { country }, atMs, offset: 0, limit: 100 };
        expect(ask(rows, question)).toEqual(ask(parsed, question));
        expect(rows.explain({ country }, atMs)).toEqual(parsed.explain({ country }, atMs));
      }
    }
  });

  it('may be of rows that are in another order, but of no ad twice', () => {
    const lines = [2, 1, 2].map((n) => `${adToRow(buildAd({ id: adId(n) }))}\n`);
    const rows = new CatalogRows();
    expect(rows.add(encode(lines.slice(0, 2).join('')))).toBe(true);
    expect([...Catalog.fromRows(rows, 1).ads()].map(({ id }) => id)).toEqual([adId(1), adId(2)]);
    expect(rows.add(encode(lines[2]!))).toBe(true);
    expect(() => Catalog.fromRows(rows, 1)).toThrow('twice');
  });
});

describe.each<[string, () => SnapshotRows]>([
  ['rows for a catalog', () => new CatalogRows()],
  ['ads', () => new SnapshotAds()],
])('%s read from lines', (_what, create) => {
  const line = (n: number): string => `${adToRow(randomAd(new Prng(n), n))}\n`;

  it('are as many as there are lines', () => {
    const rows = create();
    expect([line(1) + line(2), '', line(3)].map((text) => rows.add(encode(text)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(rows.size).toBe(3);
  });

  it.each([
    ['a line without an end', line(1).slice(0, -1)],
    ['a line that is no row', `${line(1)}{}\n`],
    ['a line that is no JSON', `${line(1)}[\n`],
    ['an empty line', `${line(1)}\n`],
    ['a row of another length', line(1).replace(']\n', ',0]\n')],
    ['a row with another kind of field', line(1).replace('"AD 1."', '1')],
  ])('are refused with %s', (_what, text) => {
    expect(create().add(encode(text))).toBe(false);
  });
});
