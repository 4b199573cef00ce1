import { describe, expect, test } from '@jest/globals';
import { compareSequenceNumbers } from '../../../lib/core/sequence-number.ts';
import type { LogReader, Shard } from '../../../lib/ports/log-reader.ts';
import { unique } from '../unique.ts';
import { appendAll, entry, recordsOf, textOf, type LogUnderTest } from './stored-records.ts';

export function testReshards(underTest: LogUnderTest): void {
  describe('resharding', () => {
    test('a split shard is closed, and its children go on above its numbers', async () => {
      const { reader } = underTest();
      const [parent] = await openShards(reader);
      const { before, after } = await appendAcross([parent?.shardId ?? '']);
      const children = (await reader.shards()).filter(({ parentShardIds }) =>
        parentShardIds.includes(parent?.shardId ?? ''),
      );
      expect(children).toHaveLength(2);
      expect(await closedIds(reader)).toContain(parent?.shardId);
      expectGrowth(before, after);
    });

    test('two merged shards are closed, and their child goes on above both', async () => {
      const { reader } = underTest();
      // Children of one parent, so that they are side by side.
      const shards = await openShards(reader);
      const [left] = shards.filter(({ parentShardIds }) => parentShardIds.length === 1);
      const right = shards.find((shard) => shard !== left && sameParents(shard, left));
      const ids = [left?.shardId ?? '', right?.shardId ?? ''];
      const { before, after } = await appendAcross(ids);
      const child = (await reader.shards()).find(({ parentShardIds }) =>
        ids.every((id) => parentShardIds.includes(id)),
      );
      expect(child?.closed).toBe(false);
      expect(await closedIds(reader)).toEqual(expect.arrayContaining(ids));
      expectGrowth(before, after);
    });

    /** One record per key on either side of a reshard. */
    async function appendAcross(shardIds: readonly string[]): Promise<{ before: Places; after: Places }> {
      const { log, reader, reshard } = underTest();
      if (reshard === undefined) throw new Error('declared to reshard');
      const keys = Array.from({ length: 60 }, () => unique('key'));
      const before = await appendAll(
        log,
        keys.map((key) => entry(key, 'before')),
      );
      await reshard(shardIds);
      const after = await appendAll(
        log,
        keys.map((key) => entry(key, 'after')),
      );
      const records = await recordsOf(reader, keys, 120);
      expect(records.filter((record) => textOf(record) === 'before')).toHaveLength(60);
      for (const { shardId } of after) expect(shardIds).not.toContain(shardId);
      return { before, after };
    }
  });
}

type Places = readonly { readonly shardId: string; readonly sequenceNumber: string }[];

/** A key's record after the reshard has a larger number than the one before it, wherever it went. */
function expectGrowth(before: Places, after: Places): void {
  const growth = before.map((place, index) =>
    compareSequenceNumbers(after[index]?.sequenceNumber ?? '0', place.sequenceNumber),
  );
  expect(growth.every((difference) => difference > 0)).toBe(true);
}

async function openShards(reader: LogReader): Promise<readonly Shard[]> {
  return (await reader.shards()).filter(({ closed }) => !closed);
}

async function closedIds(reader: LogReader): Promise<readonly string[]> {
  return (await reader.shards()).filter(({ closed }) => closed).map(({ shardId }) => shardId);
}

function sameParents(a: Shard, b: Shard | undefined): boolean {
  return JSON.stringify(a.parentShardIds) === JSON.stringify(b?.parentShardIds);
}
