import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { BlobStore } from '../../ports/blob-store.ts';
import { StateStoreError } from '../../ports/state-store.ts';
import { assertBlob } from '../records/blob-limits.ts';
import { AwsCallError, callAws, type AwsCallDeps, type AwsCallPolicy } from './aws-call.ts';

export interface S3BlobStoreOptions extends AwsCallDeps {
  readonly client: S3Client;
  readonly bucket: string;
  /** The prefix of every key: `snapshots/`. */
  readonly prefix: string;
}

/** Every call may be repeated. 16 MB take a quarter of a second at 70 MB/s. */
const policy: AwsCallPolicy = { repeatable: true, deadlineMs: 8000 };

/** One object per blob. */
export function createS3BlobStore(options: S3BlobStoreOptions): BlobStore {
  const objectAt = (name: string) => ({ Bucket: options.bucket, Key: options.prefix + name });
  const { client } = options;
  const call = async <T>(attempt: (abortSignal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await callAws(options, policy, attempt);
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      // S3 throttles with a 503, which says of other services that they are down.
      const code = nameOf(error) === 'SlowDown' ? 'state-throttled' : 'state-unavailable';
      throw new StateStoreError(code, error.message, { cause: error.cause });
    }
  };
  return {
    async put(name, bytes) {
      assertBlob(name, bytes);
      const command = new PutObjectCommand({ ...objectAt(name), Body: bytes });
      await call((abortSignal) => client.send(command, { abortSignal }));
    },
    async get(name) {
      assertBlob(name);
      const command = new GetObjectCommand(objectAt(name));
      try {
        // The body within the call, so that the same deadline and retries cover it.
        return await call(async (abortSignal) => {
          const output = await client.send(command, { abortSignal });
          return (await output.Body?.transformToByteArray()) ?? new Uint8Array(0);
        });
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async remove(name) {
      assertBlob(name);
      const command = new DeleteObjectCommand(objectAt(name));
      await call((abortSignal) => client.send(command, { abortSignal }));
    },
  };
}

/** To a function that may not list the bucket, S3 refuses what is not there. */
function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'AccessDenied'].includes(nameOf(error) ?? '');
}

function nameOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? cause.name : undefined;
}
