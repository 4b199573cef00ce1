import { api, words, type AdList } from '../api.ts';
import { byId, h, replace, setText, table, controlById } from '../dom.ts';
import { count, date, moment } from '../format.ts';

type Ad = AdList['ads'][number];

/** 500 ads are read, and of those the 40 that end first are drawn. */
const pagesMax = 5;
const perPage = 100;
const drawnMax = 40;

const dayMs = 86_400_000;

/** Live ads as bars over time, soonest end first. */
export function startAds(): { load(): Promise<void> } {
  const button = controlById('button', 'ads-load');
  const load = async (): Promise<void> => {
    button.disabled = true;
    try {
      const ads: Ad[] = [];
      let cursor: string | null | undefined;
      for (let page = 0; page < pagesMax && cursor !== null; page += 1) {
        const { body }: { body: AdList } = await api.listAds({ limit: perPage, cursor });
        ads.push(...body.ads);
        cursor = body.next_cursor;
      }
      show(ads, cursor !== null);
    } catch (error) {
      setText(byId('ads-hint'), words(error));
    } finally {
      button.disabled = false;
    }
  };
  button.addEventListener('click', () => void load());
  return { load };
}

function show(ads: readonly Ad[], more: boolean): void {
  const nowMs = Date.now();
  const drawn = [...ads].sort((a, b) => Date.parse(a.end_at) - Date.parse(b.end_at)).slice(0, drawnMax);
  const of = more ? `${count(ads.length)} read, there are more` : `${count(ads.length)} live`;
  const which = drawn.length < ads.length ? `, the ${drawn.length} that end first` : '';
  setText(byId('ads-hint'), `${of}${which}`);
  if (drawn.length === 0) {
    replace(byId('ads-body'), h('p', { class: 'hint' }, 'No live ads.'));
    return;
  }
  // Ads may run for years: the picture shows a time around now in which most of what is near can be told apart.
  const ends = drawn.map((ad) => Date.parse(ad.end_at) - nowMs);
  const ahead = Math.max(dayMs / 24, quantile(ends, 0.8) * 1.2);
  const window = { from: nowMs - ahead / 2, to: nowMs + ahead };
  const instant = ahead > 2 * dayMs ? date : moment;
  const columns = [
    { title: 'Title' },
    { title: `${instant(window.from)} – ${instant(window.to)}` },
    { title: 'Start' },
    { title: 'End' },
    { title: 'Audience' },
  ];
  const rows = drawn.map((ad) => [
    h('span', { class: 'clip', title: ad.title }, ad.title),
    lane(ad, window, nowMs),
    date(ad.start_at),
    date(ad.end_at),
    h('span', { class: 'clip', title: audience(ad) }, audience(ad)),
  ]);
  replace(byId('ads-body'), h('div', { class: 'ads tall' }, table('Ads over time', columns, rows)));
}

function lane(ad: Ad, { from, to }: { from: number; to: number }, nowMs: number): HTMLElement {
  const place = (ms: number): number => (Math.max(from, Math.min(to, ms)) - from) / (to - from);
  const [start, end, now] = [place(Date.parse(ad.start_at)), place(Date.parse(ad.end_at)), place(nowMs)];
  const begun = Date.parse(ad.start_at) <= nowMs;
  const inner = h('span', { class: `fill ${begun ? 'b' : 'c'}` });
  inner.style.left = `${start * 100}%`;
  inner.style.width = `${Math.max(0.5, (end - start) * 100)}%`;
  const line = h('span', { class: 'now' });
  line.style.left = `${now * 100}%`;
  return h(
    'span',
    { class: 'timeline' },
    inner,
    line,
    h('span', { class: 'sr' }, begun ? 'shown now' : 'not begun'),
  );
}

function audience(ad: Ad): string {
  const ages =
    ad.age_start === null && ad.age_end === null ? '' : `${ad.age_start ?? ''}–${ad.age_end ?? ''} years`;
  const parts = [ages, ad.gender.join('/'), ad.country.join(' '), ad.platform.join(' ')];
  return parts.filter((part) => part !== '').join(', ') || 'anyone';
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
