import { describe, expect, it } from '@jest/globals';
import { createLastAudit } from '../../../lib/app/audit/audit-result.ts';
import { scheduledAuditLimits } from '../../../lib/app/audit/audit-limits.ts';
import { runScheduledAudit, type ScheduledAuditDeps } from '../../../lib/app/audit/scheduled-audit.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { createAuditWorld } from '../../support/audit-world.ts';
import { increment, keyed } from '../../support/counter-world.ts';
import { createMemoryStoredBook } from '../../support/memory/memory-stored-book.ts';

const minuteMs = 60_000;

function createWorld() {
  const world = createAuditWorld();
  const { ports, clock, telemetry, history } = world;
  const book = createMemoryStoredBook();
  const deps: ScheduledAuditDeps = {
    ...{ ...ports, clock, telemetry, history, book },
    pauses: { logMs: 0, stateMs: 0 },
  };
  return {
    ...world,
    stored: book,
    deps,
    run: (some: Partial<ScheduledAuditDeps> = {}) => runScheduledAudit({ ...deps, ...some }),
    /** As a container that starts now. */
    last: () => createLastAudit(deps)(),
  };
}

/** The one shard with records. */
async function shardOf({ increments }: ReturnType<typeof createWorld>): Promise<string | undefined> {
  for (const { shardId } of await increments.shards()) {
    const limits = { recordsMax: 1, bytesMax: 1 };
    if ((await increments.read(shardId, undefined, limits)).length > 0) return shardId;
  }
  return undefined;
}

describe('a scheduled audit', () => {
  it('goes on where the last run ended, and stores what it found', async () => {
    const world = createWorld();
    expect(await world.last()).toBeUndefined();
    await world.append([increment('a'), increment('b')]);
    await world.count();
    const first = { status: 'equal', atMs: world.clock.nowMs(), counters: 2, differences: 0 };
    expect(await world.run()).toEqual(first);
    expect(await world.last()).toEqual(first);
    const pages = world.pagesRead();
    await world.append([keyed('a')]);
    await world.count();
    await world.clock.sleep(minuteMs);
    expect(await world.run()).toMatchObject({ status: 'equal', counters: 2 });
    expect(world.pagesRead() - pages).toBe(1);
  });

  it('reports a total that is not that of the log, in the metric of the alarm too', async () => {
    const world = createWorld();
    await world.append([increment('a')]);
    await world.count();
    await world.run();
    await world.tamper('a', 1n);
    expect(await world.run()).toMatchObject({ status: 'different', counters: 1, differences: 1 });
    expect(await world.last()).toMatchObject({ status: 'different', differences: 1 });
    expect(world.telemetry.total(metrics.auditDifferences)).toBe(1);
  });

  it('that is out of time keeps what it has read, and the next run goes on', async () => {
    const world = createWorld();
    await world.append(Array.from({ length: 40 }, () => increment('a')));
    await world.count();
    const limits = { ...scheduledAuditLimits, recordsPerRead: 1 };
    // A read takes a minute, that of an empty shard too; the run has 13.
    const slow = { limits, pauses: { logMs: minuteMs, stateMs: 0 } };
    for (const run of [1, 2, 3]) {
      expect(await world.run(slow)).toMatchObject({ status: 'unfinished', differences: 0 });
      expect(world.pagesRead()).toBeGreaterThan(run * 10);
    }
    expect(await world.last()).toMatchObject({ status: 'unfinished', counters: 1 });
    await world.tamper('a', 1n);
    // A search of all that was read, for records that were given up, would take too long as well.
    expect(await world.run(slow)).toMatchObject({ status: 'unfinished' });
    expect(world.telemetry.total(metrics.auditUnfinished)).toBe(4);
    expect(await world.run({ limits })).toMatchObject({ status: 'different', counters: 1, differences: 1 });
  });

  it('reads each record once, however many runs that takes', async () => {
    const world = createWorld();
    await world.append(Array.from({ length: 40 }, () => increment('a')));
    await world.count();
    const limits = { ...scheduledAuditLimits, recordsPerRead: 1 };
    const found: string[] = [];
    while (found.at(-1) !== 'equal' && found.length < 10) {
      const { status } = await world.run({ limits, pauses: { logMs: minuteMs, stateMs: 0 } });
      found.push(status);
    }
    expect(found).toEqual(['unfinished', 'unfinished', 'unfinished', 'equal']);
    expect(world.pagesRead()).toBe(40);
  });

  it('knows a record that was given up, whichever of the late runs has read it', async () => {
    const world = createWorld();
    await world.append([increment('a')]);
    await world.giveUpNext((await shardOf(world))!);
    await world.append(Array.from({ length: 20 }, () => increment('a')));
    await world.count();
    const limits = { ...scheduledAuditLimits, recordsPerRead: 1, recordsPerLook: 1 };
    const slow = { limits, pauses: { logMs: minuteMs, stateMs: 0 } };
    expect(await world.run(slow)).toMatchObject({ status: 'unfinished' });
    expect(await world.run({ limits })).toMatchObject({ status: 'equal', counters: 1, differences: 0 });
    expect(world.telemetry.total(metrics.auditDifferences)).toBe(0);
  });

  it('ends when the process stops, at any read', async () => {
    const world = createWorld();
    await world.append(['a', 'b', 'c', 'd'].flatMap((key) => [increment(key), keyed(key)]));
    await world.count();
    const limits = { ...scheduledAuditLimits, recordsPerRead: 1, keysPerSlice: 1 };
    let runs = 0;
    for (let status = ''; status !== 'equal'; runs += 1) {
      expect(runs).toBeLessThan(50);
      let looks = 0;
      const isStopping = (): boolean => (looks += 1) > 3 + runs;
      ({ status } = await world.run({ limits, isStopping }));
      expect(['unfinished', 'equal']).toContain(status);
    }
    expect(runs).toBeGreaterThan(2);
    expect(world.telemetry.total(metrics.auditUnfinished)).toBe(0);
    await world.tamper('c', -1n);
    expect(await world.run({ limits })).toMatchObject({ status: 'different', differences: 1 });
  });

  it('that dies before it writes its book is repeated by the next', async () => {
    const world = createWorld();
    await world.append([increment('a'), keyed('a')]);
    await world.count();
    const dies = { ...world.stored, write: () => Promise.reject(new TypeError('the container is gone')) };
    await expect(world.run({ book: dies })).rejects.toThrow('the container is gone');
    expect(await world.last()).toBeUndefined();
    expect(await world.run()).toMatchObject({ status: 'equal', counters: 1 });
  });

  it('beside another run leaves one whole book, and the result of the later one', async () => {
    const world = createWorld();
    await world.append([increment('a'), keyed('b')]);
    await world.count();
    const [one, two] = await Promise.all([world.run(), world.run()]);
    expect([one.status, two.status]).toEqual(['equal', 'equal']);
    await world.clock.sleep(minuteMs);
    await world.append([keyed('b')]);
    await world.count();
    const laterMs = world.clock.nowMs();
    const later = { status: 'equal', atMs: laterMs, counters: 2, differences: 0 };
    expect(await world.run()).toEqual(later);
    // An earlier run that ends last.
    const earlier = {
      nowMs: () => laterMs - 1,
      monotonicMs: () => world.clock.monotonicMs(),
      sleep: () => Promise.resolve(),
    };
    await world.run({ clock: earlier });
    expect(await world.last()).toEqual(later);
  });

  it('says that it failed when its book is another’s or it has no room', async () => {
    const world = createWorld();
    await world.append([increment('a'), increment('b')]);
    await world.count();
    expect(await world.run({ countersMax: 1 })).toMatchObject({ status: 'failed' });
    expect(await world.last()).toMatchObject({ status: 'failed', counters: 0 });
    const limits = { ...scheduledAuditLimits, pendingMax: 1 };
    expect(await world.run({ limits })).toMatchObject({ status: 'failed' });
    await world.stored.write(new TextEncoder().encode('{}\n'), undefined);
    expect(await world.run()).toMatchObject({ status: 'failed' });
    // The alarm hears of a run that failed, too.
    expect(world.telemetry.total(metrics.auditUnfinished)).toBe(3);
    expect(world.telemetry.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'the audit cannot run' }),
    );
  });

  it('takes at most half of a shard from the consumer', () => {
    expect(scheduledAuditLimits).toEqual({
      ...{ recordsPerRead: 2000, bytesPerRead: 1_048_576, recordsPerLook: 100_000, keysPerSlice: 1000 },
      ...{ pendingMax: 1_000_000, keyedIdsMax: 1_000_000, differencesMax: 1000, suspectsMax: 1000 },
    });
  });
});

describe('the last result', () => {
  it('is read once in ten seconds', async () => {
    const world = createWorld();
    let reads = 0;
    const state = {
      get: (...args: Parameters<typeof world.ports.state.get>) => {
        reads += 1;
        return world.ports.state.get(...args);
      },
    };
    const last = createLastAudit({ ...world.deps, state });
    await last();
    await world.run();
    expect(await last()).toBeUndefined();
    expect(reads).toBe(1);
    await world.clock.sleep(10_000);
    expect(await last()).toMatchObject({ status: 'equal' });
    expect(reads).toBe(2);
  });

  it('is unknown if the store fails or hangs', async () => {
    const { deps } = createWorld();
    const failing = { get: () => Promise.reject(new TypeError('no')) };
    expect(await createLastAudit({ ...deps, state: failing })()).toBeUndefined();
    const hanging = { get: () => new Promise<never>(() => undefined) };
    expect(await createLastAudit({ ...deps, state: hanging })()).toBeUndefined();
  });
});
