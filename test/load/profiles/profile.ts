import type { Generators } from '../generator/generators.ts';
import type { LoadOptions } from '../options.ts';
import type { Chart } from '../plot/chart.ts';

export interface ProfileContext {
  readonly options: LoadOptions;
  readonly generators: Generators;
  /** A line for whoever watches. */
  readonly say: (line: string) => void;
}

export interface ProfileResult {
  /** For `--json`. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly chart: Chart;
  /** What makes the exit code 1. */
  readonly findings: readonly string[];
}

export const warmUpMs = 2000;
export const ceilingMs = 2000;
export const adsDefault = 1000;
