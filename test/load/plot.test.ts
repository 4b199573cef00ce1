import { describe, expect, it } from '@jest/globals';
import { linearAxis, logAxis, shortNumber } from './plot/axis.ts';
import { toSvg, type Chart } from './plot/chart.ts';

const chart: Chart = {
  title: 'Pages < 10 & "more"',
  notes: ['one', 'two'],
  xTitle: 'ads',
  xScale: 'log',
  panels: [
    {
      title: 'Answered',
      unit: 'per second',
      series: [
        { name: 'a', points: [10, 1000, 100_000].map((x) => ({ x, y: x / 7 })) },
        { name: 'b', points: [{ x: 10, y: Number.NaN }], marks: true },
      ],
    },
    { title: 'p99', unit: 'ms', scale: 'log', series: [{ name: 'none', points: [] }] },
  ],
};

/** Names of the elements, if every one is closed in its turn and every attribute is quoted; else throws. */
function parse(svg: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const rest = svg.replaceAll(
    /<(\/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<>]*")*)(\/?)>/g,
    (_, ends, name: string, __, empty) => {
      if (ends === '/') expect(open.pop()).toBe(name);
      else names.push(name);
      if (ends === '' && empty === '') open.push(name);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest.replaceAll(/&(amp|lt|gt|quot);/g, '')).not.toMatch(/[<>&]/);
  return names;
}

describe('a chart', () => {
  it('is a well-formed document that fetches and runs nothing', () => {
    const svg = toSvg(chart);
    const names = parse(svg);
    expect(names[0]).toBe('svg');
    expect(names).toEqual(expect.arrayContaining(['title', 'rect', 'text', 'line', 'polyline', 'circle']));
    expect(new Set(names).size).toBe(7);
    expect(svg).toContain('Pages &lt; 10 &amp; &quot;more&quot;');
  });

  it('draws numbers only, also where there is nothing to draw', () => {
    expect(toSvg(chart)).not.toMatch(/NaN|Infinity/);
    const empty = toSvg({ ...chart, panels: [{ title: 'x', unit: 'y', series: [] }] });
    parse(empty);
    expect(empty).not.toMatch(/NaN|Infinity/);
  });

  it('draws the greatest value above the least, within the panel', () => {
    const [, points = ''] = /polyline points="([^"]+)"/.exec(toSvg(chart)) ?? [];
    const heights = points.split(' ').map((point) => Number(point.split(',')[1]));
    expect(heights).toHaveLength(3);
    expect(heights.toSorted((a, b) => b - a)).toEqual(heights);
    expect(heights[2]).toBeLessThan(heights[0] ?? 0);
  });

  it('shades a span in each panel, and draws what is wished for in the colour of what it is for', () => {
    const points = [0, 12, 24].map((x) => ({ x, y: x }));
    const panel = {
      ...{ title: 'Counted', unit: 'impressions' },
      series: [
        { name: 'first', points },
        { name: 'second', points },
        { name: 'plan', points, wishedFor: 'second' },
      ],
    };
    const svg = toSvg({
      ...{ title: 'Day', notes: [], xTitle: 'hours', xTicks: [0, 12, 24], panels: [panel, panel] },
      spans: [{ name: 'out', from: 6, to: 12 }],
    });
    parse(svg);
    expect(svg.match(/fill="#eee"/g)).toHaveLength(2);
    expect(svg.match(/>out</g)).toHaveLength(1);
    const lines = [...svg.matchAll(/stroke="(#[0-9a-f]+)" stroke-width="1.5"( stroke-dasharray)?/g)];
    const [first, second, plan] = lines.map(([, colour, dashed]) => [colour, dashed !== undefined]);
    expect(first?.[0]).not.toBe(second?.[0]);
    expect([first?.[1], second?.[1]]).toEqual([false, false]);
    expect(plan).toEqual([second?.[0], true]);
    expect(svg).not.toContain('>plan<');
    expect(svg.match(/>24</g)).toHaveLength(2);
  });
});

describe('an axis', () => {
  it('has round ticks around all the values', () => {
    expect(linearAxis([3, 97], true).ticks).toEqual([0, 20, 40, 60, 80, 100]);
    expect(linearAxis([500, 627], false).ticks).toEqual([500, 550, 600, 650]);
    expect(logAxis([0.3, 700]).ticks).toEqual([0.1, 1, 10, 100, 1000]);
  });

  it('places its first tick at 0, its last at 1, and every value between', () => {
    for (const axis of [
      linearAxis([-4, 3, 8.2], false),
      linearAxis([5], true),
      logAxis([7]),
      linearAxis([], true),
    ]) {
      expect(axis.position(axis.ticks[0] ?? Number.NaN)).toBeCloseTo(0);
      expect(axis.position(axis.ticks.at(-1) ?? Number.NaN)).toBeCloseTo(1);
    }
    const { position } = linearAxis([-4, 3, 8.2], false);
    for (const value of [-4, 3, 8.2]) expect(position(value)).toBe(Math.min(1, Math.max(0, position(value))));
  });

  it('writes numbers short', () => {
    expect([1500, 2_000_000, 0.25, 0, 64].map(shortNumber)).toEqual(['1.5k', '2M', '0.25', '0', '64']);
  });
});
