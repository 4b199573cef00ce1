import { toEvent } from '../support/proxy-event.ts';
import type { Fleet } from './fleet.ts';
import { incrementEvent } from './increment-calls.ts';

export interface MixedCalls {
  /** When they arrive, milliseconds from the beginning. */
  readonly increments: readonly number[];
  readonly reads: readonly number[];
  /** How many tokens the increments take in turns. */
  readonly tokens: number;
  /** The counter of an increment, by its number. */
  readonly keyOf: (i: number) => string;
}

/** Sets off single increments, and reads of many audiences. */
export function sendMixed(fleet: Fleet, { increments, reads, tokens, keyOf }: MixedCalls): void {
  const { kernel } = fleet;
  increments.forEach((atMs, i) => {
    kernel.after(atMs, () => {
      fleet.arrive(incrementEvent(`token ${i % tokens}`, keyOf(i)));
    });
  });
  reads.forEach((atMs, i) => {
    kernel.after(atMs, () => {
      fleet.arrive(toEvent({ path: `/api/v1/ad?age=${20 + (i % 50)}` }));
    });
  });
}
