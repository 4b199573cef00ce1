/** A page of metrics as a reader of the Prometheus text format 0.0.4 takes it apart. */
export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string | undefined;
  readonly samples: readonly ReadSample[];
}

export interface ReadSample {
  /** With `_bucket`, `_sum` or `_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const labelPair = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const sampleLine = new RegExp(
  `^(${name})(?:\\{(${labelPair}(?:,${labelPair})*)?\\})? (NaN|[+-]Inf|[-+]?[\\d.]+(?:e[-+]?\\d+)?)$`,
);

/** Throws at a line that is none of the format, or that stands where it may not. */
export function readMetricsText(text: string): ReadFamily[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families: (ReadFamily & { samples: ReadSample[] })[] = [];
  let help: string | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, described = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') help = rest;
    else if (kind === 'TYPE') {
      families.push({ name: described, type: rest, help, samples: [] });
      help = undefined;
    } else {
      const family = families.at(-1);
      const sample = readSample(line);
      if (family === undefined || !belongs(sample.name, family))
        throw new Error(`no family of its own: ${line}`);
      family.samples.push(sample);
    }
  }
  return families;
}

function belongs(sampleName: string, { name: familyName, type }: ReadFamily): boolean {
  if (type !== 'histogram') return sampleName === familyName;
  return ['_bucket', '_sum', '_count'].some((suffix) => sampleName === familyName + suffix);
}

function readSample(line: string): ReadSample {
  const [, sampleName, labels = '', value = ''] = sampleLine.exec(line) ?? [];
  if (sampleName === undefined) throw new Error(`not a sample: ${line}`);
  const pairs = [...labels.matchAll(new RegExp(labelPair, 'g'))].map(([pair]) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 2, -1).replace(/\\(.)/g, unescaped)] as const;
  });
  return {
    name: sampleName,
    labels: Object.fromEntries(pairs),
    value: Number(value.replace('Inf', 'Infinity')),
  };
}

function unescaped(_: string, character: string): string {
  return character === 'n' ? '\n' : character;
}

const baseUnits: Readonly<Record<string, string>> = {
  ...{ milliseconds: 'seconds', microseconds: 'seconds', nanoseconds: 'seconds', minutes: 'seconds' },
  ...{ hours: 'seconds', days: 'seconds', weeks: 'seconds' },
  ...{ bits: 'bytes', kilobytes: 'bytes', kibibytes: 'bytes', megabytes: 'bytes', mebibytes: 'bytes' },
  percent: 'ratio',
};
const abbreviatedUnits = ['s', 'ms', 'us', 'ns', 'sec', 'b', 'kb', 'mb', 'gb', 'tb', 'pb', 'm', 'h', 'd'];

/**
 * What a Prometheus user would object to in a page of metrics: the rules of `promtool check metrics`, and
 * some more.
 */
export function lintMetrics(families: readonly ReadFamily[]): string[] {
  const seen = new Set<string>();
  return families.flatMap((family) => {
    const twice = seen.has(family.name) ? ['described twice'] : [];
    seen.add(family.name);
    return [...twice, ...lintFamily(family)].map((fault) => `${family.name}: ${fault}`);
  });
}

function lintFamily(family: ReadFamily): string[] {
  const { name: familyName, type, help, samples } = family;
  // The first names the program; the rest are the words of the metric.
  const words = familyName.split('_').slice(1);
  const labelNames = samples.flatMap(({ labels }) => Object.keys(labels));
  const series = samples.map((sample) => JSON.stringify([sample.name, sample.labels]));
  const rules: readonly (readonly [boolean, string])[] = [
    [!/^[a-z][a-z0-9_]*$/.test(familyName), 'a name is in snake_case'],
    [!['counter', 'gauge', 'histogram'].includes(type), `no such type: ${type}`],
    [help === undefined || help === '', 'no help'],
    [samples.length === 0, 'no sample'],
    [(type === 'counter') !== familyName.endsWith('_total'), 'counters, and they alone, end in _total'],
    [words.includes(type), 'the type is not for the name'],
    [/_(bucket|sum|count)$/.test(familyName), 'an ending that histograms have'],
    [words.some((word) => abbreviatedUnits.includes(word)), 'a unit is written out'],
    ...words.map((word) => [word in baseUnits, `${baseUnits[word] ?? ''} instead of ${word}`] as const),
    [type !== 'histogram' && labelNames.includes('le'), 'le is for histograms'],
    [labelNames.includes('quantile'), 'quantile is for summaries'],
    [labelNames.some((one) => !/^[a-z][a-z0-9_]*$/.test(one)), 'a label is in snake_case'],
    [new Set(series).size < series.length, 'a series stands twice'],
    [type === 'counter' && samples.some(({ value }) => !(value >= 0)), 'a counter is no less than 0'],
  ];
  return [
    ...rules.flatMap(([broken, fault]) => (broken ? [fault] : [])),
    ...(type === 'histogram' ? lintHistogram(family) : []),
  ];
}

/** Of each series: bounds that ascend to +Inf, counts that never fall, and the last of them as the count. */
function lintHistogram({ name: familyName, samples }: ReadFamily): string[] {
  const bySeries = Map.groupBy(samples, ({ labels }) =>
    JSON.stringify(Object.entries(labels).filter(([label]) => label !== 'le')),
  );
  return [...bySeries.values()].flatMap((series) => {
    const buckets = series.filter((sample) => sample.name === `${familyName}_bucket`);
    const bounds = buckets.map(({ labels: { le = '' } }) => (le === '+Inf' ? Infinity : Number(le)));
    const counts = buckets.map(({ value }) => value);
    const count = series.find((sample) => sample.name === `${familyName}_count`)?.value;
    const ascends = (values: readonly number[]): boolean =>
      values.every((value, index) => index === 0 || value >= (values[index - 1] ?? Infinity));
    return [
      ...(new Set(bounds).size === bounds.length && ascends(bounds) ? [] : ['bounds do not ascend']),
      ...(bounds.at(-1) === Infinity ? [] : ['no bucket for everything']),
      ...(ascends(counts) ? [] : ['buckets hold less than those before them']),
      ...(counts.at(-1) === count ? [] : ['the last bucket is not the count']),
      ...(series.some((sample) => sample.name === `${familyName}_sum`) ? [] : ['no sum']),
    ];
  });
}
