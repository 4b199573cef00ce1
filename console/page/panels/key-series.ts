import { api, words, type CounterSeries } from '../api.ts';
import { isNotKept, leaveOut, rangeShown, type Bucket } from '../buckets.ts';
import { createChart } from '../chart.ts';
import { byId, controlById, h, linkButton, replace, setText, table } from '../dom.ts';
import { exact } from '../format.ts';
import { moment, momentCell } from '../instants.ts';
import { visible } from '../visible.ts';

/** The shown series are read again this often. */
const askEveryMs = 5000;
/** As many as the style sheet has colours. */
const colours = ['b', 'a', 'c', 'd', 'e'] as const;

export interface KeySeries {
  /** Shows this key alone because the user chose it. */
  show(key: string): void;
  /** Shows this key unless the user has chosen one. */
  suggest(key: string): void;
  refresh(): Promise<void>;
  redraw(): void;
}

/** Counters over time: bars of one, or a line for each of several. */
export function startKeySeries(): KeySeries {
  const [input, select] = [controlById('input', 'series-key'), controlById('select', 'series-bucket')];
  const [place, details, legend] = [byId('series-chart'), byId('series-details'), byId('series-keys')];
  let wanted: readonly string[] = [];
  let shown: readonly CounterSeries[] = [];
  let asked = 0;
  let askedAtMs = -Infinity;
  const chart = createChart(place, {
    label: 'Counters over time',
    lines: [{ label: 'counted', colour: colours[0] }],
    kind: 'bars',
    describe(index) {
      const at = shown[0]?.points[index]?.at;
      if (at === undefined) return '';
      const values = shown.map(({ key, points }) => {
        const value = exact(points[index]?.value ?? 0);
        return shown.length === 1 ? value : `${visible(key)} ${value}`;
      });
      return `${moment(at)}: ${values.join(', ')}`;
    },
  });

  async function load(keys: readonly string[]): Promise<void> {
    const mine = (asked += 1);
    wanted = keys;
    askedAtMs = performance.now();
    const bucket = select.value as Bucket;
    const range = rangeShown(bucket);
    try {
      const { body } = await api.getSeries({ key: keys, bucket, ...range });
      if (mine === asked) showSeries(body.series, range.from);
    } catch (error) {
      if (mine !== asked) return;
      if (isNotKept(error) && leaveOut(select, bucket)) {
        await load(keys);
        return;
      }
      showNothing(seriesWords(error));
    }
  }

  function showNothing(why: string): void {
    shown = [];
    place.hidden = true;
    details.hidden = true;
    showLegend();
    setText(byId('series-text'), why);
  }

  function showSeries(series: readonly CounterSeries[], from: string): void {
    const [first] = series;
    if (first === undefined) {
      showNothing(wanted.length === 1 ? 'This key has no counts.' : 'These keys have no counts.');
      return;
    }
    const { bucket, points } = first;
    shown = series;
    const cut = first.from > from ? `; older ${bucket}s are not kept` : '';
    const without = wanted.length - series.length;
    const missing = without === 0 ? '' : `; ${without} without counts`;
    const sum = series.reduce((all, one) => all + totalOf(one), 0n);
    const said = `: ${exact(sum)} in the last ${points.length} ${bucket}s${cut}${missing}`;
    const line = byId('series-text');
    const name = wanted.length === 1 ? visible(first.key) : `${series.length} keys`;
    if (line.textContent !== name + said) line.replaceChildren(h('bdi', { class: 'mono' }, name), said);
    place.hidden = false;
    chart.show(
      [
        points.map(({ at }) => Date.parse(at) / 1000),
        ...series.map((one) => one.points.map(({ value }) => Number(value))),
      ],
      {
        kind: series.length === 1 ? 'bars' : 'lines',
        lines: series.map(({ key }, index) => ({ label: key, colour: colours[index] ?? colours[0] })),
      },
    );
    showLegend();
    const rows = points
      .map(({ at }, index) => [momentCell(at), ...series.map((one) => exact(one.points[index]?.value ?? 0))])
      .reverse();
    const counted = series.map(({ key }) => ({
      title: series.length === 1 ? 'Counted' : visible(key),
      number: true,
    }));
    const columns = [{ title: `From, by ${bucket}` }, ...counted];
    details.hidden = false;
    replace(byId('series-table'), h('div', { class: 'tall' }, table(`Counted by ${bucket}`, columns, rows)));
  }

  /** The colours of several keys; each has a button that takes it off the chart. */
  function showLegend(): void {
    legend.hidden = wanted.length < 2;
    if (wanted.length < 2) {
      legend.replaceChildren();
      return;
    }
    const found = new Map(shown.map((one, index) => [one.key, { total: totalOf(one), index }]));
    const entries = wanted.map((key) => {
      const name = visible(key);
      const one = found.get(key) ?? found.get(key.toLowerCase());
      const button = linkButton('remove', { focus: key, title: `Remove ${name} from the chart` });
      button.setAttribute('aria-label', `Remove ${name} from the chart`);
      button.addEventListener('click', () => {
        void load(wanted.filter((other) => other !== key));
      });
      const colour = one === undefined ? '' : (colours[one.index] ?? '');
      const total = one === undefined ? ' ' : `: ${exact(one.total)} `;
      return h('li', { class: `key ${colour}` }, h('bdi', { class: 'mono' }, name), total, button);
    });
    replace(legend, ...entries);
  }

  function add(key: string): void {
    if (wanted.includes(key)) void load(wanted);
    else if (wanted.length >= colours.length) {
      setText(byId('series-text'), `A chart has at most ${colours.length} keys. Remove one first.`);
    } else void load([...wanted, key]);
  }

  byId('series-form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (event.submitter?.id === 'series-add') add(input.value);
    else void load([input.value]);
  });
  select.addEventListener('change', () => {
    if (wanted.length > 0) void load(wanted);
  });
  return {
    show(key) {
      input.value = key;
      void load([key]);
      byId('series').scrollIntoView({ block: 'nearest' });
    },
    suggest(key) {
      if (wanted.length > 0 || input.value !== '' || document.activeElement === input) return;
      input.value = key;
      void load([key]);
    },
    async refresh() {
      if (wanted.length > 0 && performance.now() - askedAtMs >= askEveryMs) await load(wanted);
    },
    redraw: () => {
      chart.redraw();
    },
  };
}

function totalOf({ points }: CounterSeries): bigint {
  return points.reduce((sum, { value }) => sum + BigInt(value), 0n);
}

function seriesWords(error: unknown): string {
  if (isNotKept(error)) return 'This stage keeps no series.';
  return words(error);
}
