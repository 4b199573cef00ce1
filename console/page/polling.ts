import { setText, controlById } from './dom.ts';

export interface PollingOptions {
  /** Resolves to the seconds until there is something new. */
  readonly refresh: () => Promise<number>;
  readonly failed: (error: unknown) => void;
  readonly paused: () => void;
}

/** After a failure; doubles up to the most. */
const retrySeconds = 2;
const retrySecondsMax = 30;

/** Refreshes one after another, not while the button says pause nor while nobody sees the page. */
export function startPolling({ refresh, failed, paused }: PollingOptions): { again(): void } {
  const button = controlById('button', 'pause');
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let turn = 0;

  const run = async (): Promise<void> => {
    clearTimeout(timer);
    const mine = (turn += 1);
    let seconds: number;
    try {
      seconds = Math.max(1, await refresh());
      failures = 0;
    } catch (error) {
      if (mine !== turn || stopped) return;
      failed(error);
      seconds = Math.min(retrySeconds * 2 ** failures, retrySecondsMax);
      failures += 1;
    }
    if (mine === turn && !stopped && !document.hidden) timer = setTimeout(() => void run(), seconds * 1000);
  };

  button.addEventListener('click', () => {
    stopped = !stopped;
    button.setAttribute('aria-pressed', String(stopped));
    setText(button, stopped ? 'Go on' : 'Pause');
    if (!stopped) void run();
    else {
      turn += 1;
      clearTimeout(timer);
      paused();
    }
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && !stopped) void run();
  });
  void run();
  return {
    again() {
      failures = 0;
      if (!stopped) void run();
    },
  };
}
