import { StateStoreError } from '../../ports/state-store.ts';
import type { Bytes } from './databases.ts';
import type { CommitOutcome, GroupWriter, WriteJob } from './group-writer.ts';
import { decodeExpiry } from './item-codec.ts';
import type { WriteBatch } from './write-batch.ts';

const limitMax = 10_000;

/**
 * Deletes expired items by walking over all items step by step. An index by expiry would double the writes of
 * every claim. The walk costs a microsecond per item and may take hours, since readers check the expiry
 * themselves.
 */
export class ExpirySweep {
  readonly #items: Bytes;
  readonly #writer: GroupWriter;
  /** The next item to check. */
  #position: Buffer = Buffer.of(0);

  constructor(items: Bytes, writer: GroupWriter) {
    this.#items = items;
    this.#writer = writer;
  }

  step(nowSeconds: number, limit: number): Promise<number> {
    if (!Number.isInteger(limit) || limit < 1 || limit > limitMax) {
      return Promise.reject(new RangeError(`a limit of ${limit}`));
    }
    return new Promise((resolve, reject) => {
      let deleted = 0;
      const job: WriteJob = {
        bytes: 0,
        prepare: (batch) => {
          deleted = this.#deleteSome(batch, nowSeconds, limit);
        },
        settle: (outcome) => {
          if (outcome.status === 'durable') resolve(deleted);
          else
            reject(
              new StateStoreError('state-unavailable', `not swept: ${outcome.status}`, causeOf(outcome)),
            );
        },
      };
      this.#writer.submit(job);
    });
  }

  /** The batch writes its changed items after this, so a change in the same batch wins. */
  #deleteSome(batch: WriteBatch, nowSeconds: number, limit: number): number {
    let seen = 0;
    let deleted = 0;
    for (const { key, value } of this.#items.getRange({ start: this.#position, limit: limit + 1 })) {
      if (seen === limit) {
        this.#position = key;
        return deleted;
      }
      seen += 1;
      const expiry = decodeExpiry(value);
      if (expiry === 0 || expiry > nowSeconds) continue;
      batch.remove(this.#items, key);
      deleted += 1;
    }
    this.#position = Buffer.of(0);
    return deleted;
  }
}

function causeOf(outcome: CommitOutcome): ErrorOptions {
  return 'cause' in outcome ? { cause: outcome.cause } : {};
}
