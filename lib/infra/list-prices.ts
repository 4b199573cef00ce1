/**
 * List prices of us-east-1 in US dollars, as of November 2026, without free tiers and taxes. Where a price falls
 * with the amount, this is its first and highest step; `restCallTiers` has all of its steps. Prices change: check
 * your bill.
 */
export const listPricesDate = '2026-11';

export const hoursPerMonth = 730;

/** Where the prices of each service are; the names are those of the bill. */
export const pricePages = {
  'API Gateway': 'aws.amazon.com/api-gateway/pricing',
  WAF: 'aws.amazon.com/waf/pricing',
  Lambda: 'aws.amazon.com/lambda/pricing',
  Kinesis: 'aws.amazon.com/kinesis/data-streams/pricing',
  DynamoDB: 'aws.amazon.com/dynamodb/pricing/on-demand',
  Scheduler: 'aws.amazon.com/eventbridge/pricing',
  CloudWatch: 'aws.amazon.com/cloudwatch/pricing',
  'X-Ray': 'aws.amazon.com/xray/pricing',
  KMS: 'aws.amazon.com/kms/pricing',
  S3: 'aws.amazon.com/s3/pricing',
  'Data transfer': 'aws.amazon.com/ec2/pricing/on-demand',
} as const;

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
  /** Each record is rounded up to 1 KB. */
  kinesisOnDemandGbIn: 0.08,
  kinesisOnDemandGbOut: 0.04,
  /** What is kept beyond 24 hours, up to 7 days. */
  kinesisOnDemandRetentionGbMonth: 0.1,
  dynamoWriteUnitsPerMillion: 0.625,
  dynamoReadUnitsPerMillion: 0.125,
  dynamoStorageGbMonth: 0.25,
  /** Point-in-time recovery, by the size of the table. */
  dynamoRecoveryGbMonth: 0.2,
  schedulesPerMillion: 1,
  webAclMonth: 5,
  webAclRuleMonth: 1,
  webAclRequestsPerMillion: 0.6,
  /** Logs of functions and of API Gateway, when they are written. */
  logsGb: 0.5,
  /** Compressed, to about 15%. */
  logsStorageGbMonth: 0.03,
  /** Standard resolution. */
  alarmMonth: 0.1,
  /** Of alarms (CloudWatch: composite). */
  combinedAlarmMonth: 0.5,
  /** The first three of an account are free. */
  dashboardMonth: 3,
  /** One custom metric (a name and a function) for a month in which it is written every hour. */
  customMetricMonth: 0.3,
  /** Recorded traces. */
  tracesPerMillion: 5,
  /** A customer managed KMS key; its first and second rotation add as much again. */
  keyMonth: 1,
  /** Symmetric requests. */
  keyRequestsPerMillion: 3,
  s3PutsPerMillion: 5,
  s3StorageGbMonth: 0.023,
  /** Glacier Instant Retrieval: storage, and what it costs to get there by a lifecycle rule. */
  s3ColdStorageGbMonth: 0.004,
  s3ColdTransitionsPerMillion: 20,
  /** To the internet, first 10 TB a month. */
  egressGb: 0.09,
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
