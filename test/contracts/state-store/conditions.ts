import { describe, expect, test } from '@jest/globals';
import type { Attributes, Condition } from '../../../lib/ports/state-store.ts';
import { freshItem, freshKey, type StoreUnderTest } from './opened-store.ts';

const item: Attributes = {
  text: 'm',
  // Sorts after U+FFFF by UTF-8 bytes, before it by UTF-16 code units.
  astral: '\u{1F600}',
  digits: '9',
  number: 10n,
  negative: -5n,
  large: 12345678901234567890123456789012345678n,
  bytes: Uint8Array.of(1, 200),
  empty: '',
};

const truths: readonly [boolean, Condition][] = [
  [true, { op: 'item-present' }],
  [false, { op: 'item-absent' }],
  [true, { op: 'present', attribute: 'text' }],
  [true, { op: 'present', attribute: 'empty' }],
  [false, { op: 'present', attribute: 'nothing' }],
  [false, { op: 'present', attribute: 'toString' }],
  [true, { op: 'absent', attribute: 'nothing' }],
  [false, { op: 'absent', attribute: 'text' }],
  [true, { op: '=', attribute: 'text', value: 'm' }],
  [false, { op: '=', attribute: 'text', value: 'n' }],
  [true, { op: '<', attribute: 'text', value: 'n' }],
  [false, { op: '<', attribute: 'text', value: 'm' }],
  [true, { op: '<=', attribute: 'text', value: 'm' }],
  [true, { op: '>', attribute: 'text', value: 'l' }],
  [true, { op: '>', attribute: 'text', value: '' }],
  [true, { op: '<', attribute: 'text', value: 'mm' }],
  [true, { op: '>=', attribute: 'text', value: 'm' }],
  [false, { op: '>=', attribute: 'text', value: 'n' }],
  [true, { op: '>', attribute: 'astral', value: '\uFFFD' }],
  [false, { op: '<', attribute: 'astral', value: '\uE000' }],
  [true, { op: '>', attribute: 'digits', value: '10' }],
  [true, { op: '=', attribute: 'number', value: 10n }],
  [true, { op: '>', attribute: 'number', value: 9n }],
  [false, { op: '<', attribute: 'number', value: 9n }],
  [true, { op: '<', attribute: 'negative', value: -4n }],
  [true, { op: '>', attribute: 'large', value: 12345678901234567890123456789012345677n }],
  [false, { op: '=', attribute: 'large', value: 12345678901234567890123456789012345677n }],
  [true, { op: '=', attribute: 'bytes', value: Uint8Array.of(1, 200) }],
  [true, { op: '<', attribute: 'bytes', value: Uint8Array.of(1, 201) }],
  [true, { op: '>', attribute: 'bytes', value: Uint8Array.of(1, 100, 0) }],
  [true, { op: '>', attribute: 'bytes', value: Uint8Array.of(1) }],
  // Absent or of another type: every comparison is false.
  [false, { op: '=', attribute: 'nothing', value: 'm' }],
  [false, { op: '<', attribute: 'nothing', value: 'm' }],
  [false, { op: '>=', attribute: 'nothing', value: 0n }],
  [false, { op: '=', attribute: 'number', value: '10' }],
  [false, { op: '<', attribute: 'text', value: 99n }],
  [false, { op: '>', attribute: 'text', value: 99n }],
  [false, { op: '>', attribute: 'text', value: Uint8Array.of(0) }],
  [false, { op: 'any', of: [] }],
  [true, { op: 'all', of: [] }],
  [true, { op: 'any', of: [{ op: 'item-absent' }, { op: 'present', attribute: 'text' }] }],
  [false, { op: 'any', of: [{ op: 'item-absent' }, { op: 'absent', attribute: 'text' }] }],
  [true, { op: 'all', of: [{ op: 'item-present' }, { op: '=', attribute: 'number', value: 10n }] }],
  [false, { op: 'all', of: [{ op: 'item-present' }, { op: '=', attribute: 'number', value: 11n }] }],
  [
    true,
    {
      op: 'any',
      of: [
        { op: 'absent', attribute: 'text' },
        {
          op: 'all',
          of: [
            { op: '<', attribute: 'text', value: 'n' },
            { op: 'any', of: [{ op: 'item-present' }] },
          ],
        },
      ],
    },
  ],
];

const truthsOfNoItem: readonly [boolean, Condition][] = [
  [true, { op: 'item-absent' }],
  [false, { op: 'item-present' }],
  [true, { op: 'absent', attribute: 'a' }],
  [false, { op: 'present', attribute: 'a' }],
  [false, { op: '=', attribute: 'a', value: '' }],
  [false, { op: '<=', attribute: 'a', value: 0n }],
  [
    true,
    {
      op: 'any',
      of: [
        { op: 'absent', attribute: 'a' },
        { op: '<', attribute: 'a', value: 'b' },
      ],
    },
  ],
];

export function testConditions(store: StoreUnderTest): void {
  describe('conditions', () => {
    test.each(truths.map(([holds, condition]) => [holds, shown(condition), condition] as const))(
      'is %s of an item: %s',
      async (holds, _, condition) => {
        const key = await freshItem(store(), item);
        const result = await store().write({ type: 'update', key, set: { changed: 'yes' }, condition });
        const after = { ...item, changed: 'yes' };
        expect(result).toEqual(
          holds ? { status: 'written', item: after } : { status: 'condition-failed', item },
        );
        expect(await store().get(key)).toEqual(holds ? after : item);
        const checked = await store().transact([{ type: 'check', key, condition }]);
        expect(checked.status).toBe(holds ? 'written' : 'condition-failed');
      },
    );

    test.each(truthsOfNoItem.map(([holds, condition]) => [holds, shown(condition), condition] as const))(
      'is %s of no item: %s',
      async (holds, _, condition) => {
        const key = freshKey();
        const result = await store().write({ type: 'put', key, attributes: { a: 'x' }, condition });
        expect(result).toEqual(
          holds ? { status: 'written', item: { a: 'x' } } : { status: 'condition-failed', item: undefined },
        );
        expect(await store().get(key)).toEqual(holds ? { a: 'x' } : undefined);
      },
    );

    test('an item without attributes is present', async () => {
      const key = await freshItem(store(), {});
      const condition = { op: 'item-absent' } as const;
      expect(await store().write({ type: 'put', key, attributes: { a: 'x' }, condition })).toEqual({
        status: 'condition-failed',
        item: {},
      });
    });

    test('a delete whose condition fails leaves the item and shows it', async () => {
      const key = await freshItem(store(), { version: 2n });
      const condition = { op: '=', attribute: 'version', value: 1n } as const;
      expect(await store().write({ type: 'delete', key, condition })).toEqual({
        status: 'condition-failed',
        item: { version: 2n },
      });
      expect(await store().get(key)).toEqual({ version: 2n });
    });
  });
}

/** JSON knows no bigint. */
function shown(condition: Condition): string {
  return JSON.stringify(condition, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
