import type { Stats } from '../api.ts';
import { byId, h, replace, table } from '../dom.ts';
import { count, duration, orUnknown } from '../format.ts';

/** The containers that serve reads of ads, with the version and age of their catalogs. */
export function showReaders({ readers, ads, source }: Stats): void {
  const live = h(
    'p',
    { class: 'hint' },
    `${orUnknown(ads.live)} live ads; the limit is ${count(ads.live_max)}.`,
  );
  const columns = [
    { title: 'Container' },
    { title: 'Catalog version', number: true },
    { title: 'Ads', number: true },
    { title: 'Checked', number: true },
  ];
  if (source === 'process') {
    const rows = readers.containers.map((container) => [
      container.name,
      count(container.catalog_version),
      count(container.ads),
      container.checked_ago_ms === null ? 'not yet' : `${duration(container.checked_ago_ms)} ago`,
    ]);
    replace(byId('readers-body'), table('Warm readers', columns, rows), live);
    return;
  }
  const facts = [
    ['Most concurrent calls of query-ads', orUnknown(readers.at_once)],
    ['Newest catalog version loaded', orUnknown(readers.catalog_version)],
    ['Oldest catalog served while the store failed', duration(readers.stale_served_ms)],
  ];
  const note = 'Lambda does not list its containers. These are their metrics.';
  replace(
    byId('readers-body'),
    table('Warm readers', [{ title: 'Metric' }, { title: 'Value', number: true }], facts),
    h('p', { class: 'hint' }, note),
    live,
  );
}
