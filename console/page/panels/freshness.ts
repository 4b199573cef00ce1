import type { Stats } from '../api.ts';
import { bar, byId, h, replace, setText, table } from '../dom.ts';
import { count } from '../format.ts';
import { bound, percentiles, worth } from '../percentiles.ts';

/** A histogram of the time from POST to counted. */
export function showFreshness({ freshness, source }: Stats): void {
  const { buckets, window_seconds: seconds } = freshness;
  setText(byId('freshness-hint'), `POST to counted, last ${seconds} s: ${worth(freshness, source)}`);
  const most = Math.max(1, ...buckets.map((bucket) => bucket.count));
  const tiles = percentiles(freshness).map(({ name, text }) =>
    h('p', { class: 'tile small' }, h('span', { class: 'label' }, name), h('b', {}, text)),
  );
  const rows = buckets.map((bucket, i) => [bound(buckets, i), bar(bucket.count / most), count(bucket.count)]);
  const values = source === 'process' ? 'Increments' : 'Samples';
  const columns = [{ title: 'Time' }, { title: '' }, { title: values, number: true }];
  replace(
    byId('freshness-body'),
    h('div', { class: 'tiles three' }, ...tiles),
    h('div', { class: 'dense' }, table('Freshness', columns, rows)),
  );
}
