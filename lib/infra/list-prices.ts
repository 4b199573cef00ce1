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
  /** A customer managed KMS key; its first and second rotation add as much again. */
  keyMonth: 1,
  /** Symmetric requests; aws.amazon.com/kms/pricing. */
  keyRequestsPerMillion: 3,
} as const;

/**
 * REST calls a month, in millions, and the price of a million up to there. The AWS whitepaper "Best Practices
 * for Designing Amazon API Gateway Private APIs and Private Integration" (cost optimization, table 4) has the
 * same tiers.
 */
export const restCallTiers: readonly { readonly upToMillions: number; readonly price: number }[] = [
  { upToMillions: 333, price: listPrices.restCallsPerMillion },
  { upToMillions: 1000, price: 2.8 },
  { upToMillions: 20_000, price: 2.38 },
  { upToMillions: Infinity, price: 1.51 },
];

/**
 * List prices of what others would build, us-east-1. Sources of November 2026:
 * fortem.dev/blog/aws-fargate-pricing-real-costs (Fargate),
 * infratally.com/articles/aws-rds-pricing-explained-2026.html (RDS; a size up costs twice as much) and
 * usage.ai/blogs/aws/database-savings-plans/elasticache/serverless-pricing (Valkey).
 */
export const otherPrices = {
  fargateCpuHour: 0.04048,
  fargateGbHour: 0.004445,
  loadBalancerMonth: 22,
  /** db.t4g.small, two zones. */
  postgresSmallHour: 0.064,
  valkeyGbHour: 0.084,
  valkeyUnitsPerMillion: 0.0023,
} as const;
