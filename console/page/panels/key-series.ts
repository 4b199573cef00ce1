import { ProblemError } from '../../../client/index.ts';
import { api, words, type CounterSeries } from '../api.ts';
import { createChart } from '../chart.ts';
import { byId, controlById, h, replace, setText, table } from '../dom.ts';
import { exact } from '../format.ts';
import { moment, momentCell } from '../instants.ts';
import { visible } from '../visible.ts';

type Bucket = CounterSeries['bucket'];

const bucketMs: Readonly<Record<Bucket, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** An hour of minutes, two days of hours, two months of days. */
const bucketsShown: Readonly<Record<Bucket, number>> = { minute: 60, hour: 48, day: 60 };
/** The shown series is read again this often. */
const askEveryMs = 5000;

export interface KeySeries {
  /** Shows this key because the user chose it. */
  show(key: string): void;
  /** Shows this key unless the user has chosen one. */
  suggest(key: string): void;
  refresh(): Promise<void>;
  redraw(): void;
}

/** One counter over time. */
export function startKeySeries(): KeySeries {
  const [input, select] = [controlById('input', 'series-key'), controlById('select', 'series-bucket')];
  const [place, details] = [byId('series-chart'), byId('series-details')];
  let wanted = '';
  let shown: CounterSeries | undefined;
  let asked = 0;
  let askedAtMs = -Infinity;
  const chart = createChart(place, {
    label: 'One key over time',
    lines: [{ label: 'counted', colour: 'b' }],
    kind: 'bars',
    describe(index) {
      const point = shown?.points[index];
      return point === undefined ? '' : `${moment(point.at)}: ${exact(point.value)}`;
    },
  });

  async function load(key: string): Promise<void> {
    const mine = (asked += 1);
    wanted = key;
    askedAtMs = performance.now();
    const bucket = select.value as Bucket;
    const step = bucketMs[bucket];
    const toMs = (Math.floor(Date.now() / step) + 1) * step;
    const [from, to] = [toMs - bucketsShown[bucket] * step, toMs].map((ms) => new Date(ms).toISOString());
    try {
      const { body } = await api.getCounterSeries({ key, bucket, from, to });
      if (mine === asked) showSeries(body, from ?? '');
    } catch (error) {
      if (mine !== asked) return;
      if (isNotKept(error) && leaveOut(bucket)) {
        await load(key);
        return;
      }
      shown = undefined;
      place.hidden = true;
      details.hidden = true;
      setText(byId('series-text'), seriesWords(error));
    }
  }

  /** A stage keeps only some buckets. Says whether there is another one to try. */
  function leaveOut(bucket: Bucket): boolean {
    for (const option of select.options) if (option.value === bucket) option.disabled = true;
    const other = [...select.options].find((option) => !option.disabled);
    if (other === undefined) return false;
    select.value = other.value;
    return true;
  }

  function showSeries(series: CounterSeries, from: string): void {
    const { key, bucket, points } = series;
    shown = series;
    const total = points.reduce((sum, { value }) => sum + BigInt(value), 0n);
    const cut = series.from > from ? `; older ${bucket}s are not kept` : '';
    const said = `: ${exact(total)} in the last ${points.length} ${bucket}s${cut}`;
    const line = byId('series-text');
    const name = visible(key);
    if (line.textContent !== name + said) line.replaceChildren(h('bdi', { class: 'mono' }, name), said);
    place.hidden = false;
    chart.show([points.map(({ at }) => Date.parse(at) / 1000), points.map(({ value }) => Number(value))]);
    const rows = [...points].reverse().map(({ at, value }) => [momentCell(at), exact(value)]);
    const columns = [{ title: `From, by ${bucket}` }, { title: 'Counted', number: true }];
    details.hidden = false;
    replace(byId('series-table'), h('div', { class: 'tall' }, table(`Counted by ${bucket}`, columns, rows)));
  }

  byId('series-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void load(input.value);
  });
  select.addEventListener('change', () => {
    if (input.value !== '') void load(input.value);
  });
  return {
    show(key) {
      input.value = key;
      void load(key);
      byId('series').scrollIntoView({ block: 'nearest' });
    },
    suggest(key) {
      if (wanted !== '' || input.value !== '' || document.activeElement === input) return;
      input.value = key;
      void load(key);
    },
    async refresh() {
      if (wanted !== '' && performance.now() - askedAtMs >= askEveryMs) await load(wanted);
    },
    redraw: () => {
      chart.redraw();
    },
  };
}

function isNotKept(error: unknown): boolean {
  return error instanceof ProblemError && error.errors.some(({ path }) => path === 'bucket');
}

function seriesWords(error: unknown): string {
  if (isNotKept(error)) return 'This stage keeps no series.';
  if (error instanceof ProblemError && error.status === 404) return 'This key has no counts.';
  return words(error);
}
