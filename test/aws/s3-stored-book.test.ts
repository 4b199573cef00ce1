import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createS3StoredBook } from '../../lib/adapters/aws/s3-stored-book.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { StoredBookError, type StoredBook } from '../../lib/ports/stored-book.ts';
import { testStoredBook } from '../contracts/stored-book.ts';
import { emulatorIdentity } from './support/endpoints.ts';
import { startFakeS3, type FakeService } from './support/fake-services.ts';

let s3: FakeService;
let client: S3Client;
let books = 0;
beforeAll(async () => {
  s3 = await startFakeS3();
  client = new S3Client({
    ...{ ...clientOptions(), ...emulatorIdentity, endpoint: s3.endpoint, forcePathStyle: true },
  });
});
afterAll(() => {
  client.destroy();
});

function create(): Promise<StoredBook> {
  books += 1;
  const place = { bucket: 'bucket', key: `audit/${books}.ndjson` };
  return Promise.resolve(createS3StoredBook({ client, ...place, clock: systemClock, ids: systemIds }));
}

testStoredBook('S3', create);

it('a bucket that does not answer is an error of the port', async () => {
  const book = await create();
  await s3.close();
  await expect(book.read()).rejects.toThrow(StoredBookError);
  await expect(book.write(new Uint8Array([1]), undefined)).rejects.toThrow(StoredBookError);
}, 30_000);
