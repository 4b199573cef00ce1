import type { IncrementBatcher } from './batch/batcher.ts';

/** The used part of a browser's `window`. */
export interface PageEvents {
  addEventListener(type: 'pagehide', listener: () => void): void;
  removeEventListener(type: 'pagehide', listener: () => void): void;
}

/**
 * In a browser: when the page closes, sends what the batcher has by requests that outlive it, up to the 64 KiB
 * that browsers allow. Returns a function that undoes this.
 */
export function flushOnPageHide(
  batcher: Pick<IncrementBatcher, 'sendBeforeUnload'>,
  page: PageEvents,
): () => void {
  const listener = (): void => {
    batcher.sendBeforeUnload();
  };
  page.addEventListener('pagehide', listener);
  return () => {
    page.removeEventListener('pagehide', listener);
  };
}
