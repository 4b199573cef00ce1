import uPlot from 'uplot';
import { count, rate } from './format.ts';
import { colour } from './theme.ts';

export interface Line {
  readonly label: string;
  /** A colour of the style sheet. */
  readonly colour: string;
}

export interface Chart {
  /** Seconds since 1970, then the values of each line. */
  show(data: readonly (readonly (number | null)[])[]): void;
  /** After a change of the theme. */
  redraw(): void;
}

const heightPx = 200;

/** Lines, or bars, over time; as wide as its place. Each has a table beside it that says the same. */
export function createChart(place: HTMLElement, lines: readonly Line[], kind: 'lines' | 'bars'): Chart {
  let plot: uPlot | undefined;
  let shown: uPlot.AlignedData = [[], ...lines.map(() => [])];
  const bars = kind === 'bars' ? uPlot.paths.bars?.({ size: [0.8, 40], gap: 1 }) : undefined;
  const options = (): uPlot.Options => {
    const axis = {
      stroke: colour('soft'),
      grid: { stroke: colour('line'), width: 1 },
      ticks: { show: false },
    };
    return {
      width: Math.max(place.clientWidth, 200),
      height: heightPx,
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      legend: { show: false },
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, 1)] } },
      axes: [
        { ...axis, space: 90, size: 30, values: timeTicks },
        { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => rate(tick)) },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          label: line.label,
          stroke: colour(line.colour),
          width: kind === 'bars' ? 0 : 2,
          ...(bars !== undefined && { paths: bars, fill: colour(line.colour) }),
          points: { show: false },
          value: (_plot: uPlot, value: number | null) => (value === null ? '–' : count(value)),
        })),
      ],
    };
  };
  const draw = (): void => {
    plot?.destroy();
    plot = new uPlot(options(), shown, place);
  };
  new ResizeObserver(() => {
    plot?.setSize({ width: Math.max(place.clientWidth, 200), height: heightPx });
  }).observe(place);
  return {
    show(data) {
      shown = data as uPlot.AlignedData;
      if (plot === undefined) draw();
      else plot.setData(shown);
    },
    redraw() {
      if (plot !== undefined) draw();
    },
  };
}

const second = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const minute = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** As much of the instant as tells two ticks apart. */
function timeTicks(
  _plot: uPlot,
  ticks: readonly number[],
  _axis: number,
  _space: number,
  step: number,
): string[] {
  const format = step < 60 ? second : step < 86_400 ? minute : day;
  return ticks.map((tick) => format.format(new Date(tick * 1000)));
}
