import { expect, it } from '@jest/globals';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import { createFailureDestination } from '../../../lib/embedded/delivery/failure-destination.ts';
import type { FailureRecord } from '../../../lib/embedded/delivery/failure-record.ts';
import { eventSource, toKinesisEvent } from '../../../lib/embedded/delivery/kinesis-event.ts';
import { adCreated } from '../../support/ad-event-builder.ts';
import { batchOf, createAdWorld, recordsOf } from '../../support/ad-world.ts';

const shardId = 'shardId-000000000000';
const streamArn = 'arn:aws:kinesis:eu-west-1:000000000000:stream/adtally-local-ad-events.1';
const id = { stream: 'ad-events', epoch: '1', shardId, sequenceNumber: '1' } as const;

/** A world whose mapping gave up one sound ad event, as it does when the projector was down for too long. */
async function givenUp() {
  const world = createAdWorld();
  const records = recordsOf([adCreated(1)]);
  const payload = toKinesisEvent(eventSource(streamArn, shardId, 'project-ads'), records);
  const failure = { requestContext: { condition: 'RecordAgeExceeded' }, payload } as FailureRecord;
  const keep = () => createFailureDestination(world.ports)(failure);
  await keep();
  return { world, records, keep };
}

it('keeps an ad event so that it can be redriven, once however often it is told and asked', async () => {
  const { world, keep } = await givenUp();
  const redrive = createRedrive(world.ports);
  expect(await redrive.redrive(id)).toStrictEqual({ status: 'redriven' });
  await keep();
  expect(await redrive.redrive(id)).toStrictEqual({ status: 'not-quarantined', state: 'redriven' });
  const logged = await world.adEvents.read(shardId, undefined, { recordsMax: 10, bytesMax: Infinity });
  expect(logged).toHaveLength(1);
  await createAdProjector(world.ports).project(batchOf(logged));
  const head = await world.memoryState.get({ table: 'ads', pk: 'head', sk: '' });
  expect(head).toMatchObject({ version: 1n, live_ads: 1n });
});

it('changes nothing when the event was settled after all', async () => {
  const { world, records } = await givenUp();
  const projector = createAdProjector(world.ports);
  await projector.project(batchOf(records));
  await createRedrive(world.ports).redrive(id);
  const logged = await world.adEvents.read(shardId, undefined, { recordsMax: 10, bytesMax: Infinity });
  await projector.project(batchOf(logged.map((record) => ({ ...record, sequenceNumber: '2' }))));
  const head = await world.memoryState.get({ table: 'ads', pk: 'head', sk: '' });
  expect(head).toMatchObject({ version: 1n, live_ads: 1n });
});
