/**
 * List prices of us-east-1 in US dollars, as of November 2026, without free tiers and taxes. Where a price falls
 * with the amount, this is its first and highest step; `restCallTiers` has all of its steps. Prices change: check
 * your bill. Not confirmed on AWS's own pages, and only part of bills with the settings that they belong to: warm
 * throughput of tables, On-demand Advantage's reads and retention, CloudFront's calls, shield and traffic to the API,
 * provisioned concurrency.
 */
export const listPricesDate = '2026-11';

export const hoursPerMonth = 730;

/** Where the prices of each service are; the names are those of the bill. */
export const pricePages = {
  CloudFront: 'aws.amazon.com/cloudfront/pricing',
  'API Gateway': 'aws.amazon.com/api-gateway/pricing',
  WAF: 'aws.amazon.com/waf/pricing',
  Lambda: 'aws.amazon.com/lambda/pricing',
  Kinesis: 'aws.amazon.com/kinesis/data-streams/pricing',
  DynamoDB: 'aws.amazon.com/dynamodb/pricing/on-demand',
  Scheduler: 'aws.amazon.com/eventbridge/pricing',
  CloudWatch: 'aws.amazon.com/cloudwatch/pricing',
  'X-Ray': 'aws.amazon.com/xray/pricing',
  KMS: 'aws.amazon.com/kms/pricing',
  'Secrets Manager': 'aws.amazon.com/secrets-manager/pricing',
  S3: 'aws.amazon.com/s3/pricing',
  'Data transfer': 'aws.amazon.com/ec2/pricing/on-demand',
} as const;

export const listPrices = {
  /** API Gateway REST, a million calls, first 333 million a month. */
  restCallsPerMillion: 3.5,
  lambdaRequestsPerMillion: 0.2,
  /** arm64. */
  lambdaGbSecond: 0.0000133334,
  /** Provisioned concurrency, arm64, whether called or not. */
  lambdaProvisionedGbSecond: 0.0000033334,
  kinesisShardHour: 0.015,
  /** 25 KB each, provisioned streams. */
  kinesisPutUnitsPerMillion: 0.014,
  /** Retention beyond 24 hours, up to 7 days. */
  kinesisExtendedRetentionShardHour: 0.02,
  /** Of an account in the mode On-demand Advantage: no charge for a stream, and 25 MB a second at least, in and out. */
  kinesisAdvantageGbIn: 0.032,
  kinesisAdvantageGbOut: 0.016,
  kinesisAdvantageRetentionGbMonth: 0.04,
  kinesisOnDemandStreamHour: 0.04,
  /** Each record is rounded up to 1 KB. */
  kinesisOnDemandGbIn: 0.08,
  kinesisOnDemandGbOut: 0.04,
  /** What is kept beyond 24 hours, up to 7 days. */
  kinesisOnDemandRetentionGbMonth: 0.1,
  dynamoWriteUnitsPerMillion: 0.625,
  dynamoReadUnitsPerMillion: 0.125,
  /** Once, for each unit a second that a table takes from the start, beyond those of every table. */
  dynamoWarmReadUnit: 0.00013,
  dynamoWarmWriteUnit: 0.00065,
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
  s3GetsPerMillion: 0.4,
  s3StorageGbMonth: 0.023,
  /** Glacier Instant Retrieval: storage, and what it costs to get there by a lifecycle rule. */
  s3ColdStorageGbMonth: 0.004,
  s3ColdTransitionsPerMillion: 20,
  /** To the internet, first 10 TB a month. */
  egressGb: 0.09,
  secretMonth: 0.4,
  /** HTTPS, of callers in North America and Europe. */
  edgeRequestsPerMillion: 1,
  /** Those that pass an origin shield, US and EU regions. */
  edgeShieldPerMillion: 0.75,
  /** What callers send, from the edge to the API. The other way is free. */
  edgeToOriginGb: 0.02,
} as const;

/** A price up to an amount a month. */
export interface Tier {
  readonly upTo: number;
  readonly price: number;
}

/**
 * REST calls a month, in millions, and the price of a million up to there. The AWS whitepaper "Best Practices
 * for Designing Amazon API Gateway Private APIs and Private Integration" (cost optimization, table 4) has the
 * same tiers.
 */
export const restCallTiers: readonly Tier[] = [
  { upTo: 333, price: listPrices.restCallsPerMillion },
  { upTo: 1000, price: 2.8 },
  { upTo: 20_000, price: 2.38 },
  { upTo: Infinity, price: 1.51 },
];

/** GB from CloudFront to callers in North America and Europe a month: 10 TB, 40 more, 100, 350, 524, 4 PB, the rest. */
export const edgeTiers: readonly Tier[] = [
  { upTo: 10 * 1024, price: 0.085 },
  { upTo: 50 * 1024, price: 0.08 },
  { upTo: 150 * 1024, price: 0.06 },
  { upTo: 500 * 1024, price: 0.04 },
  { upTo: 1024 ** 2, price: 0.03 },
  { upTo: 5 * 1024 ** 2, price: 0.025 },
  { upTo: Infinity, price: 0.02 },
];

/**
 * Flat-rate plans of CloudFront, a month: web ACL, calls and traffic of one distribution, up to so many million calls.
 * The largest has levels. Source: aws.amazon.com/cloudfront/pricing and the developer guide, "flat-rate-pricing-plan".
 */
export const edgePlans = {
  free: [{ upTo: 1, price: 0 }],
  pro: [{ upTo: 10, price: 15 }],
  business: [{ upTo: 125, price: 200 }],
  premium: [
    { upTo: 500, price: 1000 },
    { upTo: 750, price: 1450 },
    { upTo: 1250, price: 2250 },
    { upTo: 2000, price: 3500 },
    { upTo: 3500, price: 6000 },
    { upTo: 6000, price: 10_000 },
  ],
} as const satisfies Readonly<Record<string, readonly Tier[]>>;

export type EdgePlan = keyof typeof edgePlans;

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
