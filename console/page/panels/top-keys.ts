import { hotKeys, words, type HotCounters } from '../api.ts';
import { byId, h, linkButton, replace, table } from '../dom.ts';
import { duration, exact } from '../format.ts';
import { visible } from '../visible.ts';
import type { KeySeries } from './key-series.ts';

type HotKey = HotCounters['all']['keys'][number];

const keysShown = 10;
/** Sketches are saved only every few seconds, so not every refresh reads them. */
const askEveryMs = 5000;

/** The most counted keys. One of them is shown over time: the first, or the chosen one. */
export function startTopKeys(series: Pick<KeySeries, 'show' | 'suggest'>): { refresh(): Promise<void> } {
  let which: 'recent' | 'all' = 'recent';
  let answer: HotCounters | undefined;
  let askedAtMs = -Infinity;
  const buttons = { recent: byId('keys-recent'), all: byId('keys-all') };

  const show = (): void => {
    for (const [name, button] of Object.entries(buttons))
      button.setAttribute('aria-pressed', String(name === which));
    if (answer === undefined) return;
    const keys = answer[which].keys.slice(0, keysShown);
    const window = `in the last ${duration(answer.recent.window_ms)}`;
    const most =
      answer[which].keys.length > keysShown ? `The ${keysShown} hottest keys; there are more. ` : '';
    const hint = {
      recent: `Estimates ${window}, too high by at most the error. The last seconds may be missing.`,
      all: 'Exact totals of keys that have been hot.',
    }[which];
    const none = which === 'recent' ? `Nothing was counted ${window}.` : 'Nothing has been counted yet.';
    replace(
      byId('keys-body'),
      ...(keys.length === 0 ? [] : [ranking(keys, series)]),
      h('p', { class: 'hint' }, keys.length === 0 ? none : most + hint),
    );
  };
  for (const name of ['recent', 'all'] as const) {
    buttons[name].addEventListener('click', () => {
      which = name;
      show();
    });
  }
  return {
    async refresh() {
      if (performance.now() - askedAtMs < askEveryMs) return;
      askedAtMs = performance.now();
      try {
        // Reads one more than is shown, to know whether there are more.
        answer = await hotKeys(keysShown + 1);
        if (answer === undefined) {
          askedAtMs = Infinity;
          replace(byId('keys-body'), h('p', { class: 'hint' }, 'This stage keeps no list of hot keys.'));
          return;
        }
        show();
        const hottest = answer[which].keys[0];
        if (hottest !== undefined) series.suggest(hottest.key);
      } catch (error) {
        answer = undefined;
        replace(byId('keys-body'), h('p', { class: 'error' }, words(error)));
      }
    },
  };
}

function ranking(keys: readonly HotKey[], series: Pick<KeySeries, 'show'>): HTMLElement {
  const most = Math.max(1, ...keys.map(({ value }) => Number(value)));
  const rows = keys.map(({ key, value, error_max: error }, index) => {
    const name = visible(key);
    const button = linkButton(name, { focus: key, title: name });
    button.addEventListener('click', () => {
      series.show(key);
    });
    const certain = (Number(value) - Number(error)) / most;
    const range = Number(error) === 0 ? 'exact' : `− ${exact(error)}`;
    return [String(index + 1), button, rankBar(certain, Number(error) / most), exact(value), range];
  });
  const columns = [
    { title: 'Rank', number: true },
    { title: 'Key' },
    { title: '' },
    { title: 'Counted', number: true },
    { title: 'Maximum error', number: true },
  ];
  return h('div', { class: 'ranking dense' }, table('Top keys', columns, rows));
}

/** The certain amount, and paler the possible rest. */
function rankBar(certain: number, uncertain: number): HTMLElement {
  const [sure, maybe] = [h('span', { class: 'fill a' }), h('span', { class: 'fill maybe' })];
  sure.style.width = `${certain * 100}%`;
  maybe.style.width = `${uncertain * 100}%`;
  return h('span', { class: 'bar parts', 'aria-hidden': 'true' }, sure, maybe);
}
