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
  {
    name: 'all-classes-share-the-slots-of-one',
    file: 'client/call/sender.ts',
    find: '    const lane = this.#lanes[sending.operationClass];',
    replace: '    const lane = this.#lanes.increments;',
    breaks: 'Three writes that hang on all their connections hold up every read of the client.',
  },
  {
    name: 'move-of-an-ambiguous-write-is-free',
    file: 'client/call/sender.ts',
    find: `    const isFree = isFirstMove && result.type === 'failed' && result.neverSent;`,
    replace: '    const isFree = isFirstMove;',
    breaks:
      'With a second address each call that fails is sent twice whatever the retry budget says: an overloaded deployment gets twice the requests.',
  },
  {
    name: 'late-success-undoes-the-fall-back',
    file: 'client/call/endpoints.ts',
    find: 'if (index === this.#current || changes !== this.#changes) return;',
    replace: 'if (index === this.#current) return;',
    breaks:
      'A slow call that was sent before the first address failed brings all calls back to it, and they fail or wait there.',
  },
  {
    name: 'aborted-waiter-keeps-its-slot',
    file: 'client/call/slots.ts',
    find: '        this.#waiting.delete(take);',
    replace: '',
    breaks:
      'A call that gave up waiting still gets the next free slot and never gives it back: after as many as there are slots its class sends nothing any more.',
  },
  {
    name: 'connect-timer-outlives-the-connection',
    file: 'client/transport/node-transport.ts',
    find: `      isOpen = true;
      stopTimer();`,
    replace: '      isOpen = true;',
    breaks:
      'A request whose answer takes longer than the time-out of a connection is destroyed, and writes become ambiguous.',
  },
  {
    name: 'flush-forgets-its-tokens',
    file: 'client/batch/batcher.ts',
    find: `    await Promise.all(batches.map((batch) => batch.settled));
    this.#onFlushed();`,
    replace: '    await Promise.all(batches.map((batch) => batch.settled));',
    breaks: 'A read after flush() does not wait, and mostly shows the total before it.',
  },
  {
    name: 'ambiguous-write-called-safe',
    file: 'client/errors.ts',
    find: `  return idempotencyKey === undefined ? 'unsafe' : 'with-key';`,
    replace: `  return idempotencyKey === undefined ? 'safe' : 'with-key';`,
    breaks: 'A caller is told that a write without a key that may have been counted can be made again.',
  },
  {
    name: 'list-with-a-new-key-for-each-run',
    file: 'client/bulk/increment-all.ts',
    find: 'const idempotencyKey = name === undefined ? undefined : `${name}/${place}`;',
    replace:
      'const idempotencyKey = name === undefined ? undefined : `${name}/${place}/${performance.now()}`;',
    breaks: 'A list that is sent again under its name is counted twice.',
  },
  {
    name: 'list-cut-without-its-names',
    file: 'client/bulk/send-all.ts',
    find: '    if (isFull || names.has(name)) {',
    replace: '    if (isFull) {',
    breaks: 'Two ads with one external id go in one request, which the API refuses for the later one.',
  },
  {
    name: 'events-not-logged-taken-for-accepted',
    file: 'client/batch/event-batcher.ts',
    find: '      const undecided = new Set([...left, ...at(body.rejected)]);',
    replace: '      const undecided = new Set(at(body.rejected));',
    breaks:
      'Of a batch that was logged in part, the rest is called accepted, and counts as failed or accepted again.',
  },
  {
    name: 'events-tried-for-ever',
    file: 'client/batch/event-batcher.ts',
    find: 'abort.signal.aborted || sinceMs < oldestMs;',
    replace: 'abort.signal.aborted;',
    breaks: 'Events of an API that never answers are sent for ever, and nobody is told.',
  },
  {
    name: 'events-end-with-their-page',
    file: 'client/batch/event-batcher.ts',
    find: '{ keepalive: true, signal: abort.signal }',
    replace: '{ signal: abort.signal }',
    breaks: 'Impressions and clicks that are under way when a page closes are lost.',
  },
];
