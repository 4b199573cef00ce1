import fc from 'fast-check';
import { createProjectAds } from '../../../functions/project-ads/project-ads.ts';
import { decodeAdEvent, encodeAdEvent } from '../../../lib/app/ads/ad-event-codec.ts';
import type { AdEvent } from '../../../lib/core/ads/ad-event.ts';
import { adEventsPartitionKey } from '../../../lib/core/streams.ts';
import { adEventLogs } from '../../support/ad-event-arbitraries.ts';
import { adEpochMs } from '../../support/ad-builder.ts';
import { createAdWorld, projection, projectEvents } from '../../support/ad-world.ts';
import { add } from '../http/tally.ts';
import { deliverAll, type DeliveryPlan } from './deliver.ts';
import { expectSame, plans } from './increment-records.ts';
import { mutations, type Mutation } from './mutations.ts';

export interface AdCase {
  readonly events: readonly AdEvent[];
  /** In turns. */
  readonly changes: readonly Mutation[];
  readonly plan: DeliveryPlan;
}

export const adCases: fc.Arbitrary<AdCase> = fc.record({
  events: adEventLogs,
  changes: fc.array(mutations, { minLength: 1, maxLength: 30 }),
  plan: plans('ad-events'),
});

/** A minute and more before the clock of the world: each try at a record alone is written down. */
const arrivedAtMs = adEpochMs - 3_600_000 - 61_000;

/**
 * Projects a log with spoilt records, and in a world of its own the events that can be read: both end alike,
 * and what cannot be read is in the quarantine. Rejects when not.
 */
export async function runAdRecords(
  { events, changes, plan }: AdCase,
  ends: Map<string, number>,
): Promise<void> {
  const records = events.map((event, index) => {
    const change = changes[index % changes.length] as Mutation;
    const data = change.apply(Buffer.from(encodeAdEvent(event)));
    return {
      sequenceNumber: String(index + 1),
      partitionKey: adEventsPartitionKey,
      data,
      arrivedAtMs,
      change,
    };
  });
  const world = createAdWorld();
  const consume = createProjectAds(world.ports);
  await deliverAll((event) => consume(event, {} as never), records, plan);

  const readable: AdEvent[] = [];
  const poison: string[] = [];
  for (const { data, sequenceNumber, change } of records) {
    const decoded = decodeAdEvent(data);
    if (decoded.status === 'ok') readable.push(decoded.event);
    else poison.push(sequenceNumber);
    add(ends, decoded.status === 'ok' ? 'projected' : 'quarantined');
    if (change.what === 'as it was') expectSame(decoded.status, 'ok', 'an event as it was');
  }
  const clean = await projectEvents(readable);
  const [is, wanted] = [world, clean].map(({ ports }) => projection(ports.state, readable));
  expectSame(await is, await wanted, 'projection');
  const { records: kept } = await world.quarantine.list({ limit: 1000 });
  expectSame(
    new Set(kept.map(({ sequenceNumber }) => sequenceNumber)),
    new Set(poison),
    'quarantined events',
  );
}
