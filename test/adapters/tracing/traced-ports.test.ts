import { describe, expect, it } from '@jest/globals';
import { Tracer, type ActiveSpan } from '../../../lib/adapters/tracing/tracer.ts';
import { tracedBlobs } from '../../../lib/adapters/tracing/traced-ports.ts';
import type { BlobStore } from '../../../lib/ports/blob-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

describe('a traced store of blobs', () => {
  it('answers as before, with a span for each call that says sizes and no name', async () => {
    const stored = new Map<string, Uint8Array>();
    const blobs: BlobStore = {
      put: (name, bytes) => Promise.resolve(void stored.set(name, bytes)),
      get: (name) => Promise.resolve(stored.get(name)),
      remove: (name) => Promise.resolve(void stored.delete(name)),
    };
    const ended: ActiveSpan[] = [];
    const tracer = new Tracer({
      clock: createVirtualClock(),
      ids: { nonce: () => '1'.repeat(32) },
      onEnd: (root) => void ended.push(root),
    });
    const bytes = new Uint8Array(7);
    const found = await tracer.root('outer', { sampled: true }, async () => {
      const store = tracedBlobs(blobs, tracer);
      await store.put('a/b', bytes);
      const answers = [await store.get('a/b'), await store.get('a/c')];
      await store.remove('a/b');
      return answers;
    });
    expect(found).toEqual([bytes, undefined]);
    expect([...stored]).toEqual([]);
    expect(ended[0]?.trace.spans.slice(1).map(({ name, attributes }) => [name, attributes])).toEqual([
      ['blobs put', { bytes: 7 }],
      ['blobs get', { found: true }],
      ['blobs get', { found: false }],
      ['blobs remove', {}],
    ]);
  });
});
