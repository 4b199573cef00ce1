/** Names that the stack gives to AWS resources, and that code on AWS or an operator's command looks up. */

/**
 * The environment variables of the functions: the CDK app sets them, and the functions' handlers read them
 * (lib/adapters/aws/lambda-environment.ts). A function gets only those that it needs.
 */
export const environmentNames = {
  stage: 'ADTALLY_STAGE',
  /** JSON: what the settings change of those of a built-in stage; absent for a built-in stage. */
  settings: 'ADTALLY_SETTINGS',
  /** Stream names; the epoch follows the last dot. */
  adEventsStream: 'ADTALLY_AD_EVENTS_STREAM',
  incrementsStream: 'ADTALLY_INCREMENTS_STREAM',
  adsTable: 'ADTALLY_ADS_TABLE',
  countersTable: 'ADTALLY_COUNTERS_TABLE',
  requestsTable: 'ADTALLY_REQUESTS_TABLE',
  tokensTable: 'ADTALLY_TOKENS_TABLE',
  deliveryTable: 'ADTALLY_DELIVERY_TABLE',
  /** Name of the schedule group. */
  scheduleGroup: 'ADTALLY_SCHEDULE_GROUP',
  /** ARN of expire-ad, which a schedule invokes. */
  scheduleTargetArn: 'ADTALLY_SCHEDULE_TARGET_ARN',
  /** ARN of the role that EventBridge Scheduler assumes to invoke it. */
  scheduleRoleArn: 'ADTALLY_SCHEDULE_ROLE_ARN',
  /** ARN of the queue for invocations that EventBridge Scheduler gave up. */
  scheduleDeadLetterArn: 'ADTALLY_SCHEDULE_DEAD_LETTER_ARN',
  /** Holds quarantined records under `quarantinePrefix`. */
  quarantineBucket: 'ADTALLY_QUARANTINE_BUCKET',
  /** ARN of the version of query-ads that a deployment is about to give calls. */
  releasedVersionArn: 'ADTALLY_RELEASED_VERSION_ARN',
} as const;

/** Holds the archive of the increments. Not among the others, because few bundles need it. */
export const archiveBucketVariable = 'ADTALLY_ARCHIVE_BUCKET';

export type EnvironmentName =
  (typeof environmentNames)[keyof typeof environmentNames] | typeof archiveBucketVariable;

/** The prefix of the keys of quarantined records in their bucket. */
export const quarantinePrefix = 'quarantine/';

/** The prefix of the keys of snapshots' chunks, in the bucket of the quarantine. */
export const snapshotPrefix = 'snapshots/';

/** The prefix of the keys of the books of the scheduled audit, in the bucket of the quarantine. */
export const auditPrefix = 'audit/';

export function auditBookKey(epoch: string): string {
  return `${auditPrefix}${epoch}.ndjson`;
}

/** The prefix of all keys of the archive of a stream. */
export function archivePrefix(stream: string): string {
  return `${stream}/`;
}

/** The key of the archiver's book, in the bucket of the archive. */
export const archiveBooks = 'books/';

export function archiveBookKey(stream: string, epoch: string): string {
  return `${archiveBooks}${stream}.${epoch}.json`;
}

/**
 * The prefix of the key of every failure file, which Lambda writes:
 * `aws/lambda/<mapping>/<shard>/<date>/...`.
 */
export const failureFilePrefix = 'aws/lambda/';

/** Variables of a function that calls the API of a stage in the same CDK app. */
export const callerVariables = { url: 'ADTALLY_URL', tokenSecret: 'ADTALLY_TOKEN_SECRET' } as const;

/** The name of the stack of a stage that has one of its own. Its outputs have plain names, such as `AdsTable`. */
export function stackOf(stage: string): string {
  return `adtally-${stage}`;
}

/** The name of an output of a stage in any other stack: `AdtallyShopEuAdsTable` of the stage `shop-eu`. */
export function stageOutput(stage: string, name: string): string {
  const words = stage.split('-').map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`);
  return `Adtally${words.join('')}${name}`;
}

/** The alias that callers invoke, in a stage with gradual releases. */
export const liveAlias = 'live';

/** A function's name in AWS: the stack sets it, and AWS/Lambda's metrics have it as their dimension. */
export function lambdaName(stage: string, functionName: string): string {
  return `adtally-${stage}-${functionName}`;
}

/**
 * The value of the API key by which API Gateway counts a principal's calls (20 to 128 characters). It is no
 * secret: the authorizer names the key, and API Gateway ignores a key that a request sends.
 */
export function usageKeyOf(stage: string, principal: string): string {
  return `adtally-${stage}-${principal}`;
}

/**
 * The namespace of the functions' metrics in CloudWatch: lambda-telemetry.ts writes it, alarms and dashboard
 * read it.
 */
export const metricNamespace = 'adtally';

/** Each metric has exactly these dimensions: CloudWatch bills every combination as a metric of its own. */
export const metricDimensions = { stage: 'stage', functionName: 'function', version: 'version' } as const;

/** Counted in the access log of the API (lib/infra/access-log.ts). */
export const accessMetrics = {
  /** Answers with 5xx, of functions and of API Gateway itself: 1, and all others: 0. */
  errorAnswers: 'answers_5xx',
  /** Calls whose token could not be checked. */
  authorizerErrors: 'authorizer_errors',
  /** Calls whose function died, took too long or could not be started. */
  integrationErrors: 'integration_errors',
} as const;

/** Its metrics have no dimensions: the fields of a log line are all that they could have. */
export function accessNamespace(stage: string): string {
  return `adtally/access/${stage}`;
}
