import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Ad } from '../../client/index.ts';
import { readAds, type ReadOptions } from '../../lib/bulk/ad-rows.ts';
import { csvHeader, csvRows } from '../../lib/bulk/csv-text.ts';
import type { Delimiter } from '../../lib/bulk/csv-rows.ts';
import type { Fault } from '../../lib/bulk/file-error.ts';

const usual: ReadOptions = {
  ...{ format: 'csv', delimiter: undefined, raw: false, timezone: 'UTC', dateFormat: undefined },
};
const read = (text: string | Buffer, options: Partial<ReadOptions> = {}) =>
  readAds(Buffer.from(text), { ...usual, ...options });

const header = 'external_id,title,content,start_at,end_at,age_start,age_end,gender,country,platform';
const inCsv = (...rows: readonly string[]): string => [header, ...rows].join('\n');
const inNdjson = (...objects: readonly object[]): string =>
  objects.map((one) => JSON.stringify(one)).join('\n');
const plain = {
  external_id: 'a',
  title: 'Tea time',
  content: 'c',
  start_at: '2026-12-01',
  end_at: '2027-01-01',
};
const readPlain = {
  ...plain,
  ...{ start_at: '2026-12-01T00:00:00.000Z', end_at: '2027-01-01T00:00:00.000Z' },
};

describe('a row of CSV', () => {
  it('is an ad as the API takes it', () => {
    const { ads, faults } = read(inCsv('a,Tea time,c,2026-12-01,2027-01-01, 18 ,64,f,tw|JP,iOS'), {
      timezone: 'Asia/Taipei',
    });
    expect(faults).toEqual([]);
    expect(ads).toEqual([
      {
        line: 2,
        ad: {
          ...{ external_id: 'a', title: 'Tea time', content: 'c' },
          ...{ start_at: '2026-11-30T16:00:00.000Z', end_at: '2026-12-31T16:00:00.000Z' },
          ...{ age_start: 18, age_end: 64, gender: ['F'], country: ['TW', 'JP'], platform: ['ios'] },
        },
      },
    ]);
  });

  it.each([
    ['status', ' Paused ', 'paused'],
    ['priority', ' 16', 16],
    ['width', '10000', 10_000],
    ['click_url', ' https://a.example/ ', 'https://a.example/'],
    ['campaign_id', ' a b', ' a b'],
    ['metadata', '"{""a"":1.5,""b"":""x""}"', { a: 1.5, b: 'x' }],
    ['frequency', '"{""max"":3,""per"":""P1D"",""scope"":""ad""}"', { max: 3, per: 'P1D', scope: 'ad' }],
    [
      'goal',
      '"{""impressions"":{""total"":100000},""pacing"":""even""}"',
      { impressions: { total: 100_000 }, pacing: 'even' },
    ],
  ])('may have a %s', (name, cell, value) => {
    const row = `external_id,title,content,start_at,end_at,${name}\na,Tea time,c,2026-12-01,2027-01-01,${cell}`;
    expect(read(row)).toEqual({ ads: [{ line: 2, ad: { ...readPlain, [name]: value } }], faults: [] });
  });

  it.each([
    ['status', 'gone', 'must be active or paused: gone'],
    ['priority', '17', 'must be a whole number from 1 to 16: 17'],
    ['weight', '1.5', 'must be a whole number from 1 to 100: 1.5'],
    ['click_url', 'a.example', 'must be a URL that begins with https://: a.example'],
    ['metadata', '[1]', 'must be a JSON object such as {"line-item":"A7","rank":3}: [1]'],
    ['metadata', 'a: 1', 'must be a JSON object such as {"line-item":"A7","rank":3}: a: 1'],
    ['frequency', '3', 'must be a JSON object such as {"max":3,"per":"P1D","scope":"ad"}: 3'],
    [
      'goal',
      '"{""impressions"":{""total"":0},""pacing"":""even""}"',
      'key impressions.total must be a whole number from 1 to 1000000000: {"impressions":{"total":0},"pacing":"even"}',
    ],
    ['metadata', '"{""a"":[]}"', 'key a must be text, a number, true or false: {"a":[]}'],
  ])('has no %s %s', (name, cell, message) => {
    const row = `external_id,title,content,start_at,end_at,${name}\na,Tea time,c,2026-12-01,2027-01-01,${cell}`;
    expect(messages(read(row))).toEqual([`2: ${name}: ${message}`]);
  });

  it('lacks what its cells leave empty', () => {
    const { ads } = read(inCsv('a,Tea time,c,2026-12-01,2027-01-01,, ,,,'));
    expect(ads).toEqual([{ line: 2, ad: readPlain }]);
  });

  it.each([['TW|JP'], ['TW;JP'], ['TW JP'], ['tw | jp'], ['"TW,JP"'], ['"TW, JP"'], ['|TW||JP|']])(
    'may have the list %s',
    (list) => {
      const { ads } = read(inCsv(`a,Tea time,c,2026-12-01,2027-01-01,,,,${list},`));
      expect(ads[0]?.ad.country).toEqual(['TW', 'JP']);
    },
  );

  it('keeps the spaces of its texts', () => {
    const { ads } = read(inCsv(' a ," Tea time\n",  c ,2026-12-01,2027-01-01,,,,,'));
    expect(ads[0]?.ad).toMatchObject({ external_id: ' a ', title: ' Tea time\n', content: '  c ' });
  });
});

const messages = ({ faults }: { readonly faults: readonly Fault[] }): string[] =>
  faults.map(({ line, column, value, message }) =>
    [line, column, message, value].filter((part) => part !== undefined).join(': '),
  );

describe('a faulty row', () => {
  it('has one message for each column that is wrong', () => {
    const row = 'a,Tea,,01/02/2026,2026-02-30,18.0,121,M|X,TW|Taiwan,iphone';
    expect(messages(read(inCsv(row)))).toEqual([
      '2: start_at: may be day or month first; write 2026-12-31, or give --date-format dmy or mdy: 01/02/2026',
      '2: end_at: must be a date that exists: 2026-02-30',
      '2: title: must have 5 to 100 characters: Tea',
      '2: content: is missing',
      '2: age_start: must be a whole number from 1 to 120: 18.0',
      '2: age_end: must be a whole number from 1 to 120: 121',
      '2: gender: must be M or F: M|X',
      '2: country: must be an ISO 3166-1 alpha-2 code in upper case: TW|Taiwan',
      '2: platform: must be android, ios or web: iphone',
    ]);
  });

  it('may break rules between columns', () => {
    expect(messages(read(inCsv('a,Tea time,c,2026-12-01,2026-12-01,30,20,,,')))).toEqual([
      '2: end_at: must be after start_at: 2026-12-01',
      '2: age_end: must not be below age_start: 20',
    ]);
  });

  it('may have the external_id of another row', () => {
    const row = (name: string): string => `${name},Tea time,c,2026-12-01,2027-01-01,,,,,`;
    const { ads, faults } = read(inCsv(row('a'), row('b'), row('a'), row('A'), row('a')));
    expect(messages({ faults })).toEqual([
      '4: external_id: is that of line 2 too: a',
      '6: external_id: is that of line 2 too: a',
    ]);
    expect(ads.map(({ line }) => line)).toEqual([2, 3, 5]);
  });

  it('does not keep the others from being checked, in the order of the file', () => {
    const text = inCsv('a,Tea,c,2026-12-01,2027-01-01,,,,,', 'b,c', ',Tea time,c,2026-12-01,2027-01-01,,,,,');
    expect(messages(read(text)).map((one) => one.slice(0, 22))).toEqual([
      '2: title: must have 5 ',
      '3: has 2 cells and the',
      '4: external_id: is mis',
    ]);
  });

  it('may be a line of NDJSON', () => {
    const text = [
      inNdjson({ ...plain, titel: 'x', gender: ['M', 'X'], start_at: 1, age_start: '18' }),
      '[1]',
      '',
      '{"external_id":',
      inNdjson({ ...plain, external_id: 'b', end_at: '2026-13-01', frobnicate: 1 }),
    ].join('\n');
    expect(messages(read(text, { format: 'ndjson' }))).toEqual([
      '1: titel: is not a field of an ad; did you mean title?',
      '1: start_at: must be text such as 2026-01-31T09:30:00Z: 1',
      '1: age_start: must be a whole number from 1 to 120: 18',
      '1: gender: must be M or F: ["M","X"]',
      '2: must be one JSON object; write each ad in a line of its own',
      '4: must be one JSON object; write each ad in a line of its own',
      '5: end_at: must be a date that exists: 2026-13-01',
      '5: frobnicate: is not a field of an ad; known are external_id, title, content, start_at, end_at, age_start, age_end, gender, country, platform, status, priority, weight, click_url, image_url, width, height, campaign_id, metadata, goal, frequency, id, version, created_at',
    ]);
  });
});

describe('NDJSON', () => {
  it.each(['\n', '\r\n', '\r'])('is an ad of the API in each line, which ends with %j', (end) => {
    const text = `\ufeff${inNdjson(plain)}${end}${end}${inNdjson({ ...plain, external_id: 'b', country: ['TW'], age_end: null })}`;
    expect(read(text, { format: 'ndjson' })).toEqual({
      ads: [
        { line: 1, ad: readPlain },
        { line: 3, ad: { ...readPlain, external_id: 'b', country: ['TW'], age_end: null } },
      ],
      faults: [],
    });
  });
});

describe('a file that is none of ads', () => {
  const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
  it.each([
    ['UTF-16 with its mark', utf16(inCsv()), 'is in UTF-16; save it as UTF-8 (in Excel: CSV UTF-8)'],
    ['UTF-16 with its mark, the other way', utf16(inCsv()).swap16(), 'is in UTF-16; save it as UTF-8'],
    ['UTF-16 without', Buffer.from(inCsv(), 'utf16le'), 'is no text file, or is in UTF-16'],
    ['Latin-1', Buffer.from(inCsv('', 'a,é'), 'latin1'), 'is not in UTF-8: line 3 has other bytes'],
    ['Latin-1 with CR', Buffer.from(inCsv('', 'a,é').replaceAll('\n', '\r'), 'latin1'), 'line 3 has'],
    ['Latin-1 with CRLF', Buffer.from(inCsv('', 'a,é').replaceAll('\n', '\r\n'), 'latin1'), 'line 3 has'],
    ['nothing', Buffer.alloc(0), 'is empty; its first row must name the columns'],
  ])('%s is told', (_name, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });

  it('is one of too many ads, however many', () => {
    const rows = Array.from({ length: 200_001 }, (_, i) => `{"external_id":${i}}`).join('\n');
    expect(() => read(rows, { format: 'ndjson' })).toThrow('has over 200000 ads; cut it into several files');
    // All of them would not fit into the memory of a process.
    const tooMany = Buffer.alloc(100_000_000, '{}\n');
    expect(() => readAds(tooMany, { ...usual, format: 'ndjson' })).toThrow('has over 200000 ads');
    const csv = Buffer.alloc(100_000_000, 'a,b,c,d,e\n');
    csv.write('external_id,title,content,start_at,end_at\n');
    expect(() => readAds(csv, usual)).toThrow('has over 200000 ads');
  });

  it('is one of too many bytes', () => {
    expect(() => readAds(Buffer.alloc(256 * 1024 * 1024 + 1), usual)).toThrow('has over 268435456 bytes');
  });
});

const texts = (min: number, max: number) =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '=',
          '+',
          '-',
          '@',
          "'",
          '"',
          '|',
          ';',
          ',',
          '\t',
          '\n',
          ' ',
          '\\',
          '＝',
          'é',
          '台',
          '😀',
          '\ufeff',
        ),
        fc.string({ unit: 'binary' }),
      ),
      {
        minLength: min,
        maxLength: max,
      },
    )
    .map((parts) => parts.join('').replace(/[\p{Cc}\p{Cs}]/gu, (c) => (c === '\n' || c === '\t' ? c : '')));

describe('what an export writes, an import reads', () => {
  const optional = fc.record(
    {
      status: fc.constantFrom('active' as const, 'paused' as const),
      priority: fc.integer({ min: 1, max: 16 }),
      weight: fc.integer({ min: 1, max: 100 }),
      click_url: fc.constantFrom('https://a.example/', 'https://a.example/?b=%22;,c'),
      image_url: fc.constant('https://b.example/1.png'),
      width: fc.integer({ min: 1, max: 10_000 }),
      height: fc.integer({ min: 1, max: 10_000 }),
      campaign_id: texts(1, 20).map((text) => `${text.replace(/[\n\t]/g, '')}x`.slice(-40).toWellFormed()),
      metadata: fc.dictionary(
        fc.constantFrom('a', 'b', 'line-item'),
        fc.oneof(
          texts(0, 5).map((text) => text.replace(/[\n\t]/g, '')),
          fc.integer(),
          fc.constant(-1.5),
          fc.boolean(),
        ),
        { noNullPrototype: true },
      ),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  const required = fc.record({
    id: fc.uuid(),
    external_id: texts(1, 20)
      .map((text) => `${text.replace(/[\n\t]/g, '')}x`)
      .filter((text) => text.length <= 100),
    title: texts(0, 20).map((text) => `${text.slice(0, 40).toWellFormed()}title`),
    content: texts(0, 50).map((text) => `${text}c`),
    start_at: fc.constant('2026-12-01T00:00:00.000Z'),
    end_at: fc.constant('2026-12-02T00:00:00.123Z'),
    age_start: fc.constantFrom(null, 1, 18),
    age_end: fc.constantFrom(null, 18, 120),
    gender: fc.constantFrom<Ad['gender'][]>([], ['M'], ['M', 'F']),
    country: fc.constantFrom<Ad['country'][]>([], ['TW'], ['JP', 'TW']),
    platform: fc.constantFrom<Ad['platform'][]>([], ['ios'], ['android', 'ios', 'web']),
    version: fc.nat(),
    created_at: fc.constant('2026-12-01T00:00:00.000Z'),
  });
  const ads: fc.Arbitrary<Ad> = fc.tuple(required, optional).map(([ad, more]) => ({ ...ad, ...more }));
  const some = fc.uniqueArray(ads, { maxLength: 5, selector: ({ external_id: name }) => name });

  const made = ['id', 'version', 'created_at'];
  const isOpen = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);
  /** The fields that an import sends; of a CSV without those that target everyone. */
  const sent = (all: readonly Ad[], leaveOut: (value: unknown) => boolean) =>
    all.map((ad) =>
      Object.fromEntries(
        Object.entries(ad).filter(([name, value]) => !made.includes(name) && !leaveOut(value)),
      ),
    );

  it.each<[Delimiter, boolean]>([
    ['comma', false],
    ['semicolon', false],
    ['tab', false],
    ['comma', true],
  ])('with %s, raw: %s', (delimiter, raw) => {
    fc.assert(
      fc.property(some, (all) => {
        const text = csvHeader({ delimiter, raw }) + csvRows(all, { delimiter, raw });
        const back = read(text, { raw });
        expect(messages(back)).toEqual([]);
        expect(back.ads.map(({ ad }) => ad)).toEqual(sent(all, isOpen));
      }),
      { numRuns: 200 },
    );
  });

  it('leaves no cell that a spreadsheet runs', () => {
    fc.assert(
      fc.property(some, (all) => {
        const { ads: cells } = read(
          csvHeader({ delimiter: 'comma', raw: false }) + csvRows(all, { delimiter: 'comma', raw: false }),
          { raw: true },
        );
        for (const { ad } of cells)
          expect(
            [ad.external_id, ad.title, ad.content].filter((cell) => /^[=+\-@\t\r＝＋－＠]/.test(cell)),
          ).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('as NDJSON', () => {
    fc.assert(
      fc.property(some, (all) => {
        const back = read(all.map((ad) => `${JSON.stringify(ad)}\n`).join(''), { format: 'ndjson' });
        expect(messages(back)).toEqual([]);
        expect(back.ads.map(({ ad }) => ad)).toEqual(sent(all, () => false));
      }),
      { numRuns: 100 },
    );
  });
});
