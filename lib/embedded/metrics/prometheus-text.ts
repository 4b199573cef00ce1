/** A metric and its samples, as the Prometheus text exposition format 0.0.4 groups them. */
export interface Family {
  /** With its unit; the type adds `_total` or `_bucket`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** Each has a small, fixed set of values and never user data. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | HistogramSample;
}

export interface HistogramSample {
  /** Upper bounds and how many observations were at most that, ascending; +Inf is added. */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
  readonly sum: number;
  readonly count: number;
}

/** A counter without labels. */
export function counterOf(name: string, help: string, value: number): Family {
  return { name, type: 'counter', help, samples: [{ value }] };
}

/** A gauge without labels; undefined: unknown on this system, so it is omitted. */
export function gaugeOf(name: string, help: string, value: number | undefined): Family {
  return { name, type: 'gauge', help, samples: value === undefined ? [] : [{ value }] };
}

/** Version 0.0.4, which every Prometheus can read. */
export const prometheusMediaType = 'text/plain; version=0.0.4; charset=utf-8';

/** Omits families without a sample. */
export function prometheusText(families: Iterable<Family>): string {
  const lines: string[] = [];
  for (const family of families) {
    if (family.samples.length === 0) continue;
    const name = family.type === 'counter' ? `${family.name}_total` : family.name;
    lines.push(`# HELP ${name} ${escapeHelp(family.help)}`, `# TYPE ${name} ${family.type}`);
    for (const { labels = {}, value } of family.samples) {
      if (typeof value === 'number') lines.push(`${name}${labelText(labels)} ${numberText(value)}`);
      else lines.push(...histogramLines(name, labels, value));
    }
  }
  return `${lines.join('\n')}\n`;
}

function histogramLines(
  name: string,
  labels: Readonly<Record<string, string>>,
  histogram: HistogramSample,
): string[] {
  const bucket = (le: string, count: number): string =>
    `${name}_bucket${labelText({ ...labels, le })} ${numberText(count)}`;
  return [
    ...histogram.buckets.map(({ upTo, count }) => bucket(numberText(upTo), count)),
    bucket('+Inf', histogram.count),
    `${name}_sum${labelText(labels)} ${numberText(histogram.sum)}`,
    `${name}_count${labelText(labels)} ${numberText(histogram.count)}`,
  ];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
