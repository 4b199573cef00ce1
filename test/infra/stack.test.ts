import { readFileSync } from 'node:fs';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { routes } from '../../lib/api/routes.ts';
import { permissions, permissionTable, type Template as TemplateJson } from '../../lib/infra/iam-table.ts';
import { functionNames, stageSettings } from '../../lib/stages.ts';
import { deployedStages, type DeployedStage } from './deployed-stages.ts';
import { differences } from './differences.ts';
import { templateOf } from './template-of.ts';

const templates = new Map<DeployedStage, Template>();

beforeAll(() => {
  for (const stage of deployedStages) templates.set(stage, templateOf(stage));
});

function template(stage: DeployedStage): Template {
  return templates.get(stage)!;
}

function json(stage: DeployedStage): TemplateJson {
  return template(stage).toJSON() as TemplateJson;
}

/**
 * Without what changes with every line of code, the hashes of assets, and with one name for all stages, also
 * in the logical ids that are made of it; everything else is meant.
 */
function comparable(stage: DeployedStage): Parameters<typeof differences>[0] {
  const text = JSON.stringify(json(stage))
    .replace(/[0-9a-f]{64}/g, 'HASH')
    .replace(/Deployment[0-9a-zA-Z]{8}[0-9a-f]{32}/g, 'Deployment')
    .replaceAll(`adtally-${stage}`, 'adtally-stage')
    .replaceAll(`"${stage}"`, '"stage"')
    .replace(new RegExp(`\\w*(adtally|Stage)${stage}\\w*`, 'g'), (id) =>
      id.replaceAll(stage, 'stage').replace(/[0-9A-F]{8}/g, ''),
    );
  const template = JSON.parse(text) as TemplateJson & ReturnType<typeof comparable>;
  const resources = Object.keys(template.Resources).length;
  expect(resources).toBe(Object.keys(json(stage).Resources).length);
  return template;
}

describe('the stack', () => {
  it('of prod is as it was', () => {
    expect(comparable('prod')).toMatchSnapshot();
  });

  it.each(deployedStages.filter((stage) => stage !== 'prod'))(
    'of %s differs from prod as it did',
    (stage) => {
      expect(differences(comparable('prod'), comparable(stage)).sort()).toMatchSnapshot();
    },
  );
});

/** No stage has an archive by itself. */
const always = functionNames.filter((name) => name !== 'archive-increments');

describe.each(deployedStages)('the stack of %s', (stage) => {
  it('has one function per folder on Node 24 and arm64, each with a role and a log group of its own', () => {
    // CDK's own, which act while a stack is created or deleted, have no name.
    const functions = Object.values(template(stage).findResources('AWS::Lambda::Function'))
      .map((resource) => resource['Properties'] as Record<string, unknown>)
      .filter((properties) => properties['FunctionName'] !== undefined);
    expect(functions.map((properties) => properties['FunctionName']).sort()).toEqual(
      always.map((name) => `adtally-${stage}-${name}`).sort(),
    );
    for (const properties of functions) {
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    }
    const distinct = (property: string): number =>
      new Set(functions.map((properties) => JSON.stringify(properties[property]))).size;
    expect(distinct('Role')).toBe(always.length);
    expect(distinct('LoggingConfig')).toBe(always.length);
  });

  // Covers API8.1 (docs/security.md).
  it('lets no role act on every resource, but for X-Ray and the figures of CloudWatch, which take none', () => {
    const everywhere = permissions(json(stage)).filter(({ resource }) => resource === '*');
    expect(new Set(everywhere.map(({ action }) => action))).toEqual(
      new Set(['cloudwatch:GetMetricData', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments']),
    );
  });

  it('names every action in full', () => {
    const wild = permissions(json(stage)).filter(({ action }) => action.includes('*'));
    expect(wild).toEqual([]);
  });

  it('encrypts both streams and keeps their records for the stage’s retention', () => {
    template(stage).resourceCountIs('AWS::Kinesis::Stream', 2);
    template(stage).allResourcesProperties('AWS::Kinesis::Stream', {
      RetentionPeriodHours: stageSettings(stage).streams.increments.retentionHours,
      StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
    });
  });

  it('gives ad-events one shard', () => {
    template(stage).hasResourceProperties('AWS::Kinesis::Stream', {
      Name: `adtally-${stage}-ad-events.1`,
      ShardCount: 1,
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
    });
  });

  it('keeps five tables with point-in-time recovery and expiry', () => {
    template(stage).resourceCountIs('AWS::DynamoDB::GlobalTable', 5);
    template(stage).allResourcesProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      Replicas: [
        Match.objectLike({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
      ],
    });
  });

  it('delivers with partial batches and bisection, retries until just under the retention, and a failure destination', () => {
    template(stage).resourceCountIs('AWS::Lambda::EventSourceMapping', 2);
    template(stage).allResourcesProperties('AWS::Lambda::EventSourceMapping', {
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      StartingPosition: 'TRIM_HORIZON',
      MaximumRetryAttempts: Match.absent(),
      MaximumRecordAgeInSeconds: stageSettings(stage).streams.increments.retentionHours * 3600 - 3600,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
  });

  // Covers API8.3 (docs/security.md).
  it('keeps the quarantine private and encrypted', () => {
    template(stage).hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: Match.anyValue(),
    });
  });

  it('answers problems wherever API Gateway answers by itself', () => {
    const responses = Object.values(template(stage).findResources('AWS::ApiGateway::GatewayResponse'));
    expect(responses.length).toBeGreaterThan(15);
    for (const { Properties: properties } of responses as {
      Properties: Record<string, Record<string, string>>;
    }[]) {
      const body = properties['ResponseTemplates']!['application/json']!;
      const problem = JSON.parse(body.replace('$context.error.messageString', '"why"')) as Record<
        string,
        unknown
      >;
      expect(Object.keys(problem)).toEqual(['type', 'title', 'status', 'detail', 'errors']);
      expect(properties['ResponseParameters']!['gatewayresponse.header.X-Request-Id']).toBe(
        'context.requestId',
      );
      expect(properties['ResponseParameters']!['gatewayresponse.header.Content-Type']).toBe(
        "'application/problem+json'",
      );
      expect(properties['ResponseParameters']).toMatchObject({
        'gatewayresponse.header.X-Content-Type-Options': "'nosniff'",
        'gatewayresponse.header.Content-Security-Policy': "'default-src 'none'; frame-ancestors 'none''",
        'gatewayresponse.header.Strict-Transport-Security': "'max-age=63072000'",
      });
    }
  });

  // Covers API9.1 (docs/security.md).
  it('routes every call of the table', () => {
    const methods = Object.values(template(stage).findResources('AWS::ApiGateway::Method')).map(
      (resource) => (resource['Properties'] as Record<string, unknown>)['HttpMethod'],
    );
    const paths = new Set([...routes.map((route) => route.path), '/', '/{proxy+}']);
    const gets = routes.filter((route) => route.method === 'GET').length;
    expect(methods).toHaveLength(routes.length + gets + paths.size);
  });
});

describe('stages differ where they should', () => {
  it.each(['staging', 'prod'] as const)('retains and protects the data of %s', (stage) => {
    const kept = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };
    template(stage).allResources('AWS::DynamoDB::GlobalTable', kept);
    template(stage).allResources('AWS::Kinesis::Stream', kept);
    template(stage).allResources('AWS::S3::Bucket', kept);
  });

  it('lets prod’s increments scale on demand, by the partition keys we choose', () => {
    template('prod').hasResourceProperties('AWS::Kinesis::Stream', {
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      RecordDistributionStrategy: 'USER_PARTITION_KEY',
    });
  });

  // Covers API5.3 (docs/security.md).
  it('asks for a token and a place in the usage plan, but for public reads and documents', () => {
    const guarded = (stage: 'prod' | 'dev'): number =>
      Object.values(template(stage).findResources('AWS::ApiGateway::Method')).filter((resource) => {
        const properties = resource['Properties'] as Record<string, unknown>;
        expect(properties['ApiKeyRequired'] ?? false).toBe(properties['AuthorizationType'] === 'CUSTOM');
        return properties['AuthorizationType'] === 'CUSTOM';
      }).length;
    const guardedRoutes = routes.filter(({ scope }) => scope !== 'none' && scope !== 'ads:read');
    const expected = guardedRoutes.length + guardedRoutes.filter(({ method }) => method === 'GET').length;
    // In dev anybody may ask for decisions and report events, which are two POSTs.
    expect([guarded('prod'), guarded('dev')]).toEqual([expected, expected - 2]);
  });

  it('limits each token by a usage plan whose keys the authorizer names', () => {
    const { rate, cacheSeconds } = stageSettings('prod').tokens;
    template('prod').hasResourceProperties('AWS::ApiGateway::UsagePlan', {
      Throttle: { RateLimit: rate.ratePerSecond, BurstLimit: rate.burst },
    });
    template('prod').hasResourceProperties('AWS::ApiGateway::RestApi', { ApiKeySourceType: 'AUTHORIZER' });
    template('prod').hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'REQUEST',
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: cacheSeconds,
    });
    template('prod').hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
      ResponseType: 'THROTTLED',
      ResponseParameters: Match.objectLike({
        'gatewayresponse.header.RateLimit-Policy': `'"token";q=1000;w=5'`,
      }),
    });
  });
});

it('has its permissions in docs/iam.md', () => {
  const document = readFileSync('docs/iam.md', 'utf8');
  const cells = (table: string): string[][] =>
    table
      .trim()
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim().replace(/^-+$/, '---')));
  const shown = /<!-- permissions -->([^]*)<!-- end of permissions -->/.exec(document)?.[1] ?? '';
  expect(cells(shown)).toEqual(cells(permissionTable(json('dev'))));
});
