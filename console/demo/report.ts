import type { Delivery } from '../../client/index.ts';
import { ctrText, notCountedSum, notCountedText } from '../page/delivery-words.ts';
import { byId, h, replace, table } from '../page/dom.ts';
import { exact } from '../page/format.ts';
import { call } from './api.ts';

export interface ShownAd {
  readonly id: string;
  readonly title: string;
  readonly campaign_id?: string | undefined;
}

interface Row {
  readonly ad: ShownAd;
  /** How often a decision of this tab chose it. */
  chosen: number;
  delivery: Delivery | undefined;
}

export interface Report {
  /** A decision of this page chose these ads. */
  chosen(ads: readonly ShownAd[]): void;
  /** Reads the numbers of all of them again, and shows them. Rejects with a CallError. */
  refresh(): Promise<void>;
}

/** The ads shown longest ago leave the report. */
const adsMax = 12;

/** What was counted of the ads that this tab has shown. */
export function startReport(): Report {
  const rows = new Map<string, Row>();
  let before = new Map<string, string>();

  const show = (): void => {
    const cells = new Map<string, string>();
    /** A figure that stands out for a moment when it changes. */
    const figure = (name: string, text: string): HTMLElement => {
      cells.set(name, text);
      const was = before.get(name);
      return h('span', { class: was !== undefined && was !== text ? 'changed' : undefined }, text);
    };
    const shown = [...rows.values()];
    const sums = sumOf(shown);
    replace(
      byId('tiles'),
      ...Object.entries(sums).map(([name, text]) => tile(name, figure(`sum/${name}`, text))),
    );
    replace(
      byId('report-body'),
      shown.length === 0 ? h('p', { class: 'hint' }, 'No ad was shown yet.') : tableOf(shown, figure),
    );
    before = cells;
  };
  show();

  return {
    chosen(ads) {
      for (const ad of ads) {
        const row = rows.get(ad.id) ?? { ad, chosen: 0, delivery: undefined };
        row.chosen += 1;
        rows.delete(ad.id);
        rows.set(ad.id, row);
      }
      for (const id of [...rows.keys()].slice(0, -adsMax)) rows.delete(id);
      show();
    },
    async refresh() {
      const read = await Promise.all(
        [...rows.keys()].map(async (id) => {
          const response = await call({ method: 'GET', address: `api/v1/ad/${id}/delivery?bucket=day` });
          return [id, (await response.json()) as Delivery] as const;
        }),
      );
      for (const [id, delivery] of read) {
        const row = rows.get(id);
        if (row !== undefined) row.delivery = delivery;
      }
      show();
    },
  };
}

function tableOf(shown: readonly Row[], figure: (name: string, text: string) => HTMLElement): HTMLElement {
  const columns = [
    { title: 'Ad' },
    { title: 'Chosen here', number: true },
    { title: 'Impressions', number: true },
    { title: 'Clicks', number: true },
    { title: 'CTR', number: true },
    { title: 'Not counted' },
  ];
  const cells = [...shown]
    .sort((one, other) => one.ad.title.localeCompare(other.ad.title))
    .map(({ ad, chosen, delivery }) => [
      h('div', { class: 'name' }, h('bdi', {}, ad.title), h('small', {}, ad.campaign_id ?? 'no campaign')),
      figure(`${ad.id}/chosen`, exact(chosen)),
      figure(`${ad.id}/impressions`, delivery === undefined ? '–' : exact(delivery.impressions)),
      figure(`${ad.id}/clicks`, delivery === undefined ? '–' : exact(delivery.clicks)),
      figure(`${ad.id}/ctr`, delivery === undefined ? '–' : ctrText(delivery.ctr)),
      figure(`${ad.id}/not`, delivery === undefined ? '–' : notCountedText(delivery)),
    ]);
  return table('Ads shown', columns, cells);
}

function sumOf(shown: readonly Row[]): Readonly<Record<string, string>> {
  const deliveries = shown.flatMap(({ delivery }) => (delivery === undefined ? [] : [delivery]));
  const add = (of: (one: Delivery) => number | bigint): number =>
    deliveries.reduce((sum, one) => sum + Number(of(one)), 0);
  const [impressions, clicks] = [add((one) => one.impressions), add((one) => one.clicks)];
  return {
    Impressions: exact(impressions),
    Clicks: exact(clicks),
    CTR: ctrText(impressions === 0 ? null : clicks / impressions),
    'Not counted': exact(add(notCountedSum)),
  };
}

function tile(label: string, figure: HTMLElement): HTMLElement {
  return h(
    'div',
    { class: 'tile' },
    h('span', { class: 'label' }, label),
    h('span', { class: 'figure' }, h('b', {}, figure)),
  );
}
