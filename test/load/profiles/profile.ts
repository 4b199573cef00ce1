import type { Generators } from '../generator/generators.ts';
import type { LoadOptions } from '../options.ts';
import type { Chart } from '../plot/chart.ts';

export interface ProfileContext {
  readonly options: LoadOptions;
  readonly generators: Generators;
  /** A line for whoever watches. */
  readonly say: (line: string) => void;
}

export interface ProfileResult<Facts extends object = object> {
  /** For `--json`. */
  readonly facts: Facts;
  readonly chart: Chart;
  /** What makes the exit code 1. */
  readonly findings: readonly string[];
}

/** How long a closed loop runs to warm things up, and to find out what the generator or the server can do at most. */
export function shortRunMs({ seconds = Infinity }: Pick<LoadOptions, 'seconds'>): number {
  return Math.min(2000, seconds * 1000);
}

export const adsDefault = 1000;
