export interface Axis {
  /** Where a value is drawn, 0 at the start of the axis, 1 at its end. */
  readonly position: (value: number) => number;
  readonly ticks: readonly number[];
}

const ticksWanted = 5;
const ticksMax = 30;

/** From 0 or the least value to a round number past the greatest. */
export function linearAxis(values: readonly number[], fromZero: boolean): Axis {
  const known = values.filter(Number.isFinite);
  const least = fromZero ? Math.min(0, ...known) : Math.min(...known);
  const most = Math.max(...known);
  const span = Number.isFinite(most - least) && most > least ? most - least : 1;
  const step = roundStep(span / ticksWanted);
  const start = Number.isFinite(least) ? Math.floor(least / step) * step : 0;
  const count = Math.min(ticksMax, Math.ceil((start + span - start) / step + (least - start) / step));
  const end = start + Math.max(1, count) * step;
  return {
    position: (value) => (value - start) / (end - start),
    ticks: Array.from({ length: Math.max(1, count) + 1 }, (_, i) => start + i * step),
  };
}

/** From the first of these ticks to the last. */
export function tickedAxis(ticks: readonly number[]): Axis {
  const [first = 0] = ticks;
  const last = ticks.at(-1) ?? 1;
  return { position: (value) => (value - first) / (last - first), ticks };
}

/** By powers of ten, for values over 0. */
export function logAxis(values: readonly number[]): Axis {
  const known = values.filter((value) => Number.isFinite(value) && value > 0);
  const first = Math.floor(Math.log10(Math.min(...known, Infinity)));
  const start = Number.isFinite(first) ? first : 0;
  const last = Math.ceil(Math.log10(Math.max(...known, 0)) - 1e-9);
  const end = Math.max(start + 1, Number.isFinite(last) ? last : 1);
  return {
    position: (value) => (Math.log10(Math.max(value, 10 ** start)) - start) / (end - start),
    ticks: Array.from({ length: Math.min(ticksMax, end - start + 1) }, (_, i) => 10 ** (start + i)),
  };
}

/** 1, 2 or 5 times a power of ten, at least the wish. */
function roundStep(wish: number): number {
  const power = 10 ** Math.floor(Math.log10(wish));
  const factor = [1, 2, 5, 10].find((round) => round * power >= wish * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** 1500 as `1.5k`. */
export function shortNumber(value: number): string {
  for (const [size, letter] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${letter}`;
  }
  return String(Number(value.toPrecision(3)));
}
