import type { IncrementBatcher } from './batch/batcher.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;
type Signal = (typeof signals)[number];

/** The used part of Node's `process`. */
export interface SignalledProcess {
  readonly pid: number;
  once(signal: Signal, listener: (signal: Signal) => void): unknown;
  off(signal: Signal, listener: (signal: Signal) => void): unknown;
  kill(pid: number, signal: Signal): unknown;
}

/**
 * In Node: on SIGTERM or SIGINT, closes the batcher within `timeoutMs` (default 10,000), then lets the
 * process end. A process that ends by itself does not need this: it lives until the queue is empty. It cannot
 * help against `process.exit()` and SIGKILL. Returns a function that undoes this.
 */
export function closeOnSignal(
  batcher: Pick<IncrementBatcher, 'close'>,
  { timeoutMs, process = globalThis.process }: { timeoutMs?: number; process?: SignalledProcess } = {},
): () => void {
  const undo = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  const onSignal = (signal: Signal): void => {
    undo();
    void batcher.close(timeoutMs).finally(() => process.kill(process.pid, signal));
  };
  for (const signal of signals) process.once(signal, onSignal);
  return undo;
}
