import { describe, expect, it } from '@jest/globals';
import { AssertionError } from '../../lib/core/assert.ts';
import {
  isMarkAttribute,
  isShardRef,
  markAttribute,
  markValue,
  parseMarkValue,
} from '../../lib/core/log-position.ts';
import { toMark } from '../../lib/core/sequence-number.ts';

const shard = { epoch: '7', shardId: 'shardId-000000000002' };

describe('the attribute of a mark', () => {
  it('is another one for another epoch, shard or lane', () => {
    const names = [
      markAttribute(shard),
      markAttribute(shard, 'x'),
      markAttribute({ ...shard, epoch: '8' }),
      markAttribute({ ...shard, shardId: 'shardId-000000000003' }),
    ];
    expect(names[0]).toBe('hw|7|shardId-000000000002|');
    expect(new Set(names).size).toBe(4);
    expect(names.every(isMarkAttribute)).toBe(true);
  });

  it('is told from the other attributes of an item', () => {
    expect(['total', 'hw', '', 'x|hw|1'].filter(isMarkAttribute)).toEqual([]);
  });
});

describe('the value of a mark', () => {
  it('gives back the number and the second', () => {
    expect(markValue('0123', 5999)).toBe('003123@5');
    expect(parseMarkValue('003123@5')).toEqual({ mark: '003123', movedAtMs: 5000 });
    expect(parseMarkValue(markValue('0', 0))).toEqual({ mark: '0010', movedAtMs: 0 });
  });

  it('is behind the number it holds and those before, and in front of the next', () => {
    const value = markValue('99', 1_800_000_000_000);
    expect(['0', '9', '98', '99'].filter((number) => value < toMark(number))).toEqual([]);
    expect(['100', '101', '999'].filter((number) => value > toMark(number))).toEqual([]);
  });

  it.each(['', '0019', '@5', '001@5', '19@5'])('is not %j', (text) => {
    expect(() => parseMarkValue(text)).toThrow(AssertionError);
  });
});

describe('the name of a shard', () => {
  it.each([
    [shard, true],
    [{ ...shard, shardId: 'x'.repeat(128) }, true],
    [{ ...shard, epoch: '0123456789abcdef' }, true],
    [{ ...shard, shardId: 'Aa9_.-' }, true],
    [{ ...shard, shardId: '' }, false],
    [{ ...shard, shardId: 'x'.repeat(129) }, false],
    [{ ...shard, shardId: 'a|b' }, false],
    [{ ...shard, shardId: ' a' }, false],
    [{ ...shard, shardId: 'a ' }, false],
    [{ ...shard, epoch: '' }, false],
    [{ ...shard, epoch: '0123456789abcdefg' }, false],
    [{ ...shard, epoch: 'A' }, false],
    [{ ...shard, epoch: '.1' }, false],
    [{ ...shard, epoch: '1.' }, false],
  ])('%j: %s', (ref, expected) => {
    expect(isShardRef(ref)).toBe(expected);
  });
});
