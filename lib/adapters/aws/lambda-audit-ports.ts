import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { archiveBookKey, archiveBucketVariable, auditBookKey, environmentNames } from '../../aws-names.ts';
import type { LogArchive } from '../../ports/log-archive.ts';
import type { LogHistory } from '../../ports/log-history.ts';
import type { StoredBook } from '../../ports/stored-book.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { clientOptions, s3Addressing } from './aws-clients.ts';
import { createKinesisEventLog } from './kinesis-event-log.ts';
import { createKinesisLogHistory } from './kinesis-log-history.ts';
import { readVariable } from './lambda-environment.ts';
import { createS3LogArchive } from './s3-log-archive.ts';
import { createS3StoredBook } from './s3-stored-book.ts';

const deps = { clock: systemClock, ids: systemIds };

/** A page of a stream has up to 10 MB, and a book may have more. */
const timeouts = { connectionTimeoutMs: 5000, requestTimeoutMs: 50_000 };

/** The stream of increments, with its name from the environment. */
export function lambdaIncrementsHistory(): LogHistory {
  const client = new KinesisClient(clientOptions(timeouts));
  const streamName = readVariable(environmentNames.incrementsStream);
  const log = createKinesisEventLog({ ...deps, client, stream: 'increments', streamName });
  return createKinesisLogHistory({ ...deps, client, log, streamName });
}

/** The book of an epoch, in the bucket of the quarantine. */
export function lambdaStoredBook(epoch: string): StoredBook {
  const bucket = readVariable(environmentNames.quarantineBucket);
  return createS3StoredBook({ ...deps, client: s3(), bucket, key: auditBookKey(epoch) });
}

/** The archive of an epoch of the increments. */
export function lambdaIncrementsArchive(epoch: string): LogArchive {
  const bucket = readVariable(archiveBucketVariable);
  return createS3LogArchive({ ...deps, client: s3(), bucket, stream: 'increments', epoch });
}

/** The book of its archiver. */
export function lambdaArchiveBook(epoch: string): StoredBook {
  const bucket = readVariable(archiveBucketVariable);
  const key = archiveBookKey('increments', epoch);
  return createS3StoredBook({ ...deps, client: s3(), bucket, key });
}

function s3(): S3Client {
  return new S3Client({ ...clientOptions(timeouts), ...s3Addressing() });
}
