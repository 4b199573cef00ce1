import { readFileSync } from 'node:fs';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { metrics } from '../../lib/core/metrics.ts';
import { alarmDocument } from './alarm-document.ts';
import { functionNames, stageSettings } from '../../lib/stages.ts';
import { templateOf } from './template-of.ts';

interface WatchedMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface AlarmProperties extends WatchedMetric {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions?: readonly unknown[];
  readonly OKActions?: readonly unknown[];
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: WatchedMetric } }[];
  readonly TreatMissingData: string;
}

const runbook = readFileSync('docs/operations.md', 'utf8');
const alarmType = 'AWS::CloudWatch::Alarm';
let prod: Template;
let alarms: readonly AlarmProperties[];

beforeAll(() => {
  prod = templateOf('prod');
  alarms = [alarmType, 'AWS::CloudWatch::CompositeAlarm'].flatMap((type) =>
    Object.values(prod.findResources(type)).map((resource) => resource['Properties'] as AlarmProperties),
  );
});

/** The sections of the runbook, by their anchors, with their text. */
function sections(): ReadonlyMap<string, string> {
  const part = /<!-- runbook -->([^]*)<!-- end of runbook -->/.exec(runbook)?.[1] ?? '';
  return new Map(
    part
      .split(/^### /m)
      .slice(1)
      .map((text) => [text.slice(0, text.indexOf('\n')).trim(), text]),
  );
}

function anchorOf(description: string): string | undefined {
  return /Runbook: docs\/operations\.md#([a-z-]+)$/.exec(description)?.[1];
}

describe('the alarms of prod', () => {
  it('each lead to a section of the runbook, and each section has an alarm or says why not', () => {
    const known = sections();
    const rules = Object.values(prod.findResources('AWS::Events::Rule')).map(
      (rule) => (rule['Properties'] as { Description: string }).Description,
    );
    // Those of the archive, which prod has only if it is set.
    const archives = Object.values(
      templateOf('prod with an archive and its own key').findResources(alarmType),
    )
      .map((resource) => (resource['Properties'] as AlarmProperties).AlarmDescription)
      .filter((text) => text.includes('#archive-'));
    const goals = Object.values(templateOf('prod with goals').findResources(alarmType))
      .map((resource) => (resource['Properties'] as AlarmProperties).AlarmDescription)
      .filter((text) => text.includes('#goals-'));
    const anchors = [
      ...alarms.map((alarm) => alarm.AlarmDescription),
      ...[...archives, ...goals, ...rules],
    ].map(anchorOf);
    const used = new Set(anchors.filter((anchor) => anchor !== undefined));
    expect(alarms.filter(({ AlarmDescription: text }) => anchorOf(text) === undefined)).toEqual([]);
    expect([...used].filter((anchor) => !known.has(anchor))).toEqual([]);
    const silent = [...known].filter(
      ([anchor, text]) => !used.has(anchor) && !text.includes('**No alarm:**'),
    );
    expect(silent.map(([anchor]) => anchor)).toEqual([]);
  });

  it('have sections that say what it means, how to look, what to do and what not to do', () => {
    const incomplete = [...sections()].filter(([, text]) =>
      ['**Means.**', '**Users see.**', '**Look.**', '**Do.**', '**Do not.**'].some(
        (part) => !text.includes(part),
      ),
    );
    expect(incomplete.map(([anchor]) => anchor)).toEqual([]);
  });

  it('have names of their own that start with the stage’s', () => {
    const names = alarms.map((alarm) => alarm.AlarmName);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !name.startsWith('adtally-prod-'))).toEqual([]);
  });

  it('tell the topic when they begin and when they end, but for parts and those that only stop a release', () => {
    const told = alarms.filter((alarm) => alarm.AlarmActions?.length === 1 && alarm.OKActions?.length === 1);
    const untold = alarms.filter((alarm) => !told.includes(alarm)).map((alarm) => alarm.AlarmName);
    expect(untold.filter((name) => !name.startsWith('adtally-prod-release-'))).toEqual([
      'adtally-prod-no-traffic-busy-day',
      'adtally-prod-no-traffic-quiet-now',
    ]);
    expect(told.length).toBeGreaterThan(40);
  });

  it('watch metrics that somebody writes, under the dimensions they are written with', () => {
    const known = new Set<string>(Object.values(metrics));
    const told = alarms.filter(({ AlarmName: name }) => !name.startsWith('adtally-prod-release-'));
    const watched = told.flatMap(({ AlarmName, Metrics, ...metric }) =>
      (Metrics?.flatMap(({ MetricStat: stat }) => stat?.Metric ?? []) ?? [metric]).map((each) => ({
        AlarmName,
        ...each,
      })),
    );
    for (const { Namespace, MetricName, Dimensions = [], AlarmName } of watched) {
      if (Namespace !== 'adtally') continue;
      expect([AlarmName, known.has(MetricName)]).toEqual([AlarmName, true]);
      expect(Dimensions.map(({ Name }) => Name).sort()).toEqual(['function', 'stage']);
      const { Value: name } = Dimensions.find(({ Name }) => Name === 'function') ?? {};
      expect(functionNames).toContain(name);
    }
  });

  it('alarm at silence only where silence is the fault', () => {
    const loud = alarms.filter((alarm) => alarm.TreatMissingData === 'breaching');
    expect(loud.map((alarm) => alarm.AlarmName).sort()).toEqual([
      'adtally-prod-canary-silent',
      'adtally-prod-no-traffic-quiet-now',
      'adtally-prod-sweep-silent',
    ]);
  });

  it('are listed in the runbook as they are', () => {
    const shown = /<!-- alarms -->([^]*)<!-- end of alarms -->/.exec(runbook)?.[1] ?? '';
    expect(cells(shown)).toEqual(cells(alarmDocument(stageSettings('prod'))));
  });
});

describe('the topic of the alarms', () => {
  it('is encrypted with a key that CloudWatch may use, and takes messages from this account’s alarms', () => {
    expect(Object.keys(prod.findResources('AWS::SNS::Topic'))).toHaveLength(1);
    prod.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    prod.hasResourceProperties('AWS::KMS::Key', {
      EnableKeyRotation: true,
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
            Principal: { Service: 'cloudwatch.amazonaws.com' },
          }),
        ]),
      },
    });
    prod.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    });
  });
});

describe('the dashboard', () => {
  it('shows every metric that a function writes', () => {
    const [board] = Object.values(prod.findResources('AWS::CloudWatch::Dashboard'));
    const body = JSON.stringify((board?.['Properties'] as { DashboardBody: unknown }).DashboardBody);
    const elsewhere: readonly string[] = [
      metrics.rateLimited,
      metrics.recordsRedriven,
      metrics.auditDifferences,
      metrics.auditUnfinished,
      metrics.archiveRuns,
      metrics.archiveGaps,
      metrics.hotHintUnwritten,
    ];
    const missing = Object.values(metrics).filter((name) => !body.includes(`\\"${name}\\"`));
    expect(missing.sort()).toEqual([...elsewhere].sort());
  });
});

describe('releases', () => {
  it('reach callers through an alias that goes back by itself in prod, and at once elsewhere', () => {
    prod.resourceCountIs('AWS::Lambda::Alias', 10);
    prod.allResourcesProperties('AWS::CodeDeploy::DeploymentGroup', {
      DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
      },
      AlarmConfiguration: { Enabled: true, Alarms: Match.anyValue() },
    });
    const uris = Object.values(prod.findResources('AWS::ApiGateway::Method')).map((method) =>
      JSON.stringify((method['Properties'] as { Integration: { Uri?: unknown } }).Integration.Uri),
    );
    expect(uris.filter((uri) => !uri.includes('Live'))).toEqual([]);
    expect(Object.keys(templateOf('dev').findResources('AWS::Lambda::Alias'))).toEqual([]);
  });
});

/** Without the padding that the formatter gives a table. */
function cells(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^:?-+:?$/, '---')));
}
