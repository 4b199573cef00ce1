import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { lambdaName, liveAlias } from '../aws-names.ts';
import type { FunctionName, StageSettings } from '../stages.ts';
import type { CustomerKey } from './customer-key.ts';
import { logRetention } from './log-retention.ts';
import { keptVersions, type Releases } from './releases.ts';

export interface PipelineFunctionProps {
  readonly name: FunctionName;
  readonly settings: StageSettings;
  readonly description: string;
  /** The folder with `index.mjs` from bundling.ts. */
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The dead-letter queue of a function that is invoked asynchronously; default none. */
  readonly deadLetters?: sqs.IQueue;
  /** Encrypts the logs; default: a key of AWS. */
  readonly customerKey?: CustomerKey | undefined;
  /** Releases new versions gradually; default: immediately. */
  readonly releases?: Releases;
}

/** A Lambda function with its own log group and role. The stack grants the permissions of the role. */
export class PipelineFunction extends Construct {
  readonly function: lambda.Function;
  /** The target of invocations: the function, or its alias `live` with gradual releases. */
  readonly target: lambda.IFunction;
  readonly role: iam.Role;

  constructor(scope: Construct, props: PipelineFunctionProps) {
    super(scope, props.name);
    const { name, settings } = props;
    const { memoryMb, timeoutSeconds } = settings.functions[name];
    const { otlpEndpoint } = settings.cloud;
    const reserved = settings.cloud.reservedConcurrency?.[name];
    const encryptionKey = props.customerKey?.encrypting;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/adtally/${settings.stage}/${name}`,
      retention: logRetention(settings),
      ...(encryptionKey && { encryptionKey }),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this.role);
    this.function = new lambda.Function(this, 'Function', {
      functionName: lambdaName(settings.stage, name),
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(props.bundle),
      role: this.role,
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      logGroup,
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      // Our lines are JSON already. Without this, Lambda adds three lines to each invocation, which cost about
      // as much as the invocation; metrics and traces have what they say.
      loggingFormat: lambda.LoggingFormat.JSON,
      systemLogLevelV2: lambda.SystemLogLevel.WARN,
      applicationLogLevelV2: lambda.ApplicationLogLevel.INFO,
      tracing: lambda.Tracing.ACTIVE,
      ...(props.deadLetters === undefined ? {} : { deadLetterQueue: props.deadLetters }),
      environment: {
        ...props.environment,
        NODE_OPTIONS: '--enable-source-maps',
        ...(otlpEndpoint === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint }),
      },
      ...(hasAlias(props) && { currentVersionOptions: keptVersions }),
    });
    this.target = this.#released(props);
  }

  #released(props: PipelineFunctionProps): lambda.IFunction {
    if (!hasAlias(props)) return this.function;
    const { name, releases } = props;
    const provisioned = provisionedOf(props);
    const alias = new lambda.Alias(this, 'Live', {
      aliasName: liveAlias,
      // CDK's classes and interfaces differ in `undefined` under exactOptionalPropertyTypes.
      version: this.function.currentVersion as lambda.IVersion,
      ...(provisioned !== undefined && { provisionedConcurrentExecutions: provisioned }),
    });
    releases?.follow(this, name, alias);
    return alias as lambda.IFunction;
  }

  /** `conditions`: default none. */
  allow(actions: readonly string[], resources: readonly string[], conditions: iam.Conditions = {}): void {
    this.role.addToPolicy(
      new iam.PolicyStatement({ actions: [...actions], resources: [...resources], conditions }),
    );
  }
}

/** Gradual releases move it from version to version, and provisioned containers belong to one. */
function hasAlias(props: PipelineFunctionProps): boolean {
  return props.releases !== undefined || provisionedOf(props) !== undefined;
}

function provisionedOf({ name, settings }: PipelineFunctionProps): number | undefined {
  return settings.cloud.provisionedConcurrency?.[name];
}
