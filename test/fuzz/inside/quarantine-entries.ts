import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { createS3Quarantine } from '../../../lib/adapters/aws/s3-quarantine.ts';
import { openDatabases } from '../../../lib/adapters/lmdb/databases.ts';
import { openLmdb } from '../../../lib/adapters/lmdb/open-lmdb.ts';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../../lib/adapters/system/system-ids.ts';
import { giveUpIncrement } from '../../../lib/app/quarantine/give-up.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import { readSkipState } from '../../../lib/app/quarantine/skip-state.ts';
import { isPortError } from '../../../lib/ports/port-error.ts';
import { quarantineKey, type Quarantine, type QuarantineId } from '../../../lib/ports/quarantine.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { startFakeS3 } from '../../aws/support/fake-services.ts';
import { createCounterWorld, increment, logRecords, totalOf } from '../../support/counter-world.ts';
import { add } from '../http/tally.ts';
import { shard } from './deliver.ts';
import { expectSame } from './increment-records.ts';
import { mutations, type Mutation } from './mutations.ts';

interface Entry {
  readonly key: string;
  readonly value: number;
  readonly mutation: Mutation;
  readonly end: 'redrive' | 'drop';
}

/** Each entry is redriven or dropped so often. */
const triesEach = 3;

export interface QuarantineCase {
  readonly entries: readonly Entry[];
}

export const quarantineCases: fc.Arbitrary<QuarantineCase> = fc.record({
  entries: fc.array(
    fc.record<Entry>({
      key: fc.constantFrom('a', 'b', 'c'),
      value: fc.integer({ min: 1, max: 1000 }),
      mutation: mutations,
      end: fc.constantFrom('redrive', 'redrive', 'drop'),
    }),
    { minLength: 1, maxLength: 12 },
  ),
});

/** A quarantine, and a way to spoil what it keeps behind its back. */
export interface SpoiltQuarantine {
  readonly quarantine: Quarantine;
  /** Empties it. */
  clear(): Promise<void>;
  spoil(id: QuarantineId, mutation: Mutation): Promise<void>;
  close(): Promise<void>;
}

/**
 * Gives records up, spoils what the quarantine keeps of some, and has each redriven or dropped three times.
 * Rejects when a sound one is not counted once, a spoilt one counts otherwise than it says, or touches
 * another's state.
 */
export async function runQuarantine(
  { entries }: QuarantineCase,
  store: SpoiltQuarantine,
  ends: Map<string, number>,
): Promise<void> {
  const { quarantine } = store;
  await store.clear();
  const { ports } = createCounterWorld({ quarantine });
  const records = logRecords(entries.map(({ key, value }) => increment(key, value)));
  const ids = records.map(({ sequenceNumber }): QuarantineId => ({
    stream: 'increments',
    ...shard,
    sequenceNumber,
  }));
  for (const [index, record] of records.entries()) {
    await giveUpIncrement(ports, { shard, record, reason: 'fuzz' });
    const { mutation } = entries[index] as Entry;
    if (mutation.what !== 'as it was') await store.spoil(ids[index] as QuarantineId, mutation);
  }
  const listed = await quarantine.list({ limit: 1000 });
  expectSame(listed.records.length + listed.unreadable.length, records.length, 'entries listed');

  const redrive = createRedrive(ports);
  const states = (): Promise<(string | undefined)[]> =>
    Promise.all(ids.map((id) => readSkipState(ports, id)));
  const totals = async (): Promise<bigint> => {
    const sums = await Promise.all(['a', 'b', 'c'].map((key) => totalOf(ports.state, key)));
    return sums.reduce<bigint>((sum, total) => sum + (total ?? 0n), 0n);
  };
  for (const [index, { value, mutation, end }] of entries.entries()) {
    const id = ids[index] as QuarantineId;
    const [totalBefore, statesBefore] = [await totals(), await states()];
    const said: string[] = [];
    while (said.length < triesEach) {
      try {
        said.push((await (end === 'drop' ? redrive.drop(id) : redrive.redrive(id))).status);
      } catch (error) {
        if (!isPortError(error)) throw error;
        said.push('unreadable');
      }
    }
    const where = `record ${index} (${mutation.what}), ${said.join(', ')}`;
    const counted = said.filter((status) => status === 'counted').length;
    const added = (await totals()) - totalBefore;
    if (mutation.what === 'as it was') {
      expectSame(said, end === 'drop' ? ['dropped', ...nothing] : ['counted', ...nothing], where);
      expectSame(added, end === 'drop' ? 0n : BigInt(value), `added by ${where}`);
    } else if (counted === 0) expectSame(added, 0n, `added by ${where}`);
    else expectSame(counted, 1, `times counted of ${where}`);
    const statesAfter = await states();
    const moved = statesAfter.flatMap((state, other) => (state === statesBefore[other] ? [] : [other]));
    expectSame(
      moved.filter((other) => other !== index),
      [],
      `others moved by ${where}`,
    );
    if (counted > 0) expectSame(statesAfter[index], 'counted', `state of ${where}`);
    add(ends, said[0] ?? '');
  }
}

const nothing = ['not-quarantined', 'not-quarantined'];

export async function spoiltS3(): Promise<SpoiltQuarantine> {
  const s3 = await startFakeS3();
  const client = new S3Client({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    endpoint: s3.endpoint,
    forcePathStyle: true,
  });
  const where = { bucket: 'bucket', prefix: 'quarantine/' };
  const quarantine = createS3Quarantine({ client, ...where, clock: systemClock, ids: systemIds });
  const known = new Set<string>();
  const address = (id: QuarantineId): string => `${s3.endpoint}/bucket/quarantine/${quarantineKey(id)}`;
  return {
    quarantine: {
      store: async (record) => {
        known.add(address(record));
        await quarantine.store(record);
      },
      get: (id) => quarantine.get(id),
      list: (page) => quarantine.list(page),
      remove: (id) => quarantine.remove(id),
    },
    async clear() {
      await Promise.all([...known].map((url) => fetch(url, { method: 'DELETE' })));
      known.clear();
    },
    async spoil(id, mutation) {
      const bytes = Buffer.from(await (await fetch(address(id))).arrayBuffer());
      await fetch(address(id), { method: 'PUT', body: new Uint8Array(mutation.apply(bytes)) });
    },
    async close() {
      client.destroy();
      await s3.close();
    },
  };
}

/** The entries are spoilt through a second handle on the same environment. */
export async function spoiltLmdb(): Promise<SpoiltQuarantine> {
  const folder = await mkdtemp(join(tmpdir(), 'adtally-fuzz-'));
  const { streams } = stageSettings('local');
  const options = { retentionMs: Infinity, consumers: [] };
  const { quarantine, close } = openLmdb({
    folder,
    streams: {
      'ad-events': { ...streams['ad-events'], ...options },
      increments: { ...streams.increments, ...options },
    },
  });
  const databases = openDatabases(folder);
  const entries = databases.quarantine;
  return {
    quarantine,
    async clear() {
      await entries.clearAsync();
    },
    async spoil(id, mutation) {
      const key = Buffer.from(quarantineKey(id));
      const value = entries.get(key);
      if (value === undefined) throw new Error('nothing to spoil');
      const end = 4 + value.readUInt32BE(0);
      const facts = Buffer.from(value.subarray(4, end));
      const data = Buffer.from(value.subarray(end));
      // What stands before the record's own bytes in every other entry.
      const spoilsFacts = BigInt(id.sequenceNumber) % 2n === 0n;
      const parts = spoilsFacts ? [mutation.apply(facts), data] : [facts, mutation.apply(data)];
      const length = Buffer.alloc(4);
      length.writeUInt32BE(parts[0]?.length ?? 0);
      await entries.put(key, Buffer.concat([length, ...parts]));
    },
    async close() {
      await databases.root.close();
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
