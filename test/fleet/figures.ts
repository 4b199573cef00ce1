import type { Call, Counted } from './fleet.ts';

/** Answers by what they were. */
export function countOf(calls: readonly Call[]): {
  readonly offered: number;
  readonly served: number;
  readonly limited: number;
  readonly failed: number;
} {
  const of = (is: (status: number) => boolean): number => calls.filter(({ status }) => is(status)).length;
  return {
    offered: calls.length,
    served: of((status) => status < 400),
    limited: of((status) => status === 429),
    failed: of((status) => status >= 500),
  };
}

/** The time within which a share of the calls was answered, whole milliseconds. */
export function quantileMs(calls: readonly Pick<Call, 'tookMs'>[], share: number): number {
  const times = calls.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return Math.round(times[Math.min(times.length - 1, Math.ceil(share * times.length) - 1)] ?? 0);
}

/** The time from its call within which a share of the increments was counted: `1.9 s`. */
export function freshness(counted: readonly Counted[], share: number): string {
  const sorted = [...counted].sort((a, b) => a.ageMs - b.ageMs);
  let left = share * sorted.reduce((sum, { increments }) => sum + increments, 0);
  for (const { ageMs, increments } of sorted) {
    left -= increments;
    if (left <= 0) return `${(ageMs / 1000).toFixed(1)} s`;
  }
  return 'none';
}

/** `part` of `whole` in per cent: 0.27 %. */
export function percent(part: number, whole: number): string {
  return part === 0 || whole === 0 ? '0 %' : `${Number(((100 * part) / whole).toPrecision(2))} %`;
}

/** Calls a second, by the second in which they arrived. */
export function bySecond(calls: readonly Call[], is: (call: Call) => boolean): { x: number; y: number }[] {
  const lastMs = calls.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
  const seconds = 1 + Math.floor(lastMs / 1000);
  const counts = new Array<number>(seconds).fill(0);
  for (const call of calls) {
    const second = Math.floor(call.atMs / 1000);
    if (is(call)) counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts.map((y, x) => ({ x, y }));
}

/** The first cells of a load's row: its name, and how many calls were offered, served and refused. */
export function loadCells(name: string, calls: readonly Call[]): readonly string[] {
  const { offered, served, limited, failed } = countOf(calls);
  const counts = [offered, served].map((count) => count.toLocaleString('en'));
  return [name, ...counts, percent(limited + failed, offered)];
}
