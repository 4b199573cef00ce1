import type { Stats } from '../api.ts';
import { byId, h, replace, table } from '../dom.ts';
import { count, duration, orUnknown, plural } from '../format.ts';

/** The containers that serve reads of ads, with the version and age of their catalogs. */
export function showReaders({ readers, ads, source }: Stats): void {
  const live = h(
    'p',
    { class: 'hint' },
    `${orUnknown(ads.live)} live ads; the limit is ${count(ads.live_max)}. ${changesText(ads.changes)}`,
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
    replace(byId('readers-body'), table('Warm readers', columns, rows), releasesOf(readers), live);
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
    releasesOf(readers),
    h('p', { class: 'hint' }, note),
    live,
  );
}

/** The releases that answer reads of ads, their share of the calls, and whether they were warm first. */
function releasesOf({ releases }: Stats['readers']): HTMLElement {
  if (releases === null)
    return h('p', { class: 'hint' }, 'Which releases answer is not known at the moment.');
  const columns = [
    { title: 'Release' },
    { title: 'Share of the calls', number: true },
    { title: 'Warm before its first call' },
  ];
  const rows = releases.map(({ version, share, warm_containers: warm }) => [
    version,
    `${count(share * 100)} %`,
    warm === null
      ? 'not awaited'
      : warm === 0
        ? 'not yet'
        : `${count(warm)} ${warm === 1 ? 'container' : 'containers'}`,
  ]);
  return table('Releases', columns, rows);
}

function changesText(changes: Stats['ads']['changes']): string {
  if (changes === null) return 'How many changes they had is not known.';
  const { created, updated, deleted, expired } = changes;
  return `In all: ${count(created)} created, ${plural(updated, 'update')}, ${count(deleted)} deleted, ${count(expired)} expired.`;
}
