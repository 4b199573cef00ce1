import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decisionsBody } from '../../lib/api/delivery-schemas.ts';
import { isPlainDecision } from '../../lib/api/request/decision-body.ts';

/** Mostly one of these. */
const mostly = (...sound: fc.Arbitrary<unknown>[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 9, arbitrary: fc.oneof(...sound) }, { weight: 1, arbitrary: strange });
const strange = fc.constantFrom<unknown>(null, true, 0, -1, 1.5, '', '1', 'unknown', [], {}, [1], {
  id: 'a',
});
const counts = fc.oneof(fc.integer({ min: 0, max: 11 }), strange);
const ids = fc.oneof(
  fc.constantFrom<unknown>(
    'a',
    'b',
    'article/top',
    'a b',
    'ä',
    'x'.repeat(64),
    'x'.repeat(65),
    'a\n',
    '__proto__',
  ),
  strange,
);
const placement = fc.oneof(
  { weight: 9, arbitrary: fc.record({ id: ids, count: counts }, { requiredKeys: ['id'] }) },
  { weight: 1, arbitrary: fc.record({ id: ids, Count: counts }) },
  { weight: 1, arbitrary: strange },
);
const sound = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 })
  .chain((names) =>
    fc.tuple(
      ...names.map((id) =>
        fc.record({ id: fc.constant(id), count: fc.integer({ min: 1, max: 6 }) }, { requiredKeys: ['id'] }),
      ),
    ),
  );
const members = {
  placements: fc.oneof(
    { weight: 6, arbitrary: sound },
    { weight: 2, arbitrary: fc.array(placement, { maxLength: 12 }) },
    { weight: 1, arbitrary: strange },
  ),
  age: mostly(fc.integer({ min: -1, max: 121 })),
  country: mostly(fc.constantFrom('TW', 'T1', 'XK', 'unknown'), fc.constantFrom('TW', 'tw', 'TWN', 'Q9')),
  gender: mostly(fc.constantFrom('F', 'M', 'f', 'unknown')),
  platform: mostly(fc.constantFrom('ios', 'android', 'web', 'IOS', 'unknown')),
};
const others = {
  user: fc.constantFrom<unknown>('ann', ''),
  exclude: fc.constantFrom<unknown>({}, { ads: [] }),
  count: fc.constantFrom<unknown>('served', 'beacon'),
  other: strange,
};
const bodies = fc.oneof(
  { weight: 10, arbitrary: fc.record(members, { requiredKeys: ['placements'] }) },
  { weight: 2, arbitrary: fc.record({ ...members, ...others }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: strange },
);
/** As it comes: a JSON text, parsed. A member may be called what an object has already. */
const parsed = fc
  .tuple(bodies, fc.constantFrom('', '', '', '"__proto__":{"age":1},', '"constructor":1,'))
  .map(([body, more]) => JSON.parse(JSON.stringify(body).replace(/^\{(?!\})/, `{${more}`)) as unknown);

describe('a body that is taken as it is', () => {
  it('is one that the schema accepts and leaves as it is', () => {
    let plain = 0;
    fc.assert(
      fc.property(parsed, (body) => {
        if (!isPlainDecision(body)) return;
        plain += 1;
        const text = JSON.stringify(body);
        const result = decisionsBody.safeParse(body);
        expect(result.success).toBe(true);
        expect(result.data).toEqual(JSON.parse(text));
        expect(JSON.stringify(body)).toBe(text);
      }),
      { numRuns: 4000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  it('is every one that has nothing but an audience and placements', () => {
    for (const body of [
      { placements: [{ id: 'article/top' }] },
      { placements: [{ id: '!' }, { id: '~', count: 10 }, { id: 'x'.repeat(64), count: 9 }] },
      { age: 1, country: 'TW', gender: 'F', platform: 'ios', placements: [{ id: 'a', count: 1 }] },
      {
        age: 'unknown',
        country: 'unknown',
        gender: 'unknown',
        platform: 'unknown',
        placements: [{ id: 'a' }],
      },
    ])
      expect([body, decisionsBody.safeParse(body).success, isPlainDecision(body)]).toEqual([
        body,
        true,
        true,
      ]);
  });

  it.each<[string, unknown]>([
    ['a placement twice', { placements: [{ id: 'a' }, { id: 'a' }] }],
    ['21 ads', { placements: [{ id: 'a', count: 10 }, { id: 'b', count: 10 }, { id: 'c' }] }],
    ['no placement', { placements: [] }],
    ['placements missing', { age: 30 }],
    ['an age that is no whole number', { age: 30.5, placements: [{ id: 'a' }] }],
    ['an unknown field', { placements: [{ id: 'a' }], aged: 30 }],
    ['an unknown field of a placement', { placements: [{ id: 'a', size: 1 }] }],
    ['a user', { placements: [{ id: 'a' }], user: 'ann' }],
    ['what is excluded', { placements: [{ id: 'a' }], exclude: {} }],
    ['how it counts', { placements: [{ id: 'a' }], count: 'served' }],
  ])('is none that has %s', (_, body) => {
    expect(isPlainDecision(body)).toBe(false);
  });
});
