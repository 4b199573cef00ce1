import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import type { Timer } from './timer-heap.ts';

/** What sets a timer in virtual time. */
interface VirtualTimers {
  after(delayMs: number, action: () => void): Timer;
}

/** The only real time in a seed: a turn of the event loop, so that promises run dry. */
export const realSetImmediate = timers.setImmediate;

const realDateNow = Date.now;
// eslint-disable-next-line no-restricted-properties -- kept to be put back
const realRandom = Math.random;
const realSetTimeout = timers.setTimeout;
const realClearTimeout = timers.clearTimeout;

let current: VirtualTimers | undefined;

/**
 * From here on libraries find virtual time where they would find the machine's (middy ends a handler 5 ms
 * before its function's limit, by `setTimeout`), and code that asks the machine's clock or its dice is found
 * out.
 */
export function enterVirtualTime(kernel: VirtualTimers): () => void {
  current = kernel;
  timers.setTimeout = virtualSetTimeout as unknown as typeof timers.setTimeout;
  timers.clearTimeout = virtualClearTimeout;
  syncBuiltinESMExports();
  globalThis.setTimeout = timers.setTimeout;
  globalThis.clearTimeout = timers.clearTimeout;
  Date.now = forbidden('Date.now');
  // eslint-disable-next-line no-restricted-properties -- it is taken away here
  Math.random = forbidden('Math.random');
  return leaveVirtualTime;
}

function leaveVirtualTime(): void {
  current = undefined;
  timers.setTimeout = realSetTimeout;
  timers.clearTimeout = realClearTimeout;
  syncBuiltinESMExports();
  globalThis.setTimeout = realSetTimeout;
  globalThis.clearTimeout = realClearTimeout;
  Date.now = realDateNow;
  // eslint-disable-next-line no-restricted-properties -- it is put back here
  Math.random = realRandom;
}

function forbidden(name: string): () => number {
  return () => {
    throw new Error(`${name} was called inside the simulation`);
  };
}

/** A timer of a seed that has ended belongs to nobody. */
function virtualSetTimeout(action: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]): unknown {
  const timer = current?.after(delayMs, () => {
    action(...args);
  });
  return { timer, ref: nothing, unref: nothing, hasRef: () => true };
}

function virtualClearTimeout(handle: unknown): void {
  const { timer } = (handle ?? {}) as { timer?: { cancelled: boolean } };
  if (timer !== undefined) timer.cancelled = true;
}

function nothing(): void {
  // A virtual timer keeps no process alive.
}
