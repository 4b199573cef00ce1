import { describe, expect, it } from '@jest/globals';
import { Tracer, type ActiveSpan, type TraceStart } from '../../../lib/adapters/tracing/tracer.ts';
import { createVirtualClock, virtualStartMs } from '../../support/virtual-clock.ts';

function build(outer?: () => TraceStart | undefined) {
  const clock = createVirtualClock();
  const ended: ActiveSpan[] = [];
  let count = 0;
  const nonce = (): string =>
    String((count += 1))
      .padStart(16, '0')
      .padEnd(32, 'f');
  const tracer = new Tracer({
    ...{ clock, ids: { nonce }, onEnd: (root: ActiveSpan) => void ended.push(root) },
    ...(outer && { outer }),
  });
  return { clock, tracer, ended };
}

const sampled = { sampled: true };
const nothing = (): Promise<void> => Promise.resolve();

describe('a trace', () => {
  it('has the spans of its calls, each below the one it was called in, with its times', async () => {
    const { clock, tracer, ended } = build();
    const inner = () =>
      tracer.around(
        'inner',
        () => clock.sleep(5),
        () => ({ items: 1 }),
      );
    const work = tracer.root('outer', sampled, async () => {
      await clock.sleep(2);
      await inner();
      await clock.sleep(3);
    });
    await clock.advance(100);
    await work;
    const [root] = ended;
    const [outer, span] = root?.trace.spans ?? [];
    expect(ended).toHaveLength(1);
    expect([root, outer?.parentId, span?.parentId]).toEqual([outer, undefined, outer?.spanId]);
    expect([outer?.startMs, outer?.endMs]).toEqual([virtualStartMs, virtualStartMs + 10]);
    expect([span?.startMs, span?.endMs, span?.attributes]).toEqual([
      virtualStartMs + 2,
      virtualStartMs + 7,
      { items: 1 },
    ]);
    expect(outer?.traceId).toMatch(/^0{15}1f{16}$/);
    expect([span?.traceId, span?.spanId]).toEqual([outer?.traceId, '0000000000000003']);
  });

  it('goes on from the span of a caller', async () => {
    const { tracer, ended } = build();
    const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
    await tracer.root('outer', { sampled: false, parent }, nothing);
    expect(ended[0]).toMatchObject({
      traceId: parent.traceId,
      parentId: parent.spanId,
      trace: { sampled: false },
    });
  });

  it('has what failed, with the name of the error, and lets the error through', async () => {
    const { tracer, ended } = build();
    const error = new RangeError('secret');
    await expect(
      tracer.root('outer', sampled, () => tracer.around('inner', () => Promise.reject(error))),
    ).rejects.toBe(error);
    for (const span of ended[0]?.trace.spans ?? [])
      expect([span.failed, span.attributes]).toEqual([true, { error: 'RangeError' }]);
    expect(ended[0]?.trace.spans).toHaveLength(2);
    await tracer.root('outer', sampled, nothing, () => ({ failed: true, status: 503 }));
    expect(ended[1]).toMatchObject({ failed: true, attributes: { status: 503 } });
    expect(ended[1]?.attributes).not.toHaveProperty('failed');
  });

  it('marks what has not ended with it, and takes nothing that begins later', async () => {
    const { clock, tracer, ended } = build();
    let late: Promise<void> = nothing();
    const work = tracer.root('outer', sampled, async () => {
      late = tracer.around('late', async () => {
        await clock.sleep(50);
        await tracer.around('after the end', nothing);
      });
      await clock.sleep(10);
    });
    await clock.advance(10);
    await work;
    const spans = ended[0]?.trace.spans ?? [];
    expect(spans.map(({ name, endMs, attributes }) => [name, endMs - virtualStartMs, attributes])).toEqual([
      ['outer', 10, {}],
      ['late', 10, { unfinished: true }],
    ]);
    await clock.advance(100);
    await late;
    expect(spans).toHaveLength(2);
  });

  it('has 500 spans at most, and says when some are left out', async () => {
    for (const [calls, leftOut] of [
      [498, false],
      [499, false],
      [500, true],
      [600, true],
    ] as const) {
      const { tracer, ended } = build();
      await tracer.root('outer', sampled, async () => {
        for (let call = 0; call < calls; call += 1) await tracer.around('inner', nothing);
      });
      expect([calls, ended[0]?.trace.spans.length]).toEqual([calls, Math.min(calls + 1, 500)]);
      expect([calls, ended[0]?.attributes]).toEqual([calls, leftOut ? { spans_left_out: true } : {}]);
    }
  });

  it('begins outside any other only if its outer side says so', async () => {
    const starts: (TraceStart | undefined)[] = [undefined, sampled];
    const { tracer, ended } = build(() => starts.shift());
    await tracer.around('unmeasured', nothing);
    expect(ended).toEqual([]);
    await tracer.around('measured', nothing);
    expect(ended.map(({ name }) => name)).toEqual(['measured']);
    const { tracer: without, ended: none } = build();
    await without.around('unmeasured', nothing);
    expect(none).toEqual([]);
  });

  it('keeps its times in order when the wall clock drifts, and follows it when it was set', async () => {
    const { clock, tracer, ended } = build();
    const trace = () => tracer.root('outer', sampled, nothing);
    await trace();
    for (const [jumpMs, seenMs] of [
      [100, 0],
      [0, 0],
      [1, 101],
      [-50, 101],
      [-52, -1],
    ] as const) {
      clock.jump(jumpMs);
      await trace();
      expect([jumpMs, (ended.at(-1)?.startMs ?? 0) - virtualStartMs]).toEqual([jumpMs, seenMs]);
    }
  });
});
