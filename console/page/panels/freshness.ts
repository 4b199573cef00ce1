import type { Stats } from '../api.ts';
import { bar, byId, h, replace, setText, table } from '../dom.ts';
import { count, duration } from '../format.ts';

/** From POST to counted, as a distribution. */
export function showFreshness({ freshness }: Stats): void {
  const { p50_ms: p50, p90_ms: p90, p99_ms: p99, buckets, window_seconds: seconds } = freshness;
  setText(byId('freshness-hint'), `POST to counted, last ${seconds} s`);
  const most = Math.max(1, ...buckets.map((bucket) => bucket.count));
  const percentile = (name: string, ms: number | null): HTMLElement =>
    h('p', { class: 'tile small' }, h('span', { class: 'label' }, name), h('b', {}, duration(ms)));
  const rows = buckets.map(({ up_to_ms: upTo, count: number }, i) => [
    upTo === null ? `over ${duration(buckets[i - 1]?.up_to_ms ?? null)}` : `≤ ${duration(upTo)}`,
    bar(number / most),
    count(number),
  ]);
  const columns = [{ title: 'Time' }, { title: '' }, { title: 'Increments', number: true }];
  replace(
    byId('freshness-body'),
    h(
      'div',
      { class: 'tiles three' },
      percentile('p50', p50),
      percentile('p90', p90),
      percentile('p99', p99),
    ),
    h('div', { class: 'dense' }, table('Freshness', columns, rows)),
  );
}
