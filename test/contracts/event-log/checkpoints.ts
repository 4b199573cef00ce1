import { describe, expect, test } from '@jest/globals';
import { unique } from '../unique.ts';
import { appendAll, entry, type LogUnderTest } from './stored-records.ts';

export function testCheckpoints(underTest: LogUnderTest): void {
  describe('delivery', () => {
    test('listeners hear of the shard once its records can be read, until they leave', async () => {
      const { log, reader } = underTest();
      const key = unique('key');
      const heard: string[] = [];
      const seen: Promise<number>[] = [];
      const leave = reader.onAppend((shardId) => {
        heard.push(shardId);
        seen.push(
          reader.read(shardId, undefined, { recordsMax: 1, bytesMax: 1 }).then(({ length }) => length),
        );
      });
      const [result] = await appendAll(log, [entry(key, 'x')]);
      expect(heard).toContain(result?.shardId);
      expect(await Promise.all(seen)).toEqual(seen.map(() => 1));
      leave();
      const before = heard.length;
      await appendAll(log, [entry(key, 'y')]);
      expect(heard).toHaveLength(before);
    });

    test('a listener that subscribes twice hears twice and leaves once', async () => {
      const { log, reader } = underTest();
      let calls = 0;
      const listener = (): void => {
        calls += 1;
      };
      const [leaveFirst, leaveSecond] = [reader.onAppend(listener), reader.onAppend(listener)];
      leaveFirst();
      leaveFirst();
      await appendAll(log, [entry(unique('key'), 'x')]);
      expect(calls).toBe(1);
      leaveSecond();
    });

    test('a checkpoint is absent, then the last one written, by consumer and shard', async () => {
      const { reader } = underTest();
      const [consumer, other] = [unique('consumer'), unique('consumer')];
      const [first, second] = (await reader.shards()).map(({ shardId }) => shardId);
      if (first === undefined || second === undefined) throw new Error('the contract wants two shards');
      expect(await reader.readCheckpoint(consumer, first)).toBeUndefined();
      await reader.writeCheckpoint(consumer, first, '9');
      await reader.writeCheckpoint(consumer, first, '10');
      await reader.writeCheckpoint(other, first, '12345678901234567890123456789012345678901234567890123456');
      expect(await reader.readCheckpoint(consumer, first)).toBe('10');
      expect(await reader.readCheckpoint(other, first)).toHaveLength(56);
      expect(await reader.readCheckpoint(consumer, second)).toBeUndefined();
    });
  });
}
