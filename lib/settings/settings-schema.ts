import * as z from 'zod';
import { lanesMax } from '../core/counters/hot/lanes.ts';
import {
  functionNames,
  type CloudSettings,
  type DeliverySettings,
  type EdgeSettings,
  type RateSettings,
  type StageSettings,
  type StreamSettings,
  type TableName,
  type TableSettings,
  type Throughput,
} from '../stages.ts';

/** A group with exactly the settings of `Group`: the compiler refuses one too many and one too few. */
function group<Group>(shape: { readonly [Name in keyof Required<Group>]: z.ZodType }) {
  return z.strictObject(shape);
}

function whole(min: number, max: number) {
  return z.custom<number>(
    (value) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max,
    { error: `must be a whole number from ${min} to ${max}` },
  );
}

function number(min: number, max: number) {
  return z.custom<number>((value) => typeof value === 'number' && value >= min && value <= max, {
    error: `must be a number from ${min} to ${max}`,
  });
}

function oneOf<const Value extends string | number>(...values: readonly Value[]) {
  return z.custom<Value>((value) => values.some((one) => one === value), {
    error: `must be ${values.length === 1 ? '' : 'one of '}${values.join(', ')}`,
  });
}

function text(pattern: RegExp, expected: string) {
  return z.custom<string>((value) => typeof value === 'string' && pattern.test(value), {
    error: `must be ${expected}`,
  });
}

const yesOrNo = z.boolean({ error: 'must be true or false' });
/** What only a control item sets, while a stage runs (lib/app/control). */
const ofControl = z.undefined({ error: 'is set while the stage runs, by the command control' }).optional();

const functionSettings = z.strictObject({ memoryMb: whole(128, 10_240), timeoutSeconds: whole(1, 900) });
const rate = group<RateSettings>({ ratePerSecond: number(0.01, 10_000), burst: whole(1, 50_000) });
const share = number(0, 1);
const days = whole(1, 36_500);
const levels = { minute: days.optional(), hour: days.optional(), day: days.optional() };

const arn = text(/^arn:[a-z0-9-]+:\S{1,200}$/, 'an ARN');
const edge = group<EdgeSettings>({
  domain: z
    .strictObject({
      names: z
        .array(text(/^[a-z0-9*.-]{1,253}$/, 'a domain name'), { error: 'must be a list of domain names' })
        .min(1, { error: 'must have a name' }),
      certificateArn: arn,
    })
    .optional(),
  originShield: text(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region, such as eu-central-1').optional(),
  webAclArn: arn.optional(),
  api: oneOf('closed', 'open').optional(),
});

const tableNames: readonly TableName[] = ['ads', 'counters', 'requests', 'tokens', 'delivery'];
const throughput = (min: Required<Throughput>) =>
  group<Throughput>({
    reads: whole(min.reads, 10_000_000).optional(),
    writes: whole(min.writes, 10_000_000).optional(),
  });
const table = group<TableSettings>({
  warm: throughput({ reads: 12_000, writes: 4000 }).optional(),
  most: throughput({ reads: 1, writes: 1 }).optional(),
});

const stream = (shardsMax: number) =>
  group<StreamSettings>({
    epoch: text(/^[0-9A-Za-z-]{1,16}$/, 'up to 16 letters, digits and hyphens'),
    mode: oneOf('provisioned', 'on-demand'),
    shardCount: whole(1, shardsMax),
    retentionHours: whole(24, 8760),
  });

const delivery = (name: 'ad-events' | 'increments', lanes: number) =>
  group<DeliverySettings>({
    stream: oneOf(name),
    batchSize: whole(1, 10_000),
    maximumBatchingWindowSeconds: number(0, 300),
    parallelizationFactor: whole(1, lanes),
    maximumRetryAttempts: oneOf(-1),
    maximumRecordAgeSeconds: whole(60, 604_800),
    bisectBatchOnFunctionError: z.literal(true, { error: 'must be true' }),
  });

/** What a stage may be set to. A limit of a service is in the service's own documentation. */
export const settingsSchema = group<StageSettings>({
  stage: text(/^[a-z][a-z0-9-]{0,19}$/, '1 to 20 lower-case letters, digits and hyphens, a letter first'),
  functions: z.strictObject(Object.fromEntries(functionNames.map((name) => [name, functionSettings]))),
  cloud: group<CloudSettings>({
    retainData: yesOrNo,
    emptyOnRemoval: yesOrNo,
    logRetentionDays: oneOf(7, 30, 90),
    customerKey: oneOf('none', 'encrypts', 'decrypts'),
    throttle: rate,
    readShare: number(0.01, 1),
    reservedConcurrency: z.partialRecord(z.enum(functionNames), whole(0, 10_000)).optional(),
    provisionedConcurrency: z.partialRecord(z.enum(functionNames), whole(1, 10_000)).optional(),
    webAcl: yesOrNo,
    edge: edge.optional(),
    tables: z.partialRecord(z.enum(tableNames), table).optional(),
    refusesMalformedTokens: yesOrNo,
    gradualReleases: yesOrNo,
    warmContainers: whole(1, 50),
    traces: z.strictObject({ perSecond: whole(0, 1000), share }).optional(),
    detailedMetrics: yesOrNo,
    trafficAlarm: yesOrNo,
    budgetDollars: number(1, 1e9).optional(),
    otlpEndpoint: text(/^https?:\/\/\S{1,1000}$/, 'an http or https URL').optional(),
  }),
  streams: z.strictObject({ 'ad-events': stream(1), increments: stream(10_000) }),
  deliveries: z.strictObject({
    'project-ads': delivery('ad-events', 1),
    'aggregate-increments': delivery('increments', 10),
  }),
  ads: group<StageSettings['ads']>({
    liveAdsMax: whole(0, 1_000_000),
    liveBytesMax: whole(0, 2_000_000_000),
    snapshotBlobsFromBytes: whole(0, 2_000_000_000).optional(),
    endedDays: whole(0, 3650),
  }),
  externalIds: oneOf('read', 'accept'),
  delivery: group<StageSettings['delivery']>({
    accepts: yesOrNo,
    goals: yesOrNo,
    caps: yesOrNo,
    impressionMinutes: whole(1, 1440),
    plainDecisions: yesOrNo,
    bots: z
      .array(text(/^[ -~]{3,100}$/, 'part of a user agent, 3 to 100 printable characters'), {
        error: 'must be a list of parts of user agents',
      })
      .max(1000, { error: 'must be at most 1000' }),
  }),
  reader: group<StageSettings['reader']>({
    maxStalenessMs: whole(0, 60_000),
    staleServeMaxMs: whole(0, 3_600_000),
  }),
  counters: group<StageSettings['counters']>({
    keyFormat: oneOf('any', 'uuid'),
    defaultMode: oneOf('eventual', 'sync'),
    series: z.strictObject(levels),
    topKeysSaveMs: whole(0, 60_000),
    hotKeys: z
      .array(
        z.strictObject({ key: text(/^[^]{1,246}$/u, '1 to 246 characters'), lanes: whole(2, lanesMax) }),
        { error: 'must be a list of {key, lanes}' },
      )
      .max(100, { error: 'must be at most 100' }),
    laneRecordsPerSecond: whole(0, 1000),
    seriesFromMs: ofControl,
  }),
  http: group<StageSettings['http']>({
    corsOrigins: z
      .array(text(/^(\*|https?:\/\/[^/\s]{1,253})$/, "an origin, as in https://app.example, or '*'"), {
        error: 'must be a list of origins',
      })
      .max(100, { error: 'must be at most 100' }),
    publicReads: yesOrNo,
    compressAnswers: yesOrNo,
  }),
  tokens: group<StageSettings['tokens']>({
    rate,
    rateCeiling: ofControl,
    exactLimit: yesOrNo,
    cacheSeconds: whole(0, 3600),
  }),
  audit: group<StageSettings['audit']>({ everyMinutes: whole(0, 10_080) }),
  archive: group<StageSettings['archive']>({ everyMinutes: whole(0, 720), keepDays: whole(1, 3650) }),
  canary: group<StageSettings['canary']>({ everyMinutes: whole(0, 1440) }),
  quarantineRetentionDays: whole(1, 365),
  traceShare: ofControl,
});

/** Settings that only together make sense: each with what it says if it does not hold. */
export const relations: readonly {
  readonly path: string;
  readonly holds: (settings: StageSettings) => boolean;
  readonly message: string;
}[] = [
  {
    path: 'reader.staleServeMaxMs',
    holds: ({ reader }) => reader.staleServeMaxMs >= reader.maxStalenessMs,
    message: 'must be at least reader.maxStalenessMs',
  },
  ...(['project-ads', 'aggregate-increments'] as const).map((name) => ({
    path: `deliveries.${name}.maximumRecordAgeSeconds`,
    holds: ({ deliveries, streams }: StageSettings) =>
      deliveries[name].maximumRecordAgeSeconds < streams[deliveries[name].stream].retentionHours * 3600,
    message: 'must be less than the retention of its stream, which drops older records unread',
  })),
  {
    path: 'audit.everyMinutes',
    holds: ({ audit, streams }) => audit.everyMinutes <= streams.increments.retentionHours * 30,
    message:
      'must be at most half the retention of the stream increments, or records are gone before they are audited',
  },
  {
    path: 'tokens.rate.burst',
    holds: ({ tokens }) => tokens.rate.burst >= Math.ceil(tokens.rate.ratePerSecond),
    message: 'must be at least tokens.rate.ratePerSecond',
  },
  {
    path: 'counters.hotKeys',
    holds: ({ counters }) => new Set(counters.hotKeys.map(({ key }) => key)).size === counters.hotKeys.length,
    message: 'must name each key once',
  },
];
