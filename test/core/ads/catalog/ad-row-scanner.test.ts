import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AdRowScanner } from '../../../../lib/core/ads/catalog/ad-row-scanner.ts';
import { adToRow, parseAdRow } from '../../../../lib/core/ads/ad-row.ts';
import { ageMax, ageMin, type Ad } from '../../../../lib/core/ads/ad.ts';
import { CatalogRow, type RowTargets } from '../../../../lib/core/ads/catalog/catalog-row.ts';
import { CountrySlots } from '../../../../lib/core/ads/catalog/country-slots.ts';
import { adId, buildAd } from '../../../support/ad-builder.ts';
import { adContents } from '../../../support/ad-event-arbitraries.ts';
import { runs } from '../../runs.ts';

const wholes = fc.oneof(fc.nat(), fc.maxSafeNat());
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u0000', '\ud800', 'é', '🦊', 'a'), maxLength: 20 }),
);
const windows = fc
  .uniqueArray(wholes, { minLength: 2, maxLength: 2 })
  .map(([a = 0, b = 0]) => ({ startAt: Math.min(a, b), endAt: Math.max(a, b) }));
const ads: fc.Arbitrary<Ad> = fc
  .record({
    content: adContents,
    texts: fc.record({ title: texts, content: texts }),
    window: windows,
    more: fc.record({ version: wholes, createdAt: wholes, endVersion: fc.integer({ min: 1, max: 9 }) }),
    n: fc.nat(9),
  })
  .filter(({ content: { ageStart, ageEnd } }) => (ageStart ?? ageMin) <= (ageEnd ?? ageMax))
  .map(({ content, texts, window, more, n }) => ({ ...content, ...texts, ...window, ...more, id: adId(n) }));

/** The numbers, or undefined if the bytes are not taken. Other bytes stand around them. */
function scan(row: Uint8Array, countries = new CountrySlots()): RowTargets | undefined {
  const scanner = new AdRowScanner(countries);
  const around = new Uint8Array(row.length + 20).fill('1'.charCodeAt(0));
  around.set(row, 10);
  return scanner.scan(around, 10, 10 + row.length) ? targetsOf(scanner) : undefined;
}

function targetsOf(row: RowTargets): RowTargets {
  const { startAt, endAt, ageStart, ageEnd, genderBits, platformBits, countryBits, untargetedBits } = row;
  const { priority, weight, paused, campaignId, hasGoal, capped, servesAnonymous } = row;
  return {
    ...{ startAt, endAt, ageStart, ageEnd, genderBits, platformBits, countryBits, untargetedBits },
    ...{ priority, weight, paused, campaignId, hasGoal, capped, servesAnonymous },
  };
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const rowOf = (ad: Ad): Uint8Array => encode(adToRow(ad));

describe('a row that is scanned', () => {
  it('gives the numbers that the parsed ad gives', () => {
    fc.assert(
      fc.property(ads, (ad) => {
        expect(scan(rowOf(ad))).toEqual(targetsOf(CatalogRow.of(ad, new CountrySlots())));
      }),
      runs(500),
    );
  });

  it('is one that is parsed, to the same numbers, whatever bytes have been changed', () => {
    const edits = fc.array(
      fc.record({ at: fc.nat(400), drop: fc.nat(2), put: fc.uint8Array({ maxLength: 2 }) }),
      { minLength: 1, maxLength: 2 },
    );
    const digits = fc.constantFrom(...encode('0123456789,"\\[]nu-.eA '));
    const close = fc.array(
      fc
        .record({ at: fc.nat(200), drop: fc.nat(2), put: fc.uint8Array({ maxLength: 0 }) })
        .chain((edit) =>
          fc.array(digits, { maxLength: 2 }).map((put) => ({ ...edit, put: Uint8Array.from(put) })),
        ),
      { minLength: 1, maxLength: 2 },
    );
    let taken = 0;
    fc.assert(
      fc.property(ads, fc.oneof(edits, close), (ad, edits) => {
        let bytes = [...rowOf(ad)];
        for (const { at, drop, put } of edits) bytes = bytes.toSpliced(at % bytes.length, drop, ...put);
        const targets = scan(Uint8Array.from(bytes));
        if (targets === undefined) return;
        taken += 1;
        const parsed = parseAdRow(new TextDecoder().decode(Uint8Array.from(bytes)));
        expect(parsed).toBeDefined();
        expect([targets.startAt, targets.endAt]).toEqual([parsed!.startAt, parsed!.endAt]);
        expect([targets.ageStart, targets.ageEnd]).toEqual([
          parsed!.ageStart ?? ageMin,
          parsed!.ageEnd ?? ageMax,
        ]);
        const { ageStart, ageEnd } = parsed!;
        const expected = CatalogRow.of(
          // The ages may be none that a row takes; whether there are any is what counts here.
          {
            ...parsed!,
            startAt: 0,
            endAt: 1,
            ageStart: ageStart === null ? null : ageMin,
            ageEnd: ageEnd === null ? null : ageMax,
          },
          new CountrySlots(),
        );
        const { startAt, endAt, ageStart: first, ageEnd: last } = targets;
        expect(targets).toEqual({ ...targetsOf(expected), startAt, endAt, ageStart: first, ageEnd: last });
      }),
      runs(2000),
    );
    expect(taken).toBeGreaterThan(0);
  });

  it('gives a country the slot that it has', () => {
    const countries = new CountrySlots();
    expect(scan(rowOf(buildAd({ country: ['JP', 'TW'] })), countries)?.countryBits).toBe(0b11);
    expect(scan(rowOf(buildAd({ country: ['TW'] })), countries)?.countryBits).toBe(0b10);
    expect([countries.count, countries.find('JP'), countries.find('TW')]).toEqual([2, 0, 1]);
  });
});

const every: Partial<Ad> = {
  ...{
    externalId: 'a',
    status: 'paused' as const,
    priority: 16,
    weight: 100,
    clickUrl: 'https://a.example/',
  },
  ...{ imageUrl: 'https://b.example/', width: 10_000, height: 1, campaignId: 'é"\u2028' },
  metadata: { a: 'b"', b: -1.5, c: true, d: false, e: 0, f: '' },
  goal: { impressions: { total: 9, daily: 9 }, pacing: 'asap', timezone: 'Asia/Taipei' },
  frequency: { max: 100, per: 'P30D', scope: 'campaign', anonymous: 'serve' },
  generation: 1,
};

describe('the optional fields of a row', () => {
  it('are all read, and do not stay for the next row', () => {
    const scanner = new AdRowScanner(new CountrySlots());
    const rows = [buildAd(every), buildAd(), buildAd({ status: 'active' })].map(rowOf);
    const read = rows.map((row) => {
      expect(scanner.scan(row, 0, row.length)).toBe(true);
      const { priority, weight, paused, campaignId } = scanner;
      return { priority, weight, paused, campaignId };
    });
    const defaults = { priority: 8, weight: 1, paused: false, campaignId: undefined };
    expect(read).toEqual([
      { priority: 16, weight: 100, paused: true, campaignId: 'é"\u2028' },
      defaults,
      defaults,
    ]);
  });

  it.each(Object.entries(every))('are scanned without %s, and with it alone', (name, value) => {
    const others = Object.fromEntries(Object.entries(every).filter(([other]) => other !== name));
    for (const fields of [others, { [name]: value }]) {
      const ad = buildAd(fields);
      expect(scan(rowOf(ad))).toEqual(targetsOf(CatalogRow.of(ad, new CountrySlots())));
    }
  });

  const text = adToRow(buildAd(every));
  it.each([
    ['none', adToRow(buildAd()).replace(/\]$/, ',{}]')],
    ['one that is unknown', text.replace('"weight"', '"wait"')],
    ['one more that is unknown', text.replace('"weight"', '"wait":1,"weight"')],
    ['another order', text.replace('"priority":16,"weight":100', '"weight":100,"priority":16')],
    ['one twice', text.replace('"weight":100', '"weight":100,"weight":100')],
    ['a comma in front', text.replace('{"external_id', '{,"external_id')],
    ['a comma behind', text.replace(/\}\]$/, ',}]')],
    ['a status that is none', text.replace('"paused"', '"gone"')],
    ['a priority of 0', text.replace('"priority":16', '"priority":0')],
    ['a priority of 17', text.replace('"priority":16', '"priority":17')],
    ['a weight of 0', text.replace('"weight":100', '"weight":0')],
    ['a weight of 101', text.replace('"weight":100', '"weight":101')],
    ['a width of 0', text.replace('"width":10000', '"width":0')],
    ['a text for a height', text.replace('"height":1', '"height":"1"')],
    ['a number for a campaign', text.replace(/"campaign_id":"[^m]*"m/, '"campaign_id":1,"m')],
    ['metadata that is a list', text.replace(/"metadata":\{[^}]*\}/, '"metadata":[]')],
    ['a goal of nothing', text.replace('"total":9,"daily":9', '')],
    ['more a day than in all', text.replace('"total":9', '"total":8')],
    ['a time zone with an escape', text.replace('Asia/Taipei', 'Asia\\u002fTaipei')],
    ['a goal that does not end', text.replace('},"pacing"', ',"pacing"')],
    ['a period of 31 days', text.replace('P30D', 'P31D')],
    ['generation 0', text.replace('"generation":1', '"generation":0')],
    ['metadata with null', text.replace('-1.5', 'null')],
    ['metadata with an object', text.replace('-1.5', '{}')],
    ['metadata with a zero in front', text.replace('-1.5', '-01.5')],
    ['metadata with half a fraction', text.replace('-1.5', '-1.')],
    ['metadata with a sign alone', text.replace('-1.5', '-')],
    ['metadata with half an exponent', text.replace('-1.5', '-1.5e+')],
    ['metadata without a colon', text.replace('"a":"b', '"a""b')],
  ])('are not scanned with %s, and no such row is parsed in another way', (_what, changed) => {
    expect(scan(encode(text))).toBeDefined();
    expect(changed).not.toBe(text);
    expect(scan(encode(changed))).toBeUndefined();
  });

  it('have the campaign, whichever were read before', () => {
    const countries = new CountrySlots();
    const scanner = new AdRowScanner(countries);
    const campaignOf = (campaignId: string): string | undefined => {
      const row = rowOf(buildAd({ campaignId }));
      expect(scanner.scan(row, 0, row.length)).toBe(true);
      return scanner.campaignId;
    };
    // The first two have equal hashes. Then more of them than are kept.
    const many = ['campaign 332789', 'campaign 529192', 'campaign 332789'];
    for (let n = 0; n < 9000; n += 1) many.push(`campaign ${n % 4500}`);
    expect(many.map(campaignOf)).toEqual(many);
  });
});

describe('a row that is not scanned', () => {
  const text = adToRow(buildAd({ title: 'AD 0', content: 'ab', country: ['JP', 'TW'] }));
  const replaced = (what: string, by: string): string => {
    expect(text).toContain(what);
    return text.replace(what, by);
  };

  it.each([
    ['nothing', ''],
    ['no end', text.slice(0, -1)],
    ['more behind its end', `${text}]`],
    ['an id of another length', text.replace(adId(0), 'x')],
    ['an id with an escape', text.replace(adId(0).slice(0, 2), '\\n')],
    ['an id that is not ASCII', text.replace(adId(0).slice(0, 2), 'é')],
    ['no text for a title', replaced('"AD 0"', '1')],
    ['an escape that is none', replaced('"AD 0"', '"\\x"')],
    ['an escape without its digits', replaced('"AD 0"', '"\\u00g0"')],
    ['a line in its text', replaced('"ab"', '"a\nb"')],
    ['a negative start', replaced(',17', ',-17')],
    ['a start with a zero in front', replaced(',17', ',017')],
    ['a start that is too large', replaced(',17', ',9007199254740992')],
    ['a fraction', replaced(',17', ',1.7')],
    ['an exponent', replaced(',17', ',1e17')],
    ['no number', replaced('null', '')],
    ['half a null', replaced('null', 'nul')],
    ['a space', replaced(',null', ', null')],
    ['a gender that is none', replaced('null,0,', 'null,4,')],
    ['a platform that is none', replaced('TW",0,', 'TW",8,')],
    ['a country in lower case', replaced('JP', 'jp')],
    ['a country of three letters', replaced('JP', 'JPN')],
    ['a country of one letter', replaced('JP', 'J')],
    ['a comma behind the last country', replaced('TW"', 'TW,"')],
    ['another sign between countries', replaced('JP,', 'JP;')],
    ['countries without an end', text.slice(0, text.indexOf('TW') + 2)],
    ['one number less', text.replace(/,\d+\]$/, ']')],
    ['one number more', text.replace(/\]$/, ',0]')],
  ])('has %s', (_what, changed) => {
    expect(scan(encode(text))).toBeDefined();
    expect(scan(encode(changed))).toBeUndefined();
  });
});
