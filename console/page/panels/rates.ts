import type { Stats } from '../api.ts';
import { createChart } from '../chart.ts';
import { byId, h, replace, table } from '../dom.ts';
import { plural, rate } from '../format.ts';
import { momentCell, moment } from '../instants.ts';

/** Ten minutes, refreshed each second. */
const pointsMax = 600;
const rowsShown = 20;

const lines = [
  { label: 'accepted', colour: 'a' },
  { label: 'counted', colour: 'b' },
] as const;

interface Point {
  readonly at: number;
  readonly accepted: number;
  readonly counted: number;
}

/** Increments per second at each refresh since the page was opened. */
export function createRates(): { show(stats: Stats): void; redraw(): void } {
  const points: Point[] = [];
  const chart = createChart(byId('rates-chart'), {
    ...{ label: 'Increments per second', lines, kind: 'lines' },
    describe(index) {
      const point = points[index];
      if (point === undefined) return '';
      return `${moment(point.at * 1000)}: ${rate(point.accepted)} accepted, ${rate(point.counted)} counted per second`;
    },
  });
  const legend = byId('rates-legend');
  for (const { label, colour } of lines) legend.append(h('span', { class: `key ${colour}` }, label));
  let before: { at: number; since: string; accepted: number; counted: number } | undefined;
  return {
    show({ at: instant, source, rates, totals }) {
      const at = Date.parse(instant) / 1000;
      const { since, accepted, counted } = totals;
      if (source === 'cloudwatch') {
        if (at > (points.at(-1)?.at ?? 0))
          points.push({ at, accepted: rates.accepted, counted: rates.counted });
      } else if (before !== undefined && before.since === since && at > before.at) {
        const seconds = at - before.at;
        points.push({
          at,
          accepted: (accepted - before.accepted) / seconds,
          counted: (counted - before.counted) / seconds,
        });
      }
      before = { at, since, accepted, counted };
      if (points.length > pointsMax) points.shift();
      chart.show([points.map((p) => p.at), points.map((p) => p.accepted), points.map((p) => p.counted)]);
      if (byId('rates-table').closest('details')?.open === true) showTable(points);
    },
    redraw: () => {
      chart.redraw();
    },
  };
}

function showTable(points: readonly Point[]): void {
  const columns = [
    { title: 'At' },
    { title: 'Accepted/s', number: true },
    { title: 'Counted/s', number: true },
  ];
  const rows = points
    .slice(-rowsShown)
    .reverse()
    .map(({ at, accepted, counted }) => [momentCell(at * 1000), rate(accepted), rate(counted)]);
  const all = plural(points.length, 'refresh', 'refreshes');
  replace(
    byId('rates-table'),
    table('Increments per second', columns, rows),
    h(
      'p',
      { class: 'hint' },
      rows.length < points.length ? `Showing the last ${rows.length} of ${all}.` : all,
    ),
  );
}
