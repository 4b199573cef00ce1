import type { pricePages, Tier } from './list-prices.ts';

/** One line of the bill of a month. */
export interface BillRow {
  readonly service: keyof typeof pricePages;
  readonly item: string;
  readonly quantity: number;
  /** What one of the quantity is: `million`, `GB` or so. */
  readonly unit: string;
  readonly dollars: number;
  /** Billed without a single call. */
  readonly fixed: boolean;
}

/** A line before its sum. */
export type Item = Omit<BillRow, 'dollars' | 'fixed'> & { readonly price: number };

export const gb = 1024 ** 3;

export function item(
  service: Item['service'],
  what: string,
  quantity: number,
  unit: string,
  each: number,
): Item {
  return { service, item: what, quantity, unit, price: each };
}

/** What an amount costs whose price falls with it: the more, the cheaper each. */
export function tiered(tiers: readonly Tier[], amount: number): number {
  let [below, dollars] = [0, 0];
  for (const { upTo, price } of tiers) {
    dollars += Math.max(0, Math.min(amount, upTo) - below) * price;
    below = upTo;
  }
  return dollars;
}
