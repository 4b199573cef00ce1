import type { ConsistencyToken } from '../../core/consistency-token.ts';
import type { Attributes } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { readSettled } from './settled-items.ts';

export interface Counter {
  readonly key: string;
  readonly value: bigint;
  readonly updatedAtMs: number;
}

/** `counters`: one for each requested key, in that order; undefined: there is no such counter. */
export type CountersResult =
  | { readonly status: 'ok'; readonly counters: readonly (Counter | undefined)[] }
  | { readonly status: 'not-caught-up' };

export interface CounterReader {
  /**
   * The current totals of 1..100 keys, after the writes that the tokens name have been settled; waits up to 2
   * s for that. Ignores a token of a counter that is not requested. Rejects with a StateStoreError.
   */
  read(keys: readonly string[], tokens: readonly ConsistencyToken[]): Promise<CountersResult>;
}

export function createCounterReader(deps: Pick<Ports, 'state' | 'clock' | 'settings'>): CounterReader {
  return {
    read: async (keys, tokens) => {
      const items = await readSettled(deps, [...new Set(keys)], tokens);
      if (items === undefined) return { status: 'not-caught-up' };
      return { status: 'ok', counters: keys.map((key) => toCounter(key, items.get(key))) };
    },
  };
}

/** Marks without a total: all its records were given up, so there is no counter. */
function toCounter(key: string, item: Attributes | undefined): Counter | undefined {
  const total = item?.['total'];
  const updatedAt = item?.['updated_at'];
  if (typeof total !== 'bigint') return undefined;
  return { key, value: total, updatedAtMs: typeof updatedAt === 'bigint' ? Number(updatedAt) : 0 };
}
