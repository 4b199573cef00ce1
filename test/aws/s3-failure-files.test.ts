import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createS3FailureFiles } from '../../lib/adapters/aws/s3-failure-files.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { QuarantineError } from '../../lib/ports/quarantine.ts';
import { emulatorIdentity } from './support/endpoints.ts';
import { startFakeS3 } from './support/fake-services.ts';

test('failure files are listed in pages beside other objects, read and removed', async () => {
  const s3 = await startFakeS3();
  const client = new S3Client({
    ...clientOptions(),
    ...emulatorIdentity,
    endpoint: s3.endpoint,
    forcePathStyle: true,
  });
  const files = createS3FailureFiles({ client, bucket: 'bucket', clock: systemClock, ids: systemIds });
  const keys = ['aws/lambda/m/s/1', 'aws/lambda/m/s/2', 'quarantine/increments/1/s/1'];
  for (const Key of keys)
    await client.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: `in ${Key}` }));
  const first = await files.list({ limit: 1 });
  expect(first).toMatchObject({ files: [{ key: keys[0] }], more: true });
  expect(await files.list({ limit: 10, after: 'aws/lambda/m/s/1' })).toMatchObject({
    files: [{ key: keys[1] }],
    more: false,
  });
  expect(await files.read('aws/lambda/m/s/2')).toBe('in aws/lambda/m/s/2');
  await files.remove('aws/lambda/m/s/2');
  await files.remove('aws/lambda/m/s/2');
  expect(await files.read('aws/lambda/m/s/2')).toBeUndefined();
  await s3.close();
  await expect(files.list({ limit: 1 })).rejects.toThrow(QuarantineError);
  client.destroy();
}, 30_000);
