import { byId, setText } from './dom.ts';
import { duration } from './format.ts';
import { time } from './instants.ts';

type Kind = 'asking' | 'live' | 'late' | 'paused' | 'failed';

export interface StateLine {
  /** New data arrived. `from`: its source, if not the pipeline itself. */
  live(figures: { readonly at: string; readonly from: string; readonly refreshSeconds: number }): void;
  failed(message: string): void;
  paused(): void;
}

/** Data counts as old after this many missed refreshes, but not before this time. */
const refreshesMissedMax = 3;
const quietMsMin = 5000;
const tickMs = 1000;

/** Shows the age of the data. Old data turns grey, and the tab's title gets a mark. */
export function startStateLine(): StateLine {
  const line = byId('state');
  const title = document.title;
  let kind: Kind = 'asking';
  let message = '';
  let figures: { at: string; from: string; quietMsMax: number; cameAtMs: number } | undefined;

  const write = (): void => {
    const ageMs = figures === undefined ? 0 : performance.now() - figures.cameAtMs;
    if (kind === 'live' && figures !== undefined && ageMs > figures.quietMsMax) kind = 'late';
    const old =
      figures === undefined
        ? ''
        : `Last data: ${time(figures.at)}, received ${duration(roundedMs(ageMs))} ago.`;
    const texts: Readonly<Record<Kind, string>> = {
      asking: 'Loading…',
      live: `Live${figures?.from ?? ''}, as of ${figures === undefined ? '' : time(figures.at)}`,
      late: `No new data. ${old}`,
      paused: `Paused. ${old}`,
      failed: `${message} ${old}`,
    };
    // Screen readers announce only a change of state, not each new time.
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
    live({ at, from, refreshSeconds }) {
      const quietMsMax = Math.max(quietMsMin, refreshesMissedMax * refreshSeconds * 1000);
      figures = { at, from, quietMsMax, cameAtMs: performance.now() };
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
