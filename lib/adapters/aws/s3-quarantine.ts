import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  pageOfQuarantine,
  QuarantineError,
  quarantineKey,
  UnreadableRecordError,
  type Quarantine,
  type QuarantinePage,
  type QuarantinedRecord,
  type QuarantineId,
} from '../../ports/quarantine.ts';
import { AwsCallError, callAws, type AwsCallPolicy, type AwsCallDeps } from './aws-call.ts';
import { mapConcurrently } from '../../core/concurrently.ts';
import { fromQuarantineJson, toQuarantineJson } from './quarantine-json.ts';

export interface S3QuarantineOptions extends AwsCallDeps {
  readonly client: S3Client;
  readonly bucket: string;
  /** The prefix of every key: `quarantine/`. */
  readonly prefix: string;
}

/** Every call is idempotent, because a key always holds the same record. */
const repeatable: AwsCallPolicy = { repeatable: true, deadlineMs: 8000 };

const listMax = 1000;
const concurrentReadsMax = 20;

/** One JSON object per record. */
export function createS3Quarantine(options: S3QuarantineOptions): Quarantine {
  return new S3Quarantine(options);
}

class S3Quarantine implements Quarantine {
  readonly #options: S3QuarantineOptions;

  constructor(options: S3QuarantineOptions) {
    this.#options = options;
  }

  async store(record: QuarantinedRecord): Promise<void> {
    const command = new PutObjectCommand({
      ...this.#objectAt(quarantineKey(record)),
      Body: toQuarantineJson(record),
      ContentType: 'application/json',
    });
    await this.#call((abortSignal) => this.#options.client.send(command, { abortSignal }));
  }

  async get(id: QuarantineId): Promise<QuarantinedRecord | undefined> {
    return this.#read(quarantineKey(id));
  }

  async list(page: { readonly after?: string; readonly limit: number }): Promise<QuarantinePage> {
    if (!Number.isInteger(page.limit) || page.limit < 1 || page.limit > listMax) {
      throw new RangeError(`a limit of ${page.limit}`);
    }
    const { client, bucket, prefix } = this.#options;
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: page.limit,
      ...(page.after === undefined ? {} : { StartAfter: prefix + page.after }),
    });
    const output = await this.#call((abortSignal) => client.send(command, { abortSignal }));
    const keys = (output.Contents ?? []).flatMap(({ Key: key }) =>
      key === undefined ? [] : [key.slice(prefix.length)],
    );
    const entries = await mapConcurrently(keys, concurrentReadsMax, async (key) => ({
      key,
      record: await this.#readOrNot(key),
    }));
    return pageOfQuarantine(entries, output.IsTruncated === true);
  }

  async remove(id: QuarantineId): Promise<void> {
    const command = new DeleteObjectCommand(this.#objectAt(quarantineKey(id)));
    await this.#call((abortSignal) => this.#options.client.send(command, { abortSignal }));
  }

  async #read(key: string): Promise<QuarantinedRecord | undefined> {
    const command = new GetObjectCommand(this.#objectAt(key));
    try {
      // Reads the body within the call, so that the same deadline and retries cover it.
      const json = await this.#call(async (abortSignal) => {
        const output = await this.#options.client.send(command, { abortSignal });
        return (await output.Body?.transformToString('utf-8')) ?? '';
      });
      return fromQuarantineJson(key, json);
    } catch (error) {
      if (error instanceof QuarantineError && isNoSuchKey(error.cause)) return undefined;
      throw error;
    }
  }

  async #readOrNot(key: string): Promise<QuarantinedRecord | 'unreadable' | undefined> {
    try {
      return await this.#read(key);
    } catch (error) {
      if (error instanceof UnreadableRecordError) return 'unreadable';
      throw error;
    }
  }

  #objectAt(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#options.bucket, Key: this.#options.prefix + key };
  }

  async #call<T>(attempt: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await callAws(this.#options, repeatable, attempt);
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      throw new QuarantineError(error.message, { cause: error.cause });
    }
  }
}

function isNoSuchKey(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'NoSuchKey';
}
