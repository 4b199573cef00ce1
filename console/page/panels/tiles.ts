import type { Stats } from '../api.ts';
import { byId, h, setText } from '../dom.ts';
import { count, duration, orUnknown, rate } from '../format.ts';

interface Tile {
  readonly label: string;
  readonly value: (stats: Stats) => string;
  readonly unit: string;
  readonly bad?: (stats: Stats) => boolean;
}

const tiles: readonly Tile[] = [
  { label: 'Requests', unit: '/s', value: ({ rates }) => rate(rates.requests) },
  { label: 'Accepted', unit: '/s', value: ({ rates }) => rate(rates.accepted + rates.added_at_once) },
  { label: 'Counted', unit: '/s', value: ({ rates }) => rate(rates.counted + rates.added_at_once) },
  { label: 'Fresh, p99', unit: '', value: ({ freshness }) => duration(freshness.p99_ms) },
  { label: 'Refused, 4xx', unit: '/s', value: ({ rates }) => rate(rates.refused) },
  {
    label: 'Failed, 5xx',
    unit: '/s',
    value: ({ rates }) => rate(rates.errors),
    bad: ({ rates }) => rates.errors > 0,
  },
  {
    label: 'Given up',
    unit: '',
    value: ({ totals }) => count(totals.quarantined),
    bad: ({ totals }) => totals.quarantined > totals.redriven,
  },
  { label: 'Live ads', unit: '', value: ({ ads }) => orUnknown(ads.live) },
];

const made = new Map<Tile, { box: HTMLElement; value: HTMLElement }>();

/** The figures at the top: rates over the window, freshness, what is wrong. */
export function showTiles(stats: Stats): void {
  const place = byId('tiles');
  for (const tile of tiles) {
    let parts = made.get(tile);
    if (parts === undefined) {
      const value = h('b');
      const box = h(
        'p',
        { class: 'tile' },
        h('span', { class: 'label' }, tile.label),
        h('span', { class: 'figure' }, value, h('small', {}, tile.unit)),
      );
      parts = { box, value };
      made.set(tile, parts);
      place.append(box);
    }
    setText(parts.value, tile.value(stats));
    parts.box.classList.toggle('bad', tile.bad?.(stats) === true);
  }
}
