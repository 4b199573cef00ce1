import type { Chart } from '../load/plot/chart.ts';

export interface ScenarioOptions {
  readonly seed: number;
  /** Small enough for a test. */
  readonly quick: boolean;
}

export interface Scenario {
  readonly name: string;
  /** What it shows, in one sentence. */
  readonly about: string;
  run(options: ScenarioOptions): Promise<Outcome>;
}

export interface Outcome {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly chart: Chart;
  readonly promises: readonly Kept[];
}

/** A promise, and whether the run kept it. */
export interface Kept {
  readonly promise: string;
  readonly kept: boolean;
  readonly seen: string;
}
