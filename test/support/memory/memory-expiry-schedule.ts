import type { ExpirySchedule } from '../../../lib/ports/expiry-schedule.ts';
import type { ScheduledExpiry, ScheduleReader } from '../../../lib/ports/schedule-reader.ts';
import { assertPageLimit, assertSchedule } from '../../../lib/adapters/records/schedule-limits.ts';

export function createMemoryExpirySchedule(): ExpirySchedule & ScheduleReader {
  return new MapExpirySchedule();
}

class MapExpirySchedule implements ExpirySchedule, ScheduleReader {
  readonly #schedules = new Map<string, ScheduledExpiry>();

  async set(schedule: ScheduledExpiry): Promise<void> {
    return Promise.try(() => {
      assertSchedule(schedule);
      if (this.#schedules.has(schedule.name)) return;
      const { name, atMs, input } = schedule;
      const copy = { name, atMs, input: Object.freeze({ adId: input.adId, endAtMs: input.endAtMs }) };
      this.#schedules.set(name, Object.freeze(copy));
    });
  }

  async clear(name: string): Promise<void> {
    return Promise.try(() => {
      this.#schedules.delete(name);
    });
  }

  async due(nowMs: number, limit: number): Promise<readonly ScheduledExpiry[]> {
    return Promise.try(() => {
      assertPageLimit(limit);
      return [...this.#schedules.values()]
        .filter((schedule) => schedule.atMs <= nowMs)
        .sort((a, b) => a.atMs - b.atMs || (a.name < b.name ? -1 : 1))
        .slice(0, limit);
    });
  }

  async next(): Promise<number | undefined> {
    return Promise.try(() => {
      let earliest: number | undefined;
      for (const { atMs } of this.#schedules.values()) {
        if (earliest === undefined || atMs < earliest) earliest = atMs;
      }
      return earliest;
    });
  }

  async complete(name: string): Promise<void> {
    return this.clear(name);
  }
}
