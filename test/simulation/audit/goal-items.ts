import type { Attributes } from '../../../lib/ports/state-store.ts';

/** What is read of ledgers and of the counters beside them: the names of their items and numbers, spelt out once more. */
export type Numbers = ReadonlyMap<string, number>;

const counterPrefix = 'counter#\u0001i#';
const ledgerPrefix = 'ledger#';

/** The ad whose counter of impressions or whose ledger it is. */
export function adOf({ table, pk }: { readonly table: string; readonly pk: string }): string | undefined {
  if (table === 'counters' && pk.startsWith(counterPrefix)) return pk.slice(counterPrefix.length);
  return table === 'delivery' && pk.startsWith(ledgerPrefix) ? pk.slice(ledgerPrefix.length) : undefined;
}

export function rightsName(generation: number, epoch: number): string {
  return `${generation}/${epoch}`;
}

export function numberOf(item: Attributes | undefined, name: string, absent = 0): number {
  const value = item?.[name];
  return value === undefined ? absent : Number(value);
}

/** By epoch. */
export function numbersOf(item: Attributes | undefined, prefix: string): Numbers {
  const numbers = new Map<string, number>();
  for (const [name, value] of Object.entries(item ?? {}))
    if (name.startsWith(prefix) && /^\d+$/.test(name.slice(1))) numbers.set(name.slice(1), Number(value));
  return numbers;
}

const dayMinutes = 1440;

/** An epoch's number is four times its first minute, and the last two bits of the day that it is of. */
export function dayOf(epoch: number): number {
  const utcDay = Math.floor(epoch / 4 / dayMinutes);
  return [utcDay - 1, utcDay, utcDay + 1].find((day) => ((day % 4) + 4) % 4 === epoch % 4) ?? Number.NaN;
}
