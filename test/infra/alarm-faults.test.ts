import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, test } from '@jest/globals';
import { createLambdaTelemetry } from '../../lib/adapters/aws/lambda-telemetry.ts';
import { metrics, type Metric } from '../../lib/core/metrics.ts';
import { metricFacts } from '../../lib/core/metric-facts.ts';
import { faultDocument, faults, type Fault } from './alarm-faults.ts';
import { embeddedSamples, matches, rings, type Alarm, type Samples } from './cloudwatch.ts';
import { accessLine, gatewayCounts, type Outcome } from './gateway-counts.ts';
import { templateOf } from './template-of.ts';

/** Each alarm of prod rings for the fault that it is for, from what AWS counts of that fault, and for no other. */

interface MetricFilter {
  readonly FilterPattern: string;
  readonly MetricTransformations: readonly {
    readonly MetricName: string;
    readonly MetricNamespace: string;
    readonly MetricValue: string;
  }[];
}

let alarms: readonly Alarm[];
let releaseAlarms: readonly Alarm[];
let filters: readonly MetricFilter[];
let format: string;
let combined: readonly { readonly name: string; readonly parts: readonly string[] }[];

beforeAll(() => {
  const template = templateOf('prod');
  const all = <Properties>(type: string): [string, Properties][] =>
    Object.entries(template.findResources(type)).map(([id, resource]) => [
      id,
      resource['Properties'] as Properties,
    ]);
  const named = all<Alarm>('AWS::CloudWatch::Alarm');
  alarms = named.map(([, alarm]) => alarm).filter(({ AlarmName: name }) => !name.includes('-release-'));
  releaseAlarms = named.map(([, alarm]) => alarm).filter(({ AlarmName: name }) => name.includes('-release-'));
  filters = all<MetricFilter>('AWS::Logs::MetricFilter').map(([, filter]) => filter);
  const [[, stage] = []] = all<{ AccessLogSetting: { Format: string } }>('AWS::ApiGateway::Stage');
  format = stage!.AccessLogSetting.Format;
  combined = all<{ AlarmName: string; AlarmRule: unknown }>('AWS::CloudWatch::CompositeAlarm').map(
    ([, { AlarmName: name, AlarmRule: rule }]) => {
      const text = JSON.stringify(rule);
      expect(text).not.toContain('OR');
      expect(text).not.toContain('NOT');
      const parts = named.filter(([id]) => text.includes(id)).map(([, alarm]) => alarm.AlarmName);
      return { name, parts };
    },
  );
});

/** The metrics that the filters make of the lines of a minute, most of which are equal. */
function filtered(lines: readonly string[], minute: number): Samples[] {
  const times = [...Map.groupBy(lines, (line) => line)].map(([line, equal]) => [line, equal.length] as const);
  return filters.flatMap(({ FilterPattern: pattern, MetricTransformations: made }) => {
    const count = times.reduce((sum, [line, equal]) => sum + (matches(pattern, line) ? equal : 0), 0);
    return made.map(({ MetricName, MetricNamespace, MetricValue }) => ({
      ...{ namespace: MetricNamespace, name: MetricName, dimensions: {}, minute },
      values: Array.from({ length: count }, () => Number(MetricValue)),
    }));
  });
}

function answers(minute: number, calls: number, outcome: Outcome): Samples[] {
  const line = accessLine(format, outcome);
  const lines = Array.from({ length: calls }, () => line);
  const dimensions = { ApiName: 'adtally-prod', Stage: 'prod' };
  return [...gatewayCounts(dimensions, minute, calls, outcome), ...filtered(lines, minute)];
}

const healthy: Outcome = { made: 'by a function', line: { status: '200', latencyMs: '20' } };
const minutesBefore = 26 * 60;
const minutesOfFault = 20;

/** A day and some hours without a fault, then the fault. The sweep and the canary run all the time. */
function seen(fault: Fault): Samples[] {
  const at = (minute: number): Samples[] => {
    const isBefore = minute <= 0;
    const outcome = isBefore ? healthy : fault.answers;
    const lambda = isBefore ? [] : (fault.lambda ?? []);
    return [
      ...(outcome === undefined ? [] : answers(minute, isBefore ? (fault.before ?? 60) : 60, outcome)),
      ...lambda.map(([name, of, value]) => ({
        ...{ namespace: 'AWS/Lambda', name, minute, values: [value] },
        dimensions: of === 'all' ? {} : { FunctionName: `adtally-prod-${of}` },
      })),
      {
        ...{ namespace: 'adtally', name: metrics.canaryRuns, minute, values: [1] },
        dimensions: { stage: 'prod', function: 'run-canary' },
      },
      ...(minute % 5 === 0
        ? [
            {
              ...{ namespace: 'AWS/Lambda', name: 'Invocations', minute, values: [1] },
              dimensions: { FunctionName: 'adtally-prod-sweep-ads' },
            },
          ]
        : []),
    ];
  };
  return Array.from({ length: minutesBefore + minutesOfFault }, (_, i) => at(i + 1 - minutesBefore)).flat();
}

/** By section, those that send a message. */
function ringing(found: readonly Samples[], minute: number): string[] {
  const names = alarms.filter((alarm) => rings(alarm, found, minute)).map(({ AlarmName: name }) => name);
  const parts = new Set(combined.flatMap((each) => each.parts));
  const together = combined.filter((each) => each.parts.every((part) => names.includes(part)));
  const told = [...names.filter((name) => !parts.has(name)), ...together.map(({ name }) => name)];
  return [...new Set(told.map(sectionOf))].sort();
}

const sections = [...readFileSync('docs/operations.md', 'utf8').matchAll(/^### ([a-z-]+)$/gm)].map(
  ([, name]) => name!,
);

function sectionOf(alarm: string): string {
  const name = alarm.replace('adtally-prod-', '');
  return sections.find((section) => name === section || name.startsWith(`${section}-`)) ?? name;
}

describe('the alarms that ring', () => {
  test.each(faults.map((fault) => [fault.name, fault] as const))('when %s', (_, fault) => {
    const found = seen(fault);
    expect(ringing(found, 0)).toEqual([]);
    expect(ringing(found, minutesOfFault)).toEqual(fault.alarms);
  });

  it('are in the runbook, with what AWS counts of each fault', () => {
    const page = readFileSync('docs/operations.md', 'utf8');
    const shown = /<!-- faults -->([^]*)<!-- end of faults -->/.exec(page)?.[1] ?? '';
    expect(cells(shown)).toEqual(cells(faultDocument()));
  });

  it('combine the two parts of each combination, which ring alone for nobody', () => {
    expect(combined.map(({ name, parts }) => [name, parts.length])).toEqual([['adtally-prod-no-traffic', 2]]);
  });
});

/** The sets of dimensions under which AWS emits the metrics that alarms read, from the pages of each service. */
const emitted: Readonly<Record<string, Readonly<Record<string, readonly (readonly string[])[]>>>> = {
  'AWS/Lambda': {
    Errors: [[], ['FunctionName'], ['FunctionName', 'Resource']],
    Invocations: [[], ['FunctionName'], ['FunctionName', 'Resource']],
    Duration: [[], ['FunctionName'], ['FunctionName', 'Resource']],
    Throttles: [[], ['FunctionName'], ['FunctionName', 'Resource']],
    ConcurrentExecutions: [[], ['FunctionName'], ['FunctionName', 'Resource']],
    IteratorAge: [['FunctionName'], ['FunctionName', 'Resource']],
    OnFailureDestinationDeliveredEventCount: [['EventSourceMappingUUID']],
  },
  'AWS/ApiGateway': {
    Count: [['ApiName'], ['ApiName', 'Stage']],
    Latency: [['ApiName'], ['ApiName', 'Stage']],
  },
  'AWS/SQS': { ApproximateNumberOfMessagesVisible: [['QueueName']] },
  'AWS/DynamoDB': { ReadThrottleEvents: [['TableName']], WriteThrottleEvents: [['TableName']] },
};

interface Watched {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, unknown>>;
}

function watchedBy({ Namespace, MetricName, Dimensions = [] }: Alarm): Watched {
  return {
    namespace: Namespace!,
    name: MetricName!,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
  };
}

/** The samples of a minute as the writer of the metric makes them, of this value. */
function written({ namespace, name, dimensions }: Watched, minute: number, value: number): Samples[] {
  if (namespace === 'adtally') return ownSamples(name as Metric, dimensions, minute, value);
  if (namespace === 'adtally/access/prod') {
    const error =
      { answers_5xx: '-', authorizer_errors: 'AUTHORIZER_FAILURE' }[name] ?? 'INTEGRATION_FAILURE';
    const failed = accessLine(format, { made: 'by API Gateway', line: { status: '503', error } });
    // A share is that of a thousand calls.
    const count = value < 1 ? 1000 * value : value;
    const others = Array.from({ length: 1000 - count }, () => accessLine(format, healthy));
    return filtered([...Array.from({ length: count }, () => failed), ...others], minute);
  }
  const names = Object.keys(dimensions).sort();
  expect([namespace, name, emitted[namespace]?.[name]]).toEqual([
    ...[namespace, name],
    expect.arrayContaining([names]),
  ]);
  return [{ namespace, name, dimensions, minute, values: [value] }];
}

/** Through the line that a function logs. */
function ownSamples(
  metric: Metric,
  dimensions: Readonly<Record<string, unknown>>,
  minute: number,
  value: number,
): Samples[] {
  const lines: string[] = [];
  const telemetry = createLambdaTelemetry({
    stage: String(dimensions['stage']),
    functionName: String(dimensions['function']),
    clock: { nowMs: () => minute * 60_000 },
    write: (line) => lines.push(line),
  });
  expect([metric, metricFacts[metric].by]).toEqual([
    metric,
    expect.arrayContaining([dimensions['function']]),
  ]);
  // As often as a line takes values, so that the line is written at once.
  if (metricFacts[metric].kind === 'counter') {
    telemetry.count(metric, value);
    for (let i = 0; i < 100; i += 1) telemetry.observe('request_ms', 1);
  } else for (let i = 0; i < 100; i += 1) telemetry.observe(metric, value);
  return lines.flatMap((line) => embeddedSamples(line, minute));
}

/** The same value in each minute of all periods. A sum of a period is that of its minutes. */
function steady(alarm: Alarm, value: number): Samples[] {
  const minutes = (alarm.EvaluationPeriods * periodOf(alarm)) / 60;
  const sums = (alarm.Statistic ?? 'Sum') === 'Sum' && alarm.ExtendedStatistic === undefined;
  const metric = watchedBy(alarm);
  return Array.from({ length: minutes }, (_, minute) => {
    const perMinute = sums ? Math.ceil(value / (periodOf(alarm) / 60)) : value;
    return written(metric, minute, perMinute);
  }).flat();
}

function periodOf({ Period: period = 0 }: Alarm): number {
  return period;
}

it('each rings from its metric as it is written, at its threshold, and not without data but for silence', () => {
  const wrong = alarms.flatMap((alarm) => {
    if (alarm.Metrics !== undefined) return [];
    const silence = alarm.ComparisonOperator === 'LessThanThreshold';
    const last = (alarm.EvaluationPeriods * periodOf(alarm)) / 60 - 1;
    const found = [rings(alarm, steady(alarm, alarm.Threshold), last), rings(alarm, [], last)];
    return found[0] === !silence && found[1] === silence ? [] : [[alarm.AlarmName, ...found]];
  });
  expect(wrong).toEqual([]);
  expect(alarms.length).toBeGreaterThan(50);
});

it('goals that are behind ring after half an hour, though a sweep is missing in between', () => {
  const found = Object.values(templateOf('prod with goals').findResources('AWS::CloudWatch::Alarm'));
  const alarm = found
    .map((resource) => resource['Properties'] as Alarm)
    .find(({ AlarmName: name }) => name === 'adtally-prod-goals-behind')!;
  const dimensions = { stage: 'prod', function: 'sweep-ads' };
  const ringsWith = (periods: readonly number[]): boolean =>
    rings(
      alarm,
      periods.flatMap((period) => ownSamples(metrics.goalsBehind, dimensions, 5 * period, 1)),
      39,
    );
  expect([ringsWith([0, 1, 2, 4, 5, 7]), ringsWith([0, 1, 2, 4, 5]), ringsWith([])]).toEqual([
    true,
    false,
    false,
  ]);
});

it('a goal that is passed rings from one sweep on, and as long as sweeps find it', () => {
  const found = Object.values(templateOf('prod with goals').findResources('AWS::CloudWatch::Alarm'));
  const alarm = found
    .map((resource) => resource['Properties'] as Alarm)
    .find(({ AlarmName: name }) => name === 'adtally-prod-goals-over')!;
  const dimensions = { stage: 'prod', function: 'sweep-ads' };
  const ringsWith = (minutes: readonly number[]): boolean =>
    rings(
      alarm,
      minutes.flatMap((minute) => ownSamples(metrics.goalsOver, dimensions, minute, 1)),
      9,
    );
  expect([ringsWith([9]), ringsWith([0]), ringsWith([])]).toEqual([true, true, false]);
});

it('late impressions ring from a hundredth of those that were counted, and ten in five minutes', () => {
  const alarm = alarms.find(({ AlarmName: name }) => name === 'adtally-prod-late-impressions')!;
  expect(alarms.filter(({ Metrics }) => Metrics !== undefined)).toEqual([alarm]);
  const dimensions = { stage: 'prod', function: 'aggregate-increments' };
  const ringsAt = (late: number, counted: number): boolean => {
    const samples = Array.from({ length: 3 }, (_, period) =>
      [[metrics.trackedLate, late] as const, [metrics.trackedCounted, counted] as const].flatMap(
        ([metric, value]) => (value === 0 ? [] : ownSamples(metric, dimensions, 5 * period, value)),
      ),
    );
    return rings(alarm, samples.flat(), 14);
  };
  expect([ringsAt(10, 1000), ringsAt(10, 1001), ringsAt(9, 100)]).toEqual([true, false, false]);
  // No impression is counted any more.
  expect([ringsAt(10, 0), ringsAt(0, 1000), ringsAt(0, 0)]).toEqual([true, false, false]);
});

describe('the alarms of a release', () => {
  it('send back a version of whose calls a tenth fail, and none for what the version before does', () => {
    const version = { 'Fn::GetAtt': [expect.stringMatching(/^queryads/) as unknown, 'Version'] };
    const found = releaseAlarms.filter(({ AlarmName: name }) => name.endsWith('-query-ads'));
    expect(found).toHaveLength(3);
    for (const alarm of found) {
      const stats = (alarm.Metrics ?? []).flatMap(({ Id, MetricStat: stat }) =>
        stat === undefined ? [] : [{ id: Id, ...stat.Metric }],
      );
      const samples = (bad: number, of?: string): Samples[] =>
        stats.map(({ id, Namespace, MetricName, Dimensions = [] }) => {
          const versioned = Dimensions.find((each) => /version/i.test(each.Name));
          expect(versioned?.Value).toEqual(version);
          const dimensions = Dimensions.map((each): [string, unknown] => [
            each.Name,
            each === versioned ? (of ?? each.Value) : each.Value,
          ]);
          return {
            ...{ namespace: Namespace, name: MetricName, minute: 0 },
            dimensions: Object.fromEntries(dimensions),
            values: [id === 'calls' ? 60 : bad],
          };
        });
      expect([alarm.AlarmName, rings(alarm, samples(6), 0)]).toEqual([alarm.AlarmName, true]);
      expect(rings(alarm, samples(0), 0)).toBe(false);
      expect(rings(alarm, samples(60, '41'), 0)).toBe(false);
    }
  });

  it('let an authorizer go through that refuses bad tokens, and send one back that is broken', () => {
    const [alarm] = releaseAlarms.filter(({ AlarmName: name }) => name.endsWith('-authorize-request'));
    const sums = (values: Readonly<Record<string, number>>): Samples[] =>
      (alarm!.Metrics ?? []).flatMap(({ Id, MetricStat: stat }) => {
        const value = values[Id];
        if (stat === undefined || value === undefined) return [];
        const { Namespace, MetricName, Dimensions = [] } = stat.Metric;
        const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
        return [{ namespace: Namespace, name: MetricName, dimensions, minute: 0, values: [value] }];
      });
    expect(rings(alarm!, sums({ errors: 60, refused: 60, calls: 60 }), 0)).toBe(false);
    expect(rings(alarm!, sums({ errors: 60, calls: 60 }), 0)).toBe(true);
    expect(rings(alarm!, sums({ errors: 2, calls: 4 }), 0)).toBe(false);
  });
});

describe('a metric filter', () => {
  it.each([
    ['{ $.status = "5*" }', { status: '503' }, true],
    ['{ $.status = "5*" }', { status: '200' }, false],
    ['{ $.status = "5*" }', { status: 503 }, false],
    ['{ $.error = "AUTHORIZER_*" }', { error: 'AUTHORIZER_FAILURE' }, true],
    ['{ $.error = "AUTHORIZER_*" }', { error: 'UNAUTHORIZED' }, false],
    ['{ $.error = "AUTHORIZER_*" }', { error: '-' }, false],
  ] as const)('%s of %j: %s', (pattern, line, expected) => {
    expect(matches(pattern, JSON.stringify(line))).toBe(expected);
  });
});

/** Without the padding that the formatter gives a table. */
function cells(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^:?-+:?$/, '---')));
}
