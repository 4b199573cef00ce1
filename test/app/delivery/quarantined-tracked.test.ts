import { describe, expect, it, test } from '@jest/globals';
import { emptyBook } from '../../../lib/app/audit/audit-book.ts';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { readFailureFile, type FailureFileContent } from '../../../lib/app/quarantine/failure-file.ts';
import { endFailureRecords, type FailureRecordPorts } from '../../../lib/app/quarantine/failure-records.ts';
import { giveUpIncrement } from '../../../lib/app/quarantine/give-up.ts';
import { recount } from '../../../lib/app/quarantine/recount.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import { claimAction } from '../../../lib/app/counters/counter-actions.ts';
import { counterKey, incrementClaimKey, skipKey } from '../../../lib/app/state-keys.ts';
import { createAuditWorld, type AuditWorld } from '../../support/audit-world.ts';
import {
  counterShard,
  createCounterWorld,
  deliver,
  logRecords,
  seriesSums,
  type CounterWorld,
} from '../../support/counter-world.ts';
import { failureFileText } from '../../support/failure-file-text.ts';
import { faultyPorts, type Fault } from '../../support/faulty-ports.ts';
import { adId, numbersOf, tracked, type LoggedTracked } from '../../support/tracked-world.ts';

const id = { stream: 'increments', ...counterShard, sequenceNumber: '7' } as const;
const impressions = `\u0001i#${adId(1)}`;

/** A world where record 7 was given up although it can be counted, as one that killed the function. */
async function givenUp(logged: LoggedTracked, world = createCounterWorld()): Promise<CounterWorld> {
  const [record] = logRecords([logged]);
  const reason = 'kills the function';
  await giveUpIncrement(world.ports, { shard: counterShard, record: record!, reason });
  return world;
}

const skipOf = ({ memoryState }: CounterWorld) => memoryState.get(skipKey('increments', id));

describe('redriving a tracked event', () => {
  it('counts it once, however often and however parallel it is asked for', async () => {
    const event = tracked();
    const world = await givenUp(event);
    const redrive = createRedrive(world.ports);
    const results = await Promise.all([redrive.redrive(id), redrive.redrive(id), redrive.redrive(id)]);
    results.push(await redrive.redrive(id));
    expect(results.filter(({ status }) => status === 'counted')).toStrictEqual([
      { status: 'counted', count: 1 },
    ]);
    expect(results.at(-1)).toStrictEqual({ status: 'not-quarantined', state: 'counted' });
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 1n });
    expect(await seriesSums(world.memoryState, impressions)).toStrictEqual({ minute: 1n, hour: 1n, day: 1n });
    expect(await skipOf(world)).toMatchObject({
      state: 'counted',
      number: 'total',
      partition_key: impressions,
    });
  });

  it('makes a duplicate of it if another record of the event was counted', async () => {
    const event = tracked();
    const world = await givenUp(event);
    await deliver(createAggregator(world.ports), logRecords([event], 100n));
    const redrive = createRedrive(world.ports);
    expect(await redrive.redrive(id)).toStrictEqual({ status: 'counted-before' });
    expect(await redrive.redrive(id)).toStrictEqual({ status: 'not-quarantined', state: 'counted' });
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 1n, duplicate: 1n });
    expect(await skipOf(world)).toMatchObject({ number: 'duplicate' });
  });

  it('makes duplicates of what comes after it', async () => {
    const event = tracked();
    const world = await givenUp(event);
    await createRedrive(world.ports).redrive(id);
    await deliver(createAggregator(world.ports), logRecords([event], 100n));
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 1n, duplicate: 1n });
  });

  it('counts the next record of an event whose first was given up, in a batch with both', async () => {
    const event = tracked();
    const world = await givenUp(event);
    await deliver(createAggregator(world.ports), logRecords([event, event, event]));
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 1n, duplicate: 1n });
    await createRedrive(world.ports).redrive(id);
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 1n, duplicate: 2n });
  });

  it('puts an invalid one into its number, and claims nothing', async () => {
    const event = tracked({ invalid: 'no-user-agent' });
    const world = await givenUp(event);
    const redrive = createRedrive(world.ports);
    expect(await redrive.redrive(id)).toStrictEqual({ status: 'counted', count: 0 });
    await redrive.redrive(id);
    expect(await numbersOf(world.memoryState)).toStrictEqual({ invalid_no_user_agent: 1n });
    expect(await world.memoryState.get(incrementClaimKey(event.tracked.id))).toBeUndefined();
    expect(await skipOf(world)).toMatchObject({ number: 'invalid_no_user_agent' });
  });

  it.each(['claimed', 'not claimed'])(
    'finds an impression late whose counter has moved on: %s',
    async (claim) => {
      const event = tracked();
      const world = await givenUp(event);
      const before = claim === 'claimed' ? { total: 1n } : {};
      if (claim === 'claimed') await deliver(createAggregator(world.ports), logRecords([event], 100n));
      await world.memoryState.write({
        ...{ type: 'update', key: counterKey(impressions), set: { generation: 1n } },
      });
      expect(await createRedrive(world.ports).redrive(id)).toStrictEqual({ status: 'counted', count: 0 });
      expect(await numbersOf(world.memoryState)).toStrictEqual({ ...before, late: 1n });
      expect(await skipOf(world)).toMatchObject({ number: 'late' });
    },
  );

  it('refuses what is no event of its ad', async () => {
    const world = createCounterWorld();
    const strayed = { ...tracked({ ad: adId(2) }), partitionKey: impressions };
    await deliver(createAggregator(world.ports), logRecords([strayed]));
    expect(await createRedrive(world.ports).redrive(id)).toStrictEqual({
      status: 'refused',
      reason: 'the partition key names another counter',
    });
  });

  test.each<Fault>(['refuse', 'lose', 'delay', 'die-before', 'die-after'])(
    'leaves it in one number whatever call has the fault: %s',
    async (fault) => {
      for (const event of [tracked(), tracked({ invalid: 'bot' }), tracked({ generation: 1 })]) {
        for (let n = 0; n < 8; n += 1) {
          const world = await givenUp(event);
          const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, (call) =>
            call === n ? fault : undefined,
          );
          const ports = { ...world.ports, state: faulty.state, quarantine: faulty.quarantine };
          for (let asked = 0; asked < 3; asked += 1) {
            await createRedrive(ports)
              .redrive(id)
              .catch((error: unknown) => error);
          }
          await faulty.runDelayed();
          const numbers = Object.values(await numbersOf(world.memoryState));
          expect(numbers).toStrictEqual([1n]);
        }
      }
    },
  );
});

function contentOf(text: string): FailureFileContent {
  const content = readFailureFile(text);
  if (content === undefined) throw new Error('not a failure file');
  return content;
}

/** A world where these events are in a failure file; `passed`: the mark has passed them by later events. */
async function withFile(
  lost: readonly LoggedTracked[],
  passed: boolean,
): Promise<{ world: AuditWorld; file: FailureFileContent; deps: FailureRecordPorts }> {
  const world = createAuditWorld();
  await world.append([...lost, ...(passed ? [tracked()] : [])]);
  for (const { shardId } of await world.increments.shards()) {
    const records = await world.increments.read(shardId, undefined, { recordsMax: 1000, bytesMax: 2 ** 20 });
    if (records.length === 0) continue;
    const after = records.slice(lost.length);
    if (after.length > 0) await deliver(createAggregator(world.ports), after, { epoch: '1', shardId });
    const file = contentOf(failureFileText(records.slice(0, lost.length), shardId));
    const deps = { ...world.ports, history: world.history, openBook: () => emptyBook('1') };
    return { world, file, deps };
  }
  throw new Error('nothing was logged');
}

describe('a failure file with tracked events', () => {
  it('puts each that its mark has not passed into its number, once however often it is asked', async () => {
    const event = tracked();
    const lost = [event, event, tracked({ invalid: 'bot' }), tracked({ generation: 1 })];
    const { world, file, deps } = await withFile(lost, false);
    for (let times = 0; times < 3; times += 1)
      expect((await endFailureRecords(deps, file, 'counted')).left).toStrictEqual([]);
    expect(await numbersOf(world.memoryState)).toStrictEqual({
      total: 1n,
      duplicate: 1n,
      invalid_bot: 1n,
      late: 1n,
    });
    expect(await world.audit()).toMatchObject({ status: 'equal', tracked: 4n });
  });

  it('counts one that its mark has passed by its claim, also in parallel', async () => {
    const lost = [tracked(), tracked()];
    const { world, file, deps } = await withFile(lost, true);
    expect(await world.audit()).toMatchObject({ status: 'different' });
    const results = await Promise.all([1, 2, 3].map(() => endFailureRecords(deps, file, 'counted')));
    expect(results.every(({ left }) => left.length === 0)).toBe(true);
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 3n });
    expect(await world.audit()).toMatchObject({ status: 'equal' });
  });

  it('adds nothing for one that had been counted after all', async () => {
    const { world, file, deps } = await withFile([tracked()], true);
    const shard = { epoch: '1', shardId: file.batch.shardId };
    const again = createCounterWorld({ state: world.memoryState });
    // As the invocation did that the mapping took for lost: before the mark passed it.
    await world.memoryState.write({ type: 'delete', key: counterKey(impressions) });
    await deliver(createAggregator(again.ports), file.batch.records, shard);
    const { outcomes } = await endFailureRecords(deps, file, 'counted');
    expect(outcomes).toStrictEqual({ 'counted-before': 1 });
    expect((await world.memoryState.get(counterKey(impressions)))?.['total']).toBe(1n);
  });

  it.each<[string, number, Record<string, bigint>]>([
    ['a goal was set', 0, { generation: 1n }],
    ['its epoch was closed', 1, { generation: 1n, closed: 4_000_000_000n }],
  ])('knows one that was counted by its claim, though since then %s', async (_, generation, changed) => {
    const { world, file, deps } = await withFile([tracked({ generation })], true);
    const { data } = file.batch.records[0]!;
    const { id } = JSON.parse(Buffer.from(data).toString()) as { id: string };
    await world.memoryState.transact([claimAction(id, 4_000_000_000n)]);
    await world.memoryState.write({ type: 'update', key: counterKey(impressions), set: changed });
    const { outcomes, left } = await endFailureRecords(deps, file, 'counted');
    expect({ outcomes, left }).toStrictEqual({ outcomes: { 'counted-before': 1 }, left: [] });
  });

  it.each(['counted', 'dropped'] as const)(
    'leaves one that was late before its mark passed it, which no claim shows: %s',
    async (end) => {
      const event = tracked({ generation: 1 });
      const { world, file, deps } = await withFile([event], true);
      // As the invocation did that the mapping took for lost.
      await world.memoryState.write({ type: 'update', key: counterKey(impressions), add: { late: 1n } });
      const { left, outcomes } = await endFailureRecords(deps, file, end);
      expect(left).toStrictEqual([
        'nothing shows whether this late or invalid event of an ad is in its number',
      ]);
      expect(outcomes).toStrictEqual({ refused: 1 });
      const { id } = JSON.parse(Buffer.from(event.data).toString()) as { id: string };
      expect(await world.memoryState.get(incrementClaimKey(id))).toBeUndefined();
    },
  );

  it('says of one that was counted, and is late since, that it was counted, and does not drop it', async () => {
    const { world, file, deps } = await withFile([tracked({ generation: 1 })], true);
    const { id } = JSON.parse(Buffer.from(file.batch.records[0]!.data).toString()) as { id: string };
    await world.memoryState.transact([claimAction(id, 4_000_000_000n)]);
    const { outcomes } = await endFailureRecords(deps, file, 'dropped');
    expect(outcomes).toStrictEqual({ 'counted-before': 1 });
  });

  it('drops one that its mark has passed, so that no copy counts', async () => {
    const event = tracked();
    const { world, file, deps } = await withFile([event], true);
    expect((await endFailureRecords(deps, file, 'dropped')).outcomes).toStrictEqual({ dropped: 1 });
    expect((await endFailureRecords(deps, file, 'counted')).outcomes).toStrictEqual({ 'dropped before': 1 });
    await world.append([event]);
    await world.count();
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 1n, duplicate: 1n });
  });

  it.each([{ invalid: 'bot' as const }, { generation: 1 }])(
    'leaves one that its mark has passed if nothing shows what became of it: %j',
    async (fields) => {
      const { world, file, deps } = await withFile([tracked(fields)], true);
      const { left } = await endFailureRecords(deps, file, 'counted');
      expect(left).toStrictEqual([
        'nothing shows whether this late or invalid event of an ad is in its number',
      ]);
      expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 1n });
    },
  );
});

describe('recounting', () => {
  it('refuses the counters of ads, whatever they hold', async () => {
    const { world, deps } = await withFile([tracked()], true);
    const end = { end: 'counted', lostSum: 1n } as const;
    expect(await recount(deps, impressions, [], end)).toStrictEqual({
      status: 'refused',
      reason: 'the numbers of an ad are not recounted: its events are counted by their claims',
    });
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 1n });
  });
});

describe('an audit of ads', () => {
  it('finds a number that differs, by its name', async () => {
    const world = createAuditWorld();
    const event = tracked();
    await world.append([
      ...[event, event, tracked({ invalid: 'bot' }), tracked({ invalid: 'prefetch' })],
      ...[tracked({ generation: 2 }), tracked({ invalid: 'no-user-agent' }), tracked({ kind: 'click' })],
    ]);
    await world.count();
    expect(await world.audit()).toMatchObject({ status: 'equal', counters: 2, accepted: 0n, tracked: 7n });
    for (const [name, found] of [
      // One that was late could have been counted; only the sum shows that it was counted too.
      ['total', ['counted + duplicate + late']],
      ['duplicate', ['counted + duplicate + late']],
      ['late', ['counted + duplicate + late']],
      ['invalid_bot', ['invalid_bot']],
      ['invalid_prefetch', ['invalid_prefetch']],
      ['invalid_no_user_agent', ['invalid_no_user_agent']],
    ] as const) {
      const add = (by: bigint) =>
        world.memoryState.write({ type: 'update', key: counterKey(impressions), add: { [name]: by } });
      await add(1n);
      const { status, different } = await world.audit(emptyBook('1'));
      expect(status).toBe('different');
      expect(different.map(({ key, number }) => [key, number])).toStrictEqual(
        found.map((number) => [impressions, number]),
      );
      await add(-1n);
    }
    expect(await world.audit(emptyBook('1'))).toMatchObject({ status: 'equal' });
  });
});
