import type { IncrementBatcher } from './batch/batcher.ts';

/** What is used of Node's `process`. */
export interface SignalledProcess {
  readonly pid: number;
  once(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

const signals = ['SIGTERM', 'SIGINT'] as const;

/**
 * In Node: a SIGTERM or SIGINT closes the batcher first, within `timeoutMs` (default 10,000), and then ends the process as
 * it would have. A process that simply comes to its end needs nothing of this: it lives until the queue is empty. Nothing
 * helps against `process.exit()` and SIGKILL. Returns the function that undoes this.
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
