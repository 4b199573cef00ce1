import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, NestedStack, RemovalPolicy, Stack, Stage, Validations, type Environment } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import type { Construct } from 'constructs';
import { permissions } from '../../lib/infra/iam-table.ts';
import { Pipeline } from '../../lib/infra/pipeline.ts';
import { changedSettings, stageSettings, type BuiltInStage, type SettingsChanges } from '../../lib/stages.ts';
import { differences } from './differences.ts';

/** A stage in somebody else's app: beside other resources, under any id. */

type Json = Parameters<typeof differences>[0];
interface TemplateJson {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
  readonly Outputs?: Readonly<Record<string, { readonly Export?: unknown }>>;
}

let bundle: string;

beforeAll(() => {
  bundle = mkdtempSync(join(tmpdir(), 'adtally-bundle-'));
  writeFileSync(join(bundle, 'index.mjs'), 'export {};');
});

afterAll(() => {
  rmSync(bundle, { recursive: true });
});

/** An app as `cdk init` makes it, with all feature flags. */
const recommended = (JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> })
  .context;

function appOf(context: Readonly<Record<string, unknown>> = {}): App {
  return new App({ context: { ...recommended, ...context }, analyticsReporting: false });
}

function ads(
  scope: Construct,
  id: string,
  stage: string,
  from: BuiltInStage = 'dev',
  changes: SettingsChanges = {},
): Pipeline {
  const settings = changedSettings(stage, stageSettings(from), changes);
  return new Pipeline(scope, id, { settings, bundle: () => bundle });
}

function templateOf(stack: Stack): TemplateJson {
  return Template.fromStack(stack).toJSON() as TemplateJson;
}

/** What an app may have had before: a function, and a bucket that CDK empties. */
function ownResources(stack: Stack) {
  const own = new lambda.Function(stack, 'Count', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
    description: 'counts',
  });
  new s3.Bucket(stack, 'Uploads', { autoDeleteObjects: true, removalPolicy: RemovalPolicy.DESTROY });
  return own;
}

/** The names by which AWS knows resources: those of each type must differ in an account. */
function namesIn({ Resources }: TemplateJson): string[] {
  return Object.values(Resources).flatMap(({ Type, Properties = {} }) =>
    Object.entries(Properties)
      .filter(([name, value]) => /^(Name|\w+Name)$/.test(name) && typeof value === 'string')
      .filter(([name]) => !notOfTheResource.has(`${Type} ${name}`))
      .map(([, value]) => `${Type} ${value as string}`),
  );
}

/** Names of something else: a resource has its parent's, or one that only its parent knows. */
const notOfTheResource = new Set([
  'AWS::Lambda::Alias Name',
  'AWS::ApiGateway::Stage StageName',
  'AWS::ApiGateway::Authorizer Name',
  'AWS::CloudWatch::Alarm MetricName',
  'AWS::CodeDeploy::DeploymentGroup DeploymentConfigName',
  'AWS::IAM::Policy PolicyName',
]);

describe('a stage in an app with other resources', () => {
  it('leaves them as they are', () => {
    const without = new Stack(appOf(), 'Shop');
    ownResources(without);
    const beside = new Stack(appOf(), 'Shop');
    ownResources(beside);
    ads(beside, 'Ads', 'shop');
    const [before, after] = [templateOf(without), templateOf(beside)];
    expect(Object.keys(before.Resources).length).toBeGreaterThan(4);
    const kept = Object.fromEntries(
      Object.keys(before.Resources).map((id) => [id, after.Resources[id]]),
    ) as unknown as Json;
    expect(differences(before.Resources as unknown as Json, kept)).toEqual([]);
  });

  it('lets a description make a version of their functions, as CDK does', () => {
    const versionOf = (description: string): string => {
      const stack = new Stack(appOf(), 'Shop');
      const own = ownResources(stack);
      ads(stack, 'Ads', 'shop');
      (own.node.defaultChild as lambda.CfnFunction).description = description;
      expect(own.currentVersion).toBeDefined();
      return Object.keys(Template.fromStack(stack).findResources('AWS::Lambda::Version')).join();
    };
    expect(versionOf('counts again')).not.toBe(versionOf('counts'));
  });

  it('names outputs by its stage and exports none', () => {
    const stack = new Stack(appOf(), 'Shop');
    ads(stack, 'Ads', 'shop-eu', 'dev', { archive: { everyMinutes: 60, keepDays: 60 } });
    const { Outputs = {} } = templateOf(stack);
    // RestApi adds one of its own.
    const ours = Object.keys(Outputs).filter((name) => !name.startsWith('AdsApiRestApiEndpoint'));
    expect(ours.sort()).toEqual(
      [
        ...['AdEventsDelivery', 'AdEventsStream', 'AdsTable', 'AlarmTopic', 'ApiUrl', 'ArchiveBucket'],
        ...['CountersTable', 'DeliveryTable', 'IncrementsDelivery', 'IncrementsStream', 'QuarantineBucket'],
        ...['RequestsTable', 'TokensTable', 'UsagePlanId'],
      ].map((name) => `AdtallyShopEu${name}`),
    );
    expect(Object.values(Outputs).filter((output) => output.Export !== undefined)).toEqual([]);
  });

  it.each(['dev', 'prod'] as const)('is the same without the feature flags of a new app: %s', (stage) => {
    const [old, young] = [new App({ analyticsReporting: false }), appOf()].map((app) => {
      const stack = new Stack(app, 'Shop');
      ads(stack, 'Ads', 'shop', stage);
      return templateOf(stack);
    });
    // The flags write policies otherwise, and name a log group otherwise; what is named by its content follows.
    const expected = /Policy|CurrentVersion|Deployment|AccessLogSetting/;
    const found = differences(old as unknown as Json, young as unknown as Json);
    expect(found.filter((line) => !expected.test(line))).toEqual([]);
    const [may, might] = [old, young].map((template) =>
      permissions(template as never).map((permission) =>
        JSON.stringify(permission).replace(/(CurrentVersion)\w+/, '$1'),
      ),
    );
    expect(new Set(might)).toEqual(new Set(may));
  });

  it.each([
    ['dev', undefined],
    ['prod', undefined],
    ['prod', { account: '111122223333', region: 'eu-west-1' }],
  ] as const)('has no finding of cdk-nag: %s in %j', (stage, env) => {
    const check = (own: boolean) => {
      const app = appOf();
      const stack = new Stack(app, 'Shop', env === undefined ? {} : { env });
      ads(stack, 'Ads', 'shop', stage);
      if (own) new s3.Bucket(stack, 'Uploads');
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
      return () => app.synth();
    };
    expect(check(false)).not.toThrow();
    expect(check(true)).toThrow(/^[^]*Shop\/Uploads\/Resource[^]*AwsSolutions-S1'/);
  });

  it('does not fit into one stack with another, which CDK says', () => {
    const stack = new Stack(appOf(), 'Shop');
    ads(stack, 'Ads', 'shop');
    ads(stack, 'Others', 'others');
    expect(() => Template.fromStack(stack)).toThrow(/Number of resources/);
  });
});

describe('two stages in one app', () => {
  const env: Environment = { account: '111122223333', region: 'eu-west-1' };

  it('have different names and ids, even in one stack', () => {
    const stack = new Stack(appOf({ '@aws-cdk/core:stackResourceLimit': 0 }), 'Shop');
    const reason = 'It is never deployed.';
    Validations.of(stack).acknowledge({ id: 'CloudFormation-Validate::F0007', reason });
    ads(stack, 'Ads', 'shop-eu', 'prod');
    ads(stack, 'Others', 'shop-us', 'dev', { cloud: { customerKey: 'encrypts', budgetDollars: 9 } });
    const template = templateOf(stack);
    const names = namesIn(template);
    expect(names.length).toBeGreaterThan(150);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    expect(names.filter((name) => !/shop-(eu|us)/.test(name))).toEqual([]);
  });

  it('may be in nested stacks of one stack', () => {
    const stack = new Stack(appOf(), 'Shop');
    const nested = ['eu', 'us'].map((name) => {
      const inner = new NestedStack(stack, name);
      return [inner, ads(inner, 'Ads', `shop-${name}`)] as const;
    });
    for (const [inner, { url }] of nested) {
      expect(inner.resolve(url)).toBeDefined();
      expect(Object.keys(templateOf(inner).Resources).length).toBeGreaterThan(250);
    }
  });

  it.each([
    ['another stack', env, env],
    ['another region, where the dashboard would be the same', env, { ...env, region: 'us-east-1' }],
    ['a stack for any account', {}, {}],
  ])('may not be the same stage in %s of an account', (_, first, second) => {
    const app = appOf();
    ads(new Stack(app, 'Shop', { env: first }), 'Ads', 'shop');
    expect(() => ads(new Stack(app, 'Other', { env: second }), 'Ads', 'shop')).toThrow(
      'Other/Ads and Shop/Ads are both the stage shop in one account, and names of resources have the stage in them. Give one of them a stage of another name, such as shop-2.',
    );
  });

  it('may be the same stage in two accounts', () => {
    const app = appOf();
    for (const [id, account] of [
      ['Test', '111122223333'],
      ['Live', '444455556666'],
    ] as const) {
      const stage = new Stage(app, id, { env: { ...env, account } });
      const stack = new Stack(stage, 'Shop');
      ads(stack, 'Ads', 'shop');
      Template.fromStack(stack).resourceCountIs('AWS::ApiGateway::RestApi', 1);
    }
  });
});

describe('what a stage hands to its app', () => {
  it('is each a resource of the stack', () => {
    const stack = new Stack(appOf(), 'Shop');
    const made = ads(stack, 'Ads', 'shop', 'prod', {
      archive: { everyMinutes: 60, keepDays: 60 },
      cloud: { customerKey: 'encrypts', webAcl: false, edge: {} },
    });
    const template = Template.fromStack(stack);
    const typeOf = (construct: { readonly node: Construct['node'] } | undefined): string => {
      const id = stack.getLogicalId(construct?.node.defaultChild as never);
      return (template.toJSON() as TemplateJson).Resources[id]?.Type ?? 'none';
    };
    expect({
      ...Object.fromEntries(Object.entries(made.tables).map(([name, table]) => [name, typeOf(table)])),
      streams: [typeOf(made.adEventsStream), typeOf(made.incrementsStream)],
      buckets: [typeOf(made.quarantineBucket), typeOf(made.archiveBucket)],
      api: [typeOf(made.api), typeOf(made.usagePlan), typeOf(made.distribution)],
      alarms: [typeOf(made.alarmTopic), typeOf(made.dashboard), typeOf(made.deadLetters)],
      key: typeOf(made.encryptionKey),
      functions: [...made.functions].filter(
        ([, { function: one }]) => typeOf(one) !== 'AWS::Lambda::Function',
      ),
    }).toEqual({
      ...Object.fromEntries(
        ['ads', 'counters', 'requests', 'tokens', 'delivery'].map((name) => [
          name,
          'AWS::DynamoDB::GlobalTable',
        ]),
      ),
      streams: ['AWS::Kinesis::Stream', 'AWS::Kinesis::Stream'],
      buckets: ['AWS::S3::Bucket', 'AWS::S3::Bucket'],
      api: ['AWS::ApiGateway::RestApi', 'AWS::ApiGateway::UsagePlan', 'AWS::CloudFront::Distribution'],
      alarms: ['AWS::SNS::Topic', 'AWS::CloudWatch::Dashboard', 'AWS::SQS::Queue'],
      key: 'AWS::KMS::Key',
      functions: [],
    });
    expect(made.alarms.length).toBeGreaterThan(20);
    const distribution = stack.getLogicalId(made.distribution!.node.defaultChild as never);
    expect(stack.resolve(made.url)).toEqual({
      'Fn::Join': ['', ['https://', { 'Fn::GetAtt': [distribution, 'DomainName'] }, '/']],
    });
  });

  it('lets a function call the API with the token of a secret', () => {
    const stack = new Stack(appOf(), 'Shop');
    const own = ownResources(stack);
    const made = ads(stack, 'Ads', 'shop');
    made.grantCall(own, new secretsmanager.Secret(stack, 'Token'));
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'counts',
      Environment: {
        Variables: {
          ADTALLY_URL: stack.resolve(made.url) as unknown,
          ADTALLY_TOKEN_SECRET: Match.anyValue(),
        },
      },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
            Effect: 'Allow',
            Resource: { Ref: Match.stringLikeRegexp('^Token') },
          },
        ],
      },
      Roles: [{ Ref: Match.stringLikeRegexp('^Count') }],
    });
  });

  it('lets a function read the log of increments, and use the key that encrypts it', () => {
    const stack = new Stack(appOf(), 'Shop');
    const own = ownResources(stack);
    ads(stack, 'Ads', 'shop', 'dev', { cloud: { customerKey: 'encrypts' } }).incrementsStream.grantRead(own);
    const granted = JSON.stringify(
      Template.fromStack(stack).findResources('AWS::IAM::Policy', {
        Properties: { Roles: [{ Ref: Match.stringLikeRegexp('^Count') }] },
      }),
    );
    for (const action of ['kinesis:GetRecords', 'kms:Decrypt']) expect(granted).toContain(`"${action}"`);
    expect(granted).not.toContain('kinesis:Put');
  });
});
