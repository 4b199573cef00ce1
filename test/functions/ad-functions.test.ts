import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import type { Context, KinesisStreamEvent } from 'aws-lambda';
import { createExpireAd } from '../../functions/expire-ad/expire-ad.ts';
import { createProjectAds } from '../../functions/project-ads/project-ads.ts';
import { createSweepAds } from '../../functions/sweep-ads/sweep-ads.ts';
import { adEpochMs, adId } from '../support/ad-builder.ts';
import { adCreated, hourMs } from '../support/ad-event-builder.ts';
import { createAdWorld, recordsOf, recoverState } from '../support/ad-world.ts';

const context = {} as Context;
const endAt = adEpochMs + 24 * hourMs;

function kinesisEvent(count: number): KinesisStreamEvent {
  const records = recordsOf(Array.from({ length: count }, (_, n) => adCreated(n)));
  return {
    Records: records.map(({ sequenceNumber, partitionKey, data, arrivedAtMs }) => ({
      eventID: `shardId-000000000000:${sequenceNumber}`,
      eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-dev-ad-events.1',
      eventName: 'aws:kinesis:record',
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      invokeIdentityArn: 'arn:aws:iam::123456789012:role/x',
      awsRegion: 'eu-west-1',
      kinesis: {
        kinesisSchemaVersion: '1.0',
        sequenceNumber,
        partitionKey,
        data: Buffer.from(data).toString('base64'),
        approximateArrivalTimestamp: arrivedAtMs / 1000,
      },
    })),
  };
}

describe('project-ads', () => {
  it('settles a batch and says so', async () => {
    const { ports } = createAdWorld();
    expect(await createProjectAds(ports)(kinesisEvent(3), context)).toStrictEqual({ batchItemFailures: [] });
    expect((await recoverState(ports)).version).toBe(3);
  });

  it('keeps the bytes of a record that is no event, and settles what is behind it', async () => {
    const { ports, quarantine } = createAdWorld();
    const event = kinesisEvent(3);
    const [, poison] = event.Records;
    if (poison !== undefined) poison.kinesis.data = Buffer.from('{"v":99}').toString('base64');
    expect(await createProjectAds(ports)(event, context)).toStrictEqual({ batchItemFailures: [] });
    expect((await recoverState(ports)).version).toBe(2);
    const { records } = await quarantine.list({ limit: 10 });
    expect(records.map(({ data }) => Buffer.from(data).toString())).toStrictEqual(['{"v":99}']);
  });
});

describe('expire-ad', () => {
  it('logs the end of the ad that the schedule names', async () => {
    const { ports, clock, adEvents } = createAdWorld();
    clock.jump(endAt - clock.nowMs());
    await createExpireAd(ports)({ adId: adId(1), endAtMs: endAt }, context);
    expect(
      await adEvents.read('shardId-000000000000', undefined, { recordsMax: 9, bytesMax: 1e6 }),
    ).toHaveLength(1);
  });

  it.each([{}, { adId: '../head', endAtMs: 1 }, { adId: adId(1), endAtMs: '1' }])(
    'refuses %j',
    async (input) => {
      const { ports } = createAdWorld();
      await expect(createExpireAd(ports)(input as never, context)).rejects.toThrow();
    },
  );
});

describe('sweep-ads', () => {
  it('expires what has ended, whatever event woke it', async () => {
    const { ports, clock } = createAdWorld();
    await createProjectAds(ports)(kinesisEvent(2), context);
    clock.jump(endAt + hourMs - clock.nowMs());
    expect(await createSweepAds(ports)({ anything: true }, context)).toStrictEqual({ appended: 2 });
  });
});
