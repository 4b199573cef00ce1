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

/** Arrivals whose rate grows evenly from nothing to `perSecond`. */
export function growing(
  prng: Prng,
  { perSecond, fromMs, toMs }: { readonly perSecond: number; readonly fromMs: number; readonly toMs: number },
): number[] {
  const share = (atMs: number): number => (atMs - fromMs) / (toMs - fromMs);
  return changing(prng, { perSecond, fromMs, toMs, share });
}

/** Arrivals whose rate is this share, 0 to 1, of `perSecond` at each instant. */
export function changing(
  prng: Prng,
  {
    perSecond,
    fromMs = 0,
    toMs,
    share,
  }: {
    readonly perSecond: number;
    readonly fromMs?: number;
    readonly toMs: number;
    readonly share: (atMs: number) => number;
  },
): number[] {
  // Of arrivals at the highest rate, each is kept with the share that its instant has of it.
  return poisson(prng, { perSecond, fromMs, toMs }).filter((atMs) => prng.float() < share(atMs));
}
