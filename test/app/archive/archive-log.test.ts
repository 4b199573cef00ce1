import { describe, expect, it } from '@jest/globals';
import { archiveLimits } from '../../../lib/app/archive/archive-limits.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { ArchiveError, type ArchivedPart } from '../../../lib/ports/log-archive.ts';
import {
  createArchiveWorld,
  hourMs,
  readAll,
  retentionMs,
  type ArchiveWorld,
} from '../../support/archive-world.ts';

const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}`);

/** The log drops everything; the archiver runs all the while. */
async function outlive(world: ArchiveWorld): Promise<void> {
  for (const ms of [13 * hourMs, 13 * hourMs]) {
    await world.pass(ms);
    await world.archiveNow();
  }
}

/** Whether the parts of each shard follow on each other from its first record on. */
function joined(parts: readonly ArchivedPart[]): boolean {
  return [...Map.groupBy(parts, ({ shardId }) => shardId).values()].every((all) =>
    all.every((part, i) => part.after === all[i - 1]?.through),
  );
}

describe('the archiver', () => {
  it('copies each record once, in parts that follow on each other', async () => {
    const world = createArchiveWorld();
    await world.append(keys(20));
    expect(await world.archiveNow()).toMatchObject({ status: 'complete', records: 20, gaps: 0 });
    await world.append(keys(3));
    expect(await world.archiveNow()).toMatchObject({ status: 'complete', records: 3 });
    expect(await world.archiveNow()).toEqual({ status: 'complete', parts: 0, records: 0, gaps: 0 });
    expect(world.archive.all().length).toBeGreaterThan(4);
    expect(joined(world.archive.all())).toBe(true);
    expect(world.telemetry.total(metrics.archiveRuns)).toBe(3);
    expect(world.telemetry.total(metrics.archiveGaps)).toBe(0);
  });

  it('fills a part before it begins another', async () => {
    const world = createArchiveWorld({ limits: { ...archiveLimits, recordsPerRead: 3, recordsPerPart: 9 } });
    await world.append(Array.from({ length: 20 }, () => 'one'));
    expect(await world.archiveNow()).toMatchObject({ parts: 3, records: 20 });
    const bytes = createArchiveWorld({ limits: { ...archiveLimits, recordsPerRead: 1, bytesPerPart: 1000 } });
    await bytes.append(Array.from({ length: 8 }, () => 'one'));
    // Two bytes and a key of three are counted as 222.
    expect(await bytes.archiveNow()).toMatchObject({ parts: 2, records: 8 });
  });

  it('says when the log dropped records first, and goes on after them', async () => {
    const world = createArchiveWorld();
    await world.append(keys(10));
    await world.archiveNow();
    await world.append(keys(10));
    await world.pass(25 * hourMs);
    expect(await world.archiveNow()).toMatchObject({ status: 'complete', records: 0, gaps: 2 });
    expect(world.telemetry.total(metrics.archiveGaps)).toBe(2);
    await world.append(keys(10));
    expect(await world.archiveNow()).toMatchObject({ status: 'complete', records: 10, gaps: 0 });
    expect(joined(world.archive.all())).toBe(false);
    await outlive(world);
    expect(await readAll(world.open())).toBeUndefined();
  });

  it('that begins when the log has dropped records already has no gap, and is not the whole history', async () => {
    const world = createArchiveWorld();
    await world.append(keys(10));
    await world.pass(25 * hourMs);
    await world.append(keys(10));
    expect(await world.archiveNow()).toMatchObject({ status: 'complete', records: 10, gaps: 0 });
    expect(world.archive.all()[0]!.after).toBeDefined();
    await outlive(world);
    expect(await readAll(world.open())).toBeUndefined();
  });

  it('does not take a quiet shard for a gap', async () => {
    const world = createArchiveWorld();
    await world.append(keys(10));
    for (let hours = 0; hours < 100; hours += 10) {
      expect(await world.archiveNow()).toMatchObject({ status: 'complete', gaps: 0 });
      await world.pass(10 * hourMs);
    }
    await world.append(keys(1));
    expect(await world.archiveNow()).toMatchObject({ records: 1, gaps: 0 });
    expect(joined(world.archive.all())).toBe(true);
    expect(await readAll(world.open())).toHaveLength(11);
  });

  it('notes how far it came when it is late, and the next run goes on', async () => {
    const world = createArchiveWorld();
    await world.append(keys(30));
    let left = 3;
    const late = { isLate: () => (left -= 1) < 0 };
    expect(await world.archiveNow(late)).toMatchObject({ status: 'unfinished' });
    const before = world.archive.all().length;
    expect(before).toBeGreaterThan(0);
    expect(world.telemetry.total(metrics.archiveRuns)).toBe(0);
    await world.archiveNow();
    expect(joined(world.archive.all())).toBe(true);
    expect(await readAll(world.open())).toHaveLength(30);
  });

  it('goes on with the other shards when one fails, and repeats that one', async () => {
    const world = createArchiveWorld();
    await world.append(keys(20));
    const failing = {
      ...world.archive,
      async write(part: ArchivedPart, bytes: Uint8Array) {
        if (part.shardId === 'shardId-000000000000') throw new ArchiveError('no answer');
        await world.archive.write(part, bytes);
      },
    };
    expect(await world.archiveNow({ archive: failing })).toMatchObject({ status: 'unfinished', gaps: 0 });
    expect(await world.archive.shardIds()).toEqual(['shardId-000000000001']);
    await world.archiveNow();
    expect(joined(world.archive.all())).toBe(true);
  });

  it('that died before it wrote its book archives the same records again, and a reader takes them once', async () => {
    const world = createArchiveWorld();
    await world.append(keys(20));
    const dying = { ...world.book, write: () => Promise.reject(new Error('dies')) };
    await expect(world.archiveNow({ book: dying })).rejects.toThrow('dies');
    await world.append(keys(20));
    await world.archiveNow();
    await outlive(world);
    expect(joined(world.archive.all())).toBe(false);
    expect(await readAll(world.open())).toHaveLength(40);
  });

  it('of which two run at a time loses nothing', async () => {
    const world = createArchiveWorld();
    for (let i = 0; i < 5; i += 1) {
      await world.append(keys(10));
      await Promise.all([world.archiveNow(), world.archiveNow(), world.archiveNow()]);
    }
    await outlive(world);
    expect(await readAll(world.open())).toHaveLength(50);
  });

  it('remembers the shards that the log has forgotten, up to a limit', async () => {
    const world = createArchiveWorld({ limits: { ...archiveLimits, shardsMax: 4 } });
    for (let i = 0; i < 4; i += 1) {
      await world.append(keys(10));
      const open = (await world.history.shards()).filter(({ closed }) => !closed);
      await world.split(open[0]!.shardId);
      await world.archiveNow();
      await world.pass(13 * hourMs);
    }
    await world.archiveNow();
    const { shards } = JSON.parse(Buffer.from((await world.book.read())!.bytes).toString()) as {
      shards: unknown[];
    };
    const inLog = await world.history.shards();
    expect((await world.log.shards()).length).toBeGreaterThan(inLog.length);
    expect(shards).toHaveLength(inLog.length);
  });
});

describe('an archived history', () => {
  it('reads the log alone while that has everything', async () => {
    const world = createArchiveWorld();
    await world.append(keys(10));
    await world.archiveNow();
    const history = world.open();
    for (const part of world.archive.all()) world.archive.remove(part);
    expect(await readAll(history)).toHaveLength(10);
  });

  it('reads the archive for as far as the log is gone, and then the log', async () => {
    const world = createArchiveWorld();
    for (let day = 0; day < 10; day += 1) {
      await world.append(keys(10));
      await world.archiveNow();
      await world.pass(20 * hourMs);
    }
    await world.append(keys(10));
    expect(await readAll(world.history)).toBeUndefined();
    expect(await readAll(world.open())).toHaveLength(110);
  });

  it('says that a lost part is missing, whichever it is', async () => {
    const world = createArchiveWorld();
    await world.append(keys(30));
    await world.archiveNow();
    await outlive(world);
    for (const part of world.archive.all()) {
      const bytes = world.archive.bytesOf(part)!;
      world.archive.remove(part);
      expect(await readAll(world.open())).toBeUndefined();
      await world.archive.write(part, bytes);
    }
    expect(await readAll(world.open())).toHaveLength(30);
  });

  it('says that a part is missing that goes while it is read', async () => {
    const world = createArchiveWorld();
    await world.append(keys(30));
    await world.archiveNow();
    await outlive(world);
    const history = world.open();
    const [{ shardId } = { shardId: '' }] = await history.shards();
    expect(await history.isWhole(shardId, undefined)).toBe(true);
    for (const part of world.archive.all()) world.archive.remove(part);
    const size = { recordsMax: 10, bytesMax: 1000 };
    await expect(history.read(shardId, undefined, size)).rejects.toMatchObject({ code: 'log-unavailable' });
    expect(await history.isWhole(shardId, undefined)).toBe(false);
  });

  it('does not trust a shard that the log forgot before all of it was archived', async () => {
    const world = createArchiveWorld();
    await world.append(keys(10));
    await world.archiveNow();
    await world.append(keys(10));
    const open = await world.log.shards();
    for (const { shardId } of open) await world.split(shardId);
    await world.pass(50 * hourMs);
    await world.append(keys(10));
    await world.archiveNow();
    expect((await world.history.shards()).map(({ shardId }) => shardId)).not.toContain(open[0]!.shardId);
    expect(await readAll(world.open())).toBeUndefined();
  });

  it('does not trust a shard of which no run came to the end, though the others are archived', async () => {
    const world = createArchiveWorld();
    await world.append(keys(10));
    await world.archiveNow();
    const [stuck] = await world.log.shards();
    await world.append(keys(10));
    await world.split(stuck!.shardId);
    const failing = {
      ...world.archive,
      async write(part: ArchivedPart, bytes: Uint8Array) {
        if (part.shardId === stuck!.shardId) throw new ArchiveError('no answer');
        await world.archive.write(part, bytes);
      },
    };
    for (let i = 0; i < 4; i += 1) {
      await world.append(keys(20));
      await world.archiveNow({ archive: failing });
      await world.pass(13 * hourMs);
    }
    expect((await world.history.shards()).map(({ shardId }) => shardId)).not.toContain(stuck!.shardId);
    const history = world.open();
    await history.shards();
    expect(await history.isWhole(stuck!.shardId, undefined)).toBe(false);
  });

  it('bounds the parts that it knows', async () => {
    const world = createArchiveWorld({
      limits: { ...archiveLimits, recordsPerRead: 1, recordsPerPart: 1, partsPerList: 2, partsMax: 6 },
    });
    await world.append(Array.from({ length: 9 }, () => 'one'));
    await world.archiveNow();
    await outlive(world);
    await expect(readAll(world.open())).rejects.toThrow('more than 6 parts');
  });

  it('says through which record the log has dropped what it takes from the archive', async () => {
    const world = createArchiveWorld();
    await world.append(Array.from({ length: 5 }, () => 'one'));
    await world.archiveNow();
    await outlive(world);
    await world.append(['one']);
    await world.archiveNow();
    const history = world.open();
    const { shardId, sequenceNumber } = world.taken.at(-2)!;
    await history.shards();
    expect(await history.isWhole(shardId, undefined)).toBe(true);
    expect(await history.droppedThrough(shardId)).toBe(sequenceNumber);
  });

  it.each([
    ['before the first record', 0],
    ['before a part with an old and a young record', 1],
    ['within that part', 2],
    ['after that part', 3],
    ['at the end', 4],
  ])('says so too to a reader whose position is %s', async (_, read) => {
    const world = createArchiveWorld();
    await world.append(['one']);
    await world.archiveNow();
    await world.append(['one']);
    await world.pass(20 * hourMs);
    await world.append(['one']);
    await world.archiveNow();
    await world.pass(10 * hourMs);
    await world.append(['one']);
    await world.archiveNow();
    const history = world.open();
    const { shardId, sequenceNumber } = world.taken.at(1)!;
    const position = read === 0 ? undefined : world.taken.at(read - 1)!.sequenceNumber;
    await history.shards();
    const after = { sequenceNumber: position, atMs: world.clock.nowMs() - 10 * retentionMs };
    expect(await history.isWhole(shardId, position === undefined ? undefined : after)).toBe(true);
    expect(await history.droppedThrough(shardId)).toBe(sequenceNumber);
  });
});
