import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { FunctionName, StageSettings } from '../stages.ts';

/** What a role does with what the key encrypts. */
type KeyUse = keyof typeof uses;

/**
 * The service that calls KMS with the permissions of the role, and what it calls. DynamoDB decrypts a table's
 * key for reads and writes alike; it encrypts with keys of its own.
 */
const uses = {
  tables: { service: 'dynamodb', actions: ['kms:Decrypt'] },
  append: { service: 'kinesis', actions: ['kms:GenerateDataKey'] },
  consume: { service: 'kinesis', actions: ['kms:Decrypt'] },
  store: { service: 's3', actions: ['kms:GenerateDataKey'] },
  keep: { service: 's3', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  fetch: { service: 's3', actions: ['kms:Decrypt'] },
  deadLetters: { service: 'sqs', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
} as const;

/** As the permissions in pipeline.ts; a test compares the two. */
const usesOf: Readonly<Record<FunctionName, readonly KeyUse[]>> = {
  'ingest-ads': ['tables', 'append'],
  'ingest-increments': ['tables', 'append'],
  'aggregate-increments': ['tables', 'consume', 'store'],
  'project-ads': ['tables', 'consume', 'keep'],
  'query-ads': ['tables', 'fetch'],
  'read-counters': ['tables'],
  'expire-ad': ['append', 'deadLetters'],
  'sweep-ads': ['tables', 'append', 'fetch', 'deadLetters'],
  'describe-api': ['tables'],
  'authorize-request': ['tables'],
  'operate-quarantine': ['tables', 'append', 'fetch'],
  'read-stats': ['tables'],
  'warm-release': ['tables'],
  'audit-counters': ['tables', 'consume', 'keep', 'deadLetters'],
  'run-canary': ['tables', 'append'],
  'archive-increments': ['consume', 'keep', 'deadLetters'],
  'decide-ads': ['tables', 'append', 'fetch'],
  'track-ads': ['tables', 'append'],
};

/**
 * The stage's own key (`cloud.customerKey`): for tables, streams, quarantine, dead letters and logs. It is
 * rotated every year, and kept as long as the data.
 */
export class CustomerKey extends Construct {
  readonly #key: kms.Key;
  readonly #encrypts: boolean;

  /** undefined: the stage has none. */
  static of(scope: Construct, settings: StageSettings): CustomerKey | undefined {
    return settings.cloud.customerKey === 'none' ? undefined : new CustomerKey(scope, settings);
  }

  private constructor(scope: Construct, settings: StageSettings) {
    super(scope, 'CustomerKey');
    const { stage, cloud } = settings;
    this.#encrypts = cloud.customerKey === 'encrypts';
    this.#key = new kms.Key(this, 'Key', {
      alias: `adtally-${stage}`,
      description: `Encrypts what stage ${stage} of adtally keeps`,
      enableKeyRotation: true,
      // Not as the data: the deployment that brought the key may fail after something was encrypted with it.
      removalPolicy: cloud.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      // The longest that KMS has: without the key the data is lost.
      pendingWindow: Duration.days(30),
    });
    this.#key.addToResourcePolicy(logsOf(this, stage));
    // An event rule hands over what it could not deliver, without a role.
    this.#key.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('events.amazonaws.com')],
        actions: [...uses.deadLetters.actions],
        resources: ['*'],
      }),
    );
  }

  /** For what is written from now on; undefined while the stage only reads with the key. */
  get encrypting(): kms.Key | undefined {
    return this.#encrypts ? this.#key : undefined;
  }

  /**
   * The permissions of a function, in a policy that refers to nothing but the key: so CloudFormation can grant
   * them before it changes what is encrypted. Functions that need none get no policy.
   */
  letFunction(scope: Construct, name: FunctionName, role: iam.Role): iam.Policy[] {
    return usesOf[name].length === 0 ? [] : [this.#letUse(scope, role, usesOf[name])];
  }

  /** For a role that sends dead letters. */
  letSendDeadLetters(scope: Construct, role: iam.Role): iam.Policy {
    return this.#letUse(scope, role, ['deadLetters']);
  }

  #letUse(scope: Construct, role: iam.Role, named: readonly KeyUse[]): iam.Policy {
    const { region } = Stack.of(this);
    const statements = named.map((use) => {
      const { service, actions } = uses[use];
      return new iam.PolicyStatement({
        actions: [...actions],
        resources: [this.#key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
      });
    });
    return new iam.Policy(scope, 'KeyUse', { roles: [role], statements });
  }
}

/** CloudWatch Logs uses the key for the log groups of this stage alone. */
function logsOf(scope: Construct, stage: string): iam.PolicyStatement {
  const stack = Stack.of(scope);
  // API Gateway names the group of its own errors by the id of the API.
  const groups = [`/adtally/${stage}/*`, `API-Gateway-Execution-Logs_*/${stage}`].map((resourceName) =>
    stack.formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  );
  return new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
    resources: ['*'],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups } },
  });
}
