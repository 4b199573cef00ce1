import { describe, expect, it } from '@jest/globals';
import { lintMetrics, readMetricsText } from './metrics-text.ts';

describe('a reader of metrics', () => {
  it('takes a page apart, with what is escaped in it', () => {
    const text = '# HELP a Help\n# TYPE a gauge\na{l="q\\"b\\\\n\\n",m=""} +Inf\na -1.5e-7\n';
    expect(readMetricsText(text)).toEqual([
      {
        ...{ name: 'a', type: 'gauge', help: 'Help' },
        samples: [
          { name: 'a', labels: { l: 'q"b\\n\n', m: '' }, value: Infinity },
          { name: 'a', labels: {}, value: -1.5e-7 },
        ],
      },
    ]);
  });

  it.each([
    ['# TYPE a gauge\na 1'],
    ['a 1\n'],
    ['# TYPE a gauge\nb 1\n'],
    ['# TYPE a gauge\na_count 1\n'],
    ['# TYPE a gauge\na undefined\n'],
    ['# TYPE a gauge\na{l="x"y"} 1\n'],
    ['# TYPE a gauge\na{l=x} 1\n'],
    ['# TYPE a gauge\na{l="\\x"} 1\n'],
    ['# TYPE a gauge\n\n'],
  ])('refuses what is no page: %j', (text) => {
    expect(() => readMetricsText(text)).toThrow();
  });
});

describe('the rules for metrics', () => {
  const gauge = (name: string, sample = `${name} 1`): string =>
    `# HELP ${name} Help\n# TYPE ${name} gauge\n${sample}\n`;
  const histogram = (lines: string): string =>
    `# HELP a_seconds Help\n# TYPE a_seconds histogram\n${lines
      .split('; ')
      .map((line) => `a_seconds_${line}\n`)
      .join('')}`;

  it('find nothing in a page that keeps them', () => {
    const counter = '# HELP a_total Help\n# TYPE a_total counter\na_total{of="b"} 1\na_total{of="c"} 0\n';
    const buckets = 'bucket{le="0.5"} 1; bucket{le="+Inf"} 2; sum 3; count 2';
    expect(lintMetrics(readMetricsText(counter + gauge('b_bytes') + histogram(buckets)))).toEqual([]);
  });

  it.each([
    ['a gauge in milliseconds', gauge('a_milliseconds'), 'a_milliseconds: seconds instead of milliseconds'],
    ['a short unit', gauge('a_ms'), 'a_ms: a unit is written out'],
    ['a gauge that ends in _total', gauge('a_total'), 'a_total: counters, and they alone, end in _total'],
    [
      'a counter that does not',
      '# HELP a H\n# TYPE a counter\na 1\n',
      'a: counters, and they alone, end in _total',
    ],
    ['its type in its name', gauge('a_gauge'), 'a_gauge: the type is not for the name'],
    ['an ending of histograms', gauge('a_count'), 'a_count: an ending that histograms have'],
    ['no help', '# TYPE a gauge\na 1\n', 'a: no help'],
    ['no sample', '# HELP a H\n# TYPE a gauge\n', 'a: no sample'],
    ['an unknown type', '# HELP a H\n# TYPE a level\na 1\n', 'a: no such type: level'],
    ['camelCase', gauge('aB'), 'aB: a name is in snake_case'],
    ['a label in camelCase', gauge('a', 'a{aB="c"} 1'), 'a: a label is in snake_case'],
    ['a label of histograms', gauge('a', 'a{le="1"} 1'), 'a: le is for histograms'],
    ['a label of summaries', gauge('a', 'a{quantile="1"} 1'), 'a: quantile is for summaries'],
    ['a series twice', gauge('a', 'a 1\na 2'), 'a: a series stands twice'],
    ['a family twice', gauge('a') + gauge('a'), 'a: described twice'],
    [
      'a negative counter',
      '# HELP a_total H\n# TYPE a_total counter\na_total -1\n',
      'a_total: a counter is no less than 0',
    ],
    ['no last bucket', histogram('bucket{le="1"} 1; sum 3; count 1'), 'a_seconds: no bucket for everything'],
    [
      'bounds in no order',
      histogram('bucket{le="+Inf"} 1; bucket{le="1"} 1; sum 1; count 1'),
      'a_seconds: bounds do not ascend',
    ],
    [
      'counts that fall',
      histogram('bucket{le="1"} 2; bucket{le="+Inf"} 1; sum 1; count 1'),
      'a_seconds: buckets hold less than those before them',
    ],
    [
      'another count',
      histogram('bucket{le="+Inf"} 1; sum 1; count 2'),
      'a_seconds: the last bucket is not the count',
    ],
    ['no sum', histogram('bucket{le="+Inf"} 1; count 1'), 'a_seconds: no sum'],
  ])('find %s', (_, text, fault) => {
    expect(lintMetrics(readMetricsText(text))).toContain(fault);
  });
});
