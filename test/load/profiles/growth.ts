import { median } from '../measure/flatness.ts';
import { failuresOf, format } from '../measure/latencies.ts';
import { readProcessFacts } from '../process/process-facts.ts';
import type { Profile, Session } from './profile.ts';
import { Target } from './target.ts';

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

type SizeFacts = ReturnType<typeof sumUp>;

/**
 * Pages of ads over HTTP, as fast as they come, from one server per number of ads. They take turns: the
 * machine is no faster for one than for another.
 */
export const growthProfile = {
  async run(session) {
    const { ads = largestDefault, seed } = session.options;
    const wanted = [...sizes.filter((size) => size < ads), ads];
    const targets: Target[] = [];
    try {
      for (const size of wanted) {
        const startedMs = performance.now();
        targets.push(await Target.open({ ads: 0, seededAds: size, keys: 1, seed }));
        session.say(`${format(size)} ads served after ${format((performance.now() - startedMs) / 1000)} s`);
      }
      return await compareSizes(session, wanted, targets);
    } finally {
      for (const target of targets) await target.close();
    }
  },
} satisfies Profile;

async function compareSizes(session: Session, wanted: readonly number[], targets: readonly Target[]) {
  const { say, options } = session;
  const { seconds = 3 } = options;
  const pages = { keys: 1, mix: { ads: 1 } };
  const findings: string[] = [];
  const measure = async (target: Target): Promise<Round> => {
    const cpuBefore = target.cpuMs();
    const { result, summary } = await session.run({ ...pages, durationMs: seconds * 1000 }, target);
    const cpuUs = ((target.cpuMs() - cpuBefore) * 1000) / result.offered;
    findings.push(...failuresOf('growth', result));
    const { answeredPerSecond, latencies } = summary;
    return { perSecond: answeredPerSecond, p50: latencies.p50, p99: latencies.p99, cpuUs };
  };
  for (const target of targets) await measure(target);
  const ceiling = await session.ceiling(pages, targets[0]);
  const table: Round[][] = [];
  for (let i = 0; i < rounds; i++) {
    const row: Round[] = [];
    for (const target of targets) row.push(await measure(target));
    table.push(row);
    say(`  round ${i + 1}: ${row.map(({ perSecond }) => `${format(perSecond)}/s`).join('  ')}`);
  }
  const facts = wanted.map((size, column) => sumUp(size, column, table, targets[column]));
  for (const one of facts) say(sizeLine(one));
  return { facts: { ceiling, sizes: facts }, chart: chartOf(facts, table, wanted), findings };
}

function sumUp(ads: number, column: number, table: readonly Round[][], target: Target | undefined) {
  const of = (field: keyof Round): number => median(table.flatMap((row) => row[column]?.[field] ?? []));
  const ratioOf = (field: keyof Round): number =>
    median(table.map((row) => (row[column]?.[field] ?? Number.NaN) / (row[0]?.[field] ?? Number.NaN)));
  const resident = readProcessFacts(target?.server?.pid ?? 0)?.resident ?? Number.NaN;
  return {
    ads,
    ...{ perSecond: of('perSecond'), p50: of('p50'), p99: of('p99'), cpuUs: of('cpuUs') },
    /** To the smallest size, of the same round. */
    ratio: ratioOf('perSecond'),
    cpuRatio: ratioOf('cpuUs'),
    residentMb: resident / 1e6,
  };
}

function sizeLine({ ads, perSecond, p50, p99, cpuUs, ratio, cpuRatio, residentMb }: SizeFacts): string {
  return (
    `${format(ads).padStart(9)} ads: ${format(perSecond)}/s (${ratio.toFixed(3)} of the smallest), p50 ${format(p50)}, p99 ${format(p99)} ms, ` +
    `${format(cpuUs)} us of the server's processor each (${cpuRatio.toFixed(3)}), ${format(residentMb)} MB resident`
  );
}

function chartOf(facts: readonly SizeFacts[], table: readonly Round[][], wanted: readonly number[]) {
  const panel = (title: string, unit: string, field: 'perSecond' | 'cpuUs') => ({
    title,
    unit,
    series: [
      { name: 'median', points: facts.map((one) => ({ x: one.ads, y: one[field] })) },
      {
        name: 'rounds',
        points: table.flatMap((row) =>
          row.map((round, column) => ({ x: wanted[column] ?? 0, y: round[field] })),
        ),
        marks: true,
      },
    ],
  });
  return {
    title: 'Pages of ads over HTTP by the number of ads',
    xTitle: 'ads',
    xScale: 'log' as const,
    panels: [
      panel('Answered', 'pages per second', 'perSecond'),
      panel("The server's processor time", 'us per page', 'cpuUs'),
    ],
  };
}
