import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createS3LogArchive } from '../../lib/adapters/aws/s3-log-archive.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { ArchiveError, type LogArchive } from '../../lib/ports/log-archive.ts';
import { testLogArchive } from '../contracts/log-archive.ts';
import { emulatorIdentity } from './support/endpoints.ts';
import { startFakeS3, type FakeService } from './support/fake-services.ts';

let s3: FakeService;
let client: S3Client;
let archives = 0;
beforeAll(async () => {
  s3 = await startFakeS3();
  client = new S3Client({
    ...{ ...clientOptions(), ...emulatorIdentity, endpoint: s3.endpoint, forcePathStyle: true },
  });
});
afterAll(() => {
  client.destroy();
});

/** Each of another epoch, in one bucket. */
function create(): Promise<LogArchive> {
  archives += 1;
  const deps = { client, clock: systemClock, ids: systemIds };
  const of = { bucket: 'bucket', stream: 'increments', epoch: String(archives) } as const;
  return Promise.resolve(createS3LogArchive({ ...deps, ...of }));
}

testLogArchive('S3', create);

it('a bucket that does not answer is an error of the port', async () => {
  const archive = await create();
  await s3.close();
  const part = { shardId: 'a', after: undefined, through: '1', lastArrivedAtMs: 1 };
  await expect(archive.shardIds()).rejects.toThrow(ArchiveError);
  await expect(archive.parts('a', { limit: 1 })).rejects.toThrow(ArchiveError);
  await expect(archive.read(part)).rejects.toThrow(ArchiveError);
  await expect(archive.write(part, new Uint8Array([1]))).rejects.toThrow(ArchiveError);
}, 60_000);
