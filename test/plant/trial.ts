import type { Planting } from './planting.ts';
import type { Finding } from './suite.ts';

export interface Catch {
  readonly suite: string;
  /** The test, or the seed with the promise that it broke. */
  readonly by: string;
  readonly struck?: readonly string[];
}

/** What became of a planted change. */
export interface Trial {
  readonly planting: Pick<Planting, 'name' | 'area' | 'files' | 'breaks'>;
  /** undefined: it escaped. */
  readonly caught: Catch | undefined;
  /** Until it was caught, or all that was run with it, alone or with others. */
  readonly seconds: number;
  /** Fault kinds without any one of which the seed keeps every promise; absent: not asked, or not known. */
  readonly kinds?: readonly string[];
}

export function catchOf(suite: string, { by, struck }: Finding): Catch {
  return { suite, by, ...(struck && { struck }) };
}
