import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { failureFilePrefix } from '../../aws-names.ts';
import type { FailureFiles } from '../../ports/failure-files.ts';
import { QuarantineError } from '../../ports/quarantine.ts';
import { AwsCallError, callAws, type AwsCallDeps } from './aws-call.ts';

export interface S3FailureFilesOptions extends AwsCallDeps {
  readonly client: S3Client;
  readonly bucket: string;
}

/** A file may hold 6 MB of records. */
const policy = { repeatable: true, deadlineMs: 15_000 };

/** The failure destination of the mappings, in the quarantine's bucket. */
export function createS3FailureFiles(options: S3FailureFilesOptions): FailureFiles {
  const { client, bucket } = options;
  const call = async <T>(attempt: (abortSignal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await callAws(options, policy, attempt);
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      throw new QuarantineError(error.message, { cause: error.cause });
    }
  };
  return {
    async list({ after, limit }) {
      const command = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: failureFilePrefix,
        MaxKeys: limit,
        ...(after === undefined ? {} : { StartAfter: after }),
      });
      const output = await call((abortSignal) => client.send(command, { abortSignal }));
      const files = (output.Contents ?? []).flatMap(({ Key: key, Size: bytes, LastModified: at }) =>
        key === undefined ? [] : [{ key, bytes: bytes ?? 0, writtenAtMs: at?.getTime() ?? 0 }],
      );
      return { files, more: output.IsTruncated === true };
    },
    async read(key) {
      try {
        return await call(async (abortSignal) => {
          const output = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
            abortSignal,
          });
          return (await output.Body?.transformToString('utf-8')) ?? '';
        });
      } catch (error) {
        const cause = error instanceof QuarantineError ? error.cause : undefined;
        if (cause instanceof Error && cause.name === 'NoSuchKey') return undefined;
        throw error;
      }
    },
    async remove(key) {
      const command = new DeleteObjectCommand({ Bucket: bucket, Key: key });
      await call((abortSignal) => client.send(command, { abortSignal }));
    },
  };
}
