import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { lambdaName, metricDimensions, metricNamespace } from '../aws-names.ts';
import { metricFacts } from '../core/metric-facts.ts';
import type { Metric } from '../core/metrics.ts';
import { deployedFunctions, functionNames, type StageSettings } from '../stages.ts';
import type { AlarmNames } from './alarm-table.ts';
import { dashboardRows, type DashboardPanel } from './dashboard-rows.ts';

/** CloudWatch's grid has 24 columns. */
const columns = 24;
const rowHeight = 6;

/** The dashboard of a stage: the alarms, then the rows of dashboard-rows.ts. */
export class StageDashboard extends Construct {
  readonly dashboard: cloudwatch.Dashboard;

  constructor(
    scope: Construct,
    settings: StageSettings,
    names: AlarmNames,
    alarms: readonly cloudwatch.IAlarm[],
  ) {
    super(scope, 'Dashboard');
    this.dashboard = new cloudwatch.Dashboard(this, 'Board', {
      dashboardName: `adtally-${settings.stage}`,
      defaultInterval: Duration.hours(3),
    });
    this.dashboard.addWidgets(
      new cloudwatch.AlarmStatusWidget({
        title: 'Alarms: see docs/operations.md',
        alarms: [...alarms],
        width: columns,
        height: rowHeight,
      }),
    );
    for (const row of dashboardRows(settings, names)) {
      this.dashboard.addWidgets(
        ...row.map((panel) => toWidget(settings, panel, Math.floor(columns / row.length))),
      );
    }
  }
}

function toWidget(settings: StageSettings, panel: DashboardPanel, width: number): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({
    title: panel.title,
    width,
    height: rowHeight,
    left: panel.lines.flatMap((line) => {
      switch (line.type) {
        case 'own':
          return ownMetrics(settings, line.metric, line.statistic);
        case 'functions':
          return deployedFunctions(settings).map((name) =>
            platformMetric('AWS/Lambda', line.name, line.statistic, name, {
              FunctionName: lambdaName(settings.stage, name),
            }),
          );
        case 'platform':
          return [platformMetric(line.namespace, line.name, line.statistic, line.label, line.dimensions)];
      }
    }),
    leftYAxis: { min: 0 },
  });
}

/** One line per function that writes the metric. */
function ownMetrics(
  { stage }: StageSettings,
  metric: Metric,
  statistic: string | undefined,
): cloudwatch.Metric[] {
  const { kind, by } = metricFacts[metric];
  const usual = { counter: 'Sum', histogram: 'p99', gauge: 'Maximum' } as const;
  const known = functionNames.filter((name) => by.includes(name));
  return known.map((name) =>
    platformMetric(
      metricNamespace,
      metric,
      statistic ?? usual[kind],
      `${metric}${known.length > 1 ? ` ${name}` : ''}${statistic === undefined ? '' : ` ${statistic}`}`,
      { [metricDimensions.stage]: stage, [metricDimensions.functionName]: name },
    ),
  );
}

function platformMetric(
  namespace: string,
  metricName: string,
  statistic: string,
  label: string,
  dimensionsMap: Readonly<Record<string, string>>,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace,
    metricName,
    statistic,
    label,
    dimensionsMap,
    period: Duration.minutes(1),
  });
}
