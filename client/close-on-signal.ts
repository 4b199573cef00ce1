import type { IncrementBatcher } from './batch/batcher.ts';

/** The used part of Node's `process`. */
export interface SignalledProcess {
  readonly pid: number;
  once(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

const signals = ['SIGTERM', 'SIGINT'] as const;

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
  const onSignal = (signal: NodeJS.Signals): void => {
    undo();
    void batcher.close(timeoutMs).finally(() => process.kill(process.pid, signal));
  };
  for (const signal of signals) process.once(signal, onSignal);
  return undo;
}
