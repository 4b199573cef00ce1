import { api, words, type Ad, type AdList } from '../api.ts';
import { onPress, setUsable } from '../button.ts';
import { byId, controlById, h, replace, setText, table } from '../dom.ts';
import { count, plural } from '../format.ts';
import { dayCell, period } from '../instants.ts';
import { ages } from './ad-dialog.ts';
import { adName } from './explain.ts';

/** Reads 500 ads and draws the 40 that end first. */
const pagesMax = 5;
const perPage = 100;
const drawnMax = 40;

const hourMs = 3_600_000;

/** Live ads as bars over time, soonest end first; or those that have ended, the last first. */
export function startAds({ openAd }: { readonly openAd: (id: string) => Promise<void> }): {
  load(): Promise<void>;
} {
  const button = controlById('button', 'ads-load');
  const which = controlById('select', 'ads-which');
  const load = async (): Promise<void> => {
    setUsable(button, false);
    const wanted = which.value;
    try {
      if (wanted === 'ended') {
        const { body } = await api.listAds({ status: 'ended', limit: drawnMax });
        if (wanted === which.value) showEnded(body, (id) => void openAd(id));
        return;
      }
      const ads: Ad[] = [];
      let cursor: string | null | undefined;
      for (let page = 0; page < pagesMax && cursor !== null; page += 1) {
        const { body }: { body: AdList } = await api.listAds({ limit: perPage, cursor });
        ads.push(...body.ads);
        cursor = body.next_cursor;
      }
      // Another list was chosen meanwhile, and is on its way.
      if (wanted === which.value) showLive(ads, cursor !== null, (id) => void openAd(id));
    } catch (error) {
      say(words(error), true);
    } finally {
      setUsable(button, true);
    }
  };
  onPress(button, load);
  which.addEventListener('change', () => void load());
  return { load };
}

function showLive(ads: readonly Ad[], more: boolean, openAd: (id: string) => void): void {
  const nowMs = Date.now();
  const drawn = [...ads].sort((a, b) => Date.parse(a.end_at) - Date.parse(b.end_at)).slice(0, drawnMax);
  say(shownOf(drawn.length, ads.length, more));
  // Ads may run for years, so the picture shows a period around now in which nearby starts and ends are
  // distinct.
  const ends = drawn.map((ad) => Date.parse(ad.end_at) - nowMs);
  const ahead = Math.max(hourMs, quantile(ends, 0.8) * 1.2);
  draw(drawn, { from: nowMs - ahead / 2, to: nowMs + ahead }, nowMs, openAd);
}

function showEnded({ ads, next_cursor: next }: AdList, openAd: (id: string) => void): void {
  const nowMs = Date.now();
  const some =
    next === null ? plural(ads.length, 'ended ad') : `Showing the ${ads.length} ads that ended last.`;
  say(ads.length === 0 ? 'No ended ads.' : some);
  const starts = ads.map((ad) => nowMs - Date.parse(ad.start_at));
  draw(ads, { from: nowMs - Math.max(hourMs, quantile(starts, 0.8) * 1.2), to: nowMs }, nowMs, openAd);
}

function draw(
  ads: readonly Ad[],
  window: { readonly from: number; readonly to: number },
  nowMs: number,
  openAd: (id: string) => void,
): void {
  if (ads.length === 0) {
    replace(byId('ads-body'));
    return;
  }
  const columns = [
    { title: 'Ad' },
    { title: period(window.from, window.to) },
    { title: 'Start' },
    { title: 'End' },
    { title: 'Audience' },
  ];
  const rows = ads.map((ad) => [
    adName(ad.id, ad.title, openAd),
    lane(ad, window, nowMs),
    dayCell(ad.start_at),
    dayCell(ad.ended_at ?? ad.end_at),
    h('span', { class: 'audience' }, ad.status === 'paused' ? `paused; ${audience(ad)}` : audience(ad)),
  ]);
  replace(byId('ads-body'), h('div', { class: 'ads tall' }, table('Ads over time', columns, rows)));
}

function say(text: string, bad = false): void {
  const hint = byId('ads-hint');
  hint.classList.toggle('error', bad);
  setText(hint, text);
}

/** Says which of the live ads are drawn. They are read by id, so in order of creation. */
function shownOf(drawn: number, read: number, more: boolean): string {
  if (drawn === 0) return 'No live ads.';
  if (more)
    return `Showing ${drawn} of more than ${count(read)} live ads: those of the ${count(read)} oldest that end first.`;
  if (drawn < read) return `Showing ${drawn} of ${count(read)} live ads: those that end first.`;
  return plural(read, 'live ad');
}

function lane(ad: Ad, { from, to }: { from: number; to: number }, nowMs: number): HTMLElement {
  const place = (ms: number): number => (Math.max(from, Math.min(to, ms)) - from) / (to - from);
  const [start, end, now] = [place(Date.parse(ad.start_at)), place(Date.parse(ad.end_at)), place(nowMs)];
  const begun = Date.parse(ad.start_at) <= nowMs;
  const paused = ad.status === 'paused';
  const state = ad.ended_at !== undefined ? 'ended' : paused ? 'paused' : begun ? 'started' : 'not started';
  const inner = h('span', { class: `fill ${state === 'started' ? 'b' : 'c'}` });
  inner.style.left = `${start * 100}%`;
  inner.style.width = `${Math.max(0.5, (end - start) * 100)}%`;
  const line = h('span', { class: 'now' });
  line.style.left = `${now * 100}%`;
  return h('span', { class: 'timeline' }, inner, line, h('span', { class: 'sr' }, state));
}

/** The text that fits a row; the dialog has all of it. */
const countriesShown = 4;

function audience(ad: Ad): string {
  const age = ages(ad);
  const more = ad.country.length - countriesShown;
  const countries = ad.country.slice(0, countriesShown).join(' ') + (more > 0 ? ` and ${more} more` : '');
  const parts = [
    age === undefined ? '' : `age ${age}`,
    ad.gender.join('/'),
    countries,
    ad.platform.join(' '),
  ];
  return parts.filter((part) => part !== '').join(', ') || 'anyone';
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
