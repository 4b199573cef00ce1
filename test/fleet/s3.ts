import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { createS3BlobStore } from '../../lib/adapters/aws/s3-blob-store.ts';
import { snapshotPrefix } from '../../lib/aws-names.ts';
import type { BlobStore } from '../../lib/ports/blob-store.ts';
import type { Ids } from '../../lib/ports/ids.ts';
import type { Container } from '../simulation/container.ts';
import type { Kernel } from '../simulation/kernel.ts';
import { simulateClock, simulateIds } from '../simulation/ports/simulated-rest.ts';
import { createMemoryBlobStore } from '../support/memory/memory-blob-store.ts';
import type { Prng } from '../support/prng.ts';
import { Allowance } from './allowance.ts';
import { measured } from './measured.ts';
import { networkCall, type Region } from './network.ts';
import { assumed, quotas } from './quotas.ts';

/** The chunks of snapshots in S3, read by the product's own adapter within the limit of their one prefix. */
export class S3 {
  readonly store = createMemoryBlobStore();
  /** Answered, and refused with SlowDown. */
  readonly used = { reads: 0, throttled: 0 };
  readonly #region: Region;
  readonly #prng: Prng;
  readonly #ids: Ids;
  readonly #reads: Allowance;
  readonly #read = new Map<string, Uint8Array>();

  constructor(kernel: Kernel, region: Region = { slowness: 1 }) {
    this.#region = region;
    this.#prng = kernel.fork('s3');
    this.#ids = simulateIds(kernel.fork('ids of the client of S3'));
    const { value: perSecond } = quotas.prefixReads;
    this.#reads = new Allowance({ perSecond }, () => kernel.elapsedMs);
  }

  /** As one container sees it, which reads only. */
  for(container: Container): BlobStore {
    const { kernel } = container;
    // What one container takes in and unpacks, it does one after the other.
    let busyUntilMs = 0;
    const answerMs = ({ byteLength }: Uint8Array): number => {
      const takesMs =
        (1000 * byteLength) / assumed.containerBytesPerSecond +
        (byteLength / 1e6) * measured.loadMsPerCompressedMb;
      busyUntilMs = Math.max(kernel.elapsedMs, busyUntilMs) + takesMs;
      return busyUntilMs - kernel.elapsedMs;
    };
    const send = async (command: unknown): Promise<GetObjectCommandOutput> => {
      if (!(command instanceof GetObjectCommand)) throw new Error('the fleet only reads from S3');
      const { Key = '' } = command.input;
      const options = { region: this.#region, prng: this.#prng, workMs: assumed.s3Ms, answerMs };
      const bytes = await networkCall(container, options, () => this.#get(Key));
      return { Body: { transformToByteArray: () => Promise.resolve(bytes) } } as GetObjectCommandOutput;
    };
    const client = { send } as unknown as S3Client;
    return createS3BlobStore({
      ...{ client, bucket: 'b', prefix: snapshotPrefix },
      ...{ clock: simulateClock(container), ids: this.#ids },
    });
  }

  async #get(key: string): Promise<Uint8Array> {
    if (!this.#reads.take(1)) {
      this.used.throttled += 1;
      throw refusal('SlowDown', 503);
    }
    this.used.reads += 1;
    // Thousands of reads of bytes that never change: without copies.
    const bytes = this.#read.get(key) ?? (await this.store.get(key.slice(snapshotPrefix.length)));
    if (bytes === undefined) throw refusal('AccessDenied', 403);
    this.#read.set(key, bytes);
    return bytes;
  }
}

function refusal(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
}
