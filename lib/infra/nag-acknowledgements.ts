import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { FunctionName, StageSettings } from '../stages.ts';
import type { Expiry } from './expiry.ts';
import type { PipelineFunction } from './pipeline-function.ts';
import type { Releases } from './releases.ts';
import type { PipelineApi } from './rest-api.ts';
import type { Storage } from './storage.ts';

export interface AcknowledgedParts {
  readonly settings: StageSettings;
  readonly storage: Storage;
  readonly expiry: Expiry;
  readonly api: PipelineApi;
  readonly functions: ReadonlyMap<FunctionName, PipelineFunction>;
  readonly releases?: Releases;
}

/** The findings of cdk-nag that are as we want them, each where it is found and with its reason. */
export function acknowledgeFindings(parts: AcknowledgedParts): void {
  const { settings, storage, expiry, api, functions, releases } = parts;
  acknowledge(storage.quarantine, {
    'AwsSolutions-S1':
      'Only two functions write here and only operators read; a second bucket for access logs would watch an empty room. CloudTrail data events serve where an audit asks for them.',
  });
  acknowledge(expiry.deadLetters, {
    'AwsSolutions-SQS3': 'It is the dead-letter queue.',
    'Serverless-SQSRedrivePolicy': 'It is the dead-letter queue.',
  });
  acknowledgeApi(api);
  if (releases !== undefined) {
    acknowledge(releases.role, {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]':
        'What CodeDeploy needs to move an alias and to read alarms; AWS maintains this policy for it alone.',
    });
  }
  for (const [name, { function: target, role }] of functions) {
    acknowledge(role, {
      'AwsSolutions-IAM5[Resource::*]':
        'xray:PutTraceSegments and PutTelemetryRecords take no resource, and cloudwatch:GetMetricData does not either.',
      ...(name === 'aggregate-increments' || name === 'project-ads' ? consumerFindings : {}),
      ...(name === 'operate-quarantine' ? { [quarantineFinding]: quarantineObjects } : {}),
      ...(name === 'project-ads' ? schedulingFindings(settings) : {}),
    });
    const reason = withoutDeadLetters[name];
    if (reason !== undefined) acknowledge(target, { 'Serverless-LambdaDLQ': reason });
  }
}

const quarantineObjects =
  'The name of an object is the position of its record, known only when it is written.';

const quarantineFinding = 'AwsSolutions-IAM5[Resource::<StorageQuarantine381A7D7C.Arn>/quarantine/*]';

const consumerFindings = {
  'AwsSolutions-IAM5[Resource::<StorageQuarantine381A7D7C.Arn>/aws/lambda/*]':
    'The mapping writes its failure records with the role of the function; it names the objects itself.',
  [quarantineFinding]: quarantineObjects,
};

function schedulingFindings(settings: StageSettings): Readonly<Record<string, string>> {
  const schedules = `arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/adtally-${settings.stage}/*`;
  return {
    [`AwsSolutions-IAM5[Resource::${schedules}]`]: 'One schedule per ad, in the group of the stage alone.',
  };
}

const answersItsCaller =
  'Invoked by API Gateway, which gets the error itself; nothing is queued that could be lost.';
const readsALog =
  'Invoked by a mapping, which keeps failed records in the log and has a failure destination.';

const withoutDeadLetters: Partial<Record<FunctionName, string>> = {
  'ingest-ads': answersItsCaller,
  'ingest-increments': answersItsCaller,
  'query-ads': answersItsCaller,
  'read-counters': answersItsCaller,
  'describe-api': answersItsCaller,
  'authorize-request': answersItsCaller,
  'operate-quarantine': answersItsCaller,
  'read-stats': answersItsCaller,
  'aggregate-increments': readsALog,
  'project-ads': readsALog,
};

function acknowledgeApi({ api }: PipelineApi): void {
  acknowledge(api, {
    'AwsSolutions-APIG2':
      'The functions validate every part of a request with the zod schemas that the OpenAPI document is made from, and name each faulty field; a request validator would answer first and say less.',
    'AwsSolutions-APIG3': 'A web ACL costs $6 a month idle: prod has one, the other stages are throttled.',
    'AwsSolutions-APIG4':
      'Methods without an authorizer are public by design: reads of ads, the documents, and the answers to unknown routes and methods.',
    'AwsSolutions-COG4':
      'Callers are programs with API tokens, which a Lambda authorizer checks, not people in a user pool.',
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
      'The account-wide role by which API Gateway writes logs; AWS maintains this policy for it alone.',
  });
}

function acknowledge(construct: IConstruct, findings: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(findings)) Validations.of(construct).acknowledge({ id, reason });
}
