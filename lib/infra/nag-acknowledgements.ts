import { Stack, Token, Validations, type CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import {
  archiveBooks,
  archivePrefix,
  auditPrefix,
  failureFilePrefix,
  quarantinePrefix,
  snapshotPrefix,
} from '../aws-names.ts';
import type { FunctionName, StageSettings } from '../stages.ts';
import type { Edge } from './edge.ts';
import type { Expiry } from './expiry.ts';
import type { PipelineFunction } from './pipeline-function.ts';
import type { Releases } from './releases.ts';
import type { PipelineApi } from './rest-api.ts';
import type { Storage } from './storage.ts';
import type { Streams } from './streams.ts';

export interface AcknowledgedParts {
  readonly settings: StageSettings;
  readonly storage: Storage;
  readonly streams: Streams;
  readonly expiry: Expiry;
  readonly api: PipelineApi;
  readonly functions: ReadonlyMap<FunctionName, PipelineFunction>;
  readonly releases?: Releases;
  readonly edge?: Edge;
}

/** The findings of cdk-nag that we accept, each with its resource and reason. */
export function acknowledgeFindings(parts: AcknowledgedParts): void {
  const { settings, storage, streams, expiry, api, functions, releases, edge } = parts;
  acknowledge(storage.quarantine, {
    'AwsSolutions-S1':
      'Only two functions write here and only operators read, so access logs would have little value. If an audit needs them, use CloudTrail data events.',
  });
  if (storage.archive !== undefined) {
    acknowledge(storage.archive, {
      'AwsSolutions-S1':
        'Only the archiver writes here and only the audit reads, so access logs would have little value.',
    });
  }
  acknowledge(expiry.deadLetters, {
    'AwsSolutions-SQS3': 'It is the dead-letter queue.',
    'Serverless-SQSRedrivePolicy': 'It is the dead-letter queue.',
  });
  if (settings.cloud.customerKey === 'encrypts') {
    const reason = 'The stage has a key of its own, with its cost (docs/deploy.md).';
    for (const stream of [streams.adEvents, streams.increments]) {
      acknowledge(stream, { 'AwsSolutions-KDS3': reason });
    }
  }
  acknowledgeApi(api);
  if (edge !== undefined) acknowledgeEdge(edge, settings);
  for (const id of deploymentFunctions) {
    const found = Stack.of(api).node.tryFindChild(id);
    if (found !== undefined) acknowledge(found, deploymentFindings);
  }
  if (releases !== undefined) {
    acknowledge(releases.role, {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]':
        'The AWS managed policy with which CodeDeploy moves an alias and reads alarms.',
      [wildcard(functions.get('warm-release')?.function, ':*')]:
        'CodeDeploy invokes the hook; CDK grants that for its versions too, of which there are none.',
    });
  }
  for (const [name, { function: target, role }] of functions) {
    acknowledge(role, {
      'AwsSolutions-IAM5[Resource::*]':
        'xray:PutTraceSegments and PutTelemetryRecords take no resource, and cloudwatch:GetMetricData does not either.',
      ...objectFindings(name, storage),
      ...(name === 'project-ads' ? schedulingFindings(settings, Stack.of(api)) : {}),
    });
    const reason = withoutDeadLetters[name];
    if (reason !== undefined) acknowledge(target, { 'Serverless-LambdaDLQ': reason });
  }
}

/** CDK's, which protect the tables or empty the quarantine (table-protection.ts, storage.ts). */
const deploymentFunctions = [
  'AWS679f53fac002430cb0da5b7982bd2287',
  'Custom::S3AutoDeleteObjectsCustomResourceProvider',
];

const deploymentFindings = {
  'Serverless-LambdaDLQ': 'CloudFormation waits for its answer, and a deployment that gets none fails.',
  'Serverless-LambdaTracing': 'It runs once, while the stack is created or deleted.',
};

/** The finding that a role may act on all that begins with the ARN of `resource`. */
function wildcard(resource: IConstruct | undefined, rest: string): string {
  const element = resource?.node.defaultChild as CfnElement;
  return `AwsSolutions-IAM5[Resource::<${Stack.of(element).getLogicalId(element)}.Arn>${rest}]`;
}

const readsSnapshots: readonly FunctionName[] = ['query-ads', 'decide-ads', 'sweep-ads', 'project-ads'];

/** Whose permissions are for all objects with a prefix, and why. */
function objectFindings(
  name: FunctionName,
  { quarantine, archive }: Storage,
): Readonly<Record<string, string>> {
  const findings: Record<string, string> = {};
  const inQuarantine = (prefix: string, reason: string): void => {
    findings[wildcard(quarantine, `/${prefix}*`)] = reason;
  };
  const quarantines = name === 'aggregate-increments' || name === 'project-ads';
  if (quarantines || name === 'operate-quarantine')
    inQuarantine(
      quarantinePrefix,
      'The name of an object is the position of its record, which is known only when it is written.',
    );
  if (quarantines)
    inQuarantine(
      failureFilePrefix,
      'The mapping writes its failure records with the role of the function; it names the objects itself.',
    );
  if (readsSnapshots.includes(name))
    inQuarantine(snapshotPrefix, 'Only the chunks of snapshots; the name of one is the hash of its bytes.');
  if (name === 'audit-counters')
    inQuarantine(auditPrefix, 'Only the books of the audit; the name of one has the epoch of its stream.');
  if (archive !== undefined && (name === 'audit-counters' || name === 'archive-increments')) {
    findings[wildcard(archive, `/${archivePrefix('increments')}*`)] =
      'The name of a part is where it begins and ends in the log, which is known only when it is written.';
    findings[wildcard(archive, `/${archiveBooks}*`)] =
      'Only the book of the archiver; the name of one has the epoch of its stream.';
  }
  return findings;
}

function schedulingFindings({ stage }: StageSettings, stack: Stack): Readonly<Record<string, string>> {
  const known = (value: string, name: string): string =>
    Token.isUnresolved(value) ? `<AWS::${name}>` : value;
  const partition = known(stack.partition, 'Partition');
  const where = `${known(stack.region, 'Region')}:${known(stack.account, 'AccountId')}`;
  return {
    [`AwsSolutions-IAM5[Resource::arn:${partition}:scheduler:${where}:schedule/adtally-${stage}/*]`]:
      'One schedule per ad, only in the group of the stage.',
  };
}

const answersItsCaller =
  'API Gateway invokes it and gets the error. Nothing is queued, so nothing can be lost.';
const readsALog = 'A mapping invokes it, keeps failed records in the log and has a failure destination.';

const withoutDeadLetters: Partial<Record<FunctionName, string>> = {
  'ingest-ads': answersItsCaller,
  'ingest-increments': answersItsCaller,
  'query-ads': answersItsCaller,
  'read-counters': answersItsCaller,
  'describe-api': answersItsCaller,
  'authorize-request': answersItsCaller,
  'operate-quarantine': answersItsCaller,
  'read-stats': answersItsCaller,
  'decide-ads': answersItsCaller,
  'track-ads': answersItsCaller,
  'warm-release': 'CodeDeploy waits for its report, and ends a deployment that has got none.',
  'run-canary': 'The next run, a minute later, goes on with what a failed one left.',
  'aggregate-increments': readsALog,
  'project-ads': readsALog,
};

function acknowledgeEdge({ distribution, secret }: Edge, { cloud }: StageSettings): void {
  acknowledge(distribution, {
    'AwsSolutions-CFR1': 'Callers may be in any country.',
    'AwsSolutions-CFR3':
      'Its log would have queries and addresses, which are user data. The API has a log of what reaches it.',
    ...(!cloud.webAcl && { 'AwsSolutions-CFR2': 'A web ACL is a setting of the stage.' }),
    ...(cloud.edge?.domain === undefined && {
      'AwsSolutions-CFR4': 'The certificate of cloudfront.net has a policy that nobody can change.',
    }),
  });
  acknowledge(secret, {
    'AwsSolutions-SMG4':
      'A rotation changes the distribution and the policy of the API in one deployment (docs/deploy.md).',
  });
}

function acknowledgeApi({ api }: PipelineApi): void {
  acknowledge(api, {
    'AwsSolutions-APIG2':
      'The functions validate every part of a request with the zod schemas of the OpenAPI document and name each invalid field. A request validator would answer first and with less detail.',
    'AwsSolutions-APIG3': 'A web ACL costs $7 a month idle: prod has one, the other stages have throttling.',
    'AwsSolutions-APIG4':
      'Methods without an authorizer are public by design: reads of ads, plain decisions where the stage has them, reports of signed tokens, the documents, and unknown routes and methods.',
    'AwsSolutions-COG4':
      'Callers are programs with API tokens, which a Lambda authorizer checks, not users of a user pool.',
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
      'The AWS managed policy with which API Gateway writes logs.',
  });
}

function acknowledge(construct: IConstruct, findings: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(findings)) Validations.of(construct).acknowledge({ id, reason });
}
