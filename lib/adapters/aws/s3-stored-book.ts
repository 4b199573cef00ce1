import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { StoredBookError, type StoredBook } from '../../ports/stored-book.ts';
import { AwsCallError, callAws, type AwsCallDeps } from './aws-call.ts';

export interface S3StoredBookOptions extends AwsCallDeps {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
}

/** A book of a million counters has about 150 MB. */
const policy = { repeatable: true, deadlineMs: 60_000 };

/** One object; its version is its entity tag. */
export function createS3StoredBook(options: S3StoredBookOptions): StoredBook {
  const { client, bucket: Bucket, key: Key } = options;
  return {
    name: `s3://${Bucket}/${Key}`,
    async read() {
      try {
        return await callAws(options, policy, async (abortSignal) => {
          const output = await client.send(new GetObjectCommand({ Bucket, Key }), { abortSignal });
          const bytes = (await output.Body?.transformToByteArray()) ?? new Uint8Array(0);
          return { bytes, version: output.ETag ?? '' };
        });
      } catch (error) {
        if (causeOf(error) === 'NoSuchKey') return undefined;
        throw unavailable(error);
      }
    },
    async write(bytes, version) {
      const command = new PutObjectCommand({
        ...{ Bucket, Key, Body: bytes, ContentType: 'application/x-ndjson' },
        ...(version === undefined ? { IfNoneMatch: '*' } : { IfMatch: version }),
      });
      try {
        await callAws(options, policy, (abortSignal) => client.send(command, { abortSignal }));
        return true;
      } catch (error) {
        // A conflict: another write of the object is under way. NoSuchKey: the object to replace has gone.
        const others = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'];
        if (others.includes(causeOf(error) ?? '')) return false;
        throw unavailable(error);
      }
    },
  };
}

function causeOf(error: unknown): string | undefined {
  const cause = error instanceof AwsCallError ? error.cause : undefined;
  return cause instanceof Error ? cause.name : undefined;
}

function unavailable(error: unknown): unknown {
  return error instanceof AwsCallError ? new StoredBookError(error.message, { cause: error.cause }) : error;
}
