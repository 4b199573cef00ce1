import { archiveBucketVariable, environmentNames as names } from '../../lib/aws-names.ts';

/** What Lambda and the stack put into a function's environment. */
export const lambdaVariables = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  [names.stage]: 'dev',
  [names.adEventsStream]: 'adtally-dev-ad-events.1',
  [names.incrementsStream]: 'adtally-dev-increments.1',
  [names.adsTable]: 'ads',
  [names.countersTable]: 'counters',
  [names.requestsTable]: 'requests',
  [names.tokensTable]: 'tokens',
  [names.deliveryTable]: 'delivery',
  [names.scheduleGroup]: 'adtally-dev',
  [names.scheduleTargetArn]: 'arn:aws:lambda:eu-west-1:000000000000:function:adtally-dev-expire-ad',
  [names.scheduleRoleArn]: 'arn:aws:iam::000000000000:role/invoke',
  [names.scheduleDeadLetterArn]: 'arn:aws:sqs:eu-west-1:000000000000:dead-letters',
  [names.quarantineBucket]: 'quarantine',
  [archiveBucketVariable]: 'archive',
  [names.releasedVersionArn]: 'arn:aws:lambda:eu-west-1:000000000000:function:adtally-dev-query-ads:7',
};
