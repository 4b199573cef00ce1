/**
 * List prices of us-east-1 in US dollars, as of November 2026, without free tiers and taxes. Sources: the
 * pricing pages of the services (aws.amazon.com/<service>/pricing). Prices change; check your bill.
 */
export const listPricesDate = '2026-11';

export const hoursPerMonth = 730;

export const listPrices = {
  /** API Gateway REST, a million calls, first 333 million a month. */
  restCallsPerMillion: 3.5,
  lambdaRequestsPerMillion: 0.2,
  /** arm64. */
  lambdaGbSecond: 0.0000133334,
  kinesisShardHour: 0.015,
  /** 25 KB each, provisioned streams. */
  kinesisPutUnitsPerMillion: 0.014,
  /** Retention beyond 24 hours, up to 7 days. */
  kinesisExtendedRetentionShardHour: 0.02,
  kinesisOnDemandStreamHour: 0.04,
  kinesisOnDemandGbIn: 0.08,
  kinesisOnDemandGbOut: 0.04,
  dynamoWriteUnitsPerMillion: 0.625,
  dynamoReadUnitsPerMillion: 0.125,
  schedulesPerMillion: 1,
  webAclMonth: 5,
  webAclRuleMonth: 1,
  webAclRequestsPerMillion: 0.6,
  logsGb: 0.5,
  /** Standard resolution. */
  alarmMonth: 0.1,
  /** The first three of an account are free. */
  dashboardMonth: 3,
  /** One custom metric (a name and a function) for a month in which it is written every hour. */
  customMetricMonth: 0.3,
  /** X-Ray, recorded; aws.amazon.com/xray/pricing. */
  tracesPerMillion: 5,
  keyMonth: 1,
} as const;
