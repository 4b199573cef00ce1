import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAdQuery } from '../../lib/api/request/ad-query.ts';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { readQuery } from '../../lib/api/request/query-parameters.ts';
import { adQuery } from '../../lib/api/request/query-schemas.ts';

const names = fc.constantFrom(
  'age',
  'country',
  'gender',
  'platform',
  'offset',
  'limit',
  'consistency',
  'Age',
  '__proto__',
  '',
);
const values = fc.oneof(
  fc.integer({ min: -2, max: 130 }).map(String),
  fc.constantFrom(
    'M',
    'F',
    'TW',
    'US',
    'XX',
    'T1',
    'T2',
    '1T',
    'unknown',
    'Unknown',
    'ios',
    'web',
    'm',
    'tw',
    'TWN',
    'strong',
    'eventual',
    'Strong',
    '',
  ),
  fc.constantFrom(
    '007',
    '1e1',
    '1.0',
    '+1',
    ' 1',
    '999999999',
    '1000000000',
    '0000000000000001',
    '00000000000000001',
  ),
  fc.string({ maxLength: 4 }),
);
const given = fc.array(fc.tuple(names, fc.array(values, { maxLength: 2 })), { maxLength: 6 });

describe('The fast reader of ad queries', () => {
  it('says what the schema says', () => {
    let accepted = 0;
    const sound = fc.array(
      fc.oneof(
        fc.tuple(fc.constant('age'), fc.integer({ min: 1, max: 120 }).map(String)),
        fc.tuple(fc.constantFrom('age', 'country', 'gender', 'platform'), fc.constant('unknown')),
        fc.tuple(fc.constant('country'), fc.constantFrom('TW', 'US', 'XK', 'XX', 'T1')),
        fc.tuple(fc.constant('gender'), fc.constantFrom('M', 'F')),
        fc.tuple(fc.constant('platform'), fc.constantFrom('ios', 'web')),
        fc.tuple(fc.constantFrom('offset', 'limit'), fc.integer({ min: 1, max: 100 }).map(String)),
        fc.tuple(fc.constant('consistency'), fc.constantFrom('strong', 'eventual')),
      ),
    );
    const either = fc.oneof(
      given,
      sound.map((list) => list.map(([name, value]): [string, string[]] => [name, [value]])),
    );
    fc.assert(
      fc.property(either, (list) => {
        const query = Object.fromEntries(list);
        const slow = new FieldErrors();
        const raw = readQuery(query, [], slow);
        const parsed = adQuery.safeParse(raw);
        if (!parsed.success) slow.addIssues(parsed.error.issues);
        const fast = new FieldErrors();
        const result = parseAdQuery(query, fast);
        const sort = (errors: FieldErrors) =>
          errors.named.map(({ path, message }) => `${path} ${message}`).sort();
        expect(sort(fast)).toStrictEqual(sort(slow));
        if (slow.count > 0 || !parsed.success) {
          expect(result).toBeUndefined();
          return;
        }
        accepted += 1;
        const { offset = 0, limit = 10, consistency, ...filter } = parsed.data;
        // toEqual takes undefined and absent for the same, as the filter does.
        expect(result?.filter).toEqual(filter);
        expect(result?.page).toStrictEqual({ offset, limit });
        expect(result?.consistency).toBe(consistency);
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it('gives two queries one tag exactly if they ask for the same', () => {
    const tag = (query: Record<string, string>): string | undefined =>
      parseAdQuery(
        Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
        new FieldErrors(),
      )?.tag;
    expect(tag({ limit: '10', age: '020' })).toBe(tag({ age: '20', offset: '0' }));
    expect(tag({ consistency: 'strong' })).toBe(tag({}));
    const different = [
      {},
      { age: '20' },
      { age: '2' },
      { offset: '20' },
      { limit: '20' },
      { country: 'TW' },
      { country: 'unknown' },
      { gender: 'F' },
      { gender: 'unknown' },
      { platform: 'unknown' },
      { age: 'unknown' },
    ];
    expect(new Set(different.map(tag)).size).toBe(different.length);
  });
});
