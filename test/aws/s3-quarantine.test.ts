import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createS3Quarantine } from '../../lib/adapters/aws/s3-quarantine.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { QuarantineError, type Quarantine, type QuarantinedRecord } from '../../lib/ports/quarantine.ts';
import { testQuarantine } from '../contracts/quarantine.ts';
import { emulatorIdentity } from './support/endpoints.ts';
import { startFakeS3 } from './support/fake-services.ts';
import { impatience } from './support/faulty-adapters.ts';
import {
  startMisbehavingServer,
  type Behaviour,
  type MisbehavingServer,
} from './support/misbehaving-server.ts';

function quarantineAt(endpoint: string, timeouts = { ...impatience, requestTimeoutMs: 5000 }): Quarantine {
  const client = new S3Client({
    ...clientOptions(timeouts),
    ...emulatorIdentity,
    endpoint,
    forcePathStyle: true,
  });
  return createS3Quarantine({
    client,
    bucket: 'bucket',
    prefix: 'quarantine/',
    clock: systemClock,
    ids: systemIds,
  });
}

testQuarantine('S3 (on a stand-in)', async () => {
  const s3 = await startFakeS3();
  return { quarantine: quarantineAt(s3.endpoint), close: async () => s3.close() };
});

const record: QuarantinedRecord = {
  stream: 'increments',
  epoch: '1',
  shardId: 'shardId-000000000000',
  sequenceNumber: '7',
  partitionKey: 'k',
  data: Uint8Array.of(1, 2, 3),
  arrivedAtMs: 1,
  quarantinedAtMs: 2,
  reason: 'not JSON',
};

describe('S3 misbehaving', () => {
  let server: MisbehavingServer;
  let quarantine: Quarantine;
  beforeAll(async () => {
    server = await startMisbehavingServer();
    quarantine = quarantineAt(server.endpoint, impatience);
  });
  afterAll(async () => server.close());

  const failing: readonly [string, Behaviour][] = [
    ['hangs', { type: 'hang' }],
    ['resets', { type: 'reset' }],
    ['is slowed down', { type: 'answer', status: 503, body: '<Error><Code>SlowDown</Code></Error>' }],
    ['fails', { type: 'answer', status: 500, body: '<Error><Code>InternalError</Code></Error>' }],
  ];

  test.each(failing)(
    'that %s for good rejects with a QuarantineError, after three tries',
    async (_, behaviour) => {
      server.behave(() => behaviour);
      await expect(quarantine.store(record)).rejects.toThrow(QuarantineError);
      expect(server.received).toHaveLength(3);
    },
  );

  test.each(failing)('that %s once stores at the second try', async (_, behaviour) => {
    server.behave((_request, index) => (index === 0 ? behaviour : { type: 'answer', status: 200, body: '' }));
    await quarantine.store(record);
    expect(server.received).toHaveLength(2);
    expect(server.received[1]?.path).toContain('/bucket/quarantine/increments/1/shardId-000000000000/7');
  });

  test.each<[string, Behaviour]>([
    ['cut short', { type: 'cut', body: 'x'.repeat(1000) }],
    ['stalled', { type: 'stall', body: 'x'.repeat(1000) }],
  ])('an object whose body is %s is read again, then given up', async (_, behaviour) => {
    server.behave(() => behaviour);
    await expect(quarantine.get(record)).rejects.toThrow(QuarantineError);
    expect(server.received).toHaveLength(3);
  });

  test('an object that is none of ours is an error that names it', async () => {
    server.behave(() => ({ type: 'answer', status: 200, body: '{"stream":"other"}' }));
    await expect(quarantine.get(record)).rejects.toThrow(
      /shardId-000000000000\/7 is not a quarantined record/,
    );
  });

  test('a missing bucket is an error, not an absent record', async () => {
    server.behave(() => ({ type: 'answer', status: 404, body: '<Error><Code>NoSuchBucket</Code></Error>' }));
    await expect(quarantine.get(record)).rejects.toThrow(QuarantineError);
  });
});
