import { hashPosition } from '../../../lib/adapters/records/partition-hash.ts';
import { describe, expect, it } from '@jest/globals';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { createAdReader } from '../../../lib/app/ads/ad-reader.ts';
import { createAdWriter, type AdWriteResult } from '../../../lib/app/ads/ad-writer.ts';
import { decodeAdEvent } from '../../../lib/app/ads/ad-event-codec.ts';
import type { RequestIdentity } from '../../../lib/app/request-identity.ts';
import { headKey, outcomeKey } from '../../../lib/app/state-keys.ts';
import { parseToken } from '../../../lib/core/consistency-token.ts';
import type { AppendResult, EventLog } from '../../../lib/ports/event-log.ts';
import { StateStoreError } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { adEpochMs } from '../../support/ad-builder.ts';
import { buildContent, eventId, hourMs } from '../../support/ad-event-builder.ts';
import { batchOf, createAdWorld, recoverState, type AdWorld } from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const shardId = 'shardId-000000000000';

/** A world with a client in front of the log and the projector behind it, which runs when told to. */
function createPipeline(overrides: Parameters<typeof createAdWorld>[0] = {}) {
  const world = createAdWorld(overrides);
  const writer = createAdWriter(world.ports);
  const projector = createAdProjector(world.ports);
  let last: string | undefined;
  let requests = 0;
  const deliver = async (): Promise<void> => {
    const records = await world.adEvents.read(shardId, last, { recordsMax: 1000, bytesMax: 1e9 });
    if (records.length === 0) return;
    expect(await projector.project(batchOf(records))).toStrictEqual({ lowestUnsettled: undefined });
    last = records.at(-1)?.sequenceNumber;
  };
  const identity = (keyed = false): RequestIdentity => {
    requests += 1;
    const id = eventId(`r${requests}`);
    const adId = world.ports.ids.uuidv7(world.clock.nowMs());
    return { keyed, joined: false, adId, eventId: () => id };
  };
  const appended = async () => {
    const records = await world.adEvents.read(shardId, undefined, { recordsMax: 1000, bytesMax: 1e9 });
    return records.map(({ data }) => decodeAdEvent(data));
  };
  /** Runs the projector while the call waits. */
  const whileDelivering = async <T>(call: Promise<T>): Promise<T> => {
    const progress = { done: false };
    const finished = call.finally(() => {
      progress.done = true;
    });
    while (!progress.done) {
      await deliver();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return finished;
  };
  const create = async (content = buildContent()) => {
    const result = await whileDelivering(writer.create(content, { identity: identity(), waitMs: 1000 }));
    if (result.status !== 'applied') throw new Error(result.status);
    return result.ad;
  };
  return { ...world, writer, deliver, identity, appended, whileDelivering, create };
}

/** An unknown id old enough to be simply unknown. */
const oldId = '01890000-0000-7000-8000-000000000000';

describe('creating an ad', () => {
  it('appends the event and answers with the id and a token that shows it', async () => {
    const { writer, identity, deliver, appended, ports } = createPipeline();
    const who = identity();
    const result = await writer.create(buildContent(), { identity: who, traceparent: '00-a-b-01' });
    expect(result).toMatchObject({ status: 'accepted', adId: who.adId });
    expect(await appended()).toMatchObject([
      {
        event: {
          type: 'AdCreated',
          id: who.eventId(0),
          adId: who.adId,
          at: adEpochMs - hourMs,
          traceparent: '00-a-b-01',
        },
      },
    ]);
    await deliver();
    const token = parseToken(result.status === 'accepted' ? result.token : '')!;
    expect(await createAdReader(ports).read(who.adId, [token])).toMatchObject({
      status: 'found',
      ad: { version: 1 },
    });
  });

  it('waits, when asked to, and answers with the whole ad', async () => {
    const { writer, identity, whileDelivering } = createPipeline();
    const who = identity();
    const result = await whileDelivering(writer.create(buildContent(), { identity: who, waitMs: 5000 }));
    expect(result).toMatchObject({ status: 'applied', ad: { ...buildContent(), id: who.adId, version: 1 } });
  });

  it('answers accepted when the wait is over', async () => {
    const { writer, identity, clock } = createPipeline();
    const startMs = clock.monotonicMs();
    expect(await writer.create(buildContent(), { identity: identity(), waitMs: 3000 })).toMatchObject({
      status: 'accepted',
    });
    expect(clock.monotonicMs() - startMs).toBe(3000);
  });

  it.each([
    [1, 1],
    [9_999, 9_999],
    [10_000, 10_000],
    [10_001, 10_000],
    [3_600_000, 10_000],
  ])('waits %d ms, but ten seconds at most', async (waitMs, waitedMs) => {
    const { writer, identity, clock } = createPipeline();
    const startMs = clock.monotonicMs();
    const result = await writer.create(buildContent(), { identity: identity(), waitMs });
    expect([result.status, clock.monotonicMs() - startMs]).toEqual(['accepted', waitedMs]);
  });

  it('refuses what has ended and what is over the limit before it is appended', async () => {
    const ads = { liveAdsMax: 1, liveBytesMax: 1e9, endedDays: 90 };
    const { writer, identity, create, appended, clock } = createPipeline({
      settings: { ...stageSettings('local'), ads },
    });
    const ended = buildContent({ startAt: 1, endAt: clock.nowMs() });
    expect(await writer.create(ended, { identity: identity() })).toStrictEqual({
      status: 'refused',
      reason: 'already-ended',
    });
    await create();
    expect(await writer.create(buildContent(), { identity: identity() })).toStrictEqual({
      status: 'refused',
      reason: 'over-limit',
    });
    expect(await appended()).toHaveLength(1);
  });

  it('is answered with the refusal that the log decides on', async () => {
    const ads = { liveAdsMax: 1, liveBytesMax: 1e9, endedDays: 90 };
    const pipeline = createPipeline({ settings: { ...stageSettings('local'), ads } });
    const { writer, identity, whileDelivering } = pipeline;
    const wait = { waitMs: 5000 };
    const results = await whileDelivering(
      Promise.all([1, 2].map(async () => writer.create(buildContent(), { identity: identity(), ...wait }))),
    );
    expect(results).toMatchObject([{ status: 'applied' }, { status: 'refused', reason: 'over-limit' }]);
  });

  it('needs no state store unless it waits', async () => {
    const world = createAdWorld();
    const state = overrideState(world.memoryState, {
      get: async () => Promise.reject(new StateStoreError('state-unavailable', 'down')),
    });
    const { writer, identity } = createPipeline({ state });
    expect(await writer.create(buildContent(), { identity: identity() })).toMatchObject({
      status: 'accepted',
    });
    expect(await writer.create(buildContent(), { identity: identity(), waitMs: 1000 })).toMatchObject({
      status: 'accepted',
    });
  });
});

describe('a keyed create that comes again', () => {
  it('takes effect once when the first try died before its answer', async () => {
    const { writer, identity, deliver, ports, appended } = createPipeline();
    const who = identity(true);
    await writer.create(buildContent(), { identity: who });
    await writer.create(buildContent(), { identity: who });
    await deliver();
    expect(await appended()).toHaveLength(2);
    expect((await recoverState(ports)).size).toBe(1);
  });

  it('is answered from what was decided, and appends nothing more', async () => {
    const { writer, identity, deliver, appended } = createPipeline();
    const who = identity(true);
    await writer.create(buildContent(), { identity: who });
    await deliver();
    const again = await writer.create(buildContent(), { identity: who });
    expect(again).toMatchObject({ status: 'accepted', adId: who.adId });
    expect(await appended()).toHaveLength(1);
  });

  it('is answered with the ad as it was made, even when it has been changed and deleted since', async () => {
    const { writer, identity, whileDelivering } = createPipeline();
    const who = identity(true);
    const wait = { identity: who, waitMs: 5000 };
    const first = await whileDelivering(writer.create(buildContent(), wait));
    await whileDelivering(
      writer.update(who.adId, { title: 'other' }, { identity: identity(), waitMs: 5000 }),
    );
    await whileDelivering(writer.remove(who.adId, { identity: identity(), waitMs: 5000 }));
    const again = await writer.create(buildContent(), wait);
    expect(again).toMatchObject({ status: 'applied', ad: { version: 1, title: buildContent().title } });
    expect(again).toMatchObject({ ad: first.status === 'applied' ? first.ad : {} });
  });

  it('is refused again as it was refused', async () => {
    const { writer, identity, deliver, memoryState } = createPipeline();
    const who = identity(true);
    await memoryState.write({
      type: 'put',
      key: outcomeKey(who.eventId(0)),
      attributes: { outcome: 'refused', reason: 'over-limit', ad_id: who.adId, expires_at: 1n },
    });
    await deliver();
    expect(await writer.create(buildContent(), { identity: who })).toStrictEqual({
      status: 'refused',
      reason: 'over-limit',
    });
  });

  it('gets a token that its effect has met', async () => {
    const { writer, identity, deliver, ports } = createPipeline();
    const who = identity(true);
    await writer.create(buildContent(), { identity: who });
    await deliver();
    const again = await writer.create(buildContent(), { identity: who });
    const token = parseToken(again.status === 'accepted' ? again.token : '')!;
    expect(await createAdReader(ports).read(who.adId, [token])).toMatchObject({ status: 'found' });
  });
});

describe('a repeated request whose first run may have appended its event', () => {
  const joinedOf = (identity: RequestIdentity): RequestIdentity => ({
    ...identity,
    keyed: true,
    joined: true,
  });

  it('is not refused for what is wrong by now: the log decides, and it was taken before', async () => {
    const { writer, identity, create, appended, clock, whileDelivering } = createPipeline();
    const ad = await create();
    const who = { ...identity(true) };
    // Appended and not yet decided when another change comes and the request is repeated.
    await writer.update(ad.id, { title: 'first' }, { identity: who, ifVersion: 1 });
    await writer.update(ad.id, { title: 'later' }, { identity: identity() });
    const over = ad.endAt - clock.nowMs();
    await clock.advance(over);
    // The writer knows again which projection it reads.
    await writer.update(ad.id, {}, { identity: identity() });
    const again = writer.update(
      ad.id,
      { title: 'first' },
      { identity: joinedOf(who), ifVersion: 1, waitMs: 5000 },
    );
    expect(await whileDelivering(again)).toMatchObject({
      status: 'applied',
      ad: { title: 'first', version: 2 },
    });
    const ids = (await appended()).flatMap((decoded) => (decoded.status === 'ok' ? [decoded.event.id] : []));
    expect(ids.filter((id) => id === who.eventId(0))).toHaveLength(2);
  });

  it('is refused by the log, for good, when its event did not get there before', async () => {
    const { writer, identity, create, whileDelivering, deliver } = createPipeline();
    const ad = await create();
    const who = joinedOf(identity());
    const change = { title: 'again' };
    expect(
      await whileDelivering(writer.update(ad.id, change, { identity: who, ifVersion: 9 })),
    ).toStrictEqual({ status: 'refused', reason: 'version-mismatch' });
    // The first run's event, late.
    await writer.update(ad.id, change, { identity: { ...who, joined: false } });
    await deliver();
    expect(await writer.update(ad.id, {}, { identity: identity() })).toMatchObject({ ad: { version: 1 } });
    expect(await whileDelivering(writer.remove(oldId, { identity: joinedOf(identity()) }))).toStrictEqual({
      status: 'refused',
      reason: 'not-found',
    });
  });

  it('is accepted where the log does not decide in time', async () => {
    const { writer, identity, clock } = createPipeline();
    const startMs = clock.monotonicMs();
    const result = await writer.remove(oldId, { identity: joinedOf(identity()) });
    expect(result).toMatchObject({ status: 'accepted', adId: oldId });
    expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(5000);
  });

  it('is answered without the ad where it asked for no wait', async () => {
    const { writer, identity, whileDelivering, clock } = createPipeline();
    const content = buildContent();
    const who = identity(true);
    await writer.create(content, { identity: who });
    await clock.advance(content.endAt - clock.nowMs());
    const again = await whileDelivering(writer.create(content, { identity: joinedOf(who) }));
    expect(again).toMatchObject({ status: 'accepted', adId: who.adId });
  });
});

describe('updating an ad', () => {
  it('answers accepted, or waits and answers with the merged ad', async () => {
    const { writer, identity, create, whileDelivering } = createPipeline();
    const ad = await create();
    expect(await writer.update(ad.id, { title: 'one' }, { identity: identity() })).toMatchObject({
      status: 'accepted',
    });
    const result = await whileDelivering(
      writer.update(ad.id, { content: 'two' }, { identity: identity(), waitMs: 5000 }),
    );
    expect(result).toMatchObject({ status: 'applied', ad: { title: 'one', content: 'two', version: 3 } });
  });

  it('appends nothing for an empty patch', async () => {
    const { writer, identity, create, appended } = createPipeline();
    const ad = await create();
    expect(await writer.update(ad.id, {}, { identity: identity() })).toStrictEqual({
      status: 'unchanged',
      ad,
    });
    expect(await writer.update(ad.id, {}, { identity: identity(), ifVersion: 9 })).toMatchObject({
      reason: 'version-mismatch',
    });
    expect(await writer.update(oldId, {}, { identity: identity() })).toMatchObject({ reason: 'not-found' });
    expect(await appended()).toHaveLength(1);
  });

  it('appends a patch that seems to change nothing: one before it may be on its way', async () => {
    const { writer, identity, create, deliver, ports } = createPipeline();
    const ad = await create(buildContent({ title: 'first' }));
    await writer.update(ad.id, { title: 'other' }, { identity: identity() });
    await writer.update(ad.id, { title: 'first' }, { identity: identity() });
    await deliver();
    expect((await recoverState(ports)).get(ad.id)?.title).toBe('first');
  });

  it('is answered with the ad when it changes nothing in the end', async () => {
    const { writer, identity, create, whileDelivering } = createPipeline();
    const ad = await create();
    const result = await whileDelivering(
      writer.update(ad.id, { title: ad.title }, { identity: identity(), waitMs: 5000 }),
    );
    expect(result).toMatchObject({ status: 'applied', ad: { version: 1 } });
  });

  it.each<[string, Parameters<typeof buildContent>[0], string]>([
    ['a window that closes before it opens', { endAt: adEpochMs }, 'invalid-window'],
    ['ages the wrong way round', { ageEnd: 19 }, 'invalid-ages'],
    ['an end that is past', { startAt: 0, endAt: 1 }, 'already-ended'],
  ])('refuses %s at once', async (_what, patch, reason) => {
    const { writer, identity, create, appended } = createPipeline();
    const ad = await create(buildContent({ ageStart: 20 }));
    expect(await writer.update(ad.id, patch!, { identity: identity() })).toStrictEqual({
      status: 'refused',
      reason,
    });
    expect(await appended()).toHaveLength(1);
  });

  it('lets one of two concurrent edits with one If-Match succeed and refuses the other', async () => {
    const { writer, identity, create, whileDelivering } = createPipeline();
    const ad = await create();
    const edits = ['mine', 'yours'].map(async (title) =>
      writer.update(ad.id, { title }, { identity: identity(), ifVersion: ad.version, waitMs: 5000 }),
    );
    expect(await whileDelivering(Promise.all(edits))).toMatchObject([
      { status: 'applied', ad: { title: 'mine' } },
      { status: 'refused', reason: 'version-mismatch' },
    ]);
    expect(
      await writer.update(ad.id, { title: 'late' }, { identity: identity(), ifVersion: ad.version }),
    ).toMatchObject({ reason: 'version-mismatch' });
  });

  it('answers a keyed edit with If-Match that comes again from its effect, not with a mismatch', async () => {
    const { writer, identity, create, whileDelivering } = createPipeline();
    const ad = await create();
    const options = { identity: identity(true), ifVersion: ad.version, waitMs: 5000 };
    await whileDelivering(writer.update(ad.id, { title: 'mine' }, options));
    expect(await writer.update(ad.id, { title: 'mine' }, options)).toMatchObject({
      status: 'applied',
      ad: { title: 'mine', version: 2 },
    });
  });
});

describe('deleting an ad', () => {
  it('answers accepted, or waits until it is removed', async () => {
    const { writer, identity, create, whileDelivering } = createPipeline();
    const [one, two] = [await create(), await create()];
    expect(await writer.remove(one.id, { identity: identity() })).toMatchObject({ status: 'accepted' });
    expect(
      await whileDelivering(writer.remove(two.id, { identity: identity(), waitMs: 5000 })),
    ).toMatchObject({
      status: 'removed',
      adId: two.id,
    });
  });

  it('of an unknown, a deleted, an ended and a not-yet-started ad harms nobody', async () => {
    const { writer, identity, create, whileDelivering, clock } = createPipeline();
    const notFound: AdWriteResult = { status: 'refused', reason: 'not-found' };
    expect(await writer.remove(oldId, { identity: identity() })).toStrictEqual(notFound);
    const ad = await create(buildContent({ startAt: adEpochMs + hourMs }));
    const options = { waitMs: 5000 };
    expect(await whileDelivering(writer.remove(ad.id, { identity: identity(), ...options }))).toMatchObject({
      status: 'removed',
    });
    // At once, not after two seconds: a young id that is known to be gone.
    const startMs = clock.monotonicMs();
    expect(await writer.remove(ad.id, { identity: identity() })).toStrictEqual(notFound);
    expect(clock.monotonicMs()).toBe(startMs);
    const ended = await create();
    clock.jump(ended.endAt - clock.nowMs());
    expect(await writer.remove(ended.id, { identity: identity() })).toStrictEqual(notFound);
  });
});

describe('an unknown id that is young', () => {
  it('is waited for, and found when the projector catches up', async () => {
    const { writer, identity, whileDelivering } = createPipeline();
    const who = identity();
    await writer.create(buildContent(), { identity: who });
    const result = await whileDelivering(
      writer.update(who.adId, { title: 'other' }, { identity: identity() }),
    );
    expect(result).toMatchObject({ status: 'accepted' });
  });

  it('is not called unknown after two seconds', async () => {
    const { writer, identity, clock, ports } = createPipeline();
    const startMs = clock.monotonicMs();
    expect(await writer.remove(identity().adId, { identity: identity() })).toStrictEqual({
      status: 'not-caught-up',
    });
    expect(clock.monotonicMs() - startMs).toBe(2000);
    expect(await createAdReader(ports).read(identity().adId, [])).toStrictEqual({ status: 'not-caught-up' });
  });

  it('is waited for though the clock was set back by an hour since, and unknown if it lies further ahead', async () => {
    const { writer, identity, clock } = createPipeline();
    const { adId } = identity();
    clock.jump(-3_599_000);
    expect(await writer.remove(adId, { identity: identity() })).toStrictEqual({ status: 'not-caught-up' });
    clock.jump(-10_000);
    expect(await writer.remove(adId, { identity: identity() })).toMatchObject({ reason: 'not-found' });
  });

  it('is unknown once it is ten seconds old', async () => {
    const { writer, identity, clock } = createPipeline();
    const { adId } = identity();
    await clock.advance(10_000);
    expect(await writer.remove(adId, { identity: identity() })).toMatchObject({ reason: 'not-found' });
  });
});

describe('while the log fails', () => {
  const logOf = (world: AdWorld, answers: AppendResult['status'][]): EventLog => ({
    stream: 'ad-events',
    epoch: '1',
    hashPosition,
    append: async (entries) => {
      const answer = answers.shift() ?? 'appended';
      if (answer === 'appended') return world.adEvents.append(entries);
      // An unknown one is in the log all the same.
      if (answer === 'unknown') await world.adEvents.append(entries);
      return entries.map(() => ({ status: answer, reason: 'test' }));
    },
  });
  const create = async (answers: AppendResult['status'][]) => {
    const world = createAdWorld();
    const writer = createAdWriter({ ...world.ports, adEvents: logOf(world, answers) });
    const identity = { keyed: false, joined: false, adId: oldId, eventId: () => eventId('one') };
    return { world, result: await writer.create(buildContent(), { identity }) };
  };

  it('tries again what it refused', async () => {
    const { world, result } = await create(['refused', 'refused', 'refused']);
    expect(result.status).toBe('accepted');
    expect(world.telemetry.total(metrics.appendRefused)).toBe(3);
  });

  it('gives up in the end, and knows that nothing was written', async () => {
    const { result } = await create(['refused', 'refused', 'refused', 'refused']);
    expect(result).toStrictEqual({ status: 'log-unavailable', ambiguous: false });
  });

  it('tries again what nobody knows the end of, and the event takes effect once', async () => {
    const { world, result } = await create(['unknown', 'unknown', 'unknown']);
    expect(result.status).toBe('accepted');
    const records = await world.adEvents.read(shardId, undefined, { recordsMax: 10, bytesMax: 1e6 });
    expect(records).toHaveLength(4);
    await createAdProjector(world.ports).project(batchOf(records));
    expect((await recoverState(world.ports)).version).toBe(1);
  });

  it.each([
    [['unknown', 'unknown', 'unknown', 'unknown']],
    [['unknown', 'refused', 'refused', 'refused']],
  ] as AppendResult['status'][][][])('says that it may have happened after %j', async (answers) => {
    expect((await create([...answers])).result).toStrictEqual({ status: 'log-unavailable', ambiguous: true });
  });
});

describe('reading an ad', () => {
  it('finds it before it has started, and not from its end on', async () => {
    const { create, ports, clock } = createPipeline();
    const reader = createAdReader(ports);
    const ad = await create();
    expect(await reader.read(ad.id, [])).toStrictEqual({ status: 'found', ad });
    clock.jump(ad.endAt - clock.nowMs() - 1);
    expect(await reader.read(ad.id, [])).toStrictEqual({ status: 'found', ad });
    clock.jump(1);
    expect(await reader.read(ad.id, [])).toStrictEqual({ status: 'not-found' });
  });

  it('does not find what is unknown or was deleted', async () => {
    const { create, writer, identity, whileDelivering, ports } = createPipeline();
    const reader = createAdReader(ports);
    expect(await reader.read(oldId, [])).toStrictEqual({ status: 'not-found' });
    expect(await reader.read('no id', [])).toStrictEqual({ status: 'not-found' });
    const ad = await create();
    await whileDelivering(writer.remove(ad.id, { identity: identity(), waitMs: 5000 }));
    expect(await reader.read(ad.id, [])).toStrictEqual({ status: 'not-found' });
  });

  it('waits for a token, and then sees its write', async () => {
    const { create, writer, identity, whileDelivering, ports } = createPipeline();
    const ad = await create();
    const result = await writer.update(ad.id, { title: 'other' }, { identity: identity() });
    const token = parseToken(result.status === 'accepted' ? result.token : '')!;
    expect(await whileDelivering(createAdReader(ports).read(ad.id, [token]))).toMatchObject({
      ad: { title: 'other' },
    });
  });

  it('says so when a token is not met in time', async () => {
    const { create, writer, identity, ports, memoryState } = createPipeline();
    const ad = await create();
    const result = await writer.update(ad.id, { title: 'other' }, { identity: identity() });
    const token = parseToken(result.status === 'accepted' ? result.token : '')!;
    expect(await createAdReader(ports).read(ad.id, [token])).toStrictEqual({ status: 'not-caught-up' });
    expect(await memoryState.get(headKey)).toMatchObject({ version: 1n });
  });
});
