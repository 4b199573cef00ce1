import { createMemoryEventLog } from './memory/memory-event-log.ts';
import { createMemoryExpirySchedule } from './memory/memory-expiry-schedule.ts';
import { createMemoryQuarantine } from './memory/memory-quarantine.ts';
import { createMemoryStateStore } from './memory/memory-state-store.ts';
import { encodeAdEvent } from '../../lib/app/ads/ad-event-codec.ts';
import { parseHead, type AdHead } from '../../lib/app/ads/ad-head.ts';
import {
  createAdProjector,
  type AdProjector,
  type AdProjectorOptions,
} from '../../lib/app/ads/ad-projector.ts';
import { bringUpTo, StateFollower } from '../../lib/app/ads/ad-recovery.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { RecordBatch } from '../../lib/app/record-batch.ts';
import { headKey, outcomeKey } from '../../lib/app/state-keys.ts';
import type { AdEvent } from '../../lib/core/ads/ad-event.ts';
import type { AdState } from '../../lib/core/ads/ad-state.ts';
import { canonicalState } from '../../lib/core/ads/snapshot/canonical-state.ts';
import { adEventsPartitionKey } from '../../lib/core/streams.ts';
import type { LogRecord } from '../../lib/ports/log-reader.ts';
import type { StateStore } from '../../lib/ports/state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adEpochMs } from './ad-builder.ts';
import { hourMs } from './ad-event-builder.ts';
import { Prng } from './prng.ts';
import { createRecordingTelemetry } from './recording-telemetry.ts';
import { createVirtualClock } from './virtual-clock.ts';

export type AdWorld = ReturnType<typeof createAdWorld>;

/** Deliveries of one record that a test waits for. */
const deliveriesMax = 20;

/** Every port in memory, on a virtual clock that starts an hour before `adEpochMs` and runs by itself. */
export function createAdWorld(overrides: Partial<Ports> = {}) {
  const clock = createVirtualClock({ startMs: adEpochMs - hourMs, autoAdvance: true });
  const telemetry = createRecordingTelemetry();
  const state = createMemoryStateStore();
  const schedule = createMemoryExpirySchedule();
  const quarantine = createMemoryQuarantine();
  const adEvents = createMemoryEventLog({ stream: 'ad-events', epoch: '1', shardCount: 1, clock });
  const increments = createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount: 1, clock });
  const prng = new Prng(7);
  const word = (): string => prng.uint32().toString(16).padStart(8, '0');
  const ids = {
    uuidv7: (nowMs: number) => {
      const time = nowMs.toString(16).padStart(12, '0');
      return `${time.slice(0, 8)}-${time.slice(8)}-7${word().slice(5)}-8${word().slice(5)}-${word()}${word().slice(4)}`;
    },
    nonce: () => word() + word() + word() + word(),
    random: () => prng.uint32() / 2 ** 32,
  };
  const settings = stageSettings('local');
  const ports: Ports = {
    ...{ adEvents, increments, state, schedule, quarantine, clock, ids, telemetry, settings },
    ...overrides,
  };
  return { ports, clock, telemetry, memoryState: state, schedule, quarantine, adEvents };
}

/** The events as records 1, 2, 3, ... of a shard. */
export function recordsOf(events: readonly AdEvent[], arrivedAtMs = adEpochMs - hourMs): LogRecord[] {
  return events.map((event, index) => ({
    sequenceNumber: String(index + 1),
    partitionKey: adEventsPartitionKey,
    data: encodeAdEvent(event),
    arrivedAtMs,
  }));
}

export function batchOf(records: readonly LogRecord[], shardId = 'shardId-000000000000'): RecordBatch {
  return { stream: 'ad-events', epoch: '1', shardId, records };
}

/** Delivers as a mapping does: again from the lowest unsettled record on, until all are settled. */
export async function projectAll(projector: AdProjector, records: readonly LogRecord[]): Promise<void> {
  let rest = records;
  for (let deliveries = 0; deliveries < deliveriesMax; deliveries += 1) {
    const { lowestUnsettled } = await projector.project(batchOf(rest));
    if (lowestUnsettled === undefined) return;
    const from = rest.findIndex((record) => record.sequenceNumber === lowestUnsettled);
    if (from < 0) throw new Error(`record ${lowestUnsettled} was not delivered`);
    rest = rest.slice(from);
  }
  throw new Error(`not settled after ${deliveriesMax} deliveries`);
}

/** Projects the events in a world of their own, `batchSize` records at a time. */
export async function projectEvents(
  events: readonly AdEvent[],
  { batchSize = 500, ...options }: AdProjectorOptions & { batchSize?: number } = {},
  world = createAdWorld(),
): Promise<AdWorld> {
  const projector = createAdProjector(world.ports, options);
  const records = recordsOf(events);
  for (let start = 0; start < records.length; start += batchSize) {
    await projectAll(projector, records.slice(start, start + batchSize));
  }
  return world;
}

/** What a reader that comes now would recover. */
export async function recoverState(deps: Pick<Ports, 'state' | 'telemetry'>): Promise<AdState> {
  const follower = new StateFollower();
  await bringUpTo(deps, parseHead(await deps.state.get(headKey)), follower);
  return follower.state;
}

/** A head that leads a reader to all changes. */
export function withoutSnapshot(head: AdHead): AdHead {
  return { ...head, active: { ...head.active, snapshotVersion: 0 } };
}

/** The same, from the first change on, whatever snapshots there are. */
export async function replayState(deps: Pick<Ports, 'state' | 'telemetry'>): Promise<AdState> {
  const follower = new StateFollower();
  const head = parseHead(await deps.state.get(headKey));
  await bringUpTo(deps, withoutSnapshot(head), follower);
  return follower.state;
}

/**
 * Everything that the projector promises, in comparable form: bytes of the state, each change, each outcome.
 */
export async function projection(state: StateStore, events: readonly AdEvent[]): Promise<unknown> {
  const telemetry = createRecordingTelemetry();
  const head = parseHead(await state.get(headKey));
  const changes: string[] = [];
  for (let bucket = 0; bucket <= Math.floor(head.version / 1000); bucket += 1) {
    const { items } = await state.query({ table: 'ads', pk: `changes#${bucket}`, limit: 1000 });
    changes.push(...items.map(({ sk, attributes }) => `${sk} ${String(attributes.change)}`));
  }
  const outcomes: Record<string, unknown> = {};
  for (const { id } of events) {
    const item = await state.get(outcomeKey(id));
    outcomes[id] = item && { outcome: item.outcome, version: item.version, reason: item.reason };
  }
  const ads: Record<string, unknown> = {};
  const ended: Record<string, unknown> = {};
  for (const { adId } of events) {
    const item = await state.get({ table: 'ads', pk: `ad#${adId}`, sk: '' });
    ads[adId] = item?.ad;
    ended[adId] = await state.get({ table: 'ads', pk: `ended#${adId}`, sk: '' });
  }
  const { version, liveAds, liveBytes } = head;
  const canonical = canonicalState(await recoverState({ state, telemetry }));
  return { version, liveAds, liveBytes, canonical, changes, outcomes, ads, ended };
}
