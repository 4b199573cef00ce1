import type { ActiveSpan } from '../../adapters/tracing/tracer.ts';
import type { Span } from '../../ports/spans.ts';

/**
 * For each name, how many of the slowest traces and of the slowest failed traces are held for the next flush.
 */
const heldMax = 20;

const durationMs = ({ startMs, endMs }: Span): number => endMs - startMs;

/**
 * Exports sampled traces as they end. At each flush it exports the slowest and the failed of the others,
 * marked as `kept`.
 */
export function createTraceRecorder(exportSpans: (spans: readonly Span[]) => void) {
  const counts = { sampled: 0, slow: 0, failed: 0, left_out: 0 };
  const rings = new Map<string, ActiveSpan[]>();
  return {
    counts,
    end: (root: ActiveSpan): void => {
      const { sampled, spans } = root.trace;
      // A batch is sampled with the requests whose records it settled.
      if (sampled || root.links.length > 0) {
        counts.sampled += 1;
        exportSpans(spans);
        return;
      }
      const kept = spans.some(({ failed }) => failed) ? 'failed' : 'slow';
      root.attributes = { ...root.attributes, kept };
      const ring = [...(rings.get(`${kept} ${root.name}`) ?? []), root];
      ring.sort((a, b) => durationMs(b) - durationMs(a));
      if (ring.length > heldMax && ring.pop()) counts.left_out += 1;
      rings.set(`${kept} ${root.name}`, ring);
    },
    flush: (): void => {
      for (const { attributes, trace } of [...rings.values()].flat()) {
        const kept = attributes['kept'] === 'failed' ? 'failed' : 'slow';
        counts[kept] += 1;
        exportSpans(trace.spans.map((span) => ({ ...span, attributes: { ...span.attributes, kept } })));
      }
      rings.clear();
    },
  };
}
