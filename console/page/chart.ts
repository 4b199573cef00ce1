import uPlot from 'uplot';
import { h, setText } from './dom.ts';
import { count, rate } from './format.ts';
import { tick, zone } from './instants.ts';
import { colour } from './theme.ts';

export interface Line {
  readonly label: string;
  /** The name of a colour in the style sheet. */
  readonly colour: string;
}

export interface ChartOptions {
  /** The label for screen readers. */
  readonly label: string;
  readonly lines: readonly Line[];
  readonly kind: 'lines' | 'bars';
  /** The exact values at an index, for the pointer and the arrow keys. */
  readonly describe: (index: number) => string;
}

/** What a chart draws. */
export type Look = Pick<ChartOptions, 'lines' | 'kind'>;

export interface Chart {
  /** Seconds since 1970, then the values of each line. `look`: from now on; default: as before. */
  show(data: readonly (readonly number[])[], look?: Look): void;
  /** Call it after the theme changes. */
  redraw(): void;
}

const heightPx = 200;
const widthPxMin = 200;

/** Lines or bars over time, as wide as its container. Each chart has a table with the same values. */
export function createChart(place: HTMLElement, options: ChartOptions): Chart {
  const { label } = options;
  let look: Look = options;
  const drawing = h('div', { class: 'drawing', role: 'slider', tabindex: '0', 'aria-label': label });
  const readout = h('p', { class: 'readout', 'aria-hidden': 'true' });
  place.append(drawing, readout);
  let plot: uPlot | undefined;
  let shown: uPlot.AlignedData = [[], ...look.lines.map(() => [])];

  const read = (index: number | null): void => {
    const text = index === null || index >= shown[0].length ? '' : options.describe(index);
    setText(readout, text);
    drawing.setAttribute('aria-valuemax', String(Math.max(0, shown[0].length - 1)));
    drawing.setAttribute('aria-valuemin', '0');
    drawing.setAttribute('aria-valuenow', String(index ?? 0));
    drawing.setAttribute('aria-valuetext', text === '' ? 'use the arrow keys to read the values' : text);
  };
  const widthPx = (): number => Math.max(drawing.clientWidth, widthPxMin);
  const draw = (): void => {
    plot?.destroy();
    const size = { width: widthPx(), height: heightPx };
    const pointed = ({ cursor }: uPlot): void => {
      read(cursor.idx ?? null);
    };
    const hooks = { setCursor: [pointed] };
    plot = new uPlot({ ...size, ...looks(look), hooks }, shown, drawing);
    read(null);
  };
  const point = (index: number | undefined): void => {
    const at = index === undefined ? undefined : shown[0][index];
    const left = at === undefined ? -10 : (plot?.valToPos(at, 'x') ?? -10);
    plot?.setCursor({ left, top: at === undefined ? -10 : 0 });
  };
  drawing.addEventListener('keydown', (event) => {
    const last = shown[0].length - 1;
    const now = plot?.cursor.idx ?? undefined;
    const next = nextIndex(event.key, now, last);
    if (next === null || last < 0) return;
    event.preventDefault();
    point(next);
  });
  drawing.addEventListener('blur', () => {
    point(undefined);
  });
  new ResizeObserver(() => {
    plot?.setSize({ width: widthPx(), height: heightPx });
  }).observe(drawing);
  read(null);
  return {
    show(data, wanted = look) {
      const pointed = document.activeElement === drawing ? plot?.cursor.idx : null;
      shown = data as uPlot.AlignedData;
      const isOther = JSON.stringify([wanted.lines, wanted.kind]) !== JSON.stringify([look.lines, look.kind]);
      look = wanted;
      if (plot === undefined || isOther) draw();
      else plot.setData(shown);
      if (typeof pointed !== 'number') return;
      // After uPlot has set the new scale, in its own microtask.
      queueMicrotask(() => {
        point(Math.min(pointed, shown[0].length - 1));
      });
    },
    redraw() {
      if (plot !== undefined) draw();
    },
  };
}

/** The index that a key selects; undefined: none, null: the key has no meaning here. */
function nextIndex(key: string, now: number | undefined, last: number): number | undefined | null {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, (now ?? last + 1) - 1);
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(last, (now ?? last - 1) + 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'Escape':
      return undefined;
    default:
      return null;
  }
}

function looks({ lines, kind }: Look): Omit<uPlot.Options, 'width' | 'height'> {
  const bars = kind === 'bars' ? uPlot.paths.bars?.({ size: [0.75, 40], gap: 1 }) : undefined;
  const inUtc = zone(Date.now()) === 'UTC';
  const axis = {
    stroke: colour('soft'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
  };
  return {
    // Half of the last tick's text is outside the chart.
    padding: [8, inUtc ? 24 : 44, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    legend: { show: false },
    // Hours and days are in UTC, as in the API.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: {
      ...(kind === 'bars' && { x: { range: besideBars } }),
      y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, 1)] },
    },
    axes: [
      { ...axis, space: inUtc ? 90 : 110, size: inUtc ? 30 : 44, values: timeTicks },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => tickText(tick)) },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: kind === 'bars' ? 0 : 2,
        ...(bars !== undefined && { paths: bars, fill: colour(line.colour) }),
        points: { show: false },
      })),
    ],
  };
}

/** Space for the outer halves of the first and last bars. */
function besideBars(plot: uPlot, min: number, max: number): [number, number] {
  const half = (max - min) / Math.max(1, plot.data[0].length - 1) / 2 || 30;
  return [min - half, max + half];
}

/** 0.5 · 750 · 1,500 · 12.5K */
function tickText(value: number): string {
  return value >= 10_000 ? short.format(value) : value >= 10 ? count(value) : rate(value);
}

const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** Steps below a second have no text, because it would repeat that of the second. */
function timeTicks(
  _plot: uPlot,
  ticks: readonly number[],
  _axis: number,
  _space: number,
  step: number,
): string[] {
  return ticks.map((seconds) => (Number.isInteger(seconds) ? tick(seconds * 1000, step * 1000) : ''));
}
