/**
 * What CloudWatch does with logs, metrics and alarms, as its documentation has it, for alarms and metric filters of a
 * synthesised template. Not a goal: anything that the stack does not use, which throws.
 */

/** A minute's samples of a metric. */
export interface Samples {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, unknown>>;
  /** Minutes since the begin of time; negative before it. */
  readonly minute: number;
  readonly values: readonly number[];
}

interface MetricStat {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

export interface Alarm extends Partial<MetricStat> {
  readonly AlarmName: string;
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number;
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: MetricStat; readonly Period: number; readonly Stat: string };
  }[];
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
}

/** Whether the alarm is in the state ALARM at the end of `minute`. */
export function rings(alarm: Alarm, found: readonly Samples[], minute: number): boolean {
  const periods = Array.from({ length: alarm.EvaluationPeriods }, (_, i) => i);
  const bad = periods.filter((i) => {
    const value = valueOf(alarm, found, minute, i);
    if (value === undefined) return missingIsBad(alarm);
    return isBad(alarm, value);
  });
  return bad.length >= (alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods);
}

function missingIsBad({ TreatMissingData: treat }: Alarm): boolean {
  if (treat !== 'breaching' && treat !== 'notBreaching') throw new Error(`missing data: ${treat}`);
  return treat === 'breaching';
}

function isBad({ ComparisonOperator: operator, Threshold: threshold }: Alarm, value: number): boolean {
  if (operator === 'GreaterThanOrEqualToThreshold') return value >= threshold;
  if (operator === 'LessThanThreshold') return value < threshold;
  throw new Error(`operator ${operator}`);
}

/** The value of the period that is so many periods ago; undefined: no data. */
function valueOf(alarm: Alarm, found: readonly Samples[], minute: number, ago: number): number | undefined {
  if (alarm.Metrics === undefined) {
    const statistic = alarm.Statistic ?? alarm.ExtendedStatistic ?? '';
    return statisticOf(alarm as MetricStat, statistic, alarm.Period ?? 60, { found, minute, ago });
  }
  const values = new Map(
    alarm.Metrics.flatMap(({ Id, MetricStat: stat }) =>
      stat === undefined
        ? []
        : [[Id, statisticOf(stat.Metric, stat.Stat, stat.Period, { found, minute, ago })] as const],
    ),
  );
  const { Expression: expression = '' } = alarm.Metrics.find(({ Expression }) => Expression !== undefined)!;
  return calculate(expression, values);
}

/** The forms that releases.ts and alarms.ts have. Without one of its metrics a quotient has no value. */
function calculate(expression: string, values: ReadonlyMap<string, number | undefined>): number | undefined {
  const found =
    /^(?:IF\((\w+) >= (\d+), )?(?:(\w+)|\((\w+) - FILL\((\w+), 0\)\)) \/ (?:(\w+)|FILL\((\w+), (\d+)\))(?:, 0\))?$/.exec(
      expression,
    );
  if (found === null) throw new Error(`expression ${expression}`);
  const [, tested, least, plain, minuend, subtrahend, whole, filled, filling] = found;
  const all = whole ?? filled ?? '';
  const some = plain ?? minuend ?? '';
  for (const name of [some, all, ...(subtrahend === undefined ? [] : [subtrahend])])
    if (!values.has(name)) throw new Error(`no metric ${name}`);
  const numerator = values.get(some);
  const denominator = values.get(all) ?? (filling === undefined ? undefined : Number(filling));
  if (numerator === undefined || denominator === undefined || denominator === 0) return undefined;
  if (tested !== undefined && (values.get(tested) ?? 0) < Number(least)) return 0;
  const less = subtrahend === undefined ? 0 : (values.get(subtrahend) ?? 0);
  return (numerator - less) / denominator;
}

function statisticOf(
  metric: MetricStat,
  statistic: string,
  periodSeconds: number,
  {
    found,
    minute,
    ago,
  }: { readonly found: readonly Samples[]; readonly minute: number; readonly ago: number },
): number | undefined {
  const length = periodSeconds / 60;
  const until = minute - ago * length;
  const values = samplesOf(metric, found)
    .filter((each) => each.minute <= until && each.minute > until - length)
    .flatMap((each) => each.values);
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const sum = values.reduce((total, value) => total + value, 0);
  if (statistic === 'Sum') return sum;
  if (statistic === 'Average') return sum / values.length;
  if (statistic === 'Maximum') return sorted.at(-1);
  if (statistic === 'p99') return sorted[Math.ceil(0.99 * sorted.length) - 1];
  throw new Error(`statistic ${statistic}`);
}

const byMetric = new WeakMap<readonly Samples[], ReadonlyMap<string, readonly Samples[]>>();

/** Samples of a day are read for each alarm and period, so they are sorted by metric once. */
function samplesOf(
  { Namespace, MetricName, Dimensions = [] }: MetricStat,
  found: readonly Samples[],
): readonly Samples[] {
  let sorted = byMetric.get(found);
  if (sorted === undefined) {
    sorted = Map.groupBy(found, ({ namespace, name, dimensions }) => nameOf(namespace, name, dimensions));
    byMetric.set(found, sorted);
  }
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  return sorted.get(nameOf(Namespace, MetricName, dimensions)) ?? [];
}

/** A metric without dimensions is another than each of those with some. */
function nameOf(namespace: string, name: string, dimensions: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([namespace, name, textOf(dimensions)]);
}

const texts = new WeakMap<object, string>();

function textOf(dimensions: Readonly<Record<string, unknown>>): string {
  const known = texts.get(dimensions);
  if (known !== undefined) return known;
  const text = JSON.stringify(Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)));
  texts.set(dimensions, text);
  return text;
}

/** Whether a line of a log matches the pattern of a metric filter: one field, and a text with `*` at its end. */
export function matches(pattern: string, line: string): boolean {
  const parts = /^\{ \$\.(\w+) (!?=) "(\w+)\*" \}$/.exec(pattern);
  if (parts === null) throw new Error(`pattern ${pattern}`);
  const [, field = '', operator, text = ''] = parts;
  const value = (JSON.parse(line) as Record<string, unknown>)[field];
  // A text is compared with texts only: 503 is none.
  if (typeof value !== 'string') return false;
  return value.startsWith(text) === (operator === '=');
}

interface EmbeddedFormat {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
}

/** The metrics of a log line in the embedded metric format; other lines have none. */
export function embeddedSamples(line: string, minute: number): Samples[] {
  const root = JSON.parse(line) as Partial<EmbeddedFormat> & Readonly<Record<string, unknown>>;
  return (root._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => ({
        ...{ namespace: Namespace, name: Name, minute },
        dimensions: Object.fromEntries(names.map((name) => [name, root[name]])),
        values: [root[Name]].flat() as number[],
      })),
    ),
  );
}
