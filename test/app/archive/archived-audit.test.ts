import { describe, expect, it } from '@jest/globals';
import { archiveLog } from '../../../lib/app/archive/archive-log.ts';
import { archiveLimits } from '../../../lib/app/archive/archive-limits.ts';
import { createArchivedHistory } from '../../../lib/app/archive/archived-history.ts';
import { emptyBook, type AuditBook } from '../../../lib/app/audit/audit-book.ts';
import { auditLimits, type AuditLimits } from '../../../lib/app/audit/audit-limits.ts';
import { audit } from '../../../lib/app/audit/audit.ts';
import type { AuditReport } from '../../../lib/app/audit/audit-report.ts';
import { counterKey } from '../../../lib/app/state-keys.ts';
import { createAuditWorld } from '../../support/audit-world.ts';
import { hourMs, retentionMs } from '../../support/archive-world.ts';
import { toPartitionKey } from '../../../lib/core/counters/counter-key.ts';
import { laneName } from '../../../lib/core/counters/hot/lanes.ts';
import { increment, keyed } from '../../support/counter-world.ts';
import { createMemoryLogArchive } from '../../support/memory/memory-log-archive.ts';
import { createMemoryStoredBook } from '../../support/memory/memory-stored-book.ts';

/** The counting half of a stage whose log drops what is a day old, with an archive of parts of few records. */
function createWorld(auditing: AuditLimits = { ...auditLimits, recordsPerRead: 7 }) {
  const world = createAuditWorld();
  world.history.whole = undefined;
  const { history: log, ports, clock, telemetry, increments } = world;
  const archive = createMemoryLogArchive();
  const book = createMemoryStoredBook();
  const limits = { ...archiveLimits, recordsPerRead: 4, recordsPerPart: 10 };
  return {
    ...world,
    archive,
    archiveNow: () => archiveLog({ ...{ history: log, archive, book, clock, telemetry, limits } }),
    async pass(hours: number): Promise<void> {
      await clock.sleep(hours * hourMs);
      await increments.dropBefore(clock.nowMs() - retentionMs);
    },
    /** By somebody who has no book yet. */
    afresh(into: AuditBook = emptyBook('1'), some: Partial<{ log: typeof log }> = {}): Promise<AuditReport> {
      const history = createArchivedHistory({
        ...{ log, archive, book, clock, retentionMs, limits },
        ...some,
      });
      return audit({ state: ports.state, telemetry, clock, history, limits: auditing }, into);
    },
  };
}

/** Ten days of increments of ten counters, counted and archived. */
async function createOldWorld() {
  const world = createWorld();
  for (let day = 0; day < 10; day += 1) {
    await world.append(Array.from({ length: 30 }, (_, i) => increment(`k${i % 10}`, 1 + (i % 3))));
    await world.count();
    await world.archiveNow();
    await world.pass(23);
  }
  return world;
}

describe('an audit that begins after the log has dropped records', () => {
  it('is not possible from the log, and compares every total by the archive', async () => {
    const world = await createOldWorld();
    expect(await world.audit(emptyBook('1'))).toMatchObject({ status: 'not-auditable', notAuditable: 10 });
    const book = emptyBook('1');
    expect(await world.afresh(book)).toMatchObject({
      ...{ status: 'equal', counters: 10, notAuditable: 0, accepted: 600n, counted: 600n, inFlight: 0n },
    });
    // It goes on from there, by the log alone.
    await world.append([increment('k0')]);
    await world.count();
    expect(await world.afresh(book)).toMatchObject({ status: 'equal', counted: 601n });
  });

  it('finds a difference of 1', async () => {
    const world = await createOldWorld();
    await world.tamper('k4', -1n);
    const [different] = (await world.afresh()).different;
    expect(different).toMatchObject({ key: 'k4', difference: -1n });
  });

  it('says not auditable if a part is lost or damaged, and never that a total differs', async () => {
    const world = await createOldWorld();
    const parts = world.archive.all();
    const gone = parts.filter(({ lastArrivedAtMs }) => lastArrivedAtMs < world.clock.nowMs() - retentionMs);
    expect(gone.length).toBeGreaterThan(20);
    for (const part of gone) {
      const bytes = world.archive.bytesOf(part)!;
      world.archive.remove(part);
      expect(await world.afresh()).toMatchObject({ status: 'not-auditable', different: [] });
      await world.archive.write(part, bytes.subarray(0, -3));
      expect(await world.afresh()).toMatchObject({ status: 'not-auditable', different: [] });
      await world.archive.write(part, bytes);
    }
    expect(await world.afresh()).toMatchObject({ status: 'equal' });
  });

  it('takes a record for counted whose mark has gone since', async () => {
    const world = await createOldWorld();
    const key = counterKey('k3');
    const item = (await world.ports.state.get(key)) ?? {};
    for (const name of Object.keys(item).filter((each) => each.startsWith('hw|')))
      await world.ports.state.write({ type: 'update', key, remove: [name] });
    await world.pass(24);
    expect(await world.afresh()).toMatchObject({ status: 'equal', counted: 600n, inFlight: 0n });
  });

  it('knows what was given up long ago', async () => {
    const world = createWorld();
    await world.append([increment('a', 5), increment('a', 7)]);
    const [first] = await world.archiveNow().then(() => world.archive.shardIds());
    await world.giveUpNext(first!);
    await world.count();
    await world.pass(20);
    await world.archiveNow();
    await world.pass(20);
    expect(await world.afresh()).toMatchObject({ status: 'equal', counted: 7n, quarantined: 5n });
  });

  it('takes an event once whose copies are on two shards, whatever is remembered of those before it', async () => {
    // Both shards have a month of keyed events, and room for two days of them.
    const world = createWorld({ ...auditLimits, recordsPerRead: 3, keyedIdsMax: 70 });
    const lane = laneName('a', 1, (key) => world.increments.hashPosition(key));
    const partitionKey = toPartitionKey('a', lane);
    let total = 0n;
    for (let day = 0; day < 30; day += 1) {
      const events = Array.from({ length: 10 }, () => keyed('a'));
      await world.append(events);
      // An hour later some come again, spread over lanes, and so to another shard.
      await world.pass(1);
      await world.append(events.map((event) => ({ ...event, partitionKey })));
      await world.count();
      total += 10n;
      await world.archiveNow();
      await world.pass(22);
    }
    expect((await world.archive.shardIds()).length).toBe(2);
    expect(await world.afresh()).toMatchObject({ status: 'equal', counted: total });
  });
});
