import { S3Client } from '@aws-sdk/client-s3';
import { quarantinePrefix, snapshotPrefix } from '../../aws-names.ts';
import type { BlobStore } from '../../ports/blob-store.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { clientOptions, s3Addressing } from './aws-clients.ts';
import { createS3BlobStore } from './s3-blob-store.ts';
import { createS3Quarantine } from './s3-quarantine.ts';

/** Lambda's ports on S3, which lambda-bucket.ts loads before their first call. */
export function quarantineIn(bucket: string): Quarantine {
  return createS3Quarantine({ ...deps, client: s3(), bucket, prefix: quarantinePrefix });
}

export function blobsIn(bucket: string): BlobStore {
  return createS3BlobStore({ ...deps, client: s3(), bucket, prefix: snapshotPrefix });
}

const deps = { clock: systemClock, ids: systemIds };

function s3(): S3Client {
  return new S3Client({ ...clientOptions(), ...s3Addressing() });
}
