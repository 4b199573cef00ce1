import { beforeAll, describe, expect, it } from '@jest/globals';
import { problemSchema } from '../../lib/api/answer/problem-schema.ts';
import type { FunctionName } from '../../lib/stages.ts';
import { deployedStages, type DeployedStage, type Variant } from './deployed-stages.ts';
import { templateOf } from './template-of.ts';

/**
 * The decisions of the stack, written out: what a stage keeps and for how long, who may do what, what it
 * limits, what it never logs. None is read from lib/stages.ts. The snapshot in stack.test.ts is for what nobody
 * decided.
 */

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
  /** Of an alias. */
  readonly UpdatePolicy?: {
    readonly CodeDeployLambdaAliasUpdate: Readonly<
      Partial<Record<'BeforeAllowTrafficHook' | 'AfterAllowTrafficHook', unknown>>
    >;
  };
}

const resources = new Map<DeployedStage, readonly (readonly [string, Resource])[]>();

beforeAll(() => {
  for (const stage of deployedStages) {
    const { Resources } = templateOf(stage).toJSON() as { Resources: Record<string, Resource> };
    resources.set(stage, Object.entries(Resources));
  }
});

/** The resources of a type, with the logical id of each. */
function all(stage: DeployedStage, type: string): (Resource & { readonly id: string })[] {
  const found = resources.get(stage)!.filter(([, resource]) => resource.Type === type);
  return found.map(([id, resource]) => ({ id, ...resource }));
}

function the(stage: DeployedStage, type: string): Resource['Properties'] {
  const found = all(stage, type);
  expect(found).toHaveLength(1);
  return found[0]!.Properties;
}

const byStage = <Value>(values: Readonly<Record<DeployedStage, Value>>): [DeployedStage, Value][] =>
  Object.entries(values) as [DeployedStage, Value][];

const tags = [{ Key: 'adtally:stage', Value: expect.any(String) }];

/** Megabytes and seconds. */
const functions: Readonly<Record<FunctionName, readonly [memory: number, timeout: number]>> = {
  'ingest-ads': [512, 28],
  'ingest-increments': [512, 28],
  'aggregate-increments': [1769, 60],
  'project-ads': [1769, 60],
  'query-ads': [1769, 28],
  'read-counters': [256, 28],
  'expire-ad': [256, 30],
  'sweep-ads': [1024, 120],
  'describe-api': [256, 10],
  'authorize-request': [512, 5],
  'operate-quarantine': [512, 28],
  'read-stats': [256, 28],
  'warm-release': [256, 330],
  'audit-counters': [3008, 900],
  'run-canary': [256, 45],
  'archive-increments': [1769, 600],
  'decide-ads': [1769, 28],
  'track-ads': [512, 28],
};

/** No stage has an archive by itself. */
const { 'archive-increments': archiver, ...always } = functions;

const environment: Readonly<Record<FunctionName, readonly string[]>> = {
  'ingest-ads': ['AD_EVENTS_STREAM', 'ADS_TABLE', 'COUNTERS_TABLE', 'REQUESTS_TABLE'],
  'ingest-increments': ['INCREMENTS_STREAM', 'COUNTERS_TABLE', 'REQUESTS_TABLE'],
  'aggregate-increments': ['COUNTERS_TABLE', 'DELIVERY_TABLE', 'QUARANTINE_BUCKET'],
  'project-ads': [
    ...['ADS_TABLE', 'COUNTERS_TABLE', 'QUARANTINE_BUCKET'],
    ...['SCHEDULE_GROUP', 'SCHEDULE_TARGET_ARN', 'SCHEDULE_ROLE_ARN', 'SCHEDULE_DEAD_LETTER_ARN'],
  ],
  'query-ads': ['ADS_TABLE', 'COUNTERS_TABLE', 'QUARANTINE_BUCKET'],
  'read-counters': ['COUNTERS_TABLE'],
  'expire-ad': ['AD_EVENTS_STREAM', 'ADS_TABLE'],
  'sweep-ads': [
    ...['AD_EVENTS_STREAM', 'INCREMENTS_STREAM', 'ADS_TABLE', 'COUNTERS_TABLE', 'DELIVERY_TABLE'],
    'QUARANTINE_BUCKET',
  ],
  'describe-api': ['COUNTERS_TABLE'],
  'authorize-request': ['TOKENS_TABLE'],
  'operate-quarantine': ['AD_EVENTS_STREAM', 'COUNTERS_TABLE', 'DELIVERY_TABLE', 'QUARANTINE_BUCKET'],
  'read-stats': ['ADS_TABLE', 'COUNTERS_TABLE'],
  'audit-counters': ['INCREMENTS_STREAM', 'COUNTERS_TABLE', 'QUARANTINE_BUCKET'],
  'run-canary': ['INCREMENTS_STREAM', 'COUNTERS_TABLE'],
  'warm-release': ['ADS_TABLE', 'COUNTERS_TABLE', 'RELEASED_VERSION_ARN'],
  'archive-increments': ['INCREMENTS_STREAM', 'ARCHIVE_BUCKET'],
  'decide-ads': [
    ...['INCREMENTS_STREAM', 'ADS_TABLE', 'COUNTERS_TABLE', 'REQUESTS_TABLE', 'TOKENS_TABLE'],
    ...['DELIVERY_TABLE', 'QUARANTINE_BUCKET'],
  ],
  'track-ads': ['INCREMENTS_STREAM', 'DELIVERY_TABLE'],
};

describe.each(deployedStages)('in %s', (stage) => {
  it('each function has its memory, time, tracing, variables and dead letters', () => {
    const found = ours(stage).map(({ Properties: properties }) => [
      String(properties['FunctionName']).replace(`adtally-${stage}-`, ''),
      {
        memory: properties['MemorySize'],
        timeout: properties['Timeout'],
        tracing: properties['TracingConfig'],
        handler: properties['Handler'],
        variables: Object.keys((properties['Environment'] as { Variables: object }).Variables).sort(),
        deadLetters: properties['DeadLetterConfig'] !== undefined,
        concurrency: properties['ReservedConcurrentExecutions'] ?? 'of the account',
      },
    ]);
    const expected = Object.entries(always).map(([name, [memory, timeout]]) => [
      name,
      {
        ...{ memory, timeout, tracing: { Mode: 'Active' }, handler: 'index.handler' },
        variables: [
          'NODE_OPTIONS',
          'ADTALLY_STAGE',
          ...environment[name as FunctionName].map((variable) => `ADTALLY_${variable}`),
        ].sort(),
        deadLetters: ['expire-ad', 'sweep-ads', 'audit-counters'].includes(name),
        concurrency: 'of the account',
      },
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  it('functions log JSON, without the lines that Lambda adds to each invocation', () => {
    for (const { Properties: properties } of ours(stage)) {
      expect(properties['LoggingConfig']).toMatchObject({
        ...{ LogFormat: 'JSON', SystemLogLevel: 'WARN', ApplicationLogLevel: 'INFO' },
      });
    }
  });

  it('functions are asked again by nobody but their mappings, schedules and callers', () => {
    expect(all(stage, 'AWS::Lambda::EventInvokeConfig')).toEqual([]);
  });

  it('the mappings deliver as decided', () => {
    const common = {
      Enabled: undefined,
      StartingPosition: 'TRIM_HORIZON',
      MaximumRetryAttempts: undefined,
      MaximumRecordAgeInSeconds: stage === 'dev' ? 82_800 : 601_200,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MetricsConfig: { Metrics: ['EventCount'] },
      TumblingWindowInSeconds: undefined,
      FilterCriteria: undefined,
    };
    const found = all(stage, 'AWS::Lambda::EventSourceMapping').map(({ id, Properties: properties }) => ({
      consumer: id.replace(/FunctionDelivery.*|Delivery.*/, ''),
      ...Object.fromEntries(Object.keys(common).map((name) => [name, properties[name]])),
      batch: [
        properties['BatchSize'],
        properties['MaximumBatchingWindowInSeconds'],
        properties['ParallelizationFactor'],
      ],
    }));
    expect(found.sort((a, b) => a.consumer.localeCompare(b.consumer))).toEqual([
      { ...common, consumer: 'aggregateincrements', batch: [5000, 1, 2] },
      { ...common, consumer: 'projectads', batch: [500, 0, 1] },
    ]);
  });

  it('the sweep runs every five minutes, twice again at most, and then tells the dead letters', () => {
    const [sweep] = all(stage, 'AWS::Events::Rule').filter(({ id }) => id.startsWith('ExpirySweep'));
    expect(sweep?.Properties).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      State: 'ENABLED',
      Targets: [
        {
          DeadLetterConfig: { Arn: expect.anything() },
          RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 2 },
        },
      ],
    });
  });

  it('the audit runs as often as decided, and then tells the dead letters', () => {
    const rules = all(stage, 'AWS::Events::Rule').filter(({ id }) => id.startsWith('ExpiryAudit'));
    const expected = { dev: 'rate(6 hours)', staging: 'rate(1 hour)', prod: 'rate(1 hour)' };
    expect(rules.map(({ Properties: { ScheduleExpression: every } }) => every)).toEqual(
      stage in expected ? [expected[stage as keyof typeof expected]] : [],
    );
  });

  it('has no archive', () => {
    expect(all(stage, 'AWS::Events::Rule').filter(({ id }) => id.startsWith('ExpiryArchive'))).toEqual([]);
    expect(all(stage, 'AWS::S3::Bucket').map(({ id }) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual([
      'StorageQuarantine',
    ]);
  });

  it('the canary runs each minute in prod, once what counts knows it', () => {
    const rules = all(stage, 'AWS::Events::Rule').filter(({ id }) => id.startsWith('ExpiryCanary'));
    expect(rules.map(({ Properties: { ScheduleExpression: every } }) => every)).toEqual(
      stage === 'prod' ? ['rate(1 minute)'] : [],
    );
    for (const rule of rules) {
      const { DependsOn: after = [] } = rule as { DependsOn?: readonly string[] };
      expect(after.some((id) => id.startsWith('aggregateincrementsFunction'))).toBe(true);
    }
  });

  it('dead letters wait for two weeks, encrypted, and travel by TLS only', () => {
    expect(the(stage, 'AWS::SQS::Queue')).toMatchObject({
      MessageRetentionPeriod: 14 * 86_400,
      SqsManagedSseEnabled: true,
    });
    expect(JSON.stringify(the(stage, 'AWS::SQS::QueuePolicy'))).toContain(
      '"Action":"sqs:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"',
    );
  });

  it('the quarantine keeps records for a day longer than their items, in versions, by TLS only', () => {
    expect(the(stage, 'AWS::S3::Bucket')).toEqual({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      LifecycleConfiguration: {
        Rules: [
          ...[
            ['quarantine/', 31],
            ['aws/lambda/', 31],
            ['audit/', 1],
          ].map(([prefix, NoncurrentDays]) => ({
            ...{ ExpirationInDays: 31, NoncurrentVersionExpiration: { NoncurrentDays } },
            ...{ Prefix: prefix, Status: 'Enabled' },
          })),
          {
            ...{ ExpiredObjectDeleteMarker: true, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
            ...{ Prefix: 'snapshots/', Status: 'Enabled' },
          },
        ],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      Tags: stage === 'dev' ? [...tags, { Key: 'aws-cdk:auto-delete-objects', Value: 'true' }] : tags,
      VersioningConfiguration: { Status: 'Enabled' },
    });
    expect(JSON.stringify(the(stage, 'AWS::S3::BucketPolicy'))).toContain(
      '"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"',
    );
  });

  it('tables have string keys, their own recovery and an expiry', () => {
    for (const { Properties: properties } of all(stage, 'AWS::DynamoDB::GlobalTable')) {
      expect(properties).toMatchObject({
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
        SSESpecification: { SSEEnabled: false },
      });
    }
  });

  it('logs never hold bodies, queries or keys of callers', () => {
    const { MethodSettings, AccessLogSetting, TracingEnabled } = the(stage, 'AWS::ApiGateway::Stage');
    const quiet = { DataTraceEnabled: false, LoggingLevel: 'ERROR', MetricsEnabled: false };
    const settings = MethodSettings as readonly object[];
    expect(settings[0]).toMatchObject({ ...quiet, ResourcePath: '/*' });
    for (const ofMethod of settings) expect(ofMethod).toMatchObject(quiet);
    expect(TracingEnabled).toBe(true);
    const { Format } = AccessLogSetting as { Format: string };
    expect(JSON.parse(Format)).toEqual({
      requestId: '$context.requestId',
      time: '$context.requestTimeEpoch',
      method: '$context.httpMethod',
      resource: '$context.resourcePath',
      status: '$context.status',
      latencyMs: '$context.responseLatency',
      integrationMs: '$context.integrationLatency',
      responseBytes: '$context.responseLength',
      // Where browsers report what people saw, no line has an address.
      ...((stage === 'staging' || stage === 'prod') && { address: '$context.identity.sourceIp' }),
      principal: '$context.authorizer.principalId',
      token: '$context.authorizer.tokenId',
      error: '$context.error.responseType',
      trace: '$context.xrayTraceId',
    });
  });

  it('tokens are limited, and a revoked one is forgotten after a minute', () => {
    expect(the(stage, 'AWS::ApiGateway::UsagePlan')['Throttle']).toEqual({
      RateLimit: 200,
      BurstLimit: 1000,
    });
    expect(the(stage, 'AWS::ApiGateway::UsagePlan')['Quota']).toBeUndefined();
    expect(the(stage, 'AWS::ApiGateway::Authorizer')).toMatchObject({
      ...(stage === 'localstack'
        ? {
            Type: 'TOKEN',
            IdentityValidationExpression: '^[Bb][Ee][Aa][Rr][Ee][Rr] +adtally_[0-9a-f]{16}_[0-9a-f]{64}$',
          }
        : { Type: 'REQUEST' }),
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: 60,
    });
    expect(the(stage, 'AWS::ApiGateway::RestApi')).toMatchObject({
      ApiKeySourceType: 'AUTHORIZER',
      EndpointConfiguration: { Types: ['REGIONAL'] },
      BinaryMediaTypes: ['*/*'],
    });
  });

  it('only the projector passes a role, the one of the schedules, to the Scheduler alone', () => {
    const passing = statements(stage).filter(({ Action }) => [Action].flat().includes('iam:PassRole'));
    expect(passing).toEqual([
      {
        policy: expect.stringMatching(/^projectads/),
        Action: 'iam:PassRole',
        Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
        Effect: 'Allow',
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^ExpiryInvokeRole/), 'Arn'] },
      },
    ]);
    expect(statements(stage).filter(({ Effect }) => Effect !== 'Allow')).toEqual([]);
  });

  it('functions that only note usage or a release write nothing else of the counters', () => {
    const table = { 'Fn::GetAtt': [expect.stringMatching(/^StorageCounters/), 'Arn'] };
    const only = (patterns: readonly string[]) => ({
      Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } },
      Effect: 'Allow',
      Resource: table,
    });
    const usage = {
      Action: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
      ...only(['counter#?usage/*', 'usage#*', 'claim#usage-*']),
    };
    const expected = [
      ...['ingestads', 'queryads', 'readcounters'].map((role) => ({ role, ...usage })),
      { role: 'warmrelease', Action: 'dynamodb:PutItem', ...only(['release#*']) },
    ];
    for (const { role, ...statement } of expected) {
      const writing = statements(stage).filter(({ policy, Action, Resource }) => {
        const isOfCounters = JSON.stringify(Resource).includes('StorageCounters');
        const writes = /"dynamodb:(?:Put|Update|Delete)Item"/.test(JSON.stringify([Action].flat()));
        return policy.startsWith(role) && isOfCounters && writes;
      });
      expect(writing).toEqual([{ policy: expect.stringContaining(role) as unknown, ...statement }]);
    }
  });

  it('only schedules of the stage’s own group are made and removed', () => {
    const scheduling = statements(stage).filter(({ Action }) =>
      [Action].flat().some((action) => action.startsWith('scheduler:')),
    );
    expect(scheduling.map(({ Action }) => Action)).toEqual([
      ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule'],
    ]);
    expect(JSON.stringify(scheduling)).toContain(`:schedule/adtally-${stage}/*`);
  });

  it('roles are assumed by the service that they are for, and hold no policy of AWS but one', () => {
    const found = all(stage, 'AWS::IAM::Role').map(({ id, Properties: properties }) => {
      const { Statement } = properties['AssumeRolePolicyDocument'] as { Statement: readonly object[] };
      return { id, Statement, managed: JSON.stringify(properties['ManagedPolicyArns'] ?? []) };
    });
    for (const { id, Statement, managed } of found) {
      const { service, policies = 'none', condition } = assumedAs(id);
      expect([id, Statement]).toEqual([
        id,
        [
          {
            Action: 'sts:AssumeRole',
            ...(condition && { Condition: condition }),
            Effect: 'Allow',
            Principal: { Service: `${service}.amazonaws.com` },
          },
        ],
      ]);
      expect([id, managed === '[]' ? 'none' : /service-role\/(\w+)/.exec(managed)?.[1]]).toEqual([
        id,
        policies,
      ]);
    }
  });

  it('an alarm triggers at its threshold, in all of its periods, and silence is none but for sweep, canary and traffic', () => {
    for (const { Properties: properties } of all(stage, 'AWS::CloudWatch::Alarm')) {
      const name = String(properties['AlarmName']);
      const isSilence = /-(?:sweep-silent|canary-silent|quiet-now)$/.test(name);
      // A day in which two hours may be quiet, and two periods without a run of the sweep.
      const fewer = { 'busy-day': 22, 'goals-behind': 6 };
      const part = Object.entries(fewer).find(([section]) => name.endsWith(`-${section}`));
      const periods = part?.[1] ?? properties['EvaluationPeriods'];
      expect([
        name,
        properties['ComparisonOperator'],
        properties['TreatMissingData'],
        properties['DatapointsToAlarm'] ?? periods,
        properties['ActionsEnabled'] ?? true,
      ]).toEqual([
        name,
        isSilence ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
        isSilence ? 'breaching' : 'notBreaching',
        periods,
        true,
      ]);
    }
  });

  it('alarm messages are encrypted with a key of its own that only two services may use', () => {
    const { Statement } = the(stage, 'AWS::KMS::Key')['KeyPolicy'] as {
      Statement: readonly { Action: string | string[]; Principal: { Service?: string } }[];
    };
    const services = Statement.filter(({ Principal }) => Principal.Service !== undefined);
    expect(services).toEqual(
      ['cloudwatch.amazonaws.com', 'events.amazonaws.com'].map((Service) => ({
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Effect: 'Allow',
        Principal: { Service },
        Resource: '*',
      })),
    );
    expect(the(stage, 'AWS::KMS::Key')['EnableKeyRotation']).toBe(true);
  });
});

/** Which service a role is for. */
function assumedAs(role: string): {
  readonly service: string;
  readonly policies?: string;
  readonly condition?: object;
} {
  if (role.startsWith('ExpiryInvokeRole')) {
    const condition = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
    return { service: 'scheduler', condition };
  }
  if (role.startsWith('ApiRestApiCloudWatchRole')) {
    return { service: 'apigateway', policies: 'AmazonAPIGatewayPushToCloudWatchLogs' };
  }
  if (role.startsWith('Releases')) {
    return { service: 'codedeploy', policies: 'AWSCodeDeployRoleForLambdaLimited' };
  }
  return { service: 'lambda' };
}

interface Statement {
  readonly policy: string;
  readonly Action: string | readonly string[];
  readonly Effect: string;
  readonly Resource: unknown;
}

/** Of all policies of roles. */
function statements(stage: DeployedStage): Statement[] {
  return all(stage, 'AWS::IAM::Policy').flatMap(({ id, Properties: properties }) => {
    const { Statement } = properties['PolicyDocument'] as {
      Statement: Omit<Statement, 'policy'>[];
    };
    return Statement.map((statement) => ({ policy: id, ...statement }));
  });
}

/** A call of a custom resource, with the logical id of a table for its name. */
function callOf(text: unknown): unknown {
  if (text === undefined) return undefined;
  const {
    'Fn::Join': [, parts],
  } = text as { 'Fn::Join': [string, (string | { Ref: string })[]] };
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : part.Ref)).join(''));
}

/** CDK's, which act while a stack is created or deleted. */
const deploying = /^(?:AWS679f53fac002430cb0da5b7982bd2287|CustomS3AutoDeleteObjects)/;

/** Those of functions/. */
function ours(stage: DeployedStage): ReturnType<typeof all> {
  return all(stage, 'AWS::Lambda::Function').filter(({ id }) => !deploying.test(id));
}

describe('stages', () => {
  it.each(
    byStage({
      dev: { data: 'Delete', days: 7 },
      staging: { data: 'RetainExceptOnCreate', days: 30 },
      prod: { data: 'RetainExceptOnCreate', days: 90 },
      localstack: { data: 'Delete', days: 7 },
    }),
  )('%s keeps its data and its logs as decided', (stage, { data, days }) => {
    const stores = ['AWS::DynamoDB::GlobalTable', 'AWS::Kinesis::Stream', 'AWS::S3::Bucket'];
    const kept = data === 'Delete' ? 'Delete' : 'Retain';
    const policies = stores.flatMap((type) =>
      all(stage, type).map((store) => [store.DeletionPolicy, store.UpdateReplacePolicy]),
    );
    expect(policies).toEqual(Array.from({ length: 8 }, () => [data, kept]));
    // Nothing is lost with its schedules, and their group has a name that a second creation needs.
    expect(all(stage, 'AWS::Scheduler::ScheduleGroup').map((group) => group.DeletionPolicy)).toEqual([
      'Delete',
    ]);
    const logs = all(stage, 'AWS::Logs::LogGroup');
    expect(logs.map(({ Properties: properties }) => properties['RetentionInDays'])).toEqual(
      Array.from({ length: stage === 'localstack' ? 19 : 20 }, () => days),
    );
    expect(new Set(logs.map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(new Set(['Delete']));
    const names = logs.map(({ Properties: properties }) => properties['LogGroupName']);
    const deployed: Partial<Record<DeployedStage, readonly string[]>> = {
      dev: ['empty-quarantine'],
      localstack: [],
    };
    const deploying = deployed[stage] ?? ['table-protection'];
    expect(names.filter((name) => typeof name === 'string').sort()).toEqual(
      ['access', ...deploying, ...Object.keys(always)].map((name) => `/adtally/${stage}/${name}`).sort(),
    );
    // Of API Gateway's own errors, which it would make itself and leave behind.
    expect(names.filter((name) => typeof name !== 'string')).toEqual([
      {
        'Fn::Join': ['', ['API-Gateway-Execution-Logs_', { Ref: expect.anything() as unknown }, `/${stage}`]],
      },
    ]);
  });

  it.each(['staging', 'prod'] as const)('%s protects each table when all else exists', (stage) => {
    const tables = all(stage, 'AWS::DynamoDB::GlobalTable');
    // As a property of the table it would be in the way of the rollback of a first deployment.
    expect(JSON.stringify(tables)).not.toContain('DeletionProtectionEnabled');
    const [apiStage] = all(stage, 'AWS::ApiGateway::Stage');
    const found = all(stage, 'Custom::AWS').map(({ Properties: properties, ...rest }) => ({
      ...rest,
      calls: ['Create', 'Update', 'Delete'].map((on) => callOf(properties[on])),
    }));
    const set = (id: string, enabled: boolean) => ({
      ...{ service: 'dynamodb', action: 'UpdateTable' },
      parameters: { TableName: id, DeletionProtectionEnabled: enabled },
    });
    expect(found).toEqual(
      tables.map(({ id }) => ({
        id: expect.stringMatching(/^TableProtection/),
        Type: 'Custom::AWS',
        calls: [expect.objectContaining(set(id, true)), undefined, expect.objectContaining(set(id, false))],
        DependsOn: expect.arrayContaining([apiStage!.id]),
        // The rollback of a creation takes the protection back, and the removal of a stage leaves it.
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      })),
    );
  });

  it('dev alone empties its bucket, when nobody writes to it any more', () => {
    const stage = 'dev';
    const [bucket] = all(stage, 'AWS::S3::Bucket');
    const [emptying] = all(stage, 'Custom::S3AutoDeleteObjects');
    expect(emptying).toMatchObject({
      Properties: { BucketName: { Ref: bucket!.id } },
      DeletionPolicy: 'Delete',
    });
    for (const writer of ['aggregateincrements', 'projectads', 'auditcounters']) {
      const found = all(stage, 'AWS::Lambda::Function').find(({ id }) => id.startsWith(writer));
      expect(found!.DependsOn).toContain(emptying!.id);
    }
    const others = deployedStages.filter((each) => each !== stage);
    expect(others.flatMap((each) => all(each, 'Custom::S3AutoDeleteObjects'))).toEqual([]);
  });

  it('a table has the throughput that its stage sets, and no bound in any stage', () => {
    const throughputOf = (name: DeployedStage | Variant): unknown[] =>
      Object.entries(templateOf(name).findResources('AWS::DynamoDB::GlobalTable')).map(([id, resource]) => {
        const {
          WarmThroughput: warm,
          WriteOnDemandThroughputSettings: writes,
          Replicas: replicas,
        } = (resource as Resource).Properties;
        const [{ ReadOnDemandThroughputSettings: reads }] = replicas as [Record<string, unknown>];
        return [id.replace(/[0-9A-F]{8}$/, ''), warm, writes, reads];
      });
    for (const stage of deployedStages) {
      expect(throughputOf(stage)).toEqual(
        ['Ads', 'Counters', 'Requests', 'Tokens', 'Delivery'].map((name) => [
          `Storage${name}`,
          ...Array.from({ length: 3 }, () => undefined),
        ]),
      );
    }
    expect(throughputOf('dev with bounded tables')).toEqual([
      ['StorageAds', { ReadUnitsPerSecond: 30_000 }, undefined, undefined],
      [
        'StorageCounters',
        { ReadUnitsPerSecond: 20_000, WriteUnitsPerSecond: 10_000 },
        { MaxWriteRequestUnits: 12_000 },
        { MaxReadRequestUnits: 20_000 },
      ],
      ['StorageRequests', undefined, { MaxWriteRequestUnits: 500 }, undefined],
      ['StorageTokens', undefined, undefined, undefined],
      ['StorageDelivery', undefined, undefined, undefined],
    ]);
  });

  it('a key of messages alone goes with its stack, a week after', () => {
    for (const stage of deployedStages) {
      expect(all(stage, 'AWS::KMS::Key')).toMatchObject([
        { DeletionPolicy: 'Delete', Properties: { PendingWindowInDays: 7 } },
      ]);
    }
  });

  it.each(
    byStage({
      dev: [1, 1],
      staging: [1, 2],
      prod: [1, 'on demand'],
      localstack: [1, 2],
    }),
  )('%s has its shards, a retention and a key of Kinesis', (stage, shards) => {
    const found = all(stage, 'AWS::Kinesis::Stream').map(({ Properties: properties }) => properties);
    expect(
      found.map((properties) =>
        (properties['StreamModeDetails'] as { StreamMode: string }).StreamMode === 'ON_DEMAND'
          ? 'on demand'
          : properties['ShardCount'],
      ),
    ).toEqual(shards);
    const hours = stage === 'dev' ? 24 : 168;
    expect(found.map((properties) => properties['RetentionPeriodHours'])).toEqual([hours, hours]);
  });

  it.each(
    byStage({
      dev: [200, 400],
      staging: [1000, 2000],
      prod: [10_000, 5000],
      localstack: [1000, 2000],
    }),
  )('%s has its ceiling over all callers', (stage, [rate, burst]) => {
    const [ofStage] = the(stage, 'AWS::ApiGateway::Stage')['MethodSettings'] as readonly object[];
    expect(ofStage).toMatchObject({ ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst });
  });

  it.each(byStage({ dev: [0, 0.05], staging: [1, 0.05], prod: [1, 0.01], localstack: undefined }))(
    '%s samples its traces as decided',
    (stage, sampling) => {
      const rules = all(stage, 'AWS::XRay::SamplingRule').map(({ Properties: properties }) => {
        const rule = properties['SamplingRule'] as { ReservoirSize: number; FixedRate: number };
        return [rule.ReservoirSize, rule.FixedRate];
      });
      expect(rules).toEqual(sampling === undefined ? [] : [sampling]);
    },
  );

  it('prod alone has a web ACL, which limits an address to 1 token without a token, and to 5 in all', () => {
    expect(deployedStages.filter((stage) => all(stage, 'AWS::WAFv2::WebACL').length > 0)).toEqual(['prod']);
    // 200/s for a minute and a burst of 1,000.
    const limits = [13_000, 65_000];
    const withoutHeader = {
      NotStatement: {
        Statement: {
          SizeConstraintStatement: {
            FieldToMatch: { SingleHeader: { Name: 'authorization' } },
            ComparisonOperator: 'GT',
            Size: 0,
            TextTransformations: [{ Priority: 0, Type: 'NONE' }],
          },
        },
      },
    };
    const webAcl = the('prod', 'AWS::WAFv2::WebACL');
    expect(webAcl).toMatchObject({ Scope: 'REGIONAL', DefaultAction: { Allow: {} } });
    const rules = webAcl['Rules'] as { Statement: unknown; Action: unknown; Priority: number }[];
    expect(rules.map(({ Statement: statement }) => statement)).toEqual([
      {
        RateBasedStatement: {
          ...{ AggregateKeyType: 'IP', EvaluationWindowSec: 60, Limit: limits[0] },
          ScopeDownStatement: withoutHeader,
        },
      },
      // Of every call, so that a header with anything in it evades nothing.
      { RateBasedStatement: { AggregateKeyType: 'IP', EvaluationWindowSec: 60, Limit: limits[1] } },
    ]);
    expect(rules.map(({ Action: action }) => action)).toEqual(
      limits.map((limit) => ({
        Block: {
          CustomResponse: {
            ResponseCode: 429,
            CustomResponseBodyKey: 'too-many-requests',
            ResponseHeaders: [
              { Name: 'Retry-After', Value: '60' },
              { Name: 'RateLimit', Value: '"address";r=0;t=60' },
              { Name: 'RateLimit-Policy', Value: `"address";q=${limit};w=60` },
              { Name: 'Cache-Control', Value: 'no-store' },
              { Name: 'X-Content-Type-Options', Value: 'nosniff' },
              { Name: 'Content-Security-Policy', Value: "default-src 'none'; frame-ancestors 'none'" },
              { Name: 'Strict-Transport-Security', Value: 'max-age=63072000' },
            ],
          },
        },
      })),
    );
    const bodies = webAcl['CustomResponseBodies'] as Record<string, { Content: string; ContentType: string }>;
    const { Content: content = '', ContentType: type } = bodies['too-many-requests'] ?? {};
    expect(type).toBe('APPLICATION_JSON');
    expect(problemSchema.parse(JSON.parse(content))).toMatchObject({
      status: 429,
      type: 'urn:adtally:problem:too-many-requests',
    });
  });

  it('one method that reads has at most four fifths of the rate; writes may have all of it', () => {
    const settings = the('prod', 'AWS::ApiGateway::Stage')['MethodSettings'] as Record<string, unknown>[];
    const [ofStage, ...ofReads] = settings;
    const common = { LoggingLevel: 'ERROR', DataTraceEnabled: false, MetricsEnabled: false };
    expect(ofStage).toEqual({
      ...common,
      ...{ HttpMethod: '*', ResourcePath: '/*', ThrottlingRateLimit: 10_000, ThrottlingBurstLimit: 5000 },
    });
    expect(ofReads.length).toBeGreaterThan(0);
    for (const one of ofReads)
      expect(one).toEqual({
        ...common,
        ...{ HttpMethod: expect.stringMatching(/^(GET|HEAD)$/), ResourcePath: expect.any(String) },
        ...{ ThrottlingRateLimit: 8000, ThrottlingBurstLimit: 4000 },
      });
    const named = ofReads.map(
      ({ HttpMethod: method, ResourcePath: path }) => `${String(method)} ${String(path)}`,
    );
    expect(named).toEqual(expect.arrayContaining(['GET /~1api~1v1~1ad', 'HEAD /~1increment~1{key}']));
  });

  it('a stage reserves concurrency for the functions that its settings name, and for no other', () => {
    const reserved = (stage: DeployedStage | Variant) =>
      Object.values(templateOf(stage).findResources('AWS::Lambda::Function')).flatMap((resource) => {
        const { FunctionName: name, ReservedConcurrentExecutions: most } = resource['Properties'] as Record<
          string,
          unknown
        >;
        return most === undefined ? [] : [[name, most]];
      });
    // A new account has ten in all, none of which can be reserved.
    for (const stage of deployedStages) expect(reserved(stage)).toEqual([]);
    expect(reserved('prod with reserved concurrency').sort()).toEqual([
      ['adtally-prod-authorize-request', 50],
      ['adtally-prod-project-ads', 2],
    ]);
  });

  describe.each([
    ['prod with an archive and its own key', 'rate(10 minutes)', 400],
    ['dev with an archive', 'rate(1 hour)', 60],
  ] as const)('%s', (variant, every, days) => {
    const template = templateOf(variant);
    const found = (type: string, id: RegExp): Resource & { readonly id: string } => {
      const [first, ...others] = Object.entries(template.findResources(type)).filter(([key]) => id.test(key));
      expect(others).toEqual([]);
      return { id: first![0], ...(first![1] as unknown as Resource) };
    };
    const isDev = variant.startsWith('dev');

    it('copies the log as often as its settings say, by a function that has what the others have', () => {
      expect(found('AWS::Events::Rule', /^ExpiryArchive/).Properties).toMatchObject({
        ScheduleExpression: every,
        Targets: [{ DeadLetterConfig: expect.anything() as unknown }],
      });
      const { Properties: properties } = found('AWS::Lambda::Function', /^archiveincrements/);
      const { Variables: variables } = properties['Environment'] as { Variables: object };
      expect([properties['MemorySize'], properties['Timeout']]).toEqual(archiver);
      expect(properties['DeadLetterConfig']).toBeDefined();
      expect(Object.keys(variables).sort()).toEqual([
        ...['ADTALLY_ARCHIVE_BUCKET', 'ADTALLY_INCREMENTS_STREAM'],
        // What this stage changes of prod: its functions would not know of the archive without it.
        ...['ADTALLY_SETTINGS', 'ADTALLY_STAGE', 'NODE_OPTIONS'],
      ]);
      const auditor = found('AWS::Lambda::Function', /^auditcounters/).Properties['Environment'];
      expect(auditor).toMatchObject({ Variables: { ADTALLY_ARCHIVE_BUCKET: expect.anything() as unknown } });
    });

    it('keeps parts for as long as its settings say, the older ones in colder storage, by TLS only', () => {
      const bucket = found('AWS::S3::Bucket', /^StorageArchive/);
      const cold = { Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 30 }] };
      expect(bucket.Properties['LifecycleConfiguration']).toEqual({
        Rules: [
          {
            ...{ ExpirationInDays: days, Prefix: 'increments/', Status: 'Enabled' },
            // Colder storage is paid for 90 days at least.
            ...(isDev ? {} : cold),
          },
        ],
      });
      expect(bucket.Properties['VersioningConfiguration']).toBeUndefined();
      expect(bucket.Properties['PublicAccessBlockConfiguration']).toEqual({
        ...{ BlockPublicAcls: true, BlockPublicPolicy: true },
        ...{ IgnorePublicAcls: true, RestrictPublicBuckets: true },
      });
      expect(JSON.stringify(found('AWS::S3::BucketPolicy', /^StorageArchive/))).toContain(
        '"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"',
      );
      expect([bucket.DeletionPolicy, bucket.UpdateReplacePolicy]).toEqual(
        isDev ? ['Delete', 'Delete'] : ['RetainExceptOnCreate', 'Retain'],
      );
      const emptied = Object.keys(template.findResources('Custom::S3AutoDeleteObjects'));
      expect(emptied.some((id) => id.startsWith('StorageArchive'))).toBe(isDev);
      // The archiver goes before its bucket is emptied.
      expect(found('AWS::Lambda::Function', /^archiveincrements/).DependsOn).toContain(bucket.id);
    });

    it('lets the archiver write parts and its book, and the audit read both', () => {
      const granted = (role: RegExp): string[] => {
        const { Properties: properties } = found('AWS::IAM::Policy', role);
        const { Statement: statements } = properties['PolicyDocument'] as {
          Statement: readonly { readonly Action: unknown; readonly Resource: unknown }[];
        };
        return statements
          .filter(({ Resource: resource }) => JSON.stringify(resource).includes('StorageArchive'))
          .flatMap(({ Action: action, Resource: resource }) =>
            [action].flat().flatMap((each) =>
              [resource].flat().map((on) => {
                const path = /"(\/[a-z]+\/\*)"/.exec(JSON.stringify(on))?.[1] ?? '';
                return `${String(each)} ${path}`.trim();
              }),
            ),
          )
          .sort();
      };
      expect(granted(/^archiveincrementsRoleDefault/)).toEqual([
        ...['s3:GetObject /books/*', 's3:ListBucket', 's3:PutObject /books/*', 's3:PutObject /increments/*'],
      ]);
      expect(granted(/^auditcountersRoleDefault/)).toEqual([
        ...['s3:GetObject /books/*', 's3:GetObject /increments/*', 's3:ListBucket'],
      ]);
    });

    it('rings if the archive does not catch up for six hours, and if records are missing in it', () => {
      const stage = isDev ? 'dev' : 'prod';
      const dimensions = [
        { Name: 'function', Value: 'archive-increments' },
        { Name: 'stage', Value: stage },
      ];
      expect(found('AWS::CloudWatch::Alarm', /^Alarmsarchivelate/).Properties).toMatchObject({
        ...{ AlarmName: `adtally-${stage}-archive-late`, MetricName: 'archive_runs', Statistic: 'Sum' },
        ...{ ComparisonOperator: 'LessThanThreshold', Threshold: 1, TreatMissingData: 'breaching' },
        ...{ Period: 3600, EvaluationPeriods: 6, DatapointsToAlarm: 6, Dimensions: dimensions },
      });
      expect(found('AWS::CloudWatch::Alarm', /^Alarmsarchivegap/).Properties).toMatchObject({
        ...{ AlarmName: `adtally-${stage}-archive-gap`, MetricName: 'archive_gaps', Statistic: 'Sum' },
        ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', Threshold: 1, Dimensions: dimensions },
      });
    });
  });

  it('a stage keeps containers ready for the functions that its settings name, at the alias that is called', () => {
    const kept = (stage: DeployedStage | Variant) =>
      Object.entries(templateOf(stage).findResources('AWS::Lambda::Alias')).flatMap(([id, resource]) => {
        const { ProvisionedConcurrencyConfig: config } = resource['Properties'] as Record<string, unknown>;
        return config === undefined ? [] : [[id.replace(/Live.*/, ''), config]];
      });
    for (const stage of deployedStages) expect(kept(stage)).toEqual([]);
    expect(kept('prod with provisioned concurrency')).toEqual([
      ['queryads', { ProvisionedConcurrentExecutions: 3 }],
    ]);
    expect(kept('dev with provisioned concurrency')).toEqual([
      ['queryads', { ProvisionedConcurrentExecutions: 2 }],
    ]);
    // A stage without gradual releases has an alias for this function alone, and the gateway calls that.
    const dev = templateOf('dev with provisioned concurrency');
    expect(Object.keys(dev.findResources('AWS::Lambda::Alias'))).toHaveLength(1);
    const called = JSON.stringify(
      Object.values(dev.findResources('AWS::ApiGateway::Method')).filter((method) =>
        JSON.stringify(method).includes('queryadsLive'),
      ),
    );
    expect(called).not.toBe('[]');
    expect(JSON.stringify(dev.findResources('AWS::ApiGateway::Method'))).not.toMatch(
      /"queryadsFunction[^"]*","Arn"/,
    );
  });

  it('all have the same permissions: an exact rate can be set while a stage runs', () => {
    const actionsOf = (stage: DeployedStage): string[] =>
      statements(stage)
        .flatMap(({ policy, Action }) =>
          [Action].flat().map((action) => `${policy.replace(/RoleDefaultPolicy.*/, '')} ${action}`),
        )
        .sort();
    const dev = actionsOf('dev');
    expect(dev).toEqual(
      expect.arrayContaining(['ingestads dynamodb:UpdateItem', 'ingestincrements dynamodb:UpdateItem']),
    );
    const protecting = ['dynamodb:UpdateTable', 'logs:CreateLogStream', 'logs:PutLogEvents'].map(
      (action) => `TableProtection ${action}`,
    );
    expect(actionsOf('staging')).toEqual([...dev, ...protecting].sort());
    // In prod CodeDeploy calls the hook of a release, which reports to it.
    const released = [
      'Releases lambda:InvokeFunction',
      'warmrelease codedeploy:PutLifecycleEventHookExecutionStatus',
    ];
    expect(actionsOf('prod')).toEqual([...dev, ...protecting, ...released].sort());
  });

  it('a release goes back at shares of the calls of the version that it brings', () => {
    const alarms = all('prod', 'AWS::CloudWatch::Alarm').filter(({ Properties: properties }) =>
      String(properties['AlarmName']).includes('-release-'),
    );
    const versions = all('prod', 'AWS::Lambda::Version');
    const found = alarms.map(({ id, Properties: properties }) => {
      const metrics = properties['Metrics'] as readonly {
        readonly Expression?: string;
        readonly MetricStat?: { readonly Metric: object; readonly Period: number; readonly Stat: string };
      }[];
      const stats = metrics.flatMap(({ MetricStat: stat }) => stat ?? []);
      const version = versions.find((each) =>
        each.id.startsWith(id.replace(/(?:crashes|error|stale).*/, '')),
      );
      for (const { Metric: metric, Period, Stat } of stats) {
        expect([Period, Stat]).toEqual([60, 'Sum']);
        expect(JSON.stringify(metric)).toContain(`{"Fn::GetAtt":["${version!.id}","Version"]}`);
      }
      const [, what] = /-release-(crashes|error-answers|stale-answers)-/.exec(
        String(properties['AlarmName']),
      )!;
      const expression = metrics.find(({ Expression }) => Expression !== undefined)?.Expression;
      return [
        what,
        expression,
        properties['Threshold'],
        properties['EvaluationPeriods'],
        stats.length,
      ].join();
    });
    expect(found.sort()).toEqual(
      [
        ...Array.from({ length: 9 }, () => 'crashes,errors / calls,0.01,1,2'),
        'crashes,IF(errors >= 3, (errors - FILL(refused, 0)) / calls, 0),0.1,1,3',
        ...Array.from({ length: 9 }, () => 'error-answers,IF(bad >= 3, bad / calls, 0),0.05,1,2'),
        'stale-answers,IF(bad >= 3, bad / calls, 0),0.05,1,2',
      ].sort(),
    );
  });

  /** The deployment group of a function in prod. */
  function groupOf(name: string): Resource['Properties'] {
    const groups = all('prod', 'AWS::CodeDeploy::DeploymentGroup');
    return groups.find(({ id }) => id.startsWith(`${name}Release`))!.Properties;
  }

  it('a failed, stopped or alarming release goes back to the last good version, which is kept', () => {
    expect(all('prod', 'AWS::CodeDeploy::DeploymentGroup')).toHaveLength(10);
    for (const { Properties: properties } of all('prod', 'AWS::CodeDeploy::DeploymentGroup')) {
      expect(properties).toMatchObject({
        AutoRollbackConfiguration: {
          Enabled: true,
          Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
        },
        DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
        DeploymentStyle: { DeploymentOption: 'WITH_TRAFFIC_CONTROL', DeploymentType: 'BLUE_GREEN' },
      });
    }
    const alarms = (name: string) =>
      (groupOf(name)['AlarmConfiguration'] as { Alarms: readonly unknown[] }).Alarms.length;
    expect([alarms('queryads'), alarms('readcounters'), alarms('authorizerequest')]).toEqual([3, 2, 1]);
    const versions = all('prod', 'AWS::Lambda::Version');
    expect(versions).toHaveLength(10);
    for (const version of versions) {
      expect(version).toMatchObject({
        // But not the version of a deployment that fails: Lambda would not publish the same code again.
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
    }
  });

  it('a version of query-ads alone waits for its hook, which acts on nothing else', () => {
    const hook = {
      Ref: all('prod', 'AWS::Lambda::Function').find(({ id }) => id.startsWith('warmrelease'))!.id,
    };
    const aliases = all('prod', 'AWS::Lambda::Alias');
    const hooks = aliases.map(({ id, UpdatePolicy }) => [
      id.replace(/Live.*/, ''),
      UpdatePolicy!.CodeDeployLambdaAliasUpdate.BeforeAllowTrafficHook,
      UpdatePolicy!.CodeDeployLambdaAliasUpdate.AfterAllowTrafficHook,
    ]);
    expect(hooks.filter(([, before]) => before !== undefined)).toEqual([['queryads', hook, undefined]]);
    expect(hooks.filter(([, , after]) => after !== undefined)).toEqual([]);

    const version = {
      Ref: all('prod', 'AWS::Lambda::Version').find(({ id }) => id.startsWith('queryads'))!.id,
    };
    const allowed = statements('prod').filter(({ policy }) => policy.startsWith('warmrelease'));
    const on = (action: string) => allowed.find(({ Action }) => [Action].flat().includes(action))?.Resource;
    expect(on('lambda:InvokeFunction')).toEqual(version);
    expect(JSON.stringify(on('codedeploy:PutLifecycleEventHookExecutionStatus'))).toMatch(
      /deploymentgroup.*Releases.*queryadsRelease/,
    );
    const variables = all('prod', 'AWS::Lambda::Function').find(({ id }) => id === hook.Ref)!.Properties;
    expect(variables['Environment']).toMatchObject({ Variables: { ADTALLY_RELEASED_VERSION_ARN: version } });
  });

  it('an alias moves once CodeDeploy may call the hook and the hook may act', () => {
    const [alias] = all('prod', 'AWS::Lambda::Alias').filter(({ id }) => id.startsWith('queryads'));
    const waited = alias!.DependsOn?.map((id) => id.replace(/[0-9A-F]{8}$/, ''));
    expect(waited).toEqual(
      expect.arrayContaining([
        'ReleasesRoleDefaultPolicy',
        'warmreleaseFunction',
        'warmreleaseRoleDefaultPolicy',
      ]),
    );
  });

  it.each(['dev', 'staging', 'localstack'] as const)(
    '%s releases at once, with a hook for people',
    (stage) => {
      expect(all(stage, 'AWS::Lambda::Alias')).toEqual([]);
      const hook = all(stage, 'AWS::Lambda::Function').find(({ id }) => id.startsWith('warmrelease'))!;
      const queryAds = all(stage, 'AWS::Lambda::Function').find(({ id }) => id.startsWith('queryads'))!;
      expect(hook.Properties['Environment']).toMatchObject({
        Variables: { ADTALLY_RELEASED_VERSION_ARN: { 'Fn::GetAtt': [queryAds.id, 'Arn'] } },
      });
    },
  );
});

describe('behind CloudFront', () => {
  type Distribution = Readonly<Record<string, unknown>> & {
    readonly Origins: readonly Record<string, unknown>[];
    readonly DefaultCacheBehavior: Behaviour;
    readonly CacheBehaviors: readonly Behaviour[];
  };
  interface Behaviour {
    readonly PathPattern?: string;
    readonly CachePolicyId: unknown;
  }
  const found = (name: Variant, type: string): [string, Resource['Properties']][] =>
    Object.entries(templateOf(name).findResources(type)).map(([id, resource]) => [
      id,
      (resource as Resource).Properties,
    ]);
  const distributionOf = (name: Variant): Distribution =>
    found(name, 'AWS::CloudFront::Distribution')[0]![1]['DistributionConfig'] as Distribution;
  const both = ['prod behind CloudFront', 'dev behind CloudFront'] as const;

  it('is no stage, unless it is set', () => {
    for (const stage of deployedStages) expect(all(stage, 'AWS::CloudFront::Distribution')).toEqual([]);
    for (const name of both) expect(found(name, 'AWS::CloudFront::Distribution')).toHaveLength(1);
  });

  it.each(both)('%s takes every method over TLS, and forwards all headers but Host', (name) => {
    const { DefaultCacheBehavior: rest, CacheBehaviors: kept } = distributionOf(name);
    for (const behaviour of [rest, ...kept]) {
      expect(behaviour).toMatchObject({
        AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
        ViewerProtocolPolicy: 'https-only',
        // Managed-AllViewerExceptHostHeader.
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
      });
      // OPTIONS, whose answer may differ by what a page asks for, is not kept.
      expect(behaviour).not.toHaveProperty('CachedMethods');
    }
    // Managed-CachingDisabled: what needs a token or changes something, and whatever is added.
    expect(rest.CachePolicyId).toBe('4135ea2d-6df8-44a3-9df3-4b5a84be39ad');
    expect(distributionOf(name)).toMatchObject({
      Enabled: true,
      HttpVersion: 'http2and3',
      IPV6Enabled: true,
    });
  });

  it.each(both)('%s keeps what its cache policies name, as long as the answer says', (name) => {
    const policies = new Map(
      found(name, 'AWS::CloudFront::CachePolicy').map(([id, { CachePolicyConfig: config }]) => [id, config]),
    );
    const times = { MinTTL: 0, DefaultTTL: 0, MaxTTL: 86_400 };
    const common = {
      CookiesConfig: { CookieBehavior: 'none' },
      ...{ EnableAcceptEncodingBrotli: true, EnableAcceptEncodingGzip: true },
    };
    const byPath = distributionOf(name).CacheBehaviors.map(
      ({ PathPattern: path, CachePolicyId: id, ...more }) => {
        expect(more).toMatchObject({ Compress: true });
        return [path, policies.get((id as { Ref: string }).Ref)];
      },
    );
    const ads = {
      ...times,
      Name: expect.anything() as unknown,
      ParametersInCacheKeyAndForwardedToOrigin: {
        ...common,
        // With a list of the known ones, an unknown or a repeated one would be answered instead of refused.
        QueryStringsConfig: { QueryStringBehavior: 'all' },
        HeadersConfig: { HeaderBehavior: 'whitelist', Headers: ['Consistency-Token'] },
      },
    };
    const page = {
      ...times,
      Name: expect.anything() as unknown,
      ParametersInCacheKeyAndForwardedToOrigin: {
        ...common,
        QueryStringsConfig: { QueryStringBehavior: 'none' },
        HeadersConfig: { HeaderBehavior: 'none' },
      },
    };
    expect(byPath).toEqual([
      ['/api/v1/ad', ads],
      ['/openapi.json', page],
      ['/docs', page],
      ['/console', page],
      ['/favicon.ico', page],
    ]);
  });

  it.each(both)('%s keeps no error', (name) => {
    expect(distributionOf(name)['CustomErrorResponses']).toEqual(
      [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504].map((code) => ({
        ErrorCode: code,
        ErrorCachingMinTTL: 0,
      })),
    );
  });

  it('asks the stage of the API, over TLS 1.2, longer than API Gateway takes', () => {
    const [origin] = distributionOf('prod behind CloudFront').Origins;
    expect(origin).toMatchObject({
      CustomOriginConfig: {
        ...{ OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'], OriginReadTimeout: 35 },
      },
      OriginShield: { Enabled: true, OriginShieldRegion: 'us-east-1' },
    });
    expect(JSON.stringify(origin!['OriginPath'])).toContain('ApiRestApiDeploymentStageprod');
    const [ofDev] = distributionOf('dev behind CloudFront').Origins;
    expect(ofDev).toMatchObject({ OriginShield: { Enabled: false } });
  });

  it('tells the API a secret, without which it answers 403, unless its own address is open', () => {
    const secretOf = (name: Variant) => {
      const [[id]] = found(name, 'AWS::SecretsManager::Secret') as [[string, unknown]];
      return { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: id }, ':SecretString:::}}']] };
    };
    const headersOf = (name: Variant): unknown => distributionOf(name).Origins[0]!['OriginCustomHeaders'];
    const secret = secretOf('prod behind CloudFront');
    expect(headersOf('prod behind CloudFront')).toEqual([
      { HeaderName: 'Referer', HeaderValue: secret },
      { HeaderName: 'X-Adtally-Edge', HeaderValue: 'ads.example.com' },
    ]);
    expect(headersOf('dev behind CloudFront')).toEqual([
      { HeaderName: 'Referer', HeaderValue: secretOf('dev behind CloudFront') },
      { HeaderName: 'X-Adtally-Edge', HeaderValue: '-' },
    ]);
    const policyOf = (name: Variant) => found(name, 'AWS::ApiGateway::RestApi')[0]![1]['Policy'];
    const statement = { Action: 'execute-api:Invoke', Principal: { AWS: '*' }, Resource: 'execute-api:/*' };
    expect(policyOf('prod behind CloudFront')).toEqual({
      Version: '2012-10-17',
      Statement: [
        { ...statement, Effect: 'Allow' },
        { ...statement, Effect: 'Deny', Condition: { StringNotEquals: { 'aws:Referer': secret } } },
      ],
    });
    expect(policyOf('dev behind CloudFront')).toBeUndefined();
    const [[, made]] = found('prod behind CloudFront', 'AWS::SecretsManager::Secret') as [
      [string, Resource['Properties']],
    ];
    expect(made['GenerateSecretString']).toEqual({ PasswordLength: 64, ExcludePunctuation: true });
  });

  it('has its web ACL before CloudFront, with the rules that it has before the API', () => {
    const [[id, edge]] = found('prod behind CloudFront', 'AWS::WAFv2::WebACL') as [[string, object]];
    expect(edge).toEqual({ ...the('prod', 'AWS::WAFv2::WebACL'), Scope: 'CLOUDFRONT' });
    expect(found('prod behind CloudFront', 'AWS::WAFv2::WebACLAssociation')).toEqual([]);
    expect(distributionOf('prod behind CloudFront')['WebACLId']).toEqual({ 'Fn::GetAtt': [id, 'Arn'] });
    expect(distributionOf('dev behind CloudFront')).not.toHaveProperty('WebACLId');
  });

  it('has its own names and TLS 1.2, and says where callers find it', () => {
    expect(distributionOf('prod behind CloudFront')).toMatchObject({
      Aliases: ['ads.example.com', 'ads.example.org'],
      ViewerCertificate: {
        AcmCertificateArn: expect.stringContaining('arn:aws:acm:us-east-1:'),
        ...{ MinimumProtocolVersion: 'TLSv1.2_2021', SslSupportMethod: 'sni-only' },
      },
    });
    const outputsOf = (name: Variant) =>
      templateOf(name).findOutputs('*') as Record<string, { readonly Value: unknown }>;
    expect(outputsOf('prod behind CloudFront')['ApiUrl']!.Value).toBe('https://ads.example.com/');
    expect(outputsOf('prod behind CloudFront')).toHaveProperty('EdgeDomain');
    expect(JSON.stringify(outputsOf('dev behind CloudFront')['ApiUrl']!.Value)).toMatch(
      /"https:\/\/",\{"Fn::GetAtt":\["EdgeDistribution\w+","DomainName"\]\},"\/"/,
    );
  });
});
