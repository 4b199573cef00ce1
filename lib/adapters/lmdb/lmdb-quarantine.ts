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
import { readFacts } from '../records/quarantined-facts.ts';
import { assertPageLimit } from '../records/schedule-limits.ts';
import type { Bytes } from './databases.ts';
import type { GroupWriter } from './group-writer.ts';
import type { WriteBatch } from './write-batch.ts';

/** A generous estimate for key, header and page overhead of an entry. */
const overheadBytes = 8192;

/** LMDB's limit; an id within the limits of the log is far below it. */
const keyBytesMax = 1900;

export function createLmdbQuarantine(entries: Bytes, writer: GroupWriter): Quarantine {
  return new QuarantineEntries(entries, writer);
}

class QuarantineEntries implements Quarantine {
  readonly #entries: Bytes;
  readonly #writer: GroupWriter;

  constructor(entries: Bytes, writer: GroupWriter) {
    this.#entries = entries;
    this.#writer = writer;
  }

  async store(record: QuarantinedRecord): Promise<void> {
    const value = encode(record);
    return this.#write(value.length + overheadBytes, (batch) => {
      batch.put(this.#entries, keyOf(record), value);
    });
  }

  async get(id: QuarantineId): Promise<QuarantinedRecord | undefined> {
    return Promise.try(() => {
      const value = this.#entries.get(keyOf(id));
      return value === undefined ? undefined : decode(quarantineKey(id), value);
    });
  }

  async list(page: { readonly after?: string; readonly limit: number }): Promise<QuarantinePage> {
    return Promise.try(() => {
      assertPageLimit(page.limit);
      const start = page.after === undefined ? Buffer.of(0) : Buffer.from(`${page.after}\0`);
      const found = [...this.#entries.getRange({ start, limit: page.limit + 1 })];
      const entries = found.slice(0, page.limit).map(({ key: bytes, value }) => {
        const key = bytes.toString('utf8');
        return { key, record: decodeOrNot(key, value) };
      });
      return pageOfQuarantine(entries, found.length > page.limit);
    });
  }

  async remove(id: QuarantineId): Promise<void> {
    return this.#write(0, (batch) => {
      batch.remove(this.#entries, keyOf(id));
    });
  }

  #write(bytes: number, prepare: (batch: WriteBatch) => void): Promise<void> {
    return this.#writer.write(
      { bytes, prepare },
      (outcome) => new QuarantineError(`quarantine not written: ${outcome.status}`, outcome),
    );
  }
}

function keyOf(id: QuarantineId): Buffer {
  const key = Buffer.from(quarantineKey(id));
  if (key.length > keyBytesMax) throw new RangeError(`a quarantine key of ${key.length} bytes`);
  return key;
}

/** Four bytes of length, then everything except the data as JSON, then the data. */
function encode({ data, ...facts }: QuarantinedRecord): Buffer {
  const header = Buffer.from(JSON.stringify(facts));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header, data]);
}

/** Throws an UnreadableRecordError. */
function decode(key: string, value: Buffer): QuarantinedRecord {
  const end = value.length < 4 ? Infinity : 4 + value.readUInt32BE(0);
  if (end > value.length) throw new UnreadableRecordError(`the entry ${key} is cut short`);
  return { ...readFacts(key, value.toString('utf8', 4, end)), data: value.subarray(end) };
}

function decodeOrNot(key: string, value: Buffer): QuarantinedRecord | 'unreadable' {
  try {
    return decode(key, value);
  } catch (error) {
    if (error instanceof UnreadableRecordError) return 'unreadable';
    throw error;
  }
}
