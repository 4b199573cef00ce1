/** What AWS allows: each with the page that says so (docs.aws.amazon.com, or as given). */
export interface Quota {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly source: string;
}

const lambda = 'lambda/latest/dg';
const dynamodb = 'amazondynamodb/latest/developerguide';

export const quotas = {
  lambdaConcurrency: {
    what: 'Lambda: concurrent executions of an account',
    value: 1000,
    unit: 'at once',
    source: `${lambda}/gettingstarted-limits.html`,
  },
  lambdaConcurrencyOfNewAccount: {
    what: 'The same, of a new account',
    value: 10,
    unit: 'at once',
    source: `${lambda}/gettingstarted-limits.html`,
  },
  lambdaRequestsPerConcurrency: {
    what: 'Lambda: calls, for each concurrent execution allowed',
    value: 10,
    unit: 'a second',
    source: `${lambda}/gettingstarted-limits.html`,
  },
  lambdaNewContainers: {
    what: 'Lambda: new containers of a function',
    value: 1000,
    unit: 'in 10 s',
    source: `${lambda}/scaling-behavior.html`,
  },
  gatewayRequests: {
    what: 'API Gateway: calls of an account',
    value: 10_000,
    unit: 'a second',
    source: 'apigateway/latest/developerguide/limits.html',
  },
  gatewayBurst: {
    what: 'API Gateway: burst of an account',
    value: 5000,
    unit: 'calls',
    source: 'apigateway/latest/developerguide/limits.html',
  },
  gatewayTimeout: {
    what: 'API Gateway: the time of an integration',
    value: 29,
    unit: 'seconds',
    source: 'apigateway/latest/developerguide/limits.html',
  },
  partitionWrites: {
    what: 'DynamoDB: write units of a partition',
    value: 1000,
    unit: 'a second',
    source: `${dynamodb}/warm-throughput-scenarios.html`,
  },
  partitionReads: {
    what: 'DynamoDB: read units of a partition',
    value: 3000,
    unit: 'a second',
    source: `${dynamodb}/warm-throughput-scenarios.html`,
  },
  newTableWrites: {
    what: 'DynamoDB: write units of a new table on demand',
    value: 4000,
    unit: 'a second',
    source: `${dynamodb}/warm-throughput.html`,
  },
  newTableReads: {
    what: 'DynamoDB: read units of a new table on demand',
    value: 12_000,
    unit: 'a second',
    source: `${dynamodb}/warm-throughput.html`,
  },
  tableWrites: {
    what: 'DynamoDB: write units of a table on demand, at most',
    value: 40_000,
    unit: 'a second',
    source: `${dynamodb}/Limits.html`,
  },
  tableReads: {
    what: 'DynamoDB: read units of a table on demand, at most',
    value: 40_000,
    unit: 'a second',
    source: `${dynamodb}/Limits.html`,
  },
  prefixReads: {
    what: 'S3: GET of a prefix',
    value: 5500,
    unit: 'a second',
    source: 'AmazonS3/latest/userguide/optimizing-performance.html',
  },
  shardRecords: {
    what: 'Kinesis: records of a shard',
    value: 1000,
    unit: 'a second',
    source: 'streams/latest/dev/service-sizes-and-limits.html',
  },
  shardBytes: {
    what: 'Kinesis: bytes of a shard',
    value: 1_000_000,
    unit: 'a second',
    source: 'streams/latest/dev/service-sizes-and-limits.html',
  },
  shardReads: {
    what: 'Kinesis: reads of a shard',
    value: 5,
    unit: 'a second',
    source: 'streams/latest/dev/service-sizes-and-limits.html',
  },
  shardReadBytes: {
    what: 'Kinesis: bytes read from a shard',
    value: 2_000_000,
    unit: 'a second',
    source: 'streams/latest/dev/service-sizes-and-limits.html',
  },
  onDemandShards: {
    what: 'Kinesis: shards of a new stream on demand',
    value: 4,
    unit: 'shards',
    source: 'streams/latest/dev/service-sizes-and-limits.html',
  },
} as const satisfies Readonly<Record<string, Quota>>;

/** What no page states: guesses to be replaced by what a stage of yours shows. */
export const assumed = {
  /** From the choice of a new container to its first line of ours, beside loading our bundle. */
  coldStartMs: { from: 150, to: 400 },
  /** Our bundles take 63 to 164 ms here (docs/performance.md). */
  loadMs: { from: 60, to: 170 },
  /** Lambda keeps a container that nobody calls for some minutes. */
  idleLifeMs: 300_000,
  /** From the gateway to a container, and back. */
  gatewayMs: 2,
  /** One way over the network, on average, and the time in which a service works. */
  networkMs: 0.5,
  dynamodbMs: 4,
  transactionMs: 10,
  kinesisMs: 12,
  /** What our adapters wait for an answer: defaultDeadlineMs, appendDeadlineMs. */
  deadlineMs: 5000,
  /** Until the first byte of an object: S3's own pages say 100 to 200 ms. */
  s3Ms: 150,
  /** What one container takes in: people have measured 400 to 700 Mbit/s. */
  containerBytesPerSecond: 70_000_000,
  /** Our own code in a call, and for each record of a batch: 300,000 a second (docs/performance.md). */
  handlerMs: 1,
  recordMs: 1 / 300,
  /** Clocks of containers, either way: Amazon's time service is closer. */
  skewMs: 2,
} as const;
