import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fitTrend, judgeFlatness, median } from './measure/flatness.ts';
import { Histogram } from './measure/histogram.ts';
import type { MemorySample } from './measure/memory-watch.ts';

const values = fc.array(fc.nat({ max: 3_000_000_000 }), { minLength: 1, maxLength: 200 });

function histogramOf(recorded: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of recorded) histogram.record(value);
  return histogram;
}

describe('a histogram', () => {
  it('has every quantile within 1.6 % above the value, and never below', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.001, max: 1, noNaN: true }), (recorded, share) => {
        const sorted = recorded.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
        const found = histogramOf(recorded).quantile(share);
        expect(found).toBeGreaterThanOrEqual(exact);
        expect(found).toBeLessThanOrEqual(Math.ceil(exact * (1 + 1 / 64)));
      }),
    );
  });

  it('is the same put together from parts as recorded in one', () => {
    fc.assert(
      fc.property(values, values, (some, others) => {
        const whole = histogramOf([...some, ...others]);
        const parts = Histogram.from(histogramOf(some).sparse());
        parts.add(histogramOf(others).sparse());
        expect(parts.sparse()).toEqual(whole.sparse());
        expect(parts.count).toBe(some.length + others.length);
      }),
    );
  });

  it('keeps what is out of its range at its ends, and has no quantile when empty', () => {
    const histogram = histogramOf([-5, 2 ** 40]);
    expect(histogram.quantile(0.5)).toBe(0);
    expect(histogram.quantile(1)).toBe(2 ** 32 - 1);
    expect(new Histogram().quantile(0.5)).toBeNaN();
  });
});

describe('a trend', () => {
  it('is the slope of a line, whatever a quarter of the points say', () => {
    const points = Array.from({ length: 40 }, (_, x) => ({ x, y: x % 4 === 1 ? 9000 : 100 + 2 * x }));
    expect(fitTrend(points).slope).toBeCloseTo(2, 0);
  });

  it('says how far it rises', () => {
    const { slope, risen } = fitTrend([0, 1, 2, 3, 4].map((x) => ({ x, y: 80 + 10 * x })));
    expect(slope).toBe(10);
    expect(risen).toBe(40);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(fitTrend([{ x: 1, y: 1 }]).slope).toBeNaN();
  });
});

describe('flatness', () => {
  const sample = (second: number, over: Partial<MemorySample>): MemorySample => {
    const [liveMb, externalMb] = second % 20 === 0 ? [60, second % 40] : [Number.NaN, Number.NaN];
    const memory = {
      residentMb: 200 + second,
      anonymousMb: 120,
      heapMb: 70 + (second % 7),
      liveMb,
      externalMb,
    };
    return { second, ...memory, files: 94, threads: 11, resources: 80 + (second % 3), ...over };
  };
  const verdicts = (over: (second: number) => Partial<MemorySample>): Record<string, boolean> => {
    const samples = Array.from({ length: 600 }, (_, second) => sample(second, over(second)));
    return Object.fromEntries(judgeFlatness(samples, 120).map(({ what, flat }) => [what, flat]));
  };
  const allFlat = {
    'live heap': true,
    'buffers outside the heap': true,
    'anonymous memory': true,
    'open files': true,
    threads: true,
    handles: true,
  };

  it('holds for memory that goes up and down, and for a data file that grows', () => {
    expect(verdicts(() => ({}))).toEqual(allFlat);
  });

  it('takes no notice of what happens before the code is compiled', () => {
    expect(verdicts((second) => (second < 100 ? { anonymousMb: 20 + second, files: second } : {}))).toEqual(
      allFlat,
    );
  });

  it('finds a heap that leaks, and a handle that leaks', () => {
    const leaking = verdicts((second) => (second % 20 === 0 ? { liveMb: 60 + second * 0.03 } : {}));
    expect(leaking).toEqual({ ...allFlat, 'live heap': false });
    const floor = (second: number): number => 60 + second * 0.03 + (second % 3 === 0 ? 50 : 0);
    const spiky = verdicts((second) => (second % 20 === 0 ? { liveMb: floor(second) } : {}));
    expect(spiky).toEqual({ ...allFlat, 'live heap': false });
    const files = verdicts((second) => ({ files: 94 + Math.floor(second / 60) }));
    expect(files).toEqual({ ...allFlat, 'open files': false });
  });

  it('does not call flat what was never measured', () => {
    expect(verdicts(() => ({ liveMb: Number.NaN }))).toEqual({ ...allFlat, 'live heap': false });
  });
});
