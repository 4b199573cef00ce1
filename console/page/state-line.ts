import { byId, setText } from './dom.ts';
import { duration, time } from './format.ts';

type Kind = 'asking' | 'live' | 'late' | 'paused' | 'failed';

export interface StateLine {
  /** Figures came. `late`: of what they are late, if anything. */
  live(figures: { readonly at: string; readonly late: string; readonly refreshSeconds: number }): void;
  failed(message: string): void;
  paused(): void;
}

/** So many refreshes may fail to come before figures are called old, and at least so long. */
const refreshesMissedMax = 3;
const quietMsMin = 5000;
const tickMs = 1000;

/** Says what the figures are worth: of now, of some time ago, or none; what is old is grey as well, and in the title. */
export function startStateLine(): StateLine {
  const line = byId('state');
  const title = document.title;
  let kind: Kind = 'asking';
  let message = '';
  let figures: { at: string; late: string; quietMsMax: number; cameAtMs: number } | undefined;

  const write = (): void => {
    const ageMs = figures === undefined ? 0 : performance.now() - figures.cameAtMs;
    if (kind === 'live' && figures !== undefined && ageMs > figures.quietMsMax) kind = 'late';
    const old =
      figures === undefined
        ? ''
        : `Figures are of ${time(figures.at)}; the last came ${duration(roundedMs(ageMs))} ago.`;
    const texts: Readonly<Record<Kind, string>> = {
      asking: 'Asking for figures…',
      live: `Live${figures?.late ?? ''}, as of ${figures === undefined ? '' : time(figures.at)}`,
      late: `No new figures. ${old}`,
      paused: `Paused. ${old}`,
      failed: `${message} ${old}`,
    };
    // The time alone is no news for a screen reader: only another kind of state is announced.
    line.setAttribute('aria-live', line.dataset['kind'] === kind ? 'off' : 'polite');
    line.dataset['kind'] = kind;
    document.body.classList.toggle('old', kind !== 'live' && figures !== undefined);
    document.title = kind === 'failed' || kind === 'late' ? `⚠ ${title}` : title;
    setText(line, texts[kind].trim());
  };
  const enter = (next: Kind): void => {
    kind = next;
    write();
  };
  setInterval(write, tickMs);
  return {
    live({ at, late, refreshSeconds }) {
      const quietMsMax = Math.max(quietMsMin, refreshesMissedMax * refreshSeconds * 1000);
      figures = { at, late, quietMsMax, cameAtMs: performance.now() };
      enter('live');
    },
    failed(text) {
      message = text;
      enter('failed');
    },
    paused: () => {
      enter('paused');
    },
  };
}

function roundedMs(ms: number): number {
  return Math.max(1, Math.round(ms / 1000)) * 1000;
}
