import { fuzzHttp, type HttpReport } from './http/fuzz-http.ts';
import { fuzzQuarantine, fuzzRecords, fuzzSchedules, type InsideReport } from './inside/fuzz-inside.ts';
import type { Area, FuzzOptions } from './options.ts';
import type { Failure } from './round.ts';

export interface FuzzReport {
  readonly http: HttpReport | undefined;
  readonly inside: readonly InsideReport[];
  readonly failures: readonly Failure[];
}

/** What each area gets when all run: of the time, and of the cases, which cost most in the quarantine. */
const shares: Readonly<Record<Area, { readonly time: number; readonly cases: number }>> = {
  http: { time: 0.76, cases: 0.9 },
  records: { time: 0.12, cases: 0.04 },
  schedules: { time: 0.04, cases: 0.04 },
  quarantine: { time: 0.08, cases: 0.02 },
};
/** When cases are counted: a run that takes longer hangs. */
const countedSecondsMax = 3600;

const inside = { records: fuzzRecords, schedules: fuzzSchedules, quarantine: fuzzQuarantine };

/** One area after another. Rejects when the server cannot be started or reached. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { areas } = options;
  let http: HttpReport | undefined;
  const reports: InsideReport[] = [];
  for (const area of areas) {
    const budget = budgetOf(area, options);
    if (area === 'http') http = await fuzzHttp({ ...options, ...budget });
    else reports.push(await inside[area]({ ...options, ...budget }));
  }
  const failures = [...(http?.failures ?? []), ...reports.flatMap((report) => report.failures)];
  return { http, inside: reports, failures };
}

function budgetOf(
  area: Area,
  { areas, minutes, cases }: FuzzOptions,
): { readonly seconds: number; readonly cases: number } {
  const share = (of: 'time' | 'cases'): number =>
    shares[area][of] / areas.reduce((sum, one) => sum + shares[one][of], 0);
  if (cases === undefined) return { seconds: minutes * 60 * share('time'), cases: Infinity };
  return { seconds: countedSecondsMax, cases: Math.ceil(cases * share('cases')) };
}
