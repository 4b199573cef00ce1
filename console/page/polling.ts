import { setText, controlById } from './dom.ts';

export interface PollingOptions {
  /** Resolves to the seconds until there is something new. */
  readonly refresh: () => Promise<number>;
  /** Says whether asking again may help. */
  readonly failed: (error: unknown) => boolean;
  readonly paused: () => void;
}

/** After a failure; doubles up to the most. The client has tried more than once by then. */
const retrySeconds = 2;
const retrySecondsMax = 10;

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
      if (mine !== turn || stopped || !failed(error)) return;
      seconds = Math.min(retrySeconds * 2 ** failures, retrySecondsMax);
      failures += 1;
    }
    if (mine === turn && !stopped && !document.hidden) timer = setTimeout(() => void run(), seconds * 1000);
  };
  const again = (): void => {
    failures = 0;
    if (!stopped) void run();
  };

  button.addEventListener('click', () => {
    stopped = !stopped;
    button.setAttribute('aria-pressed', String(stopped));
    setText(button, stopped ? 'Resume' : 'Pause');
    if (!stopped) {
      again();
      return;
    }
    turn += 1;
    clearTimeout(timer);
    paused();
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) again();
  });
  // A page that comes back from the browser's memory, and a network that does.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) again();
  });
  addEventListener('online', again);
  void run();
  return { again };
}
