import { api, words, type Delivery } from '../api.ts';
import { isNotKept, leaveOut, rangeShown, type Bucket } from '../buckets.ts';
import { createChart } from '../chart.ts';
import { ctrText, goalText, notCountedSum, notCountedText } from '../delivery-words.ts';
import { byId, controlById, h, replace, setText, table } from '../dom.ts';
import { exact } from '../format.ts';
import { moment, momentCell } from '../instants.ts';

export interface AdDelivery {
  /** Reads and shows what was counted of this ad. */
  show(id: string): Promise<void>;
  /** Reads it again if the last time is long enough ago. */
  refresh(): Promise<void>;
  redraw(): void;
}

const askEveryMs = 4000;
const lines = [
  { label: 'impressions', colour: 'a' },
  { label: 'clicks', colour: 'c' },
] as const;
const planLine = { label: 'planned impressions', colour: 'b' } as const;

/** What was counted of one ad: its numbers, why reports were not counted, and a chart over time. */
export function startAdDelivery(): AdDelivery {
  const select = controlById('select', 'ad-bucket');
  const [place, details] = [byId('ad-chart'), byId('ad-points')];
  let shown: Delivery | undefined;
  let wanted = '';
  let asked = 0;
  let askedAtMs = -Infinity;
  const chart = createChart(place, {
    label: 'Impressions and clicks over time',
    lines,
    kind: 'lines',
    describe(index) {
      const point = shown?.points[index];
      if (point === undefined) return '';
      const plan = point.planned === undefined ? '' : `, ${exact(point.planned)} planned`;
      return `${moment(point.at)}: ${exact(point.impressions)} impressions, ${exact(point.clicks)} clicks${plan}`;
    },
  });

  async function load(id: string): Promise<void> {
    const mine = (asked += 1);
    askedAtMs = performance.now();
    const bucket = select.value as Bucket;
    try {
      const { body } = await api.getAdDelivery({ id, bucket, ...rangeShown(bucket) });
      if (mine === asked) showDelivery(body);
    } catch (error) {
      if (mine !== asked) return;
      if (isNotKept(error) && leaveOut(select, bucket)) {
        await load(id);
        return;
      }
      setText(byId('ad-delivery-text'), isNotKept(error) ? 'This stage keeps no series.' : words(error));
    }
  }

  function showDelivery(delivery: Delivery): void {
    shown = delivery;
    const { impressions, clicks, ctr, bucket, points } = delivery;
    const lost = notCountedSum(delivery);
    replace(
      byId('ad-numbers'),
      ...Object.entries({
        Impressions: exact(impressions),
        Clicks: exact(clicks),
        CTR: ctrText(ctr),
        'Not counted': exact(lost),
      }).map(([label, figure]) => tile(label, figure)),
    );
    const nothing = Number(impressions) + Number(clicks) + lost === 0;
    const reasons = lost === 0 ? '' : `Not counted: ${notCountedText(delivery)}. `;
    const isCounted = points.some((one) => one.impressions > 0 || one.clicks > 0);
    const quiet = isCounted ? '' : `Nothing was counted in the last ${points.length} ${bucket}s.`;
    const hasPlan = points.some(({ planned }) => planned !== undefined && planned > 0);
    const inRange = isCounted || hasPlan;
    const goal = goalText(delivery);
    setText(byId('ad-goal'), goal);
    byId('ad-goal').hidden = goal === '';
    setText(
      byId('ad-delivery-text'),
      nothing ? 'Nothing was reported of this ad.' : (reasons + quiet).trim(),
    );
    for (const one of [place, byId('ad-legend'), byId('ad-details')]) one.hidden = !inRange;
    byId('ad-planned').hidden = !hasPlan;
    if (!inRange) return;
    const plan = hasPlan ? points.map(({ planned = 0 }) => planned) : undefined;
    chart.show(
      [
        points.map(({ at }) => Date.parse(at) / 1000),
        points.map((one) => Number(one.impressions)),
        points.map((one) => Number(one.clicks)),
        ...(plan === undefined ? [] : [plan]),
      ],
      { lines: plan === undefined ? lines : [...lines, planLine], kind: 'lines' },
    );
    const columns = [
      { title: `From, by ${bucket}` },
      { title: 'Impressions', number: true },
      { title: 'Clicks', number: true },
      ...(plan === undefined ? [] : [{ title: 'Planned', number: true }]),
    ];
    const rows = points
      .map((one, index) => [
        ...[momentCell(one.at), exact(one.impressions), exact(one.clicks)],
        ...(plan === undefined ? [] : [exact(plan[index] ?? 0)]),
      ])
      .reverse();
    replace(details, h('div', { class: 'tall' }, table(`Delivered by ${bucket}`, columns, rows)));
  }

  select.addEventListener('change', () => {
    void load(wanted);
  });
  return {
    async show(id) {
      wanted = id;
      shown = undefined;
      replace(byId('ad-numbers'));
      setText(byId('ad-delivery-text'), 'Loading…');
      for (const one of [place, byId('ad-legend'), byId('ad-details'), byId('ad-goal')]) one.hidden = true;
      await load(id);
    },
    async refresh() {
      if (performance.now() - askedAtMs >= askEveryMs) await load(wanted);
    },
    redraw: () => {
      chart.redraw();
    },
  };
}

function tile(label: string, figure: string): HTMLElement {
  return h(
    'div',
    { class: 'tile small' },
    h('span', { class: 'label' }, label),
    h('span', { class: 'figure' }, h('b', {}, figure)),
  );
}
