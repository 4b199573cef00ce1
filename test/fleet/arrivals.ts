import type { Prng } from '../support/prng.ts';

/** Arrivals at random with this rate: the instants from `fromMs` to `toMs`, milliseconds. */
export function poisson(
  prng: Prng,
  { perSecond, fromMs, toMs }: { readonly perSecond: number; readonly fromMs: number; readonly toMs: number },
): number[] {
  const instants: number[] = [];
  for (let atMs = fromMs; ;) {
    atMs += (-Math.log(1 - prng.float()) * 1000) / perSecond;
    if (atMs >= toMs) return instants;
    instants.push(atMs);
  }
}
