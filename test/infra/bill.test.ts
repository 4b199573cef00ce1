import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { billText } from '../../lib/infra/bill-text.ts';
import { billOf, totalOf } from '../../lib/infra/bill.ts';
import { usageFlushMs } from '../../lib/app/usage/usage-recorder.ts';
import { assumed, idle, trafficOf, type Load } from '../../lib/infra/load.ts';
import { stageSettings, type EdgeSettings, type StageSettings } from '../../lib/stages.ts';
import { createLambdaTelemetry } from '../../lib/adapters/aws/lambda-telemetry.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { runCommand } from '../support/run-command.ts';
import { templateOf } from './template-of.ts';

/**
 * Three bills made by hand, to the cent. Prices of us-east-1, November 2026, from the pages of
 * lib/infra/list-prices.ts. A month has 730 hours = 2.628 million seconds; a GB has 1,024^3 bytes.
 */
type Line = readonly [service: string, item: string, cents: number];

const load = (some: Partial<Load>): Load => ({ ...idle, ...some });

function linesOf(stage: 'dev' | 'staging' | 'prod', some: Partial<Load>): Line[] {
  return billOf(stageSettings(stage), load(some))
    .map(({ service, item, dollars }): Line => [service, item, Math.round(dollars * 100)])
    .sort();
}

const idleDev: readonly Line[] = [
  // aws.amazon.com/kinesis/data-streams/pricing: 2 shards x 730 h x $0.015; the first 24 hours are kept for nothing.
  ['Kinesis', 'shards', 2190],
  // aws.amazon.com/cloudwatch/pricing: 67 alarms x $0.10; a dashboard for $3.
  ['CloudWatch', 'alarms', 670],
  ['CloudWatch', 'dashboard', 300],
  // aws.amazon.com/kms/pricing: the alarm topic's key for $1; 2 shards x 2 x 12 x 730 = 35,040 requests x $3/M.
  ['KMS', 'keys', 100],
  ['KMS', 'requests', 11],
  // aws.amazon.com/lambda/pricing: 12 x 730 = 8,760 sweeps x $0.20/M, and 8,760 s x 1 GB x $0.0000133334.
  ['Lambda', 'sweep-ads, requests', 0],
  ['Lambda', 'sweep-ads, arm64', 12],
  // 4 x 730 / 24 = 121.67 audits of 10 s x 3008/1024 GB; x $5/M.
  ['Lambda', 'audit-counters, requests', 0],
  ['Lambda', 'audit-counters, arm64', 5],
  ['X-Ray', 'traces of the audit', 0],
  // aws.amazon.com/dynamodb/pricing/on-demand: 8,760 x 2 units x $0.125/M.
  ['DynamoDB', 'reads of the sweep', 0],
  // aws.amazon.com/xray/pricing: 8,760 x $5/M.
  ['X-Ray', 'traces of the sweep', 4],
];

describe('the bill made by hand', () => {
  it('of dev without a call', () => {
    expect(linesOf('dev', {})).toEqual([...idleDev].sort());
    expect(totalOf(billOf(stageSettings('dev'), idle))).toBeCloseTo(32.92, 2);
  });

  it('of 1,000,000 ads whose snapshots are in DynamoDB, or in S3', () => {
    const linesWith = (snapshotBlobsFromBytes: number | undefined): Line[] => {
      const { ads, ...rest } = stageSettings('dev');
      const settings = {
        ...rest,
        ads: { ...ads, ...(snapshotBlobsFromBytes !== undefined && { snapshotBlobsFromBytes }) },
      };
      return billOf(settings, load({ ads: 1_000_000 }))
        .filter(({ service, item }) => service === 'S3' || item === 'reads of the sweep')
        .map(({ service, item, dollars }): Line => [service, item, Math.round(dollars * 100)])
        .sort();
    };
    // 8,760 sweeps x (2 + 512 MB / 4 KB / 2 = 62,500) units x $0.125/M.
    const inTable = ['DynamoDB', 'reads of the sweep', 6844];
    expect(linesWith(undefined)).toEqual([inTable]);
    expect(linesWith(512_000_001)).toEqual([inTable]);
    expect(linesWith(512_000_000)).toEqual([
      ['DynamoDB', 'reads of the sweep', 0],
      // aws.amazon.com/s3/pricing: 8,760 sweeps x 128 objects of 4 MB x $0.40/M; 2 x 512 MB = 0.954 GB x $0.023.
      ['S3', 'snapshots, GET', 45],
      ['S3', 'snapshots, storage', 2],
    ]);
  });

  it('of dev with a health check each second: 2.628 million calls', () => {
    const lines: Line[] = [
      ...idleDev,
      // aws.amazon.com/api-gateway/pricing: 2.628 x $3.50.
      ['API Gateway', 'REST calls', 920],
      // 2.628 x $0.20; 2,628,000 x 0.01 s x 0.25 GB = 6,570 GB-s x $0.0000133334.
      ['Lambda', 'describe-api, requests', 53],
      ['Lambda', 'describe-api, arm64', 9],
      // requests, request_ms, requests_refused and request_errors of describe-api, and the share of failed calls, x $0.30.
      ['CloudWatch', 'custom metrics', 150],
      // 2,628,000 x 430 bytes = 1.0524 GB x $0.50; x 285 bytes = 0.6975 GB x $0.50.
      ['CloudWatch', 'access logs', 53],
      ['CloudWatch', 'logs and metrics of functions', 35],
      // 1.75 GB a month x 15% for 7 of 30 days = 0.061 GB x $0.03.
      ['CloudWatch', 'logs kept', 0],
      // 5% of 2.628 million x $5.
      ['X-Ray', 'traces of calls', 66],
      // aws.amazon.com/ec2/pricing/on-demand: 2,628,000 x 640 bytes = 1.5664 GB x $0.09.
      ['Data transfer', 'answers', 14],
    ];
    expect(linesOf('dev', { healthChecksPerSecond: 1 })).toEqual(lines.sort());
    expect(totalOf(billOf(stageSettings('dev'), load({ healthChecksPerSecond: 1 })))).toBeCloseTo(45.9, 2);
  });

  it('of prod with 1,000 queries a second, 200 increments in calls of 100 with a key, and 10,000 ads', () => {
    // 1,002 calls a second are 2,633.256 million, and 10,000 for the ads. The 100 increments of a call are for
    // 1000 x (1 - 0.999^100) = 95.208 of 1,000 counters: 190.416 records a second. 4 shards x 2 lanes get 23.802
    // each, so a batch ends after 1 s and the wait for its first record, 1/23.802 s: 7.6774 a second of 24.802
    // records. They are for 125 x (1 - 0.992^24.802) = 22.578 of a lane's 125 counters: 173.342 a second.
    const lines: Line[] = [
      // 333 x $3.50 + 667 x $2.80 + 1,633.266 x $2.38.
      ['API Gateway', 'REST calls', 692_027],
      // aws.amazon.com/waf/pricing: $5, 2 x $1, and 2,633.266 x $0.60.
      ['WAF', 'web ACL', 500],
      ['WAF', 'rules', 200],
      ['WAF', 'requests', 157_996],
      ['Lambda', 'sweep-ads, requests', 0],
      ['Lambda', 'sweep-ads, arm64', 12],
      // 730 audits of 10 + 190.416 x 3,600 x 0.5 / 2,000 + 1,000 x 0.0002 = 181.57 s x 3008/1024 GB.
      ['Lambda', 'audit-counters, requests', 0],
      ['Lambda', 'audit-counters, arm64', 519],
      // 730 x 1,000 counters x $0.125/M, and 730 x $5/M.
      ['DynamoDB', 'reads of the audit', 9],
      ['X-Ray', 'traces of the audit', 0],
      // 43,800 runs x $0.20/M; of 2 s x 0.25 GB; x (2 + 2 x (2 + 1)) x $0.625/M; x 16 x $0.125/M; x $5/M.
      ['Lambda', 'run-canary, requests', 1],
      ['Lambda', 'run-canary, arm64', 29],
      ['DynamoDB', 'writes of the canary', 22],
      ['DynamoDB', 'reads of the canary', 9],
      ['X-Ray', 'traces of the canary', 22],
      ['CloudWatch', 'metrics of the canary', 30],
      // 2,628 x $0.20; 26.28 million s x 1769/1024 GB x $0.0000133334.
      ['Lambda', 'query-ads, requests', 52_560],
      ['Lambda', 'query-ads, arm64', 60_533],
      // 5.256 x $0.20; 52,560 s x 0.5 GB.
      ['Lambda', 'ingest-increments, requests', 105],
      ['Lambda', 'ingest-increments, arm64', 35],
      // One token, asked about once a minute: 43,800.
      ['Lambda', 'authorize-request, requests', 1],
      ['Lambda', 'authorize-request, arm64', 0],
      // 7.6774 x 2.628 million = 20.176 million x $0.20; x (0.05 + 24.802 x 0.00045) s x 1769/1024 GB.
      ['Lambda', 'aggregate-increments, requests', 404],
      ['Lambda', 'aggregate-increments, arm64', 2842],
      // 10,000 x 0.01 s x 0.5 GB; 20,000 x 0.05 s x 1769/1024 GB; 10,000 x 0.05 s x 0.25 GB.
      ['Lambda', 'ingest-ads, requests', 0],
      ['Lambda', 'ingest-ads, arm64', 0],
      ['Lambda', 'project-ads, requests', 0],
      ['Lambda', 'project-ads, arm64', 2],
      ['Lambda', 'expire-ad, requests', 0],
      ['Lambda', 'expire-ad, arm64', 0],
      // ad-events: 730 x $0.015, and 730 x $0.02 for a week; increments: 730 x $0.04.
      ['Kinesis', 'shards', 1095],
      ['Kinesis', 'retention beyond 24 hours', 1460],
      ['Kinesis', 'on-demand streams', 2920],
      // Two events an ad: 20,000 x $0.014/M.
      ['Kinesis', 'PUT units', 0],
      // 190.416 x 2.628 million KB = 477.23 GB x $0.08 and x 2 x $0.04; six days of it are 94.14 GB x $0.10.
      ['Kinesis', 'written, each record as 1 KB', 3818],
      // Read twice: by the consumer and by the audit.
      ['Kinesis', 'read, each record as 1 KB', 3818],
      ['Kinesis', 'kept beyond 24 hours', 941],
      // 8,760 x (2 + 10,000 x 512 / 4096 / 2) units x $0.125/M.
      ['DynamoDB', 'reads of the sweep', 69],
      // A transaction of two writes costs four units: 173.342 x 2.628 M x 4 = 1,822.18 million x $0.625.
      ['DynamoDB', 'writes of counters and series', 113_886],
      // Two units a record in a transaction: 1,000.82 million x $0.625; two writes a call: 10.512 x $0.625.
      ['DynamoDB', 'writes of claims', 62_552],
      ['DynamoDB', 'writes of idempotency records', 657],
      // Two a second of the one container, which is each call: 5.256 x $0.625.
      ['DynamoDB', 'writes of exact limits', 329],
      // 8 lanes write 12.5 KB each 10 s: 0.8 x 13 units a second; and 20 units a minute. 32 units a minute are read.
      ['DynamoDB', 'writes of hot keys', 1763],
      ['DynamoDB', 'reads of hot keys', 18],
      // 10 containers of query-ads and one of ingest-increments write their one caller each 10 s: 1.1 x 8 units.
      ['DynamoDB', 'writes of usage', 1445],
      // 10,000 x 16 units x $0.625/M.
      ['DynamoDB', 'writes of ads', 10],
      // 173.342 x 2.628 million x $0.125.
      ['DynamoDB', 'reads of counters', 5694],
      ['DynamoDB', 'reads of tokens', 1],
      // 10 containers (1,000 x 0.01 s) x 2.628 million x $0.125/M.
      ['DynamoDB', 'checks of the catalog', 329],
      // One container of ingest-increments and 8 lanes, each once in 5 s: 1.8 x 2.628 million x $0.125/M.
      ['DynamoDB', 'checks of the control item', 59],
      // 1,000 counters x (500 + 1,000) bytes.
      ['DynamoDB', 'storage of counters and series', 0],
      // 190.416 x 38 days x 86,400 s x 250 bytes = 145.559 GB x $0.25; 2 x 86,400 x 700 bytes = 0.1127 GB x $0.25.
      ['DynamoDB', 'storage of claims, 38 days', 3639],
      ['DynamoDB', 'storage of idempotency records, a day', 3],
      // 10,000 x 3,000 bytes = 0.028 GB.
      ['DynamoDB', 'storage of ads', 1],
      // 90 days are 2.959 months: 10,000 x 2.959 x 1,500 bytes = 0.0413 GB.
      ['DynamoDB', 'storage of ads that have ended, 90 days', 1],
      // 145.742 GB x $0.20.
      ['DynamoDB', 'point-in-time recovery of these', 2915],
      // aws.amazon.com/eventbridge/pricing: 10,000 x $1/M.
      ['Scheduler', 'schedules that fire', 1],
      // 67 alarms of 68 metrics, three of the canary, and 20 of releases with 41 metrics; one of two alarms x $0.50.
      ['CloudWatch', 'alarms', 1130],
      ['CloudWatch', 'combined alarms', 50],
      ['CloudWatch', 'dashboard', 300],
      // 64 metrics of seven functions, the share of failed calls, and two by version of three request functions, x $0.30.
      ['CloudWatch', 'custom metrics', 2130],
      // 2,633.266 million x 430 bytes = 1,054.541 GB x $0.50.
      ['CloudWatch', 'access logs', 52_727],
      // 2,628 M x 285 + 5.256 M x 535 + 20.176 M x 800 + 10,000 x 2,935 bytes = 715.221 GB x $0.50.
      ['CloudWatch', 'logs and metrics of functions', 35_761],
      // 1,769.76 GB x 15% x 3 months x $0.03.
      ['CloudWatch', 'logs kept', 2389],
      ['X-Ray', 'traces of the sweep', 4],
      // The first of each second and 1% of 1,001: 11.01 x 2.628 million x $5.
      ['X-Ray', 'traces of calls', 14_467],
      // The first of each second and 5% of 6.6774, and three an ad: 3.5354 million x $5.
      ['X-Ray', 'traces of consumers', 1768],
      ['KMS', 'keys', 100],
      // 3 shards x 2 x 12 x 730 x $3/M.
      ['KMS', 'requests', 16],
      // aws.amazon.com/s3/pricing: one record in a million, 500 objects x $5/M, and 31 days of 1 KB each.
      ['S3', 'quarantine, PUT', 0],
      ['S3', 'quarantine, storage', 0],
      // 2,628 million x 4,096 bytes and 5.266 million x 640 bytes = 10,028.16 GB x $0.09.
      ['Data transfer', 'answers', 90_253],
    ];
    const some = {
      ...{ queriesPerSecond: 1000, incrementsPerSecond: 200, batch: 100, keyed: true, ads: 10_000 },
    };
    expect(linesOf('prod', some)).toEqual(lines.sort());
    expect(totalOf(billOf(stageSettings('prod'), load(some)))).toBeCloseTo(13_763.78, 2);
  });
});

describe('the bill behind CloudFront', () => {
  const prod = stageSettings('prod');
  const behind = (edge: EdgeSettings) => ({ ...prod, cloud: { ...prod.cloud, edge } });
  const centsOf = (settings: StageSettings, some: Partial<Load>): Record<string, number> =>
    Object.fromEntries(
      billOf(settings, load(some)).map(({ service, item, dollars }) => [
        `${service}: ${item}`,
        Math.round(dollars * 100),
      ]),
    );

  it('of 1,000 pages a second, 100 different questions, with a shield, made by hand', () => {
    // Each question is asked ten times a second; one of 11 reaches the API: 90.909/s, 238.909 million. Each of the three
    // caches before the shield gets a third of ten: one of 4.333 passes, 230.769/s or 606.462 million.
    const shielded = centsOf(behind({ originShield: 'us-east-1' }), {
      queriesPerSecond: 1000,
      questions: 100,
    });
    expect(shielded).toMatchObject({
      // aws.amazon.com/cloudfront/pricing: 2,628 million x $1; x 1,700 bytes = 4,160.8 GB x $0.085; 606.462 x $0.75.
      'CloudFront: calls': 262_800,
      'CloudFront: answers': 35_367,
      'CloudFront: calls through the origin shield': 45_485,
      // aws.amazon.com/secrets-manager/pricing.
      'Secrets Manager: what CloudFront says to the API': 40,
      // 238.909 x $3.50, and x $0.20; every call of a caller is inspected: 2,628 x $0.60.
      'API Gateway: REST calls': 83_618,
      'Lambda: query-ads, requests': 4778,
      'WAF: requests': 157_680,
      // 238.909 million x 430 bytes = 95.675 GB x $0.50.
      'CloudWatch: access logs': 4784,
    });
    // From the API to CloudFront it is free.
    expect(shielded).not.toHaveProperty('Data transfer: answers');
  });

  it('has no shield if there is none; each cache then asks the API', () => {
    const lines = centsOf(behind({}), { queriesPerSecond: 1000, questions: 100 });
    // 606.462 million: 333 x $3.50 and 273.462 x $2.80.
    expect(lines['API Gateway: REST calls']).toBe(193_119);
    expect(lines).not.toHaveProperty('CloudFront: calls through the origin shield');
  });

  it('lets all else pass: writes and health checks, with a dollar a million more', () => {
    const some = { incrementsPerSecond: 100, batch: 100, healthChecksPerSecond: 9 };
    const edge = centsOf(behind({ originShield: 'us-east-1' }), some);
    // 26.28 million calls, x $3.50, x $1, x $0.75; 2.628 million of 800 bytes are 1.958 GB x $0.02.
    expect(edge).toMatchObject({
      'API Gateway: REST calls': 9198,
      'CloudFront: calls': 2628,
      'CloudFront: calls through the origin shield': 1971,
      'CloudFront: sent to the API': 4,
    });
  });

  it('keeps nothing where reads need a token or may not be a second old, and less the more ads begin and end', () => {
    const some = { queriesPerSecond: 1000, questions: 100 };
    const calls = (settings: StageSettings, more: Partial<Load> = {}) =>
      trafficOf(settings, load({ ...some, ...more })).queries;
    const edge = behind({ originShield: 'us-east-1' });
    expect(calls({ ...edge, http: { ...edge.http, publicReads: false } })).toBe(1000);
    expect(calls({ ...edge, reader: { ...edge.reader, maxStalenessMs: 999 } })).toBe(1000);
    expect(calls(edge)).toBeCloseTo(1000 / 11, 9);
    expect(calls({ ...edge, reader: { ...edge.reader, maxStalenessMs: 9000 } })).toBeCloseTo(1000 / 91, 9);
    // A million ads start and end 0.761 times a second: 78.2% of the time is within two seconds before.
    expect(calls(edge, { ads: 1_000_000 })).toBeCloseTo(1000 * (0.78174 + 0.21826 / 11), 1);
  });

  it('has a flat-rate plan instead of calls, traffic and web ACL, and says what it is for', () => {
    const some = { queriesPerSecond: 100, plan: 'premium' } as const;
    const lines = centsOf(behind({}), some);
    // 262.8 million calls.
    expect(lines).toHaveProperty(['CloudFront: plan premium, up to 500 million calls'], 100_000);
    const others = Object.keys(lines).filter((line) => /^(?:CloudFront|WAF)/.test(line));
    expect(others).toEqual(['CloudFront: plan premium, up to 500 million calls']);
    const larger = centsOf(behind({}), { ...some, queriesPerSecond: 1000 });
    expect(larger).toHaveProperty(['CloudFront: plan premium, up to 3500 million calls'], 600_000);
    expect(billText(behind({}), load(some))).not.toContain('larger plan');
    expect(billText(behind({}), load({ ...some, plan: 'business' }))).toContain(
      'business is for 125 million calls a month: take a larger plan, or pay by use',
    );
    // Without CloudFront there is none.
    expect(Object.keys(centsOf(prod, some)).filter((line) => line.startsWith('CloudFront'))).toEqual([]);
  });
});

describe('dev', () => {
  it('costs below 35 dollars a month idle, and below 46 with a health check each second', () => {
    const dev = stageSettings('dev');
    expect(totalOf(billOf(dev, idle))).toBeLessThan(35);
    expect(totalOf(billOf(dev, load({ healthChecksPerSecond: 1 })))).toBeLessThan(46);
  });
});

describe('the bill', () => {
  const linesAt = (stage: 'dev' | 'staging' | 'prod', some: Partial<Load>): Record<string, number> =>
    Object.fromEntries(linesOf(stage, some).map(([service, item, cents]) => [`${service}: ${item}`, cents]));

  it('has the containers that are kept ready, whether called or not', () => {
    const dev = stageSettings('dev');
    const settings = { ...dev, cloud: { ...dev.cloud, provisionedConcurrency: { 'query-ads': 2 } } };
    // aws.amazon.com/lambda/pricing: 2 x 1769/1024 GB x 2.628 million seconds x $0.0000033334.
    expect(totalOf(billOf(settings, idle)) - totalOf(billOf(dev, idle))).toBeCloseTo(30.27, 2);
    expect(billOf(settings, idle)).toContainEqual(
      expect.objectContaining({ service: 'Lambda', item: 'query-ads, provisioned, arm64', fixed: true }),
    );
  });

  it('has PUT units instead of rounded records for provisioned streams', () => {
    const lines = linesAt('staging', { incrementsPerSecond: 1000 });
    // 2,628 million x $0.014.
    expect(lines['Kinesis: PUT units']).toBe(3679);
    expect(lines).not.toHaveProperty('Kinesis: written, each record as 1 KB');
  });

  it('has detailed metrics, five for each method that is called, if the stage has them', () => {
    const staging = stageSettings('staging');
    const detailed = { ...staging, cloud: { ...staging.cloud, detailedMetrics: true } };
    const some = load({ queriesPerSecond: 1, incrementsPerSecond: 1 });
    // 2 x 5 x $0.30.
    expect(totalOf(billOf(detailed, some)) - totalOf(billOf(staging, some))).toBeCloseTo(3, 10);
  });

  it('has the stage’s own key: a dollar, and requests of 50 connections', () => {
    const staging = stageSettings('staging');
    const own = { ...staging, cloud: { ...staging.cloud, customerKey: 'encrypts' as const } };
    // 50 x 12 x 730 x $3/M.
    expect(totalOf(billOf(own, idle)) - totalOf(billOf(staging, idle))).toBeCloseTo(1 + 1.314, 10);
  });

  it('has warm throughput once, for what is above that of every table', () => {
    const dev = stageSettings('dev');
    const tables = {
      ads: { warm: { reads: 30_000 } },
      counters: { warm: { reads: 20_000, writes: 10_000 } },
    };
    const warm = { ...dev, cloud: { ...dev.cloud, tables } };
    // 18,000 and 8,000 reads x $0.00013, 6,000 writes x $0.00065.
    expect(totalOf(billOf(warm, idle)) - totalOf(billOf(dev, idle))).toBeCloseTo(3.38 + 3.9, 10);
    const less = {
      ...dev,
      cloud: { ...dev.cloud, tables: { ads: { warm: { reads: 100 }, most: { writes: 5 } } } },
    };
    expect(totalOf(billOf(less, idle)) - totalOf(billOf(dev, idle))).toBe(0);
  });

  it('has the prices of On-demand Advantage, and 25 MB a second at least', () => {
    const some = { incrementsPerSecond: 1000, advantage: true };
    const lines = linesAt('prod', some);
    // 25 x 2.628 million MB = 64,160.16 GB x $0.032 and x $0.016.
    expect(lines['Kinesis: written, at least 25 MB/s']).toBe(205_313);
    expect(lines['Kinesis: read, at least 25 MB/s']).toBe(102_656);
    expect(lines).not.toHaveProperty('Kinesis: on-demand streams');
    // 40,000 records of 1 KB are 100,250 GB, and read twice.
    const many = linesAt('prod', { ...some, incrementsPerSecond: 40_000 });
    expect(many['Kinesis: written, at least 25 MB/s']).toBe(320_801);
    expect(many['Kinesis: read, at least 25 MB/s']).toBe(320_801);
    // Streams with shards of their own are as before.
    expect(linesAt('staging', some)).not.toHaveProperty('Kinesis: written, each record as 1 KB');
  });

  it('says that a low rate is dearer per million', () => {
    const text = billText(stageSettings('prod'), load({ queriesPerSecond: 100, incrementsPerSecond: 100 }));
    const [here = 0, tenth = 0, tenfold = 0] = (/^a million [^$]*(.*)$/m.exec(text)?.[1] ?? '')
      .matchAll(/\$([\d.]+)/g)
      .map(([, dollars]) => Number(dollars))
      .toArray();
    expect(tenfold).toBeGreaterThan(0);
    expect([tenth > here, here > tenfold]).toEqual([true, true]);
    expect(text).toContain('Low rates are dearer per million');
  });

  it('warns of loads that the stage refuses', () => {
    const dev = (some: Partial<Load>): string => billText(stageSettings('dev'), load(some));
    expect(dev({ queriesPerSecond: 201 })).toContain('dev answers 429 above 200 calls a second');
    expect(dev({ queriesPerSecond: 200 })).not.toContain('429');
    expect(dev({ incrementsPerSecond: 2000, batch: 100, counters: 1_000_000 })).toContain(
      'dev takes 1000 records a second',
    );
    expect(dev({ incrementsPerSecond: 900, batch: 100 })).not.toContain('records a second');
  });
});

describe('what a stage has without a call', () => {
  const own = {
    ...stageSettings('prod'),
    cloud: { ...stageSettings('prod').cloud, customerKey: 'encrypts' },
  } as const;

  it.each([
    ['dev', stageSettings('dev'), [67, 0, 1, 1, 0]],
    ['staging', stageSettings('staging'), [65, 0, 1, 1, 0]],
    ['prod', stageSettings('prod'), [113, 1, 1, 1, 1]],
    ['prod with its own key', own, [113, 1, 1, 2, 1]],
  ] as const)('is in the stack of %s as often as in its bill', (stage, settings, counts) => {
    const rows = billOf(settings, idle);
    const billed = ['alarms', 'combined alarms', 'dashboard', 'keys', 'web ACL'].map(
      (item) => rows.find((row) => row.item === item)?.quantity ?? 0,
    );
    const types = ['CloudWatch::CompositeAlarm', 'CloudWatch::Dashboard', 'KMS::Key', 'WAFv2::WebACL'];
    const others = types.map((type) => Object.keys(templateOf(stage).findResources(`AWS::${type}`)).length);
    // Each metric of an alarm is billed.
    const alarms = Object.values(templateOf(stage).findResources('AWS::CloudWatch::Alarm')).flatMap(
      (alarm) => {
        const { Metrics } = alarm['Properties'] as { Metrics?: readonly { readonly MetricStat?: unknown }[] };
        return Metrics?.filter(({ MetricStat: stat }) => stat !== undefined) ?? [alarm];
      },
    );
    const built = [alarms.length, ...others];
    expect([billed, built]).toEqual([counts, counts]);
  });
});

describe('the assumed sizes', () => {
  it('of the time between two writes of usage is that of the functions', () => {
    expect(assumed.usageSeconds * 1000).toBe(usageFlushMs);
  });

  it('of the log lines of a request are those of the functions, give or take a tenth', async () => {
    const lines: string[] = [];
    const telemetry = createLambdaTelemetry({
      ...{ stage: 'prod', functionName: 'ingest-increments', clock: { nowMs: () => Date.UTC(2026, 10) } },
      write: (line) => {
        lines.push(`${line}\n`);
      },
    });
    const world = createHttpWorld({ settings: stageSettings('prod'), telemetry });
    const bytesOf = async (call: Promise<unknown>): Promise<number> => {
      await call;
      return Buffer.byteLength(lines.splice(0).join(''));
    };
    const health = await bytesOf(world.get('/health'));
    const query = await bytesOf(world.get('/api/v1/ad?country=TW'));
    const increment = await bytesOf(world.post('/increment', { key: 'a/b', value: 1 }));
    for (const [bytes, expected] of [
      [health, assumed.requestLogBytes],
      [query, assumed.requestLogBytes],
      [increment, assumed.incrementLogBytes],
    ] as const) {
      expect([bytes > 0.9 * expected, bytes < 1.1 * expected, bytes]).toEqual([true, true, bytes]);
    }
  });
});

describe('an archive of the increments', () => {
  const increments = load({ incrementsPerSecond: 1000 });
  const linesWith = (stage: 'staging' | 'prod', keepDays: number): Line[] => {
    const without = billOf(stageSettings(stage), increments);
    return billOf({ ...stageSettings(stage), archive: { everyMinutes: 10, keepDays } }, increments)
      .flatMap(({ service, item, dollars }): Line[] => {
        const before = without.find((row) => row.service === service && row.item === item)?.dollars;
        return dollars === before ? [] : [[service, item, Math.round((dollars - (before ?? 0)) * 100)]];
      })
      .sort();
  };
  const lines: readonly Line[] = [
    // 6 x 730 = 4,380 runs x $0.20/M, and x $5/M; of 2 + 600,000 records x 10 us = 8 s x 1769/1024 GB.
    ['Lambda', 'archive-increments, requests', 0],
    ['Lambda', 'archive-increments, arm64', 81],
    ['X-Ray', 'traces of the archive', 2],
    // archive-late and archive-gap x $0.10; archive_runs x $0.30.
    ['CloudWatch', 'alarms', 20],
    ['CloudWatch', 'metrics of the archive', 30],
    // 600,000 records are 30 parts of 20,000, and there is the book: 4,380 x 31 x $5/M.
    ['S3', 'archive, PUT', 68],
  ];

  it('costs requests, storage and the time of its function; parts move to colder storage', () => {
    expect(linesWith('staging', 400)).toEqual(
      [
        ...lines,
        // 86.4 million records a day x 61 B = 4.9085 GB x 30 days x $0.023, and x 370 days x $0.004.
        ['S3', 'archive, storage', 339] as const,
        ['S3', 'archive, storage after 30 days', 726] as const,
        // 4,380 x 30 x $20/M.
        ['S3', 'archive, moves to colder storage', 263] as const,
      ].sort(),
    );
  });

  it('that is kept for less than four months stays where it is', () => {
    // 4.9085 GB x 119 days x $0.023.
    expect(linesWith('staging', 119)).toEqual([...lines, ['S3', 'archive, storage', 1343] as const].sort());
  });

  it('reads a stream on demand once more', () => {
    // 2,628 million records of 1 KB are 2,506.26 GB x $0.04.
    const read = linesWith('prod', 119).find(([service]) => service === 'Kinesis');
    expect(read).toEqual(['Kinesis', 'read, each record as 1 KB', 10_025]);
  });
});

describe('detailed metrics of API Gateway', () => {
  it('are a setting of the stage', () => {
    const setting = (stage: 'dev' | 'dev with detailed metrics'): unknown =>
      Object.values(templateOf(stage).findResources('AWS::ApiGateway::Stage')).map(
        (resource) =>
          (resource as { Properties: { MethodSettings: { MetricsEnabled: boolean }[] } }).Properties
            .MethodSettings[0]?.MetricsEnabled,
      );
    expect(setting('dev')).toEqual([false]);
    expect(setting('dev with detailed metrics')).toEqual([true]);
  });

  it('would be five for each of 91 methods, which docs/deploy.md states', () => {
    expect(Object.keys(templateOf('dev').findResources('AWS::ApiGateway::Method'))).toHaveLength(91);
    expect(readFileSync('docs/deploy.md', 'utf8')).toContain('$136.50 if all 91 are');
  });
});

describe('npm run cost', () => {
  it('prints a bill in which rates of all units are the same', async () => {
    const rates = ['1/s', '60/min', '3600/h', '86400/day'];
    const bills = await Promise.all(
      rates.map((each) => runCommand('cost', ['--stage', 'dev', '--health', each])),
    );
    expect(new Set(bills.map(({ stdout }) => stdout)).size).toBe(1);
    expect(bills[0]).toMatchObject({ code: 0, stderr: '' });
    expect(bills[0]?.stdout).toContain('total $45.90 a month: $32.92 without a call, $12.99 by use\n');
  });

  it('takes every option of the example in docs/deploy.md', async () => {
    const line = '--queries 1000/s --increments 200/s --batch 100 --keyed --ads 10000 --stage prod';
    const { code, stdout } = await runCommand('cost', line.split(' '));
    expect(code).toBe(0);
    expect(stdout).toContain('total $13,763.78 a month');
  });

  it.each([
    [['--cdn'], '$7,089.56'],
    [['--shield'], '$6,143.88'],
    [['--plan', 'premium'], '$8,524.10'],
    [['--cdn', '--questions', '14400'], '$13,549.47'],
  ])('prints a bill behind CloudFront: %j', async (options, total) => {
    const { code, stdout } = await runCommand('cost', ['--queries', '1000/s', ...options]);
    expect([code, /^total (\S+) a month/m.exec(stdout)?.[1]]).toEqual([0, total]);
  });

  it.each([
    [['--querys', '1/s'], '--querys is not an option; did you mean --queries?'],
    [['--stage', 'local'], '--stage must be one of dev, staging, prod; got local'],
    [['--batch', '501'], '--batch must be a whole number from 1 to 500; got 501'],
    [['--plan', 'gold'], '--plan must be one of free, pro, business, premium; got gold'],
    [['1000/s'], '1000/s is one argument too many'],
  ])('refuses %j', async (args, message) => {
    expect(await runCommand('cost', args)).toMatchObject({
      ...{ code: 2, stdout: '', stderr: `${message.replace(/[^?]$/, '$&.')}\nTry: npm run cost -- --help\n` },
    });
  });
});
