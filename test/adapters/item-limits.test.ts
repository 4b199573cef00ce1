import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { applyAction } from '../../lib/adapters/items/apply-action.ts';
import {
  assertAction,
  assertKey,
  assertQuery,
  assertReads,
  assertTransactEach,
  assertTransaction,
  assertWriteEach,
} from '../../lib/adapters/items/item-limits.ts';
import { valueBytes } from '../../lib/adapters/items/item-size.ts';
import type {
  AttributeValue,
  Attributes,
  Condition,
  ItemKey,
  WriteAction,
} from '../../lib/ports/state-store.ts';

/** Each limit of DynamoDB, exactly met and passed by one. A key of one byte: 4 for the names of both, and 1. */
const key: ItemKey = { table: 'ads', pk: 'p', sk: '' };
const keys = (count: number): ItemKey[] => Array.from({ length: count }, (_, i) => ({ ...key, pk: `p${i}` }));
const put = (attributes: Attributes, at: ItemKey = key): WriteAction => ({
  type: 'put',
  key: at,
  attributes,
});
const checkOf = (value: AttributeValue, at: ItemKey = key): WriteAction => ({
  type: 'check',
  key: at,
  condition: { op: '=', attribute: 'a', value },
});
const textIs = (value: string): Condition => ({ op: '=', attribute: 'a', value });
const puts = (count: number) =>
  keys(count).map((at) => put({}, at) as Exclude<WriteAction, { type: 'check' }>);
/** An item of so many bytes: its key has 5, its attribute's name 1. */
const itemOf = (bytes: number, at: ItemKey = key): WriteAction => put({ a: 'x'.repeat(bytes - 6) }, at);
const tenItems = (): WriteAction[] =>
  ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'].map((pk) => itemOf(400_000, { ...key, pk }));
const digits38 = 10n ** 38n - 1n;
const lone = 'x\ud800';

const bounds: readonly [string, () => unknown, () => unknown][] = [
  [
    'bytes of a pk',
    () => assertKey({ ...key, pk: 'é'.repeat(1024) }),
    () => assertKey({ ...key, pk: `${'é'.repeat(1024)}x` }),
  ],
  ['a pk', () => assertKey(key), () => assertKey({ ...key, pk: '' })],
  [
    'bytes of an sk',
    () => assertKey({ ...key, sk: 'é'.repeat(500) }),
    () => assertKey({ ...key, sk: `${'é'.repeat(500)}x` }),
  ],
  [
    'keys of getMany',
    () => {
      assertReads(keys(100));
    },
    () => {
      assertReads(keys(101));
    },
  ],
  [
    'actions of a transaction',
    () => {
      assertTransaction(puts(100));
    },
    () => {
      assertTransaction(puts(101));
    },
  ],
  [
    'one action',
    () => {
      assertTransaction(puts(1));
    },
    () => {
      assertTransaction([]);
    },
  ],
  [
    'writes at once',
    () => {
      assertWriteEach(puts(10_000));
    },
    () => {
      assertWriteEach(puts(10_001));
    },
  ],
  [
    'transactions at once',
    () => {
      assertTransactEach(puts(1000).map((each) => [each]));
    },
    () => {
      assertTransactEach(puts(1001).map((each) => [each]));
    },
  ],
  [
    'no empty transaction',
    () => {
      assertTransactEach([]);
    },
    () => {
      assertTransactEach([[]]);
    },
  ],
  [
    'the limit of a query',
    () => {
      assertQuery({ ...key, limit: 1000 });
    },
    () => {
      assertQuery({ ...key, limit: 1001 });
    },
  ],
  [
    'bytes after',
    () => {
      assertQuery({ ...key, limit: 1, after: 's'.repeat(1000) });
    },
    () => {
      assertQuery({ ...key, limit: 1, after: 's'.repeat(1001) });
    },
  ],
  [
    'bytes through',
    () => {
      assertQuery({ ...key, limit: 1, through: 's'.repeat(1000) });
    },
    () => {
      assertQuery({ ...key, limit: 1, through: 's'.repeat(1001) });
    },
  ],
  ['bytes of an item', () => assertAction(itemOf(400_000)), () => assertAction(itemOf(400_001))],
  [
    'bytes of a transaction',
    () => {
      assertTransaction(tenItems());
    },
    () => {
      assertTransaction([...tenItems(), { type: 'delete', key }]);
    },
  ],
  [
    'bytes of a transaction, conditions included',
    () => {
      assertTransaction([
        ...tenItems().slice(1),
        itemOf(399_985),
        checkOf('12345', { ...key, pk: 'c' }),
        { type: 'delete', key: { ...key, pk: 'd' } },
      ]);
    },
    () => {
      assertTransaction([
        ...tenItems().slice(1),
        itemOf(399_985),
        checkOf('123456', { ...key, pk: 'c' }),
        { type: 'delete', key: { ...key, pk: 'd' } },
      ]);
    },
  ],
  [
    'bytes of a transaction, the condition of a put included',
    () => {
      assertTransaction([...tenItems().slice(1), { ...itemOf(399_990), condition: textIs('1234567890') }]);
    },
    () => {
      assertTransaction([...tenItems().slice(1), { ...itemOf(399_990), condition: textIs('12345678901') }]);
    },
  ],
  [
    'bytes of a transaction, what is added included',
    () => {
      assertTransaction([
        ...tenItems().slice(1),
        itemOf(399_991),
        { type: 'update', key: { ...key, pk: 'u' }, add: { ab: 1n } },
      ]);
    },
    () => {
      assertTransaction([
        ...tenItems().slice(1),
        itemOf(399_991),
        { type: 'update', key: { ...key, pk: 'u' }, add: { abc: 1n } },
      ]);
    },
  ],
  [
    'characters of a name',
    () => assertAction(put({ ['n'.repeat(1000)]: '' })),
    () => assertAction(put({ ['n'.repeat(1001)]: '' })),
  ],
  ['a name', () => assertAction(put({ n: '' })), () => assertAction(put({ '': 'x' }))],
  ['38 digits', () => assertAction(put({ n: digits38 })), () => assertAction(put({ n: digits38 + 1n }))],
  [
    '38 negative digits',
    () => assertAction(put({ n: -digits38 })),
    () => assertAction(put({ n: -digits38 - 1n })),
  ],
  [
    '38 digits to add',
    () => assertAction({ type: 'update', key, add: { n: digits38 } }),
    () => assertAction({ type: 'update', key, add: { n: digits38 + 1n } }),
  ],
  [
    '38 digits of a condition',
    () => assertAction(checkOf(digits38)),
    () => assertAction(checkOf(digits38 + 1n)),
  ],
  ['text that has UTF-8', () => assertAction(put({ a: '\u{1f600}' })), () => assertAction(put({ a: lone }))],
  [
    'a pk that has UTF-8',
    () => assertKey({ ...key, pk: '\u{1f600}' }),
    () => assertKey({ ...key, pk: lone }),
  ],
  [
    'an sk that has UTF-8',
    () => assertKey({ ...key, sk: '\u{1f600}' }),
    () => assertKey({ ...key, sk: lone }),
  ],
  ['a condition that has UTF-8', () => assertAction(checkOf('\u{1f600}')), () => assertAction(checkOf(lone))],
  [
    'a name that has UTF-8',
    () => assertAction(put({ '\u{1f600}': '' })),
    () => assertAction(put({ [lone]: '' })),
  ],
  ['a value', () => assertAction(put({ a: '' })), () => assertAction(put({ a: undefined as never }))],
  [
    'no check outside of a transaction',
    () => {
      assertTransaction([checkOf('x')]);
    },
    () => {
      assertWriteEach([checkOf('x')]);
    },
  ],
];

describe('the limits of items', () => {
  test.each(bounds)('%s: just within, and passed by one', (_, within, beyond) => {
    expect(within).not.toThrow();
    expect(beyond).toThrow(RangeError);
  });

  test.each(['pk', 'sk', '__proto__'])('the name %s is refused wherever it stands', (name) => {
    const condition: Condition = { op: 'any', of: [{ op: 'all', of: [{ op: 'present', attribute: name }] }] };
    const actions: WriteAction[] = [
      put(Object.fromEntries([[name, 'x']])),
      { type: 'update', key, set: Object.fromEntries([[name, 'x']]) },
      { type: 'update', key, add: Object.fromEntries([[name, 1n]]) },
      { type: 'update', key, remove: [name] },
      { type: 'delete', key, condition },
    ];
    for (const action of actions) expect(() => assertAction(action)).toThrow(RangeError);
  });

  test.each<[string, Omit<Extract<WriteAction, { type: 'update' }>, 'type' | 'key'>, boolean]>([
    ['different names', { set: { a: '1' }, add: { b: 1n }, remove: ['c', 'd'] }, true],
    ['a name set and added to', { set: { a: '1' }, add: { a: 1n } }, false],
    ['a name set and removed', { set: { a: '1' }, remove: ['b', 'a'] }, false],
    ['a name added to and removed', { add: { a: 1n }, remove: ['a'] }, false],
    ['a name removed twice', { remove: ['a', 'b', 'a'] }, false],
  ])('an update takes %s: %j', (_, update, taken) => {
    const checked = () => assertAction({ type: 'update', key, ...update });
    if (taken) expect(checked).not.toThrow();
    else expect(checked).toThrow(RangeError);
  });

  test('no item is named twice, however many there are and wherever they stand', () => {
    for (const count of [2, 3, 4, 5, 6, 50])
      for (const [first, second] of [
        [0, 1],
        [0, count - 1],
        [count - 2, count - 1],
      ]) {
        const distinct = keys(count);
        const twice = distinct.map((each, i) => ({
          ...(i === second ? (distinct[first ?? 0] ?? each) : each),
        }));
        const actions = twice.map((each): WriteAction => ({ type: 'delete', key: each }));
        expect(() => {
          assertReads(distinct);
        }).not.toThrow();
        expect(() => {
          assertReads(twice);
        }).toThrow('one item is named twice');
        expect(() => {
          assertTransaction(actions);
        }).toThrow('one item is named twice');
        expect(() => {
          assertWriteEach(actions);
        }).toThrow('one item is named twice');
      }
    const alike: ItemKey[] = [key, { ...key, table: 'counters' }, { ...key, sk: 's' }, { ...key, pk: 'ps' }];
    expect(() => {
      assertReads(alike);
    }).not.toThrow();
    expect(() => {
      assertReads([...alike, { ...key, sk: 't' }]);
    }).not.toThrow();
  });

  test('a number takes a byte per two digits, one more, and one for a sign', () => {
    const number = fc.oneof(fc.bigInt({ min: -digits38, max: digits38 }), fc.integer().map(BigInt));
    const powers = Array.from({ length: 38 }, (_, i) => [10n ** BigInt(i) - 1n, 10n ** BigInt(i)]).flat();
    fc.assert(
      fc.property(number, (value) => {
        const text = String(value).replace('-', '');
        expect(valueBytes(value)).toBe(Math.ceil(text.length / 2) + (value < 0n ? 2 : 1));
      }),
      { examples: powers.flatMap((power) => [[power], [-power]] as [bigint][]) },
    );
  });
});

describe('an update of a stored item', () => {
  /** What is stored takes so many bytes with its key; one byte more must be refused. */
  test.each<[string, Attributes]>([
    ['ASCII', { text: 'x'.repeat(300_000) }],
    ['two bytes a character', { text: 'é'.repeat(150_000) }],
    ['three bytes a character', { text: '€'.repeat(100_000) }],
    ['bytes', { data: new Uint8Array(300_000) }],
    [
      'names of two bytes a character',
      Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${'é'.repeat(250)}${i}`, ''])),
    ],
    ['numbers', Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => [`n${10_000 + i}`, digits38]))],
  ])('may fill it to the last byte: %s', (_, stored) => {
    let bytes = 5;
    for (const [name, value] of Object.entries(stored)) {
      bytes += Buffer.byteLength(name);
      // A number of 38 digits takes 20.
      bytes +=
        typeof value === 'string' ? Buffer.byteLength(value) : typeof value === 'bigint' ? 20 : value.length;
    }
    const setting = (more: number): WriteAction => ({
      type: 'update',
      key,
      set: { z: new Uint8Array(more) },
    });
    expect(applyAction(setting(399_999 - bytes), stored)?.['z']).toHaveLength(399_999 - bytes);
    expect(() => applyAction(setting(400_000 - bytes), stored)).toThrow(RangeError);
  });

  test('adds up to 38 digits, to numbers alone', () => {
    const adding = (n: bigint): WriteAction => ({ type: 'update', key, add: { n } });
    expect(applyAction(adding(1n), { n: digits38 - 1n })).toEqual({ n: digits38 });
    expect(applyAction(adding(-1n), { n: 1n - digits38 })).toEqual({ n: -digits38 });
    expect(() => applyAction(adding(1n), { n: digits38 })).toThrow('38 digits');
    expect(() => applyAction(adding(-1n), { n: -digits38 })).toThrow('38 digits');
    for (const stored of ['1', Uint8Array.of(1)])
      expect(() => applyAction(adding(1n), { n: stored })).toThrow('not a number');
  });

  test('is what a plain object becomes', () => {
    const names = ['a', 'b', 'c', 'd'] as const;
    const number = fc.bigInt({ min: -99n, max: 99n });
    const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const part = fc.record({
      stored: optional(number),
      how: fc.constantFrom('set', 'add', 'remove', ''),
      by: number,
    });
    fc.assert(
      fc.property(fc.tuple(part, part, part, part), fc.boolean(), (parts, present) => {
        const stored: Record<string, bigint> = {};
        const expected: Record<string, bigint> = {};
        const update = {
          set: {} as Record<string, bigint>,
          add: {} as Record<string, bigint>,
          remove: [] as string[],
        };
        parts.forEach(({ stored: found, how, by }, i) => {
          const name = names[i] ?? 'a';
          const old = present ? found : undefined;
          if (old !== undefined) stored[name] = old;
          if (how === 'set') expected[name] = update.set[name] = by;
          else if (how === 'add') {
            update.add[name] = by;
            expected[name] = (old ?? 0n) + by;
          } else if (how === 'remove') update.remove.push(name);
          else if (old !== undefined) expected[name] = old;
        });
        const before = { ...stored };
        const item = present ? Object.freeze(stored) : undefined;
        expect(applyAction({ type: 'update', key, ...update }, item)).toEqual(expected);
        expect(stored).toEqual(before);
        expect(applyAction(put(before), item)).toEqual(before);
        expect(applyAction({ type: 'delete', key }, item)).toBeUndefined();
        expect(applyAction(checkOf(1n), item)).toBe(item);
      }),
    );
  });
});
