import { fuzzHttp, type HttpReport } from './http/fuzz-http.ts';
import type { Area, FuzzOptions } from './options.ts';
import type { Failure } from './round.ts';

export interface FuzzReport {
  readonly http: HttpReport | undefined;
  readonly failures: readonly Failure[];
}

/** Of the time, so much for each area when all run. */
const shares: Readonly<Record<Area, number>> = {
  http: 0.76,
  records: 0.12,
  schedules: 0.04,
  quarantine: 0.08,
};

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { areas, minutes } = options;
  const sum = areas.reduce((total, area) => total + shares[area], 0);
  const secondsOf = (area: Area): number => (minutes * 60 * shares[area]) / sum;
  const http = areas.includes('http')
    ? await fuzzHttp({ ...options, seconds: secondsOf('http') })
    : undefined;
  return { http, failures: [...(http?.failures ?? [])] };
}
