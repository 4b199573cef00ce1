import {
  pageOfQuarantine,
  quarantineKey,
  type Quarantine,
  type QuarantinePage,
  type QuarantinedRecord,
  type QuarantineId,
} from '../../../lib/ports/quarantine.ts';
import { compareUtf8 } from '../../../lib/adapters/items/utf8.ts';
import { assertPageLimit } from '../../../lib/adapters/records/schedule-limits.ts';

export function createMemoryQuarantine(): Quarantine {
  return new MapQuarantine();
}

class MapQuarantine implements Quarantine {
  readonly #records = new Map<string, QuarantinedRecord>();

  async store(record: QuarantinedRecord): Promise<void> {
    return Promise.try(() => {
      this.#records.set(quarantineKey(record), copyRecord(record));
    });
  }

  async get(id: QuarantineId): Promise<QuarantinedRecord | undefined> {
    return Promise.try(() => {
      const record = this.#records.get(quarantineKey(id));
      return record === undefined ? undefined : copyRecord(record);
    });
  }

  async list(page: { readonly after?: string; readonly limit: number }): Promise<QuarantinePage> {
    return Promise.try(() => {
      assertPageLimit(page.limit);
      const { after = '' } = page;
      const later = [...this.#records.entries()]
        .filter(([key]) => compareUtf8(key, after) > 0)
        .sort(([a], [b]) => compareUtf8(a, b));
      const entries = later
        .slice(0, page.limit)
        .map(([key, record]) => ({ key, record: copyRecord(record) }));
      return pageOfQuarantine(entries, later.length > page.limit);
    });
  }

  async remove(id: QuarantineId): Promise<void> {
    return Promise.try(() => {
      this.#records.delete(quarantineKey(id));
    });
  }
}

function copyRecord(record: QuarantinedRecord): QuarantinedRecord {
  return Object.freeze({ ...record, data: Uint8Array.from(record.data) });
}
