import { ScheduleError, type ExpiryInput, type ExpirySchedule } from '../../ports/expiry-schedule.ts';
import type { ScheduledExpiry, ScheduleReader } from '../../ports/schedule-reader.ts';
import { assertPageLimit, assertSchedule } from '../records/schedule-limits.ts';
import type { Bytes, Databases } from './databases.ts';
import type { GroupWriter } from './group-writer.ts';
import type { WriteBatch } from './write-batch.ts';

export type LmdbExpirySchedule = ExpirySchedule & ScheduleReader;

/** A generous estimate for a schedule and its index entry. */
const scheduleBytes = 512;

export function createLmdbExpirySchedule(databases: Databases, writer: GroupWriter): LmdbExpirySchedule {
  return new TimedSchedules(databases, writer);
}

/** Schedules by name, with an index of their names by time. */
class TimedSchedules implements LmdbExpirySchedule {
  readonly #byName: Bytes;
  readonly #byTime: Bytes;
  readonly #writer: GroupWriter;

  constructor(databases: Databases, writer: GroupWriter) {
    this.#byName = databases.schedules;
    this.#byTime = databases.scheduleTimes;
    this.#writer = writer;
  }

  async set(schedule: ScheduledExpiry): Promise<void> {
    assertSchedule(schedule);
    const { name, atMs, input } = schedule;
    const value = Buffer.from(JSON.stringify({ atMs, adId: input.adId, endAtMs: input.endAtMs }));
    return this.#write(scheduleBytes + value.length, (batch) => {
      if (this.#find(batch, name) !== undefined) return;
      this.#known(batch).set(name, { name, atMs, input });
      batch.put(this.#byName, Buffer.from(name), value);
      batch.put(this.#byTime, timeKey(atMs, name), Buffer.of(1));
    });
  }

  async clear(name: string): Promise<void> {
    return this.#write(0, (batch) => {
      const found = this.#find(batch, name);
      if (found === undefined) return;
      this.#known(batch).set(name, undefined);
      batch.remove(this.#byName, Buffer.from(name));
      batch.remove(this.#byTime, timeKey(found.atMs, name));
    });
  }

  async complete(name: string): Promise<void> {
    return this.clear(name);
  }

  async due(nowMs: number, limit: number): Promise<readonly ScheduledExpiry[]> {
    return Promise.try(() => {
      assertPageLimit(limit);
      const names = this.#byTime.getKeys({ start: Buffer.of(0), end: timeKey(nowMs + 1, ''), limit });
      return Array.from(names, (key) => key.toString('latin1', timeBytes)).flatMap(
        (name) => this.#read(name) ?? [],
      );
    });
  }

  async next(): Promise<number | undefined> {
    return Promise.try(() => {
      const [first] = Array.from(this.#byTime.getKeys({ start: Buffer.of(0), limit: 1 }));
      return first?.readUIntBE(0, timeBytes);
    });
  }

  /** The changes of this batch by name; present and undefined: cleared. */
  #known(batch: WriteBatch): Map<string, ScheduledExpiry | undefined> {
    return batch.local(this, () => new Map<string, ScheduledExpiry | undefined>());
  }

  #find(batch: WriteBatch, name: string): ScheduledExpiry | undefined {
    const known = this.#known(batch);
    return known.has(name) ? known.get(name) : this.#read(name);
  }

  #read(name: string): ScheduledExpiry | undefined {
    const value = this.#byName.get(Buffer.from(name));
    if (value === undefined) return undefined;
    const { atMs, adId, endAtMs } = JSON.parse(value.toString('utf8')) as ExpiryInput & { atMs: number };
    return { name, atMs, input: { adId, endAtMs } };
  }

  #write(bytes: number, prepare: (batch: WriteBatch) => void): Promise<void> {
    return this.#writer.write(
      { bytes, prepare },
      (outcome) => new ScheduleError(`schedule not written: ${outcome.status}`, outcome),
    );
  }
}

const timeBytes = 6;

function timeKey(atMs: number, name: string): Buffer {
  const key = Buffer.alloc(timeBytes + name.length);
  key.writeUIntBE(Math.min(atMs, 2 ** 48 - 1), 0, timeBytes);
  key.write(name, timeBytes, 'latin1');
  return key;
}
