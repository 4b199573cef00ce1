import { Generators } from '../generator/generators.ts';
import type { RunResult } from '../generator/plan.ts';
import type { Comparison } from '../ledger/compare.ts';
import { measureFreshness } from '../measure/freshness.ts';
import { format, summarise, toLatencies, type Latencies, type RunSummary } from '../measure/latencies.ts';
import type { LoadOptions } from '../options.ts';
import type { Chart } from '../plot/chart.ts';
import { measureCeiling, Target, type Ceiling, type RunOptions, type TargetOptions } from './target.ts';

/** The results of a profile; the chart's conditions are added later. */
export interface ProfileResult<Facts extends object = object> {
  /** For `--json`. */
  readonly facts: Facts;
  readonly chart: Omit<Chart, 'notes'> & Partial<Pick<Chart, 'notes'>>;
  /** What makes the exit code 1. */
  readonly findings: readonly string[];
}

export interface Profile<Facts extends object = object> {
  /**
   * Settings of the target where they are not the options' own. undefined: the profile opens its targets
   * itself.
   */
  readonly target?: (options: LoadOptions) => Partial<TargetOptions>;
  run(session: Session): Promise<ProfileResult<Facts>>;
}

const adsDefault = 1000;

/** Opens the target, runs a profile on it, and compares what was counted with what was acknowledged. */
export async function runProfile<Facts extends object>(
  profile: Profile<Facts>,
  options: LoadOptions,
  say: (line: string) => void,
): Promise<ProfileResult<Facts>> {
  const generators = new Generators(options.generators);
  try {
    if (profile.target === undefined) return await profile.run(new Session(options, generators, say));
    const { url, token, ads = adsDefault, keys, seed } = options;
    const target = await Target.open({ url, token, ads, keys, seed, ...profile.target(options) });
    try {
      const { facts, chart, findings } = await profile.run(new Session(options, generators, say, target));
      const comparison = await target.compare();
      say(comparisonLine(comparison));
      return { facts: { ...facts, comparison }, chart, findings: [...comparison.wrong, ...findings] };
    } finally {
      await target.close();
    }
  } finally {
    generators.stop();
  }
}

function comparisonLine({ keys, acknowledged, counted, uncertain, wrong }: Comparison): string {
  const rest = uncertain > 0 ? `, ${format(uncertain)} uncertain` : '';
  const verdict = wrong.length === 0 ? 'every counter is right' : `${wrong.length} counters are WRONG`;
  return `${format(acknowledged)} acknowledged, ${format(counted)} counted${rest}, on ${format(keys)} counters: ${verdict}`;
}

/** What all profiles do: runs on a target, and what is measured beside them. */
export class Session {
  readonly options: LoadOptions;
  /** Writes a line for the user. */
  readonly say: (line: string) => void;
  readonly #generators: Generators;
  readonly #target: Target | undefined;

  constructor(options: LoadOptions, generators: Generators, say: (line: string) => void, target?: Target) {
    this.options = options;
    this.say = say;
    this.#generators = generators;
    this.#target = target;
  }

  get target(): Target {
    if (this.#target === undefined) throw new Error('this profile has no target of its own');
    return this.#target;
  }

  /**
   * How long a closed loop runs to warm things up, and to find out what the generator or the server can do at
   * most.
   */
  get shortMs(): number {
    return Math.min(2000, (this.options.seconds ?? Infinity) * 1000);
  }

  /** As the options say, where `how` does not. */
  async run(how: Partial<RunOptions>, target = this.target): Promise<Run> {
    const options = { ...this.options, ratePerSecond: 0, durationMs: this.shortMs, ...how };
    const result = await target.run(this.#generators, options);
    return { result, summary: summarise(result, options.durationMs) };
  }

  /** A run, and how soon an increment is visible meanwhile. */
  async runAndWatch(how: Partial<RunOptions>): Promise<Run & { readonly visible: Visible }> {
    const running = this.run(how);
    const [run, times] = await Promise.all([running, measureFreshness(this.target.endpoint, running)]);
    return { ...run, visible: { ...toLatencies(times), samples: times.count } };
  }

  /** Warms everything up as well. Requests per second. */
  async closedLoop(): Promise<number> {
    await this.run({});
    return (await this.run({})).summary.answeredPerSecond;
  }

  async ceiling(how: Partial<RunOptions> = {}, target = this.target): Promise<Ceiling> {
    const plan = target.plan({ ...this.options, ratePerSecond: 0, durationMs: this.shortMs, ...how });
    const ceiling = await measureCeiling(this.#generators, plan);
    this.say(
      `the generator's own ceiling, on a bare server with the same requests: ${format(ceiling.perSecond)}/s, of which each costs that server ${format(ceiling.cpuUs)} us`,
    );
    return ceiling;
  }
}

export interface Run {
  readonly result: RunResult;
  readonly summary: RunSummary;
}

/** From posting an increment to the first read without a token that shows it, milliseconds. */
export type Visible = Latencies & { readonly samples: number };

export function visibleLine({ p50, p99, max }: Visible): string {
  return `  an increment is visible after p50 ${format(p50)}, p99 ${format(p99)}, at most ${format(max)} ms`;
}
