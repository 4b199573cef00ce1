import { LogError } from '../../ports/log-reader.ts';
import type { Bytes } from './databases.ts';
import type { GroupWriter } from './group-writer.ts';
import type { WriteBatch } from './write-batch.ts';

const consumerPattern = /^[\x21-\x7e]{1,128}$/;

/** The position of each consumer of a log. */
export class CheckpointTable {
  readonly #meta: Bytes;
  readonly #writer: GroupWriter;
  readonly #logName: string;

  constructor(meta: Bytes, writer: GroupWriter, logName: string) {
    this.#meta = meta;
    this.#writer = writer;
    this.#logName = logName;
  }

  read(consumer: string, shardId: string): string | undefined {
    return this.#meta.get(this.#key(consumer, shardId))?.toString('latin1');
  }

  write(consumer: string, shardId: string, sequenceNumber: string): Promise<void> {
    const key = this.#key(consumer, shardId);
    const prepare = (batch: WriteBatch): void => {
      batch.put(this.#meta, key, Buffer.from(sequenceNumber, 'latin1'));
    };
    return this.#writer.write(
      { bytes: 0, prepare },
      (outcome) => new LogError(`no checkpoint written: ${outcome.status}`),
    );
  }

  #key(consumer: string, shardId: string): Buffer {
    if (!consumerPattern.test(consumer)) throw new RangeError(`a consumer named '${consumer}'`);
    return Buffer.from(`checkpoint/${this.#logName}/${shardId}/${consumer}`);
  }
}
