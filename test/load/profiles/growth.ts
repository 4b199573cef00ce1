import { ceilingLine, format } from '../measure/report.ts';
import { failuresOf, summarise } from '../measure/summary.ts';
import { median } from '../measure/trend.ts';
import { readProcessFacts } from '../server/process-facts.ts';
import { measureCeiling, Target, type Ceiling, type RunOptions } from '../session.ts';
import { shortRunMs, type ProfileContext, type ProfileResult } from './profile.ts';

const sizes = [1000, 10_000, 100_000, 1_000_000];
const largestDefault = 100_000;
const rounds = 7;

interface Round {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Of the server, microseconds per request; NaN where there is no /proc. */
  readonly cpuUs: number;
}

export interface GrowthFacts {
  readonly ceiling: Ceiling;
  readonly sizes: readonly SizeFacts[];
}

interface SizeFacts extends Round {
  readonly ads: number;
  /** To the smallest size, of the same round. */
  readonly ratio: number;
  readonly cpuRatio: number;
  readonly residentMb: number;
}

/**
 * Pages of ads over HTTP, as fast as they come, from one server per number of ads. They take turns: the machine is no
 * faster for one than for another.
 */
export async function growthProfile({
  options,
  generators,
  say,
}: ProfileContext): Promise<ProfileResult<GrowthFacts>> {
  const { ads = largestDefault, seed, seconds = 3 } = options;
  const wanted = [...sizes.filter((size) => size < ads), ads];
  const targets: Target[] = [];
  try {
    for (const size of wanted) {
      const startedMs = performance.now();
      targets.push(await Target.open({ ads: 0, seededAds: size, keys: 1, seed }));
      say(`${format(size)} ads served after ${format((performance.now() - startedMs) / 1000)} s`);
    }
    const durationMs = seconds * 1000;
    const run: RunOptions = { ...options, keys: 1, mix: { ads: 1 }, ratePerSecond: 0, durationMs };
    const failures: string[] = [];
    const measure = async (target: Target): Promise<Round> => {
      const cpuBefore = target.cpuMs();
      const done = await target.run(generators, run);
      const cpuMs = target.cpuMs() - cpuBefore;
      const { answeredPerSecond, latencies } = summarise(done);
      failures.push(...failuresOf('growth', done.result));
      const cpuUs = (cpuMs * 1000) / done.result.offered;
      return { perSecond: answeredPerSecond, p50: latencies.p50, p99: latencies.p99, cpuUs };
    };
    for (const target of targets) await measure(target);
    const [first] = targets;
    if (first === undefined) throw new Error('there is nothing to compare');
    const plan = first.plan({ ...run, durationMs: shortRunMs(options) });
    const ceiling = await measureCeiling(generators, plan);
    say(ceilingLine(ceiling));
    const table: Round[][] = [];
    for (let i = 0; i < rounds; i++) {
      const row: Round[] = [];
      for (const target of targets) row.push(await measure(target));
      table.push(row);
      say(`  round ${i + 1}: ${row.map(({ perSecond }) => `${format(perSecond)}/s`).join('  ')}`);
    }
    const facts = wanted.map((size, column) => sumUp(size, column, table, targets[column]));
    for (const one of facts) say(sizeLine(one));
    return {
      facts: { ceiling, sizes: facts },
      chart: chartOf(facts, table, wanted),
      findings: failures,
    };
  } finally {
    for (const target of targets) await target.close();
  }
}

function sumUp(
  ads: number,
  column: number,
  table: readonly Round[][],
  target: Target | undefined,
): SizeFacts {
  const own = table.flatMap((row) => row[column] ?? []);
  const of = (field: keyof Round): number => median(own.map((round) => round[field]));
  const ratioOf = (field: keyof Round): number =>
    median(table.map((row) => (row[column]?.[field] ?? Number.NaN) / (row[0]?.[field] ?? Number.NaN)));
  const pid = target?.server?.pid;
  return {
    ads,
    perSecond: of('perSecond'),
    p50: of('p50'),
    p99: of('p99'),
    cpuUs: of('cpuUs'),
    ratio: ratioOf('perSecond'),
    cpuRatio: ratioOf('cpuUs'),
    residentMb: (pid === undefined ? Number.NaN : (readProcessFacts(pid)?.resident ?? Number.NaN)) / 1e6,
  };
}

function sizeLine({ ads, perSecond, p50, p99, cpuUs, ratio, cpuRatio, residentMb }: SizeFacts): string {
  return (
    `${format(ads).padStart(9)} ads: ${format(perSecond)}/s (${ratio.toFixed(3)} of the smallest), p50 ${format(p50)}, p99 ${format(p99)} ms, ` +
    `${format(cpuUs)} us of the server's processor each (${cpuRatio.toFixed(3)}), ${format(residentMb)} MB resident`
  );
}

function chartOf(
  facts: readonly SizeFacts[],
  table: readonly Round[][],
  wanted: readonly number[],
): ProfileResult['chart'] {
  const everyRound = (field: 'perSecond' | 'cpuUs') =>
    table.flatMap((row) => row.map((round, column) => ({ x: wanted[column] ?? 0, y: round[field] })));
  const medians = (field: 'perSecond' | 'cpuUs') => facts.map((one) => ({ x: one.ads, y: one[field] }));
  return {
    title: 'Pages of ads over HTTP by the number of ads',
    notes: [],
    xTitle: 'ads',
    xScale: 'log',
    panels: [
      {
        title: 'Answered',
        unit: 'pages per second',
        series: [
          { name: 'median', points: medians('perSecond') },
          { name: 'rounds', points: everyRound('perSecond'), marks: true },
        ],
      },
      {
        title: "The server's processor time",
        unit: 'us per page',
        series: [
          { name: 'median', points: medians('cpuUs') },
          { name: 'rounds', points: everyRound('cpuUs'), marks: true },
        ],
      },
    ],
  };
}
