import { setText, controlById } from './dom.ts';

export interface Refreshed {
  /** Seconds until there is new data. */
  readonly refreshSeconds: number;
  readonly show: () => void;
}

export interface PollingOptions {
  /** Reads the data. They are not shown if the page was paused, or asked for newer ones, meanwhile. */
  readonly refresh: () => Promise<Refreshed>;
  /** Says whether a retry may help. */
  readonly failed: (error: unknown) => boolean;
  readonly paused: () => void;
}

/** The pause after a failure; it doubles up to the maximum. The client has already retried. */
const retrySeconds = 2;
const retrySecondsMax = 10;

/** Refreshes repeatedly, except while paused or while the page is hidden. */
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
      const { refreshSeconds, show } = await refresh();
      // Paused, or asked again, since then.
      if (mine !== turn) return;
      show();
      seconds = Math.max(1, refreshSeconds);
      failures = 0;
    } catch (error) {
      if (mine !== turn || stopped || !failed(error)) return;
      seconds = Math.min(retrySeconds * 2 ** failures, retrySecondsMax);
      failures += 1;
    }
    if (!document.hidden) timer = setTimeout(() => void run(), seconds * 1000);
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
  // The page returns from the back/forward cache, or the network returns.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) again();
  });
  addEventListener('online', again);
  void run();
  return { again };
}
