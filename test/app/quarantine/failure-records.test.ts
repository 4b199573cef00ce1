import { describe, expect, it } from '@jest/globals';
import { emptyBook } from '../../../lib/app/audit/audit-book.ts';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { readFailureFile, type FailureFileContent } from '../../../lib/app/quarantine/failure-file.ts';
import { endFailureRecords, type FailureRecordPorts } from '../../../lib/app/quarantine/failure-records.ts';
import { counterKey, incrementClaimKey, skipKey } from '../../../lib/app/state-keys.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import { createAuditWorld, type AuditWorld } from '../../support/audit-world.ts';
import { deliver, garbage, increment, keyed, totalOf, type Logged } from '../../support/counter-world.ts';
import { failureFileText } from '../../support/failure-file-text.ts';

function contentOf(text: string): FailureFileContent {
  const content = readFailureFile(text);
  if (content === undefined) throw new Error('not a failure file');
  return content;
}

function portsOf(world: AuditWorld): FailureRecordPorts {
  const { ports, history } = world;
  return { ...ports, history, openBook: () => emptyBook('1') };
}

/**
 * A world where `lost` were logged and handed to the failure destination, and what came after them was
 * counted.
 */
async function withLost(lost: readonly Logged[], after: readonly Logged[]) {
  const world = createAuditWorld();
  await world.append([...lost, ...after]);
  const aggregator = createAggregator(world.ports);
  const files: FailureFileContent[] = [];
  const gone = new Set(lost.map(({ data }) => Buffer.from(data).toString('hex')));
  for (const { shardId } of await world.increments.shards()) {
    const all = await world.increments.read(shardId, undefined, { recordsMax: 1000, bytesMax: 2 ** 20 });
    const isLost = (record: LogRecord): boolean => gone.has(Buffer.from(record.data).toString('hex'));
    const counted = all.filter((record) => !isLost(record));
    if (counted.length > 0) await deliver(aggregator, counted, { epoch: '1', shardId });
    if (all.some(isLost)) files.push(contentOf(failureFileText(all.filter(isLost), shardId)));
  }
  return { world, files, deps: portsOf(world) };
}

describe('a failure file', () => {
  it('is read as Lambda writes it, the event as an object or as text', () => {
    const record = { sequenceNumber: '7', partitionKey: 'a', data: increment('a').data, arrivedAtMs: 1 };
    const text = failureFileText([record], 'shardId-000000000000');
    expect(contentOf(text)).toMatchObject({ reason: 'RecordAgeExceeded', batch: { stream: 'increments' } });
    const file = JSON.parse(text) as { payload: unknown };
    const escaped = JSON.stringify({ ...file, payload: JSON.stringify(file.payload) });
    expect(contentOf(escaped).batch.records[0]).toMatchObject({ sequenceNumber: '7', partitionKey: 'a' });
  });

  it.each([
    [{ condition: 'RetryAttemptsExhausted' }, 'RetryAttemptsExhausted'],
    [{ condition: 7 }, 'given up by its mapping'],
    [undefined, 'given up by its mapping'],
  ])('names the reason, if it has one: %j', (requestContext, reason) => {
    const record = { sequenceNumber: '7', partitionKey: 'a', data: increment('a').data, arrivedAtMs: 1 };
    const file = JSON.parse(failureFileText([record], 'shardId-000000000000')) as object;
    expect(contentOf(JSON.stringify({ ...file, requestContext })).reason).toBe(reason);
  });

  it.each(['', '{', '[]', 'null', '{"payload":{}}', '{"payload":"no"}', '{"payload":{"Records":[{}]}}'])(
    'is told from anything else: %s',
    (text) => {
      expect(readFailureFile(text)).toBeUndefined();
    },
  );
});

describe('redriving a failure file', () => {
  it('counts what its mark has not passed, once however often it is asked', async () => {
    const { world, files, deps } = await withLost([increment('a', 5), increment('b', 7)], []);
    for (const file of files) {
      expect((await endFailureRecords(deps, file, 'counted')).outcomes).toHaveProperty('counted');
      expect((await endFailureRecords(deps, file, 'counted')).outcomes).toHaveProperty('counted before');
    }
    expect(await totalOf(world.ports.state, 'a')).toBe(5n);
    expect(await totalOf(world.ports.state, 'b')).toBe(7n);
    expect(await world.audit()).toMatchObject({ status: 'equal' });
  });

  it.each([
    ['unkeyed', increment],
    ['keyed', keyed],
  ])('counts %s records that their mark has passed, once however often and in parallel', async (_, make) => {
    const { world, files, deps } = await withLost([make('a', 5), make('a', 3)], [make('a', 100)]);
    expect(await totalOf(world.ports.state, 'a')).toBe(100n);
    expect(await world.audit()).toMatchObject({ status: 'different' });
    const [file] = files;
    const results = await Promise.all([1, 2, 3].map(() => endFailureRecords(deps, file!, 'counted')));
    expect(results.every(({ left }) => left.length === 0)).toBe(true);
    await endFailureRecords(deps, file!, 'counted');
    expect(await totalOf(world.ports.state, 'a')).toBe(108n);
    expect(await world.audit()).toMatchObject({ status: 'equal', counted: 108n });
    const { stream, epoch, shardId, records } = file!.batch;
    const skip = skipKey(stream, { epoch, shardId, sequenceNumber: records[0]!.sequenceNumber });
    // What became of the record, and no guess at how many increments it held.
    expect(await deps.state.get(skip)).toStrictEqual({
      state: 'counted',
      reason: 'recounted',
      partition_key: 'a',
    });
  });

  it.each([
    ['unkeyed', increment],
    ['keyed', keyed],
  ])('adds nothing when an invocation had counted them after all: %s', async (_, make) => {
    const lost = make('a', 5);
    const { world, files, deps } = await withLost([lost], [make('a', 100)]);
    await world.tamper('a', 5n);
    const claim = incrementClaimKey(lost.event?.id ?? '');
    if (lost.event?.keyed === true) await deps.state.write({ type: 'put', key: claim, attributes: {} });
    const { outcomes, left } = await endFailureRecords(deps, files[0]!, 'counted');
    expect({ outcomes, left }).toEqual({ outcomes: { 'counted-before': 1 }, left: [] });
    expect((await deps.state.get(counterKey('a')))?.['total']).toBe(105n);
  });

  it('counts them once beside a pipeline that counts the same counter', async () => {
    const { world, files, deps } = await withLost([increment('a', 5)], [increment('a', 100)]);
    const { state } = deps;
    let more = 3;
    const busy: typeof state = {
      get: (key) => state.get(key),
      query: (range) => state.query(range),
      write: (action) => state.write(action),
      writeEach: (actions) => state.writeEach(actions),
      getMany: (keys) => state.getMany(keys),
      transactEach: (transactions) => state.transactEach(transactions),
      async transact(actions) {
        if (more > 0) {
          more -= 1;
          await world.append([increment('a', 1000)]);
          await world.count();
        }
        return state.transact(actions);
      },
    };
    await endFailureRecords({ ...deps, state: busy }, files[0]!, 'counted');
    expect(await world.audit()).toMatchObject({ status: 'equal', accepted: 3105n, counted: 3105n });
  });

  it('refuses when the log no longer holds the whole history of the counter', async () => {
    const { world, files, deps } = await withLost([increment('a', 5)], [increment('a', 100)]);
    world.history.whole = false;
    const { left } = await endFailureRecords(deps, files[0]!, 'counted');
    expect(left).toEqual(['the log no longer holds the whole history of its counter']);
    expect(await totalOf(world.ports.state, 'a')).toBe(100n);
  });

  it('uses what an audit remembers of the history', async () => {
    const { world, files, deps } = await withLost([], [increment('a', 100)]);
    await world.audit();
    expect(files).toEqual([]);
    await world.increments.dropBefore(Infinity);
    await world.append([increment('a', 5), increment('a', 7)]);
    const lost: LogRecord[] = [];
    for (const { shardId } of await world.increments.shards()) {
      const [first, ...rest] = await world.increments.read(shardId, undefined, {
        recordsMax: 9,
        bytesMax: 999,
      });
      if (first === undefined) continue;
      lost.push(first);
      await deliver(createAggregator(world.ports), rest, { epoch: '1', shardId });
      const file = contentOf(failureFileText(lost, shardId));
      const { left } = await endFailureRecords(
        { ...deps, openBook: () => structuredClone(world.book) },
        file,
        'counted',
      );
      expect(left).toEqual([]);
    }
    expect(lost).toHaveLength(1);
    expect(await totalOf(world.ports.state, 'a')).toBe(112n);
  });

  it('keeps in the quarantine what cannot be read', async () => {
    const { world, files, deps } = await withLost([garbage('a')], []);
    expect(await endFailureRecords(deps, files[0]!, 'counted')).toMatchObject({
      outcomes: { 'kept in the quarantine': 1 },
      left: [],
    });
    expect((await world.quarantine.list({ limit: 10 })).records).toHaveLength(1);
  });

  it('appends ad events again', async () => {
    const world = createAuditWorld();
    const record = { sequenceNumber: '7', partitionKey: 'ads', data: adEventBytes(), arrivedAtMs: 1 };
    const file = contentOf(failureFileText([record], 'shardId-000000000000', 'ad-events'));
    const deps = portsOf(world);
    expect((await endFailureRecords(deps, file, 'counted')).outcomes).toEqual({ redriven: 1 });
    expect((await endFailureRecords(deps, file, 'counted')).outcomes).toEqual({ 'redriven before': 1 });
    const limits = { recordsMax: 10, bytesMax: 99_999 };
    expect(await world.adEvents.read('shardId-000000000000', undefined, limits)).toHaveLength(1);
  });
});

it('redrives more records of one counter than a transaction holds', async () => {
  const lost = Array.from({ length: 98 }, (_, n) => increment('a', n + 1));
  const { world, files, deps } = await withLost(lost, [increment('a', 100)]);
  // The first transaction adds all that is missing.
  const outcomes = { counted: 96, 'counted-before': 2 };
  expect(await endFailureRecords(deps, files[0]!, 'counted')).toMatchObject({ outcomes, left: [] });
  expect(await totalOf(world.ports.state, 'a')).toBe(4951n);
  expect(await world.audit()).toMatchObject({ status: 'equal' });
});

describe('dropping a failure file', () => {
  it('puts on record what was lost, so that an audit adds up', async () => {
    const { world, files, deps } = await withLost(
      [increment('a', 5), keyed('b', 7)],
      [increment('a', 100), keyed('b', 1)],
    );
    // An audit that has seen the difference before still finds what became of it.
    expect(await world.audit()).toMatchObject({ status: 'different' });
    for (const file of files) expect((await endFailureRecords(deps, file, 'dropped')).left).toEqual([]);
    expect(await totalOf(world.ports.state, 'a')).toBe(100n);
    expect(await world.audit()).toMatchObject({
      status: 'equal',
      accepted: 113n,
      counted: 101n,
      dropped: 12n,
    });
  });

  it('drops more records of one counter than a transaction holds', async () => {
    // A transaction has 100 actions: 96 records, their counter and three levels of its series.
    const lost = Array.from({ length: 98 }, (_, n) => increment('a', n + 1));
    const { world, files, deps } = await withLost(lost, [increment('a', 100)]);
    const expected = { outcomes: { dropped: 98 }, left: [] };
    expect(await endFailureRecords(deps, files[0]!, 'dropped')).toMatchObject(expected);
    expect(await world.audit()).toMatchObject({ status: 'equal', counted: 100n, dropped: 4851n });
  });

  it('refuses when others of the counter are lost too', async () => {
    const { world, files, deps } = await withLost([increment('a', 5)], [increment('a', 100)]);
    await world.tamper('a', -1n);
    expect((await endFailureRecords(deps, files[0]!, 'dropped')).left).toHaveLength(1);
  });
});

function adEventBytes(): Uint8Array {
  const event = {
    v: 1,
    type: 'AdDeleted',
    id: 'a'.repeat(32),
    adId: '01890000-0000-7000-8000-000000000000',
    at: 1,
  };
  return new TextEncoder().encode(JSON.stringify(event));
}
