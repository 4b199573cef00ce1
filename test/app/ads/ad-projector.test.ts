import { describe, expect, it } from '@jest/globals';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { parseHead, tokenOfHead } from '../../../lib/app/ads/ad-head.ts';
import { adKey, attemptKey, headKey, outcomeKey, skipKey } from '../../../lib/app/state-keys.ts';
import type { AdEvent } from '../../../lib/core/ads/ad-event.ts';
import { markAttribute, markValue } from '../../../lib/core/log-position.ts';
import { ScheduleError } from '../../../lib/ports/expiry-schedule.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import { QuarantineError } from '../../../lib/ports/quarantine.ts';
import { StateStoreError } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { adEpochMs, adId } from '../../support/ad-builder.ts';
import { adCreated, adDeleted, adExpired, adUpdated, hourMs } from '../../support/ad-event-builder.ts';
import {
  batchOf,
  createAdWorld,
  projectAll,
  projectEvents,
  projection,
  recordsOf,
  recoverState,
} from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const endAt = adEpochMs + 24 * hourMs;
const garbage = (sequenceNumber: string, arrivedAtMs = adEpochMs - hourMs): LogRecord => ({
  sequenceNumber,
  partitionKey: 'ads',
  data: new TextEncoder().encode('{'),
  arrivedAtMs,
});
const manyEvents = (count: number): AdEvent[] => Array.from({ length: count }, (_, n) => adCreated(n));

describe('the projector', () => {
  it('gives changes the versions 1, 2, 3, ... and tells what became of each event', async () => {
    const events = [adCreated(1), adUpdated(1, { title: 'other' }), adDeleted(2), adDeleted(1)];
    const { memoryState: state } = await projectEvents(events);
    expect(await projection(state, events)).toMatchObject({ version: 3, liveAds: 0, liveBytes: 0 });
    expect(await state.get(outcomeKey(events[1]!.id))).toMatchObject({ outcome: 'applied', version: 2n });
    expect(await state.get(outcomeKey(events[2]!.id))).toMatchObject({
      outcome: 'refused',
      reason: 'not-found',
      ad_id: adId(2),
    });
  });

  it('keeps an outcome as long as any copy of its event can turn up', async () => {
    const { memoryState, ports } = await projectEvents([adCreated(1)]);
    const { retentionHours } = ports.settings.streams['ad-events'];
    const lifeHours = 24 + retentionHours + 24 * ports.settings.quarantineRetentionDays;
    const outcome = await memoryState.get(outcomeKey(adCreated(1).id));
    expect(outcome?.expires_at).toBe(BigInt((adEpochMs - hourMs + lifeHours * hourMs) / 1000));
  });

  it('projects once more what tables that were restored under a warm container lack', async () => {
    const events = [adCreated(1), adUpdated(1, { title: 'other' }), adDeleted(2), adCreated(3)];
    const restored = (await projectEvents(events.slice(0, 2))).memoryState;
    const world = createAdWorld();
    let state = world.ports.state;
    const projector = createAdProjector({
      ...world.ports,
      state: {
        get: (...args) => state.get(...args),
        getMany: (...args) => state.getMany(...args),
        query: (...args) => state.query(...args),
        write: (...args) => state.write(...args),
        writeEach: (...args) => state.writeEach(...args),
        transact: (...args) => state.transact(...args),
        transactEach: (...args) => state.transactEach(...args),
      },
    });
    await projectAll(projector, recordsOf(events));
    const expected = await projection(state, events);
    state = restored;
    expect(await projection(state, events)).not.toEqual(expected);
    await projectAll(projector, recordsOf(events));
    expect(await projection(state, events)).toEqual(expected);
  });

  it('moves the mark over refused events without a version', async () => {
    const { memoryState } = await projectEvents([adCreated(1), adDeleted(2), adDeleted(3)]);
    const head = parseHead(await memoryState.get(headKey));
    expect(head.version).toBe(1);
    expect(tokenOfHead(head, 'local')).toMatch(/^a2\.local\.1\.shardId-000000000000\.3\./);
  });

  it('settles a batch larger than a transaction, in order', async () => {
    const events = manyEvents(250);
    const { memoryState, ports } = await projectEvents(events);
    const state = await recoverState(ports);
    expect(state.version).toBe(250);
    expect([...state.ads.values()].map(({ version }) => version)).toStrictEqual(
      events.map((_, index) => index + 1),
    );
    expect(await projection(memoryState, events)).toMatchObject({ liveAds: 250 });
  });

  it('splits by bytes as well as by actions', async () => {
    const events = Array.from({ length: 60 }, (_, n) =>
      adCreated(n, { content: '\u{1F600}'.repeat(10_000) }),
    );
    const { ports } = await projectEvents(events);
    expect((await recoverState(ports)).version).toBe(60);
  });

  it('comes to the same whatever the batches are', async () => {
    const events = [...manyEvents(40), adUpdated(3, { title: 'other' }), adDeleted(5), adExpired(7, endAt)];
    const { memoryState } = await projectEvents(events);
    const whole = await projection(memoryState, events);
    for (const batchSize of [1, 7, 34]) {
      const world = await projectEvents(events, { batchSize });
      expect(await projection(world.memoryState, events)).toStrictEqual(whole);
    }
  });

  it('drops what is delivered again, also under other numbers and within one batch', async () => {
    const events = manyEvents(5);
    const world = await projectEvents(events);
    const once = await projection(world.memoryState, events);
    const projector = createAdProjector(world.ports);
    await projectAll(projector, recordsOf(events));
    const again = recordsOf([...events, ...events]).map((record, index) => ({
      ...record,
      sequenceNumber: String(index + 6),
    }));
    await projectAll(projector, again);
    expect(await projection(world.memoryState, events)).toStrictEqual(once);
    expect(tokenOfHead(parseHead(await world.memoryState.get(headKey)), 'local')).toContain('.15.');
  });

  it('drops an event that it has decided in an earlier transaction of the same batch', async () => {
    const world = createAdWorld();
    const events = manyEvents(40);
    await projectAll(createAdProjector(world.ports), recordsOf([...events, ...events]));
    expect((await recoverState(world.ports)).version).toBe(40);
    expect(world.telemetry.total(metrics.fenceLost)).toBe(0);
  });

  it('decides a log years later as it did then: no clock has a say', async () => {
    const events = [adCreated(1), adCreated(2, { endAt: adEpochMs + 1 }), adUpdated(1, { title: 'other' })];
    const then = await projectEvents(events);
    const later = createAdWorld();
    later.clock.jump(10 * 365 * 24 * hourMs);
    await projectEvents(events, {}, later);
    expect(await projection(later.memoryState, events)).toStrictEqual(
      await projection(then.memoryState, events),
    );
    expect((await recoverState(later.ports)).size).toBe(2);
  });

  it('compares numbers as numbers', async () => {
    const world = createAdWorld();
    const projector = createAdProjector(world.ports);
    const [nine, ten] = recordsOf([adCreated(1), adCreated(2)]);
    await projector.project(batchOf([{ ...nine!, sequenceNumber: '9' }]));
    await projector.project(batchOf([{ ...ten!, sequenceNumber: '10' }]));
    expect((await recoverState(world.ports)).size).toBe(2);
  });

  it('goes on where another container stopped', async () => {
    const world = createAdWorld();
    const events = manyEvents(6);
    for (const record of recordsOf(events)) {
      await projectAll(createAdProjector(world.ports), [record]);
    }
    expect((await recoverState(world.ports)).version).toBe(6);
  });

  it('drops marks that have idled for twice the retention', async () => {
    const world = createAdWorld();
    const longAgo = world.clock.nowMs() - 2 * 7 * 24 * hourMs;
    const mark = (shardId: string): string => markAttribute({ epoch: '1', shardId });
    await world.memoryState.write({
      type: 'put',
      key: headKey,
      attributes: {
        version: 0n,
        snapshot_version: 0n,
        [mark('old')]: markValue('5', longAgo - 1000),
        [mark('recent')]: markValue('5', longAgo + 1000),
      },
    });
    await projectEvents([adCreated(1)], {}, world);
    expect(Object.keys(parseHead(await world.memoryState.get(headKey)).marks)).toStrictEqual([
      mark('recent'),
      mark('shardId-000000000000'),
    ]);
  });
});

describe('a record that cannot be decoded', () => {
  it('is quarantined whole with its reason, and holds nobody up', async () => {
    const world = createAdWorld();
    const [first, last] = recordsOf([adCreated(1), adCreated(2)]);
    const records = [first!, garbage('2'), { ...last!, sequenceNumber: '3' }];
    await projectAll(createAdProjector(world.ports), records);
    expect((await recoverState(world.ports)).version).toBe(2);
    const { records: kept } = await world.quarantine.list({ limit: 10 });
    expect(kept).toMatchObject([
      { sequenceNumber: '2', reason: 'not JSON in UTF-8', data: garbage('2').data },
    ]);
    const position = { epoch: '1', shardId: 'shardId-000000000000', sequenceNumber: '2' };
    expect(await world.memoryState.get(skipKey('ad-events', position))).toStrictEqual({
      state: 'quarantined',
      reason: 'not JSON in UTF-8',
    });
    expect(world.telemetry.total(metrics.recordsQuarantined)).toBe(1);
  });

  it('is delivered again while the quarantine takes nothing', async () => {
    const world = createAdWorld();
    const records = [garbage('1')];
    const quarantine = {
      ...world.ports.quarantine,
      store: async () => Promise.reject(new QuarantineError('no answer')),
    };
    const projector = createAdProjector({ ...world.ports, quarantine });
    expect(await projector.project(batchOf(records))).toStrictEqual({ lowestUnsettled: '1' });
    expect(await world.memoryState.get(headKey)).toBeUndefined();
  });

  it('is settled at once by many in a batch', async () => {
    const world = createAdWorld();
    const records = Array.from({ length: 230 }, (_, index) => garbage(String(index + 1)));
    await projectAll(createAdProjector(world.ports), records);
    expect(tokenOfHead(parseHead(await world.memoryState.get(headKey)), 'local')).toContain('.230.');
  });
});

describe('a record that ends the function', () => {
  const old = adEpochMs - 2 * hourMs;
  const position = { epoch: '1', shardId: 'shardId-000000000000', sequenceNumber: '1' };

  it('is quarantined unread once it has done so five times', async () => {
    const world = createAdWorld();
    for (let tries = 0; tries < 5; tries += 1) {
      await world.memoryState.write({
        type: 'update',
        key: attemptKey('ad-events', position),
        add: { tries: 1n },
      });
    }
    const [record] = recordsOf([adCreated(1)], old);
    await projectAll(createAdProjector(world.ports), [record!]);
    expect(await world.quarantine.list({ limit: 10 })).toMatchObject({
      records: [{ sequenceNumber: '1', reason: 'ended the function 5 times' }],
    });
    expect(await world.memoryState.get(attemptKey('ad-events', position))).toBeUndefined();
  });

  it('is not seen in a failure that the function reports itself', async () => {
    const world = createAdWorld();
    let down = true;
    const state = overrideState(world.memoryState, {
      transact: async (actions) =>
        down
          ? Promise.reject(new StateStoreError('state-throttled', 'no'))
          : world.memoryState.transact(actions),
    });
    const projector = createAdProjector({ ...world.ports, state });
    const [record] = recordsOf([adCreated(1)], old);
    for (let tries = 0; tries < 8; tries += 1) {
      expect(await projector.project(batchOf([record!]))).toStrictEqual({ lowestUnsettled: '1' });
    }
    down = false;
    expect(await projector.project(batchOf([record!]))).toStrictEqual({ lowestUnsettled: undefined });
    expect((await recoverState(world.ports)).version).toBe(1);
  });
});

describe('schedules', () => {
  const names = async ({ schedule }: Pick<ReturnType<typeof createAdWorld>, 'schedule'>) =>
    (await schedule.due(Number.MAX_SAFE_INTEGER, 100)).map(({ name }) => name);

  it('are set for each end, at the full second after it', async () => {
    const world = await projectEvents([adCreated(1, { endAt: endAt + 1 }), adCreated(2)]);
    expect(await world.schedule.due(Number.MAX_SAFE_INTEGER, 100)).toStrictEqual([
      { name: `${adId(2)}-2`, atMs: endAt, input: { adId: adId(2), endAtMs: endAt } },
      { name: `${adId(1)}-1`, atMs: endAt + 1000, input: { adId: adId(1), endAtMs: endAt + 1 } },
    ]);
  });

  it.each([1, 500])('follow an end that moves, and only that, in batches of %d', async (batchSize) => {
    const events = [
      adCreated(1),
      adUpdated(1, { title: 'other' }, { tag: 'a' }),
      adUpdated(1, { endAt: endAt + hourMs }, { tag: 'b' }),
      adUpdated(1, { title: 'again' }, { tag: 'c' }),
    ];
    const world = await projectEvents(events.slice(0, 2), { batchSize });
    expect(await names(world)).toStrictEqual([`${adId(1)}-1`]);
    const rest = recordsOf(events).slice(2);
    for (let start = 0; start < rest.length; start += batchSize) {
      await projectAll(createAdProjector(world.ports), rest.slice(start, start + batchSize));
    }
    expect(await names(world)).toStrictEqual([`${adId(1)}-3`]);
  });

  it('are cleared with their ad, and left alone by an expiry, which they may be', async () => {
    const world = await projectEvents([adCreated(1), adCreated(2)]);
    const rest = recordsOf([adCreated(1), adCreated(2), adDeleted(1), adExpired(2, endAt)]).slice(2);
    await projectAll(createAdProjector(world.ports), rest);
    expect(await names(world)).toStrictEqual([`${adId(2)}-2`]);
  });

  it('are set once for an end that stays', async () => {
    const world = createAdWorld();
    const set: string[] = [];
    const schedule = {
      set: async ({ name }: { name: string }) => {
        set.push(name);
        return Promise.resolve();
      },
      clear: async () => Promise.resolve(),
    };
    const projector = createAdProjector({ ...world.ports, schedule });
    for (const record of recordsOf([adCreated(1), adUpdated(1, { title: 'other' })])) {
      await projectAll(projector, [record]);
    }
    expect(set).toStrictEqual([`${adId(1)}-1`]);
  });

  it('are not set for an ad that is gone by the end of the batch', async () => {
    expect(await names(await projectEvents([adCreated(1), adDeleted(1)]))).toStrictEqual([]);
  });

  it('may fail without harm', async () => {
    const world = createAdWorld();
    const schedule = {
      set: async () => Promise.reject(new ScheduleError('down')),
      clear: async () => Promise.reject(new ScheduleError('down')),
    };
    const events = [adCreated(1), adCreated(2)];
    const projector = createAdProjector({ ...world.ports, schedule });
    await projectAll(projector, recordsOf(events));
    await projectAll(projector, recordsOf([...events, adDeleted(1)]).slice(2));
    expect((await recoverState(world.ports)).size).toBe(1);
    expect(world.telemetry.total(metrics.scheduleFailed)).toBe(3);
  });

  it('do not hold up a batch while every call hangs', async () => {
    const world = createAdWorld();
    const calls: number[] = [];
    const hang = async (): Promise<void> => {
      calls.push(world.clock.monotonicMs());
      await world.clock.sleep(4000);
      throw new ScheduleError('no answer');
    };
    const projector = createAdProjector({ ...world.ports, schedule: { set: hang, clear: hang } });
    const events = Array.from({ length: 500 }, (_, i) => adCreated(i + 1));
    const project = (records: readonly LogRecord[]) => projector.project(batchOf(records));
    expect(await project(recordsOf(events))).toStrictEqual({ lowestUnsettled: undefined });
    expect((await recoverState(world.ports)).size).toBe(500);
    // Sixteen at once, and in place of the first seven that fail seven more.
    expect([calls.length, new Set(calls).size]).toEqual([23, 2]);
    expect(world.telemetry.total(metrics.scheduleFailed)).toBe(500);
    // After half a minute it asks again, and one failure is enough for the next pause.
    await world.clock.sleep(30_000);
    await project(recordsOf([...events, adCreated(501)]).slice(500));
    await project(recordsOf([...events, adCreated(501), adCreated(502)]).slice(501));
    expect(calls.length).toBe(24);
  });

  it('leave what does not fit into its time to the next delivery', async () => {
    const world = createAdWorld();
    const set = async (): Promise<void> => world.clock.sleep(1000);
    const projector = createAdProjector({ ...world.ports, schedule: { ...world.schedule, set } });
    const records = recordsOf(Array.from({ length: 500 }, (_, i) => adCreated(i + 1)));
    const startedMs = world.clock.monotonicMs();
    const { lowestUnsettled } = await projector.project(batchOf(records), { deadlineMs: startedMs + 5000 });
    const settled = records.findIndex(({ sequenceNumber }) => sequenceNumber === lowestUnsettled);
    expect(settled).toBeGreaterThan(0);
    expect((await recoverState(world.ports)).size).toBe(settled);
    // What it had begun then: one round.
    expect(world.clock.monotonicMs() - startedMs).toBeLessThan(5000 + 3000);
    const rest = records.slice(settled);
    expect(await projector.project(batchOf(rest))).toStrictEqual({ lowestUnsettled: undefined });
    expect((await recoverState(world.ports)).size).toBe(500);
  });

  it('are not set by a replay', async () => {
    const world = await projectEvents([adCreated(1)]);
    await world.schedule.clear(`${adId(1)}-1`);
    await recoverState(world.ports);
    await projectAll(createAdProjector(world.ports), recordsOf([adCreated(1)]));
    expect(await names(world)).toStrictEqual([]);
  });

  it('never stand past the last second that can be written', async () => {
    const lastMs = 253_402_300_799_999;
    const world = await projectEvents([adCreated(1, { endAt: lastMs })]);
    const [{ atMs } = { atMs: 0 }] = await world.schedule.due(Number.MAX_SAFE_INTEGER, 1);
    expect(atMs).toBeLessThanOrEqual(lastMs);
  });
});

describe('a removed ad', () => {
  it('leaves a tombstone while it is young, and nothing later', async () => {
    const world = await projectEvents([adCreated(1), adCreated(2)]);
    const records = recordsOf([adCreated(1), adCreated(2), adDeleted(1), adDeleted(2)]);
    await projectAll(createAdProjector(world.ports), records.slice(2, 3));
    expect(await world.memoryState.get(adKey(adId(1)))).toStrictEqual({ expires_at: expect.any(BigInt) });
    await world.clock.advance(60_000);
    await projectAll(createAdProjector(world.ports), records.slice(3));
    expect(await world.memoryState.get(adKey(adId(2)))).toBeUndefined();
  });
});

describe('the limits of the stage', () => {
  it('refuse an ad in the log that ingest let through', async () => {
    const settings = { ...stageSettings('local'), ads: { liveAdsMax: 2, liveBytesMax: 1e9, endedDays: 90 } };
    const world = createAdWorld({ settings });
    await projectEvents(manyEvents(3), {}, world);
    expect(await world.memoryState.get(outcomeKey(adCreated(2).id))).toMatchObject({ reason: 'over-limit' });
  });
});
