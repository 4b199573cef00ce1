import { format, type RunSummary } from '../measure/latencies.ts';
import type { Profile, Run, Session } from './profile.ts';

export interface Step {
  readonly rate: number;
  readonly held: boolean;
  readonly summary: RunSummary;
}

/** Steps up, each by this factor, and then halvings between the last that held and the first that did not. */
const rise = 1.25;
const risesMax = 14;
const halvings = 3;
/** The first step, as a share of what a closed loop reaches. */
const firstShare = 0.25;
const answeredShareMin = 0.97;

/**
 * Raises the rate until the server cannot keep up, and names the knee: the highest rate that it kept up with.
 */
export const stressProfile = {
  target: () => ({}),
  async run(session) {
    const { options, say } = session;
    const { seconds = 5, p99MsMax } = options;
    const closedLoop = await session.closedLoop();
    const ceiling = await session.ceiling();
    const { steps, knee } = await findKnee(session, closedLoop, seconds);
    say(
      `knee: ${format(knee)} requests/s (p99 within ${p99MsMax} ms; a closed loop reaches ${format(closedLoop)}/s)`,
    );
    const series = (name: string, of: (summary: RunSummary) => number) => ({
      name,
      points: steps.map(({ rate, summary }) => ({ x: rate, y: of(summary) })),
    });
    return {
      facts: { knee, closedLoop, ceiling, steps },
      chart: {
        title: `Stress: the knee is at ${format(knee)} requests/s`,
        xTitle: 'requests due per second',
        panels: [
          {
            title: 'Answered',
            unit: 'per second',
            series: [series('answered', ({ answeredPerSecond }) => answeredPerSecond)],
          },
          {
            title: 'From the intended instant to the answer',
            unit: 'ms',
            scale: 'log',
            series: [
              series('p50', ({ latencies }) => latencies.p50),
              series('p99', ({ latencies }) => latencies.p99),
            ],
          },
        ],
      },
      findings: [],
    };
  },
} satisfies Profile;

export interface Knee {
  /** By rate. */
  readonly steps: readonly Step[];
  /** Requests per second; 0: not even the first step held. */
  readonly knee: number;
}

export async function findKnee(session: Session, closedLoopRate: number, seconds: number): Promise<Knee> {
  return searchKnee(closedLoopRate * firstShare, async (rate) => {
    const run = await session.run({ ratePerSecond: rate, durationMs: seconds * 1000 });
    const held = hasHeld(run, session.options.p99MsMax);
    const { answeredPerSecond, latencies } = run.summary;
    session.say(
      `  ${format(rate)}/s due: ${format(answeredPerSecond)}/s answered, p50 ${format(latencies.p50)}, p99 ${format(latencies.p99)} ms${held ? '' : ': broken'}`,
    );
    return { rate, held, summary: run.summary };
  });
}

/** `tryRate` is called with a rising rate, then between the two where it turned. */
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

function hasHeld({ result, summary }: Run, p99MsMax: number): boolean {
  const answered = result.answeredInTime >= answeredShareMin * result.offered;
  return answered && summary.latencies.p99 <= p99MsMax && Object.keys(result.failed).length === 0;
}
