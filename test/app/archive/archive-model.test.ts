import { describe, expect, it } from '@jest/globals';
import { LogGapError } from '../../../lib/ports/log-history.ts';
import { ArchiveError } from '../../../lib/ports/log-archive.ts';
import {
  createArchiveWorld,
  hourMs,
  readAll,
  type ArchiveWorld,
  type Taken,
} from '../../support/archive-world.ts';
import { Prng } from '../../support/prng.ts';

const seeds = 150;
const steps = 30;

/** What became of the worlds; each must occur, or the test shows little. */
const counts = { whole: 0, fromArchive: 0, notWhole: 0, gapFound: 0, goneShards: 0 };

/**
 * A reader of the archive is told all records, each once and in order, or that some are missing: whatever the
 * archiver's runs met, however late they were, and whatever the archive has lost since.
 */
describe('an archived history', () => {
  it('has everything, or says that it does not', async () => {
    for (let seed = 1; seed <= seeds; seed += 1) await runSeed(seed);
    for (const [what, count] of Object.entries(counts)) expect([what, count > 10]).toEqual([what, true]);
  }, 120_000);
});

async function runSeed(seed: number): Promise<void> {
  const prng = new Prng(seed);
  const knows = prng.pick(['numbers', 'times'] as const);
  const world = createArchiveWorld({ knows });
  const careful = prng.chance(0.5);
  let from: Parameters<typeof readAll>[1];
  for (let step = 0; step < steps; step += 1) {
    await act(world, prng, careful);
    if (prng.chance(0.1)) from = await check(world, seed, from);
  }
  await check(world, seed, undefined);
  await check(world, seed, from);
}

async function act(world: ArchiveWorld, prng: Prng, careful: boolean): Promise<void> {
  const act = prng.int(1, 100);
  if (act <= 35) await world.append(Array.from({ length: prng.int(1, 12) }, () => `k${prng.int(1, 20)}`));
  else if (act <= 65) await run(world, prng);
  else if (act <= 85)
    await world.pass(prng.pick([hourMs / 6, 5 * hourMs, careful ? 20 * hourMs : 30 * hourMs]));
  else if (act <= 90) await split(world, prng);
  else if (act <= 93 && (!careful || prng.chance(0.3))) await lose(world, prng);
  if (careful) await world.archiveNow();
}

/** A run that is made as it should be, or twice at once, or dies at some write, or is late. */
async function run(world: ArchiveWorld, prng: Prng): Promise<void> {
  const { archive, book } = world;
  const kind = prng.int(1, 6);
  if (kind === 1) await Promise.all([world.archiveNow(), world.archiveNow()]);
  else if (kind === 2) {
    // The process dies after the parts and before the book.
    const dying = { ...book, write: () => Promise.reject(new Error('dies')) };
    await expect(world.archiveNow({ book: dying })).rejects.toThrow('dies');
  } else if (kind === 3) {
    let left = prng.int(0, 3);
    const failing: typeof archive = {
      ...archive,
      async write(...args) {
        left -= 1;
        if (left < 0 && prng.chance(0.5)) throw new ArchiveError('before');
        await archive.write(...args);
        if (left < 0) throw new ArchiveError('after');
      },
    };
    await world.archiveNow({ archive: failing });
  } else if (kind === 4) {
    let left = prng.int(0, 3);
    await world.archiveNow({ isLate: () => (left -= 1) < 0 });
  } else await world.archiveNow();
}

async function split(world: ArchiveWorld, prng: Prng): Promise<void> {
  const open = (await world.log.shards()).filter(({ closed }) => !closed);
  if (open.length < 6) await world.split(prng.pick(open).shardId);
}

/** A part, or a byte of it, or the book goes. */
async function lose(world: ArchiveWorld, prng: Prng): Promise<void> {
  const { archive, book } = world;
  const parts = archive.all();
  const kind = prng.int(1, 5);
  if (kind === 1) {
    const stored = await book.read();
    await book.write(Buffer.from(prng.pick(['', '{}', '[]', 'null', '{"format":'])), stored?.version);
    return;
  }
  if (parts.length === 0) return;
  const part = prng.pick(parts);
  const bytes = archive.bytesOf(part);
  if (kind === 2 || bytes === undefined) {
    archive.remove(part);
    return;
  }
  const damaged = Uint8Array.from(bytes);
  const at = prng.int(0, bytes.length - 1);
  damaged[at] = (damaged[at] ?? 0) ^ (1 << prng.int(0, 7));
  await archive.write(part, damaged);
}

/** Reads everything, or what has come since an earlier read. Resolves to where it ended. */
async function check(
  world: ArchiveWorld,
  seed: number,
  from: Parameters<typeof readAll>[1],
): Promise<Parameters<typeof readAll>[1]> {
  const atMs = world.clock.nowMs();
  const history = world.open();
  const listed = await history.shards();
  const inLog = new Set((await world.history.shards()).map(({ shardId }) => shardId));
  let found: readonly Taken[] | undefined;
  for (let gaps = 0; ; gaps += 1) {
    try {
      found = await readAll(history, from);
      break;
    } catch (error) {
      if (!(error instanceof LogGapError) || gaps > 100) throw error;
      counts.gapFound += 1;
    }
  }
  if (found === undefined) {
    counts.notWhole += 1;
    return from;
  }
  counts.whole += 1;
  if (listed.some(({ shardId }) => !inLog.has(shardId))) counts.goneShards += 1;
  const stillInLog = await countInLog(world, from);
  const expected = world.taken.filter((record) => isAfter(record, from?.positions.get(record.shardId)));
  if (stillInLog < expected.length) counts.fromArchive += 1;
  const told = (records: readonly Taken[]): string[] =>
    records
      .toSorted((a, b) => (a.shardId === b.shardId ? 0 : a.shardId < b.shardId ? -1 : 1))
      .map((record) =>
        [
          record.shardId,
          record.sequenceNumber,
          record.partitionKey,
          record.arrivedAtMs,
          ...record.data,
        ].join(),
      );
  expect({ seed, records: told(found) }).toEqual({ seed, records: told(expected) });
  const positions = new Map(from?.positions);
  for (const { shardId, sequenceNumber } of found) positions.set(shardId, sequenceNumber);
  return { positions, atMs };
}

async function countInLog(world: ArchiveWorld, from: Parameters<typeof readAll>[1]): Promise<number> {
  let count = 0;
  for (const { shardId } of await world.log.shards()) {
    const size = { recordsMax: 100_000, bytesMax: 2 ** 30 };
    count += (await world.log.read(shardId, from?.positions.get(shardId), size)).length;
  }
  return count;
}

function isAfter({ sequenceNumber }: Taken, after: string | undefined): boolean {
  return after === undefined || BigInt(sequenceNumber) > BigInt(after);
}
