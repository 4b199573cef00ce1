import { api, words } from '../api.ts';
import { byId, h, replace, table } from '../dom.ts';
import { exact } from '../format.ts';

const callersShown = 10;
/** Usage is written every ten seconds, so not every refresh reads it. */
const askEveryMs = 10_000;

/** The calls and increments of each caller today (UTC). */
export function startUsage(): { refresh(): Promise<void> } {
  let askedAtMs = -Infinity;
  return {
    async refresh() {
      if (performance.now() - askedAtMs < askEveryMs) return;
      askedAtMs = performance.now();
      const body = byId('usage-body');
      try {
        const { callers, next_cursor: next } = (await api.listCallers({ limit: callersShown })).body;
        const columns = [
          { title: 'Principal' },
          { title: 'Calls', number: true },
          { title: 'Increments', number: true },
        ];
        const rows = callers.map(({ principal, calls, increments }) => [
          principal,
          exact(calls),
          exact(increments),
        ]);
        const most = next === null ? '' : `The first ${callersShown} callers; there are more. `;
        const hint = callers.length === 0 ? 'Nobody has called today.' : `${most}Up to ten seconds late.`;
        replace(
          body,
          ...(callers.length === 0 ? [] : [table('Usage today', columns, rows)]),
          h('p', { class: 'hint' }, hint),
        );
      } catch (error) {
        replace(body, h('p', { class: 'error' }, words(error)));
      }
    },
  };
}
