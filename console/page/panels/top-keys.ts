import { CallError, call } from '../api.ts';
import { bar, byId, h, replace, table } from '../dom.ts';
import { count, duration } from '../format.ts';

interface HotKey {
  readonly key: string;
  readonly value: number;
  readonly error_max: number;
}

interface TopKeys {
  readonly recent: { readonly window_ms: number; readonly keys: readonly HotKey[] };
  readonly all: { readonly keys: readonly HotKey[] };
}

const keysShown = 10;
/** Sketches are flushed seconds apart: asking with every refresh would bring nothing. */
const askEveryMs = 5000;

/** The keys that are counted most; `choose` is told which one somebody wants to see over time. */
export function startTopKeys(choose: (key: string) => void): { refresh(): Promise<void> } {
  let which: 'recent' | 'all' = 'recent';
  let answer: TopKeys | undefined;
  let askedAtMs = -Infinity;
  const buttons = { recent: byId('keys-recent'), all: byId('keys-all') };

  const show = (): void => {
    for (const [name, button] of Object.entries(buttons))
      button.setAttribute('aria-pressed', String(name === which));
    if (answer === undefined) return;
    const keys = answer[which].keys;
    const most = Math.max(1, ...keys.map(({ value }) => value));
    const rows = keys.map(({ key, value, error_max: error }) => {
      const button = h('button', { type: 'button', class: 'link', 'data-focus': key }, key);
      button.addEventListener('click', () => {
        choose(key);
      });
      return [button, bar(value / most), count(value), error === 0 ? 'exact' : `− ${count(error)}`];
    });
    const columns = [
      { title: 'Key' },
      { title: '' },
      { title: 'Counted', number: true },
      { title: 'Error, at most', number: true },
    ];
    const window = which === 'recent' ? `last ${duration(answer.recent.window_ms)}` : 'since the beginning';
    const hint = h(
      'p',
      { class: 'hint' },
      keys.length === 0 ? `Nothing counted, ${window}.` : `By value, ${window}.`,
    );
    const nodes = keys.length === 0 ? [hint] : [table('Top keys', columns, rows), hint];
    replace(byId('keys-body'), ...nodes);
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
        answer = await call<TopKeys>('api/v1/counters', { top: String(keysShown) });
        show();
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        answer = undefined;
        // A stage of an older release does not know the call.
        const unknown = error.status === 400 || error.status === 404;
        if (unknown) askedAtMs = Infinity;
        const text = unknown ? 'Not available: this stage does not rank keys.' : error.message;
        replace(byId('keys-body'), h('p', { class: 'hint' }, text));
      }
    },
  };
}
