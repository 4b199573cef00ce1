import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type ListObjectsV2CommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { archivePrefix } from '../../aws-names.ts';
import {
  ArchiveError,
  parsePartName,
  partName,
  type ArchivedPart,
  type LogArchive,
} from '../../ports/log-archive.ts';
import { AwsCallError, callAws, type AwsCallDeps } from './aws-call.ts';

export interface S3LogArchiveOptions extends AwsCallDeps, Pick<LogArchive, 'stream' | 'epoch'> {
  readonly client: S3Client;
  readonly bucket: string;
}

/** A part has up to some megabytes. */
const policy = { repeatable: true, deadlineMs: 30_000 };

const suffix = '.zst';

/** Pages of the shards of an epoch; each has up to 1000. */
const shardPagesMax = 100;

/** One object per part: `increments/<epoch>/<shard>/<after>-<through>-<arrival>.zst`. */
export function createS3LogArchive(options: S3LogArchiveOptions): LogArchive {
  return new S3LogArchive(options);
}

class S3LogArchive implements LogArchive {
  readonly stream;
  readonly epoch;
  readonly #options: S3LogArchiveOptions;
  readonly #prefix: string;

  constructor(options: S3LogArchiveOptions) {
    this.#options = options;
    this.stream = options.stream;
    this.epoch = options.epoch;
    this.#prefix = `${archivePrefix(options.stream)}${options.epoch}/`;
  }

  async shardIds(): Promise<readonly string[]> {
    const shardIds: string[] = [];
    let token: string | undefined;
    for (let page = 0; page < shardPagesMax; page += 1) {
      const output = await this.#list({
        Prefix: this.#prefix,
        Delimiter: '/',
        ...(token !== undefined && { ContinuationToken: token }),
      });
      for (const { Prefix = '' } of output.CommonPrefixes ?? [])
        shardIds.push(Prefix.slice(this.#prefix.length, -1));
      token = output.NextContinuationToken;
      if (token === undefined) return shardIds;
    }
    throw new ArchiveError(`the archive has more than ${shardPagesMax} pages of shards`);
  }

  async parts(
    shardId: string,
    { behind, limit }: { readonly behind?: ArchivedPart; readonly limit: number },
  ): Promise<{ readonly parts: readonly ArchivedPart[]; readonly more: boolean }> {
    const prefix = `${this.#prefix}${shardId}/`;
    const output = await this.#list({
      Prefix: prefix,
      MaxKeys: limit,
      ...(behind !== undefined && { StartAfter: this.#keyOf(behind) }),
    });
    const parts = (output.Contents ?? []).flatMap(({ Key: key = '' }) =>
      key.endsWith(suffix) ? (parsePartName(shardId, key.slice(prefix.length, -suffix.length)) ?? []) : [],
    );
    return { parts, more: output.IsTruncated === true };
  }

  async read(part: ArchivedPart): Promise<Uint8Array | undefined> {
    const { client, bucket } = this.#options;
    const command = new GetObjectCommand({ Bucket: bucket, Key: this.#keyOf(part) });
    try {
      // Reads the body within the call, so that the same deadline and retries cover it.
      return await this.#call(async (abortSignal) => {
        const output = await client.send(command, { abortSignal });
        return output.Body?.transformToByteArray();
      });
    } catch (error) {
      const cause = error instanceof ArchiveError ? error.cause : undefined;
      if (cause instanceof Error && cause.name === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  async write(part: ArchivedPart, bytes: Uint8Array): Promise<void> {
    const { client, bucket } = this.#options;
    const command = new PutObjectCommand({
      ...{ Bucket: bucket, Key: this.#keyOf(part), Body: bytes },
      ContentType: 'application/zstd',
    });
    await this.#call((abortSignal) => client.send(command, { abortSignal }));
  }

  #keyOf(part: ArchivedPart): string {
    return `${this.#prefix}${part.shardId}/${partName(part)}${suffix}`;
  }

  #list(input: Omit<ListObjectsV2CommandInput, 'Bucket'>) {
    const { client, bucket } = this.#options;
    const command = new ListObjectsV2Command({ Bucket: bucket, ...input });
    return this.#call((abortSignal) => client.send(command, { abortSignal }));
  }

  async #call<T>(attempt: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await callAws(this.#options, policy, attempt);
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      throw new ArchiveError(error.message, { cause: error.cause });
    }
  }
}
