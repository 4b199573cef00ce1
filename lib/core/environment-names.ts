/**
 * What the stack tells each function through its environment: the CDK app writes these variables, the functions'
 * handlers read them (lib/adapters/aws/lambda-environment.ts). A function gets only those it needs.
 */
export const environmentNames = {
  stage: 'ADTALLY_STAGE',
  /** Stream names; the epoch is what follows the last dot. */
  adEventsStream: 'ADTALLY_AD_EVENTS_STREAM',
  incrementsStream: 'ADTALLY_INCREMENTS_STREAM',
  adsTable: 'ADTALLY_ADS_TABLE',
  countersTable: 'ADTALLY_COUNTERS_TABLE',
  requestsTable: 'ADTALLY_REQUESTS_TABLE',
  tokensTable: 'ADTALLY_TOKENS_TABLE',
  /** Name of the schedule group. */
  scheduleGroup: 'ADTALLY_SCHEDULE_GROUP',
  /** ARN of expire-ad, which a schedule invokes. */
  scheduleTargetArn: 'ADTALLY_SCHEDULE_TARGET_ARN',
  /** ARN of the role that EventBridge Scheduler assumes to invoke it. */
  scheduleRoleArn: 'ADTALLY_SCHEDULE_ROLE_ARN',
  /** ARN of the queue for invocations that the Scheduler gave up. */
  scheduleDeadLetterArn: 'ADTALLY_SCHEDULE_DEAD_LETTER_ARN',
  /** Quarantined records are kept in it under `quarantinePrefix`. */
  quarantineBucket: 'ADTALLY_QUARANTINE_BUCKET',
} as const;

export type EnvironmentName = (typeof environmentNames)[keyof typeof environmentNames];

export const quarantinePrefix = 'quarantine/';
