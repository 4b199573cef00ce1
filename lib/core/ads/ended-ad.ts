import type { Ad } from './ad.ts';

/** An ad that was removed because its end had come; a client's delete is no ending. */
export interface EndedAd {
  /** As it was at its end. */
  readonly ad: Ad;
  /** The version of the change that removed it. */
  readonly endedVersion: number;
}

const dayMs = 86_400_000;

/** The instant from which on nobody is shown the ended ad any more, milliseconds. `endedDays` 0: at once. */
export function endedUntilMs({ endAt }: Pick<Ad, 'endAt'>, endedDays: number): number {
  return endAt + endedDays * dayMs;
}

/** The first instant of the UTC day of an instant, milliseconds. */
export function dayStartMs(instantMs: number): number {
  return Math.floor(instantMs / dayMs) * dayMs;
}
