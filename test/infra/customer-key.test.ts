import { describe, expect, it } from '@jest/globals';
import type { FunctionName } from '../../lib/stages.ts';
import type { DeployedStage, Variant } from './deployed-stages.ts';
import { templateOf } from './template-of.ts';

/** What a stage's own key encrypts, who may use it and for what: `cloud.customerKey` in lib/stages.ts. */

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

interface Statement {
  readonly Action: string | readonly string[];
  readonly Condition?: unknown;
  readonly Principal?: unknown;
  readonly Resource: unknown;
}

function resourcesOf(stage: DeployedStage | Variant): [string, Resource][] {
  const { Resources } = templateOf(stage).toJSON() as { Resources: Record<string, Resource> };
  return Object.entries(Resources);
}

function all(stage: DeployedStage | Variant, type: string): (Resource & { readonly id: string })[] {
  return resourcesOf(stage)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ id, ...resource }));
}

function keyOf(stage: DeployedStage | Variant): (Resource & { readonly id: string }) | undefined {
  return all(stage, 'AWS::KMS::Key').find(({ id }) => id.startsWith('CustomerKey'));
}

const owned = 'prod with its own key';
const archived = 'prod with an archive and its own key';
const back = 'prod back from its own key';

/** The actions by the service that asks KMS for the role. */
const decrypt = ['kms:Decrypt'];
const generate = ['kms:GenerateDataKey'];
const tables = { dynamodb: decrypt };
const consumer = { ...tables, kinesis: decrypt, s3: generate };
const deadLetters = { sqs: [...decrypt, ...generate] };
const usedBy: Readonly<Record<FunctionName | 'invokeRole', Readonly<Record<string, readonly string[]>>>> = {
  'ingest-ads': { ...tables, kinesis: generate },
  'ingest-increments': { ...tables, kinesis: generate },
  'aggregate-increments': consumer,
  'project-ads': { ...consumer, s3: [...decrypt, ...generate] },
  'query-ads': { ...tables, s3: decrypt },
  'read-counters': tables,
  'expire-ad': { kinesis: generate, ...deadLetters },
  'sweep-ads': { ...tables, kinesis: generate, s3: decrypt, ...deadLetters },
  'describe-api': tables,
  'authorize-request': tables,
  'operate-quarantine': { ...tables, kinesis: generate, s3: decrypt },
  'read-stats': tables,
  'warm-release': tables,
  'audit-counters': { ...tables, kinesis: decrypt, s3: [...decrypt, ...generate], ...deadLetters },
  'run-canary': { ...tables, kinesis: generate },
  'archive-increments': { kinesis: decrypt, s3: [...decrypt, ...generate], ...deadLetters },
  'decide-ads': { ...tables, kinesis: generate, s3: decrypt },
  'track-ads': { ...tables, kinesis: generate },
  invokeRole: deadLetters,
};

/** The statements of the policies of roles, with the role's name as in `usedBy`. */
function statementsOf(stage: DeployedStage | Variant): (Statement & { readonly role: string })[] {
  return all(stage, 'AWS::IAM::Policy').flatMap(({ Properties: properties }) => {
    const { Statement: statements } = properties['PolicyDocument'] as { Statement: Statement[] };
    const [{ Ref: role = '' } = {}] = properties['Roles'] as { Ref?: string }[];
    const name = role.startsWith('ExpiryInvokeRole')
      ? 'invokeRole'
      : Object.keys(usedBy).find((each) => role.startsWith(`${each.replaceAll('-', '')}Role`));
    return statements.map((statement) => ({ ...statement, role: name ?? role }));
  });
}

function actions({ Action: action }: Statement): readonly string[] {
  return typeof action === 'string' ? [action] : action;
}

it.each(['dev', 'staging', 'prod', 'localstack'] as const)('%s has no key of its own', (stage) => {
  expect(keyOf(stage)).toBeUndefined();
  const used = statementsOf(stage).flatMap(actions);
  expect(used.filter((action) => action.startsWith('kms:'))).toEqual([]);
});

describe('a key of the stage’s own', () => {
  it.each([
    [owned, 'Retain'],
    [back, 'Retain'],
    ['dev with its own key', 'Delete'],
  ] as const)('of %s is rotated, and kept as the data is', (stage, policy) => {
    const key = keyOf(stage)!;
    expect(key.Properties).toMatchObject({ EnableKeyRotation: true, PendingWindowInDays: 30 });
    expect([key.DeletionPolicy, key.UpdateReplacePolicy]).toEqual([policy, policy]);
    expect(all(stage, 'AWS::KMS::Alias').map(({ Properties: properties }) => properties)).toEqual([
      {
        AliasName: `alias/adtally-${stage.slice(0, stage.indexOf(' '))}`,
        TargetKeyId: { 'Fn::GetAtt': [key.id, 'Arn'] },
      },
    ]);
  });

  it.each([owned, back] as const)('of %s is used by the account’s policies and two services', (stage) => {
    const { Statement: statements } = keyOf(stage)!.Properties['KeyPolicy'] as { Statement: Statement[] };
    const arn = (...parts: readonly unknown[]): unknown => ({ 'Fn::Join': ['', parts] });
    const partition = { Ref: 'AWS::Partition' };
    const region = { Ref: 'AWS::Region' };
    const account = { Ref: 'AWS::AccountId' };
    expect(statements).toEqual([
      {
        Action: 'kms:*',
        Effect: 'Allow',
        Principal: { AWS: arn('arn:', partition, ':iam::', account, ':root') },
        Resource: '*',
      },
      {
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': [
              ':log-group:/adtally/prod/*',
              ':log-group:API-Gateway-Execution-Logs_*/prod',
            ].map((group) => arn(...['arn:', partition, ':logs:', region, ':', account, group])),
          },
        },
        Effect: 'Allow',
        Principal: { Service: arn('logs.', region, '.amazonaws.com') },
        Resource: '*',
      },
      {
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Resource: '*',
      },
    ]);
  });

  it('encrypts tables, streams, quarantine, dead letters and logs', () => {
    const arn = { 'Fn::GetAtt': [keyOf(owned)!.id, 'Arn'] };
    const each = (type: string): Resource['Properties'][] =>
      all(owned, type).map(({ Properties: properties }) => properties);
    const tablesFound = each('AWS::DynamoDB::GlobalTable');
    expect(tablesFound).toHaveLength(5);
    for (const properties of tablesFound) {
      expect(properties).toMatchObject({
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        Replicas: [{ SSESpecification: { KMSMasterKeyId: arn } }],
      });
    }
    expect(each('AWS::Kinesis::Stream').map((properties) => properties['StreamEncryption'])).toEqual(
      Array.from({ length: 2 }, () => ({ EncryptionType: 'KMS', KeyId: arn })),
    );
    expect(each('AWS::S3::Bucket').map((properties) => properties['BucketEncryption'])).toEqual([
      {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn },
          },
        ],
      },
    ]);
    expect(each('AWS::SQS::Queue').map((properties) => properties['KmsMasterKeyId'])).toEqual([arn]);
    expect(each('AWS::Logs::LogGroup').map((properties) => properties['KmsKeyId'])).toEqual(
      Array.from({ length: 20 }, () => arn),
    );
  });

  it.each([owned, back, archived] as const)(
    'of %s: each role uses it for what it does, by that service alone',
    (stage) => {
      const id = keyOf(stage)!.id;
      const found = new Map<string, Record<string, readonly string[]>>();
      for (const statement of statementsOf(stage)) {
        if (!actions(statement).some((action) => action.startsWith('kms:'))) continue;
        expect(statement.Resource).toEqual({ 'Fn::GetAtt': [id, 'Arn'] });
        const { StringEquals: equals } = statement.Condition as {
          StringEquals: { 'kms:ViaService': { 'Fn::Join': [string, [string, unknown, string]] } };
        };
        const [service, region, domain] = equals['kms:ViaService']['Fn::Join'][1];
        expect([region, domain]).toEqual([{ Ref: 'AWS::Region' }, '.amazonaws.com']);
        const before = found.get(statement.role) ?? {};
        found.set(statement.role, { ...before, [service.replace(/\.$/, '')]: actions(statement) });
      }
      const users = Object.entries(usedBy).filter(
        ([name, services]) =>
          Object.keys(services).length > 0 && (stage === archived || name !== 'archive-increments'),
      );
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(users));
    },
  );

  it('is usable wherever a role touches a table, a stream, a record of the quarantine or dead letters', () => {
    const needed = new Map<string, Set<string>>();
    for (const statement of statementsOf(archived)) {
      for (const action of actions(statement)) {
        const service = /^(dynamodb|kinesis|s3|sqs):(?!ListBucket|DeleteObject|UpdateTable)/.exec(
          action,
        )?.[1];
        if (service === undefined) continue;
        needed.set(statement.role, (needed.get(statement.role) ?? new Set()).add(service));
      }
    }
    const sorted = [...needed].map(([role, services]) => [role, [...services].sort()]);
    const expected = Object.entries(usedBy).map(([role, services]) => [role, Object.keys(services).sort()]);
    expect(Object.fromEntries(sorted)).toEqual(
      Object.fromEntries(expected.filter(([, services]) => services!.length > 0)),
    );
  });

  it('is granted before anything is encrypted with it', () => {
    const policies = all(owned, 'AWS::IAM::Policy').filter(({ Properties: properties }) =>
      JSON.stringify(properties).includes('kms:'),
    );
    expect(policies).toHaveLength(18);
    // A policy that waited for a stream could not come before it.
    for (const { Properties: properties, DependsOn } of policies) {
      expect(DependsOn).toBeUndefined();
      expect(JSON.stringify(properties)).not.toMatch(/Streams|Storage|DeadLetters/);
    }
    const ids = policies.map(({ id }) => id);
    for (const type of [
      'AWS::DynamoDB::GlobalTable',
      'AWS::Kinesis::Stream',
      'AWS::S3::Bucket',
      'AWS::SQS::Queue',
    ]) {
      for (const { DependsOn } of all(owned, type)) expect(DependsOn).toEqual(expect.arrayContaining(ids));
    }
  });
});

it('a stage that goes back to AWS’s keys has its data as the stage without a key, and reads with the old key', () => {
  const types = ['AWS::Kinesis::Stream', 'AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket', 'AWS::SQS::Queue'];
  for (const type of [...types, 'AWS::Logs::LogGroup']) {
    const properties = (stage: 'prod' | typeof back): unknown[] =>
      all(stage, type).map(({ id, Properties }) => [id, Properties]);
    expect(properties(back)).toEqual(properties('prod'));
  }
  expect(statementsOf(back).flatMap(actions)).toContain('kms:Decrypt');
});
