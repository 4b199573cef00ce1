import { linearAxis, logAxis, shortNumber, tickedAxis, type Axis } from './axis.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Drawn as single marks, without a line. */
  readonly marks?: boolean;
  /** What the series of this name in the panel should be: drawn in its colour, as a dashed line, without a legend. */
  readonly wishedFor?: string;
}

/** A part of the horizontal axis in which something was different, shaded in all panels. */
export interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  /** Default `linear`, from 0. */
  readonly scale?: 'linear' | 'log';
  readonly series: readonly Series[];
}

export interface Chart {
  readonly title: string;
  /** Conditions, one line each. */
  readonly notes: readonly string[];
  readonly xTitle: string;
  /** Default `linear`. */
  readonly xScale?: 'linear' | 'log';
  /** Default: round numbers. The first and the last are the ends of the axis, which is linear then. */
  readonly xTicks?: readonly number[];
  /** One above the other, on one horizontal axis. */
  readonly panels: readonly Panel[];
  /** Default: none. */
  readonly spans?: readonly Span[];
}

const width = 900;
const left = 70;
const right = 170;
const plotWidth = width - left - right;
const panelHeight = 180;
const panelGap = 50;
const lineHeight = 16;
/** Told apart by people who see few colours, too (Okabe and Ito). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#999999'];

/** The chart as an SVG document, with nothing in it that a page would have to fetch or run. */
export function toSvg(chart: Chart): string {
  const { title, notes, xTitle, xScale = 'linear', xTicks, panels, spans = [] } = chart;
  const top = 40 + notes.length * lineHeight;
  const height = top + panels.length * (panelHeight + panelGap) + 20;
  const xs = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ x }) => x)));
  const roundAxis = xScale === 'log' ? logAxis(xs) : linearAxis(xs, false);
  const xAxis = xTicks === undefined ? roundAxis : tickedAxis(xTicks);
  const parts = [
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    label(left, 24, title, 'font-size="16" font-weight="bold"'),
    ...notes.map((note, i) => label(left, 42 + i * lineHeight, note, 'fill="#555"')),
    ...panels.map((panel, i) =>
      drawPanel(panel, { xAxis, spans, isFirst: i === 0, top: top + 20 + i * (panelHeight + panelGap) }),
    ),
    label(left + plotWidth / 2, height - 8, xTitle, 'text-anchor="middle"'),
  ];
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="sans-serif" font-size="12">`,
    `<title>${escape(title)}</title>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

interface PanelPlace {
  readonly xAxis: Axis;
  readonly spans: readonly Span[];
  /** It names the spans. */
  readonly isFirst: boolean;
  readonly top: number;
}

function drawPanel(
  { title, unit, scale = 'linear', series }: Panel,
  { xAxis, spans, isFirst, top }: PanelPlace,
): string {
  const ys = series.flatMap(({ points }) => points.map(({ y }) => y));
  const yAxis = scale === 'log' ? logAxis(ys) : linearAxis(ys, true);
  const x = (value: number): number => left + xAxis.position(value) * plotWidth;
  const y = (value: number): number => top + (1 - yAxis.position(value)) * panelHeight;
  const named = series.filter(({ wishedFor }) => wishedFor === undefined);
  const colourOf = ({ name, wishedFor = name }: Series): string =>
    colours[named.findIndex((one) => one.name === wishedFor) % colours.length] ?? '#000';
  return [
    label(left, top - 8, `${title}, ${unit}`, 'font-weight="bold"'),
    ...spans.map((span) => shade(x(span.from), x(span.to), top)),
    ...(isFirst ? spans : []).map(({ name, to }) => label(x(to) + 4, top + 12, name, 'fill="#555"')),
    ...yAxis.ticks.map((tick) => line(left, y(tick), left + plotWidth, y(tick), '#ddd')),
    ...yAxis.ticks.map((tick) => label(left - 6, y(tick) + 4, shortNumber(tick), 'text-anchor="end"')),
    ...xAxis.ticks.map((tick) => line(x(tick), top + panelHeight, x(tick), top + panelHeight + 4, '#555')),
    ...xAxis.ticks.map((tick) =>
      label(x(tick), top + panelHeight + 17, shortNumber(tick), 'text-anchor="middle"'),
    ),
    line(left, top + panelHeight, left + plotWidth, top + panelHeight, '#555'),
    ...series.map((one) => drawSeries(one, colourOf(one), { x, y })),
    ...named.map((one, i) => drawLegend(one.name, colourOf(one), top + 8 + i * lineHeight)),
  ].join('\n');
}

interface Place {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

function drawSeries({ points, marks = false, wishedFor }: Series, colour: string, { x, y }: Place): string {
  const known = points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  const places = known.map((point) => `${round(x(point.x))},${round(y(point.y))}`);
  const dashes = wishedFor === undefined ? '' : ' stroke-dasharray="5 4"';
  const path = `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"${dashes}/>`;
  // Few points are worth a mark each; many would hide the line.
  const dots = known.map(
    (point) => `<circle cx="${round(x(point.x))}" cy="${round(y(point.y))}" r="3" fill="${colour}"/>`,
  );
  return [
    ...(marks ? [] : [path]),
    ...(marks || (known.length <= 30 && wishedFor === undefined) ? dots : []),
  ].join('\n');
}

function drawLegend(name: string, colour: string, top: number): string {
  const start = left + plotWidth + 12;
  return `<rect x="${start}" y="${top - 9}" width="10" height="10" fill="${colour}"/>\n${label(start + 15, top, name)}`;
}

function shade(from: number, to: number, top: number): string {
  const size = `width="${round(to - from)}" height="${panelHeight}"`;
  return `<rect x="${round(from)}" y="${top}" ${size} fill="#eee"/>`;
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}"/>`;
}

function label(x: number, y: number, text: string, more = ''): string {
  return `<text x="${round(x)}" y="${round(y)}"${more === '' ? '' : ` ${more}`}>${escape(text)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
