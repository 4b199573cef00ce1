import { dayMs, dayOf, usageCounterKey, usageKinds } from '../../core/counters/usage-key.ts';
import { readItemsMax, type Attributes, type ItemKey } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { counterKey, usageCallersPartition } from '../state-keys.ts';

export interface UsageSums {
  readonly calls: bigint;
  readonly increments: bigint;
}

export interface UsageOfDay extends UsageSums {
  /** `2026-07-01`, UTC. */
  readonly day: string;
}

export interface UsageOfCaller extends UsageSums {
  readonly principal: string;
}

export interface UsageReader {
  /**
   * One caller in the `days` days up to that of `lastDayMs`, oldest first; a day without calls has zeros.
   */
  ofCaller(principal: string, lastDayMs: number, days: number): Promise<readonly UsageOfDay[]>;
  /** The callers of the day of `dayAtMs` after the principal `after`, in the order of their UTF-8 bytes. */
  ofDay(
    dayAtMs: number,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<{ readonly callers: readonly UsageOfCaller[]; readonly more: boolean }>;
}

/** Both reads reject with a StateStoreError. */
export function createUsageReader({ state }: Pick<Ports, 'state'>): UsageReader {
  const read = async (
    counters: readonly { readonly day: string; readonly principal: string }[],
  ): Promise<readonly UsageSums[]> => {
    const keys = counters.flatMap(({ day, principal }) =>
      usageKinds.map((kind) => counterKey(usageCounterKey(day, kind, principal))),
    );
    const items = await readAll(state, keys);
    return counters.map((_, i) => ({ calls: totalOf(items[2 * i]), increments: totalOf(items[2 * i + 1]) }));
  };
  return {
    async ofCaller(principal, lastDayMs, count) {
      const days = Array.from({ length: count }, (_, i) => dayOf(lastDayMs - (count - 1 - i) * dayMs));
      const sums = await read(days.map((day) => ({ day, principal })));
      return days.map((day, i) => ({ day, ...(sums[i] as UsageSums) }));
    },
    async ofDay(dayAtMs, { limit, after }) {
      const day = dayOf(dayAtMs);
      const page = await state.query({
        ...{ table: 'counters', pk: usageCallersPartition(day), limit },
        ...(after !== undefined && { after }),
      });
      const sums = await read(page.items.map(({ sk: principal }) => ({ day, principal })));
      return {
        callers: page.items.map(({ sk: principal }, i) => ({ principal, ...(sums[i] as UsageSums) })),
        more: page.more,
      };
    },
  };
}

async function readAll(
  state: Pick<Ports['state'], 'getMany'>,
  keys: readonly ItemKey[],
): Promise<readonly (Attributes | undefined)[]> {
  const items: (Attributes | undefined)[] = [];
  for (let start = 0; start < keys.length; start += readItemsMax) {
    items.push(...(await state.getMany(keys.slice(start, start + readItemsMax))));
  }
  return items;
}

function totalOf(item: Attributes | undefined): bigint {
  const total = item?.['total'];
  return typeof total === 'bigint' ? total : 0n;
}
