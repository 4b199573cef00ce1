import { describe, expect, it } from '@jest/globals';
import type { ArchivedPart, LogArchive } from '../../lib/ports/log-archive.ts';

/** What every LogArchive promises. `create`: a new one with nothing in it. */
export function testLogArchive(name: string, create: () => Promise<LogArchive>): void {
  describe(`${name}: an archive of a log`, () => {
    const shardId = 'shardId-000000000000';
    const kinesis = '49590338271490256608559692538361571095921575989136588898';
    const part = (after: string | undefined, through: string, some: Partial<ArchivedPart> = {}) => ({
      ...{ shardId, after, through, lastArrivedAtMs: 1_764_460_800_123 },
      ...some,
    });
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const text = (read: Uint8Array | undefined): string | undefined => read && new TextDecoder().decode(read);

    it('is empty first', async () => {
      const archive = await create();
      expect(await archive.shardIds()).toEqual([]);
      expect(await archive.parts(shardId, { limit: 1000 })).toEqual({ parts: [], more: false });
      expect(await archive.read(part(undefined, '1'))).toBeUndefined();
    });

    it('keeps the bytes of each part', async () => {
      const archive = await create();
      await archive.write(part('9', '10'), bytes('nine'));
      await archive.write(part('9', '11'), bytes('more'));
      await archive.write(part('9', '10', { shardId: 'another.shard_1' }), bytes('another'));
      expect(text(await archive.read(part('9', '10')))).toBe('nine');
      expect(text(await archive.read(part('9', '11')))).toBe('more');
      expect(text(await archive.read(part('9', '10', { shardId: 'another.shard_1' })))).toBe('another');
      expect(await archive.read(part('9', '10', { lastArrivedAtMs: 5 }))).toBeUndefined();
      expect([...(await archive.shardIds())].sort()).toEqual(['another.shard_1', shardId]);
    });

    it('replaces a part that is written again', async () => {
      const archive = await create();
      await archive.write(part('9', '10'), bytes('one'));
      await archive.write(part('9', '10'), bytes('two'));
      expect(text(await archive.read(part('9', '10')))).toBe('two');
      expect((await archive.parts(shardId, { limit: 10 })).parts).toHaveLength(1);
    });

    it('lists parts by the numbers before them, however long these are', async () => {
      const archive = await create();
      const parts = [
        part(undefined, '0', { lastArrivedAtMs: 0 }),
        part(undefined, '8'),
        part('0', '9'),
        part('9', '10'),
        part('9', '99'),
        part('10', '99'),
        part('99', kinesis),
        part(kinesis, `${kinesis}0`, { lastArrivedAtMs: 9_007_199_254_740_991 }),
      ];
      for (const each of [...parts].reverse()) await archive.write(each, bytes('x'));
      expect(await archive.parts(shardId, { limit: 1000 })).toEqual({ parts, more: false });
    });

    it('lists them in pages that join', async () => {
      const archive = await create();
      const parts = Array.from({ length: 5 }, (_, i) => part(String(i * 50), String(i * 50 + 7)));
      for (const each of parts) await archive.write(each, bytes('x'));
      const listed: ArchivedPart[] = [];
      const more: boolean[] = [];
      for (let behind: ArchivedPart | undefined; more.at(-1) !== false;) {
        const page = await archive.parts(shardId, { limit: 2, ...(behind && { behind }) });
        listed.push(...page.parts);
        more.push(page.more);
        behind = page.parts.at(-1);
      }
      expect(listed).toEqual(parts);
      expect(more).toEqual([true, true, false]);
    });

    it('keeps what is large', async () => {
      const archive = await create();
      const large = new Uint8Array(3 * 1024 * 1024).map((_, i) => i % 251);
      await archive.write(part('1', '2'), large);
      expect(Buffer.compare((await archive.read(part('1', '2'))) ?? new Uint8Array(), large)).toBe(0);
    });
  });
}
