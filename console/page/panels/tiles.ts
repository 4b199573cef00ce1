import type { Stats } from '../api.ts';
import { byId, h, setText } from '../dom.ts';
import { count, orUnknown, rate } from '../format.ts';
import { percentiles } from '../percentiles.ts';

interface Tile {
  readonly label: string | ((stats: Stats) => string);
  readonly value: (stats: Stats) => string;
  readonly unit: string;
  readonly bad?: (stats: Stats) => boolean;
}

const tiles: readonly Tile[] = [
  { label: 'Requests', unit: '/s', value: ({ rates }) => rate(rates.requests) },
  { label: 'Accepted', unit: '/s', value: ({ rates }) => rate(rates.accepted + rates.added_at_once) },
  { label: 'Counted', unit: '/s', value: ({ rates }) => rate(rates.counted + rates.added_at_once) },
  {
    label: ({ freshness }) => `Freshness, ${percentiles(freshness)[2].name}`,
    unit: '',
    value: ({ freshness }) => percentiles(freshness)[2].text,
  },
  { label: 'Refused, 4xx', unit: '/s', value: ({ rates }) => rate(rates.refused) },
  {
    label: 'Failed, 5xx',
    unit: '/s',
    value: ({ rates }) => rate(rates.errors),
    bad: ({ rates }) => rates.errors > 0,
  },
  {
    label: 'Quarantined',
    unit: '',
    value: ({ totals }) => count(totals.quarantined),
    bad: ({ totals }) => totals.quarantined > totals.redriven,
  },
  { label: 'Live ads', unit: '', value: ({ ads }) => orUnknown(ads.live) },
];

const made = new Map<Tile, { box: HTMLElement; label: HTMLElement; value: HTMLElement }>();

/** The figures at the top: rates over the window, freshness, what is wrong. */
export function showTiles(stats: Stats): void {
  const place = byId('tiles');
  for (const tile of tiles) {
    let parts = made.get(tile);
    if (parts === undefined) {
      const [label, value] = [h('span', { class: 'label' }), h('b')];
      const box = h(
        'p',
        { class: 'tile' },
        label,
        h('span', { class: 'figure' }, value, h('small', {}, tile.unit)),
      );
      parts = { box, label, value };
      made.set(tile, parts);
      place.append(box);
    }
    setText(parts.label, typeof tile.label === 'string' ? tile.label : tile.label(stats));
    setText(parts.value, tile.value(stats));
    parts.box.classList.toggle('bad', tile.bad?.(stats) === true);
  }
}
