import { CallError, call } from '../api.ts';
import { createChart } from '../chart.ts';
import { byId, replace, setText, table, controlById } from '../dom.ts';
import { count, moment } from '../format.ts';

interface Series {
  readonly key: string;
  readonly bucket: Bucket;
  readonly from: string;
  readonly to: string;
  readonly points: readonly { readonly at: string; readonly value: number }[];
}

type Bucket = 'minute' | 'hour' | 'day';

const bucketMs: Readonly<Record<Bucket, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** An hour of minutes, two days of hours, two months of days. */
const bucketsShown: Readonly<Record<Bucket, number>> = { minute: 60, hour: 48, day: 60 };

/** One counter over time. */
export function startKeySeries(): { show(key: string): void; redraw(): void } {
  const chart = createChart(byId('series-chart'), [{ label: 'counted', colour: 'b' }], 'bars');
  const input = controlById('input', 'series-key');
  const select = controlById('select', 'series-bucket');
  let asked = 0;

  async function load(): Promise<void> {
    const mine = (asked += 1);
    const bucket = select.value as Bucket;
    const step = bucketMs[bucket];
    const to = (Math.floor(Date.now() / step) + 1) * step;
    const from = to - bucketsShown[bucket] * step;
    const query = { bucket, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    try {
      const path = `api/v1/counters/${encodeURIComponent(input.value)}/series`;
      const series = await call<Series>(path, query);
      if (mine === asked) showSeries(series, from, to, step);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (mine !== asked) return;
      byId('series-details').hidden = true;
      chart.show([[], []]);
      setText(byId('series-text'), error.message);
    }
  }

  function showSeries({ key, bucket, points }: Series, from: number, to: number, step: number): void {
    const values = new Map(points.map(({ at, value }) => [Date.parse(at), value]));
    const times: number[] = [];
    for (let at = from; at < to; at += step) times.push(at);
    const total = points.reduce((sum, { value }) => sum + value, 0);
    setText(byId('series-text'), `${key}: ${count(total)} in the last ${times.length} ${bucket}s`);
    chart.show([times.map((at) => at / 1000), times.map((at) => values.get(at) ?? 0)]);
    const rows = [...points].reverse().map(({ at, value }) => [moment(at), count(value)]);
    const columns = [{ title: `From, by ${bucket}` }, { title: 'Counted', number: true }];
    byId('series-details').hidden = false;
    replace(byId('series-table'), table(`Counted by ${bucket}`, columns, rows));
  }

  byId('series-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void load();
  });
  select.addEventListener('change', () => {
    if (input.value !== '') void load();
  });
  return {
    show(key) {
      input.value = key;
      void load();
      byId('series').scrollIntoView({ block: 'nearest' });
    },
    redraw: () => {
      chart.redraw();
    },
  };
}
