import { fuzzHttp, type HttpReport } from './http/fuzz-http.ts';
import { fuzzQuarantine, fuzzRecords, fuzzSchedules, type InsideReport } from './inside/fuzz-inside.ts';
import type { Area, FuzzOptions } from './options.ts';
import type { Failure } from './round.ts';

export interface FuzzReport {
  readonly http: HttpReport | undefined;
  readonly inside: readonly InsideReport[];
  readonly failures: readonly Failure[];
}

/** Of the time, so much for each area when all run. */
const shares: Readonly<Record<Area, number>> = {
  http: 0.76,
  records: 0.12,
  schedules: 0.04,
  quarantine: 0.08,
};

const inside = { records: fuzzRecords, schedules: fuzzSchedules, quarantine: fuzzQuarantine };

/** One area after another. Rejects when the server cannot be started or reached. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { areas, minutes } = options;
  const sum = areas.reduce((total, area) => total + shares[area], 0);
  let http: HttpReport | undefined;
  const reports: InsideReport[] = [];
  for (const area of areas) {
    const seconds = (minutes * 60 * shares[area]) / sum;
    if (area === 'http') http = await fuzzHttp({ ...options, seconds });
    else reports.push(await inside[area]({ ...options, seconds }));
  }
  const failures = [...(http?.failures ?? []), ...reports.flatMap((report) => report.failures)];
  return { http, inside: reports, failures };
}
