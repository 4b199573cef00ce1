import type { Stats } from '../api.ts';
import { byId, h, setText } from '../dom.ts';
import { count, orUnknown, rate, since } from '../format.ts';
import { percentiles } from '../percentiles.ts';

type Text = string | ((stats: Stats) => string);

interface Tile {
  readonly label: Text;
  readonly value: (stats: Stats) => string;
  readonly unit: Text;
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
    unit: ({ source }) => ` ${since(source)}`,
    value: ({ totals }) => count(totals.quarantined),
    bad: ({ totals }) => totals.quarantined > totals.redriven,
  },
  { label: 'Live ads', unit: '', value: ({ ads }) => orUnknown(ads.live) },
];

interface Parts {
  readonly box: HTMLElement;
  readonly label: HTMLElement;
  readonly value: HTMLElement;
  readonly unit: HTMLElement;
}

const made = new Map<Tile, Parts>();

/** The numbers at the top: rates over the window, freshness, problems. */
export function showTiles(stats: Stats): void {
  const place = byId('tiles');
  for (const tile of tiles) {
    let parts = made.get(tile);
    if (parts === undefined) {
      const [label, value, unit] = [h('span', { class: 'label' }), h('b'), h('small')];
      const box = h('p', { class: 'tile' }, label, h('span', { class: 'figure' }, value, unit));
      parts = { box, label, value, unit };
      made.set(tile, parts);
      place.append(box);
    }
    setText(parts.label, textOf(tile.label, stats));
    setText(parts.unit, textOf(tile.unit, stats));
    setText(parts.value, tile.value(stats));
    parts.box.classList.toggle('bad', tile.bad?.(stats) === true);
  }
}

function textOf(text: Text, stats: Stats): string {
  return typeof text === 'string' ? text : text(stats);
}
