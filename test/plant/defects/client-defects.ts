import type { Defect } from '../defect.ts';

export const clientDefects: readonly Defect[] = [
  {
    name: 'client-repeats-unkeyed-writes',
    file: 'client/call/judge.ts',
    find: `    return { next: repeatable ? 'again' : 'failed', ambiguous: writes, healthy: isNotCaughtUp(result.text) };`,
    replace: `    return { next: 'again', ambiguous: writes, healthy: isNotCaughtUp(result.text) };`,
    breaks:
      'A 500, 502, 503 or 504 to a write without an Idempotency-Key is retried although it may have taken effect: increments are counted twice, ads are created twice.',
  },
  {
    name: 'batch-request-kept-after-drop',
    file: 'client/batch/batch.ts',
    find: `    for (const { key } of entries) this.#entries.delete(key);
    this.request = undefined;`,
    replace: '    for (const { key } of entries) this.#entries.delete(key);',
    breaks:
      'After the API has named a faulty increment, the batcher sends the old body with it again and again without a limit, or reports healthy increments as failed.',
  },
  {
    name: 'withdrawn-probe-blocks-the-breaker',
    file: 'client/call/circuit-breaker.ts',
    find: `    this.#probing = false;
    if (outcome === 'none') return;`,
    replace: `    if (outcome === 'none') return;
    this.#probing = false;`,
    breaks:
      'If the caller aborts the call that is the probe, the breaker stays half open for ever and the client never sends anything again.',
  },
  {
    name: 'batcher-never-gives-bytes-back',
    file: 'client/batch/batcher.ts',
    find: `      this.#entries -= size;
      this.#bytes -= bytes;`,
    replace: '      this.#entries -= size;',
    breaks:
      'The account of queued bytes only grows, so after some megabytes of acknowledged increments every add waits or is refused as queue-full.',
  },
];
