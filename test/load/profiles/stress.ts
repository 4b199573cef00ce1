import type { Run } from '../generator/generators.ts';
import { ceilingLine, comparisonLine, format } from '../measure/report.ts';
import { summarise, type RunSummary } from '../measure/summary.ts';
import { measureCeiling, Target } from '../session.ts';
import { adsDefault, shortRunMs, type ProfileContext, type ProfileResult } from './profile.ts';

export interface Step {
  readonly rate: number;
  readonly held: boolean;
  readonly summary: RunSummary;
}

/** Steps up, each by so much, and then halvings of what is between the last that held and the first that did not. */
const rise = 1.25;
const risesMax = 14;
const halvings = 3;
/** The first step, as a share of what a closed loop reaches. */
const firstShare = 0.25;
const answeredShareMin = 0.97;

/** Raises the rate until the server cannot keep up, and names the knee: the highest rate that it kept up with. */
export async function stressProfile(context: ProfileContext): Promise<ProfileResult> {
  const { options, generators, say } = context;
  const { url, ads = adsDefault, keys, seed, seconds = 5, p99MsMax } = options;
  const target = await Target.open({ url, ads, keys, seed });
  try {
    const closed = await closedLoop(context, target);
    const ceiling = await measureCeiling(
      generators,
      target.plan({ ...options, ratePerSecond: 0, durationMs: shortRunMs(options) }),
    );
    say(ceilingLine(ceiling));
    const { steps, knee } = await findKnee(context, target, closed, seconds);
    const comparison = await target.compare();
    say(
      `knee: ${format(knee)} requests/s (p99 within ${p99MsMax} ms; a closed loop reaches ${format(closed)}/s)`,
    );
    say(comparisonLine(comparison));
    const points = (of: (summary: RunSummary) => number): { x: number; y: number }[] =>
      steps.map(({ rate, summary }) => ({ x: rate, y: of(summary) }));
    return {
      facts: { knee, closedLoop: closed, ceiling, steps, comparison },
      chart: {
        title: `Stress: the knee is at ${format(knee)} requests/s`,
        notes: [],
        xTitle: 'requests due per second',
        panels: [
          {
            title: 'Answered',
            unit: 'per second',
            series: [{ name: 'answered', points: points(({ answeredPerSecond }) => answeredPerSecond) }],
          },
          {
            title: 'From the intended instant to the answer',
            unit: 'ms',
            scale: 'log',
            series: [
              { name: 'p50', points: points(({ latencies }) => latencies.p50) },
              { name: 'p99', points: points(({ latencies }) => latencies.p99) },
            ],
          },
        ],
      },
      findings: comparison.wrong,
    };
  } finally {
    await target.close();
  }
}

/** Warms everything up as well. Requests per second. */
export async function closedLoop({ options, generators }: ProfileContext, target: Target): Promise<number> {
  const plan = { ...options, ratePerSecond: 0, durationMs: shortRunMs(options) };
  await target.run(generators, plan);
  return summarise(await target.run(generators, plan)).answeredPerSecond;
}

export interface Knee {
  /** By rate. */
  readonly steps: readonly Step[];
  /** Requests per second; 0: not even the first step held. */
  readonly knee: number;
}

export async function findKnee(
  context: ProfileContext,
  target: Target,
  closedLoopRate: number,
  seconds: number,
): Promise<Knee> {
  const { options, generators, say } = context;
  return searchKnee(closedLoopRate * firstShare, async (rate) => {
    const run = await target.run(generators, { ...options, ratePerSecond: rate, durationMs: seconds * 1000 });
    const summary = summarise(run);
    const held = hasHeld(run, summary, options.p99MsMax);
    const { answeredPerSecond, latencies } = summary;
    say(
      `  ${format(rate)}/s due: ${format(answeredPerSecond)}/s answered, p50 ${format(latencies.p50)}, p99 ${format(latencies.p99)} ms${held ? '' : ': broken'}`,
    );
    return { rate, held, summary };
  });
}

/** `tryRate` is asked with a rising rate, then between the two where it turned. */
export async function searchKnee(firstRate: number, tryRate: (rate: number) => Promise<Step>): Promise<Knee> {
  const steps: Step[] = [];
  let knee = 0;
  let broken = Infinity;
  const next = async (rate: number): Promise<void> => {
    const step = await tryRate(rate);
    steps.push(step);
    if (step.held) knee = Math.max(knee, rate);
    else broken = Math.min(broken, rate);
  };
  for (let i = 0; i < risesMax && broken === Infinity; i++) await next(firstRate * rise ** i);
  for (let i = 0; i < halvings && broken < Infinity && knee < broken; i++) await next((knee + broken) / 2);
  return { steps: steps.toSorted((a, b) => a.rate - b.rate), knee };
}

function hasHeld({ result }: Run, { latencies }: RunSummary, p99MsMax: number): boolean {
  const answered = result.answeredInTime >= answeredShareMin * result.offered;
  return answered && latencies.p99 <= p99MsMax && Object.keys(result.failed).length === 0;
}
