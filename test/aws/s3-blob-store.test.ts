import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from '@jest/globals';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createS3BlobStore } from '../../lib/adapters/aws/s3-blob-store.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import type { BlobStore } from '../../lib/ports/blob-store.ts';
import { testBlobStore } from '../contracts/blob-store.ts';
import { emulatorIdentity } from './support/endpoints.ts';
import { startFakeS3, type FakeService } from './support/fake-services.ts';

let s3: FakeService;
let client: S3Client;
let store: BlobStore;
beforeAll(async () => {
  s3 = await startFakeS3();
  client = new S3Client({
    ...{ ...clientOptions(), ...emulatorIdentity, endpoint: s3.endpoint, forcePathStyle: true },
  });
  const place = { bucket: 'bucket', prefix: 'snapshots/' };
  store = createS3BlobStore({ client, ...place, clock: systemClock, ids: systemIds });
});
afterAll(async () => {
  client.destroy();
  await s3.close();
});

testBlobStore('S3', () => store);
