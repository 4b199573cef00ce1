import { describe, expect, it } from '@jest/globals';
import { defaultBatchPolicy } from '../client/batch/batch-policy.ts';
import { browserConnections, defaultPolicy } from '../client/policy.ts';
import { seriesLevels } from '../lib/core/counters/series.ts';
import { assumed } from '../lib/infra/load.ts';
import { lmdbLimits } from '../lib/adapters/lmdb/lmdb-limits.ts';
import { stageNames, stageSettings, type StageSettings } from '../lib/stages.ts';
import { archiveLimits } from '../lib/app/archive/archive-limits.ts';
import { constantOf } from './support/constant-of.ts';

/**
 * Limits that hold only together: each pair by name, with its reason. A limit alone can be changed to any
 * value that looks sensible; what it must not pass is its partner.
 */

const [secondMs, minuteMs, hourMs, dayMs] = [1000, 60_000, 3_600_000, 86_400_000];
const of = constantOf;

/** Of the ads of a stage, side by side (lib/app/state-keys.ts). */
const projectionsMax = 2;

/**
 * What AWS sets, from its documentation: quotas of Lambda, API Gateway, Kinesis Data Streams, DynamoDB and
 * EventBridge Scheduler; bytes unless the name says otherwise.
 */
const aws = {
  apiGatewayTimeoutMs: 29 * secondMs,
  apiGatewayHead: 10_240,
  lambdaTimeoutSeconds: 900,
  lambdaInitMs: 10 * secondMs,
  lambdaPayload: 6 * 1024 * 1024,
  recordAgeSecondsMin: 60,
  recordAgeSecondsMax: 604_800,
  batchRecords: 10_000,
  batchWindowSeconds: 300,
  parallelization: 10,
  putRecordsEntries: 500,
  putRecords: 5 * 1024 * 1024,
  kinesisRecord: 1_048_576,
  retentionHours: 8760,
  transactionActions: 100,
  transaction: 4 * 1024 * 1024,
  item: 400 * 1024,
  batchGetItems: 100,
  partitionKey: 2048,
  sortKey: 1024,
  authorizerCacheSeconds: 3600,
  putMetricValues: 100,
  keepaliveBody: 65_536,
  originSecondsMax: 60,
};

type Pair = readonly [name: string, left: number, relation: '<' | '<=' | '=', right: number];

function expectHolds(pairs: readonly Pair[]): void {
  const broken = pairs.filter(([, left, relation, right]) => {
    expect(Number.isFinite(left) && Number.isFinite(right)).toBe(true);
    if (relation === '=') return left !== right;
    return relation === '<' ? left >= right : left > right;
  });
  expect(broken.map(([name, ...rest]) => `${name}: ${rest.join(' ')}`)).toEqual([]);
}

const authorizer = 'functions/authorize-request/handler.ts';
const canary = 'lib/app/canary/run-canary.ts';
const adCommit = 'lib/app/ads/ad-commit.ts';
const adReader = 'lib/app/ads/ad-reader.ts';
const recentId = 'lib/app/ads/recent-id.ts';
const adPlan = 'lib/app/ads/ad-commit-plan.ts';
const adWriter = 'lib/app/ads/ad-writer.ts';
const upkeep = 'lib/app/ads/snapshot-upkeep.ts';
const snapshot = 'lib/core/ads/snapshot/snapshot-codec.ts';
const store = 'lib/ports/state-store.ts';
const log = 'lib/ports/event-log.ts';
const hygiene = 'lib/app/counters/mark-hygiene.ts';
const sketches = 'lib/app/counters/hot/stored-sketches.ts';
const topKeys = 'lib/app/counters/hot/top-keys-writer.ts';
const idempotency = 'lib/app/idempotency.ts';
const auditReader = 'lib/app/audit/audit-reader.ts';
const attempts = 'lib/app/quarantine/attempts.ts';
const kinesisLog = 'lib/adapters/aws/kinesis-event-log.ts';
const dynamo = 'lib/adapters/aws/dynamodb-state-store.ts';
const gateway = 'lib/embedded/http/gateway.ts';
const batchPolicy = 'client/batch/batch-policy.ts';
const apiLimits = 'client/api-limits.ts';
const jsonBody = 'lib/api/request/json-body.ts';
const holdRelease = 'lib/app/release/hold-release.ts';
const warmUp = 'lib/app/release/warm-up.ts';
const releasedVersion = 'lib/adapters/aws/lambda-released-version.ts';

const edge = 'lib/infra/edge.ts';

describe('the edge', () => {
  it('keeps an answer as long as it says, and waits for one as long as the API takes', () => {
    expectHolds([
      [
        'the bill knows how long an answer is on its way',
        assumed.edgeTransitSeconds * secondMs,
        '=',
        of('functions/query-ads/page-reply.ts', 'edgeTransitMs'),
      ],
      ['API Gateway answers first', aws.apiGatewayTimeoutMs, '<', of(edge, 'originSeconds') * secondMs],
      [
        'CloudFront waits as long without a larger quota',
        of(edge, 'originSeconds'),
        '<=',
        aws.originSecondsMax,
      ],
      ['the icon is kept for a day', dayMs, '<=', of(edge, 'keptDaysMax') * dayMs],
    ]);
  });
});

describe('a release', () => {
  const { functions, cloud } = stageSettings('prod');

  it('is reported before its hook is killed', () => {
    expectHolds([
      [
        'the last round begins in time, may take a whole call, and is noted and reported',
        of(holdRelease, 'warmMsMax') +
          of(holdRelease, 'pauseMs') +
          of(releasedVersion, 'invocationMsMax') +
          of('lib/adapters/aws/codedeploy-deployments.ts', 'reportMsMax') +
          10 * secondMs,
        '<=',
        functions['warm-release'].timeoutSeconds * secondMs,
      ],
      [
        'there are rounds until the time is over',
        of(holdRelease, 'warmMsMax') / of(holdRelease, 'pauseMs'),
        '<',
        of(holdRelease, 'roundsMax'),
      ],
      ['a hook runs on Lambda', functions['warm-release'].timeoutSeconds, '<=', aws.lambdaTimeoutSeconds],
    ]);
  });

  it('calls its containers so that each call gets one of its own', () => {
    expectHolds([
      [
        'a call is awaited for as long as the version may take',
        functions['query-ads'].timeoutSeconds * secondMs,
        '<',
        of(releasedVersion, 'invocationMsMax'),
      ],
      [
        'a container stays busy for as long as it is told to',
        of(holdRelease, 'holdMs'),
        '<=',
        of(warmUp, 'holdMsMax'),
      ],
      ['so many containers may run, beside those that answer', cloud.warmContainers, '<=', 50],
      [
        'calls in one round have a connection each',
        50,
        '<=',
        of('lib/adapters/aws/fresh-socket-handler.ts', 'socketsMax'),
      ],
      [
        'a container that loads its catalog has begun before Lambda gives up',
        of('lib/app/release/load-ahead.ts', 'prepareMsMax') + secondMs,
        '<',
        aws.lambdaInitMs,
      ],
    ]);
  });
});

describe('ads', () => {
  it('keep what distinguishes a removed ad from one that is not there yet', () => {
    expectHolds([
      // A reader takes an id for recent while its ad may still be on its way; a removed one has a tombstone.
      [
        'a removed ad leaves a tombstone for longer than an id counts as recent',
        of(recentId, 'recentMs') + secondMs,
        '<',
        of(recentId, 'tombstoneForAgeMs'),
      ],
      [
        'a tombstone lasts as long as an id may be ahead of a clock',
        of(recentId, 'aheadMsMax'),
        '<=',
        of(recentId, 'tombstoneLifeMs'),
      ],
      [
        'a recent id is waited for no longer than it is recent',
        of(adReader, 'recentIdWaitMs'),
        '<',
        of(recentId, 'recentMs'),
      ],
    ]);
  });

  it('are committed in transactions that the store takes', () => {
    expectHolds([
      [
        'the bytes of a plan leave room for the keys and names of its items',
        of(adPlan, 'planBytesMax') + 500_000,
        '<=',
        of(store, 'transactBytesMax'),
      ],
      [
        'the head and one event fit',
        of(adPlan, 'headActions') + of(adPlan, 'actionsPerEvent') + projectionsMax,
        '<=',
        of(store, 'transactActionsMax'),
      ],
      [
        'the head and an event that ends one ad and makes another fit',
        of(adPlan, 'headActions') + 1 + 2 * (1 + projectionsMax) + of(adPlan, 'actionsPerEnding'),
        '<=',
        of(store, 'transactActionsMax'),
      ],
      [
        'a rebuild leaves room for the head',
        of('lib/app/rebuild/ad-writes.ts', 'actionsPerWriteMax') + 1,
        '<=',
        of(store, 'transactActionsMax'),
      ],
      [
        'the characters of a rebuild’s write, of up to 4 bytes',
        4 * of('lib/app/rebuild/ad-writes.ts', 'charactersPerWriteMax'),
        '<',
        of(store, 'transactBytesMax'),
      ],
      [
        'the ads of a rebuild’s write, with the head and a projection’s record',
        of('lib/app/rebuild/ad-writes.ts', 'actionsPerWriteMax') + 2,
        '<=',
        of(store, 'transactActionsMax'),
      ],
      [
        'the items of a projection that are dropped together, with its record',
        of('lib/app/projection/drop-projection.ts', 'deletesPerWriteMax') + 1,
        '<=',
        of(store, 'transactActionsMax'),
      ],
      [
        'the chunks of a snapshot that are written together',
        of('lib/app/ads/snapshot-writer.ts', 'chunksPerWriteMax') * of(snapshot, 'chunkBytesMax'),
        '<',
        of(store, 'transactBytesMax'),
      ],
      [
        'a chunk fits an item, with its keys',
        of(snapshot, 'chunkBytesMax') + 4096,
        '<',
        of(store, 'itemBytesMax'),
      ],
      [
        'the chunks that are deleted together',
        of(upkeep, 'chunksPerDeleteMax'),
        '<=',
        of(store, 'transactActionsMax'),
      ],
    ]);
  });

  it('are waited for within what a call may take', () => {
    expectHolds([
      [
        'a read that believes an old pointer is over when its projection is dropped, by clocks 10 minutes apart',
        of('lib/app/ads/projection-pointer.ts', 'pointerAgeMaxMs') + aws.apiGatewayTimeoutMs + 10 * minuteMs,
        '<',
        of('lib/app/projection/drop-projection.ts', 'droppedAfterMs'),
      ],
      [
        'a pointer is looked at more often than it is believed',
        of('lib/app/ads/projection-pointer.ts', 'pointerCheckMs'),
        '<',
        of('lib/app/ads/projection-pointer.ts', 'pointerAgeMaxMs'),
      ],
      [
        'Prefer: wait as the API reads it is what the writer waits',
        of('lib/api/request/prefer.ts', 'waitSecondsMax') * secondMs,
        '=',
        of(adWriter, 'waitMsMax'),
      ],
      [
        'a request that joins another waits no longer than one may',
        of(adWriter, 'joinedWaitMs'),
        '<=',
        of(adWriter, 'waitMsMax'),
      ],
      [
        'wait, append and reads end before API Gateway gives up',
        of(adWriter, 'waitMsMax') + of(kinesisLog, 'appendDeadlineMs') + 2 * of(dynamo, 'defaultDeadlineMs'),
        '<',
        aws.apiGatewayTimeoutMs,
      ],
      [
        'a token is waited for less than the client’s try takes',
        of(adReader, 'tokenWaitMs'),
        '<',
        defaultPolicy.tryTimeoutMs,
      ],
      [
        'a superseded snapshot outlives the sweep of ads that may read it',
        2 * minuteMs,
        '<',
        of(upkeep, 'supersededLifeMs'),
      ],
      [
        'a sweep finds an ad only after its schedule, minutes late, had its turn',
        of('lib/adapters/aws/eventbridge-expiry-schedule.ts', 'leadMs'),
        '<',
        of('lib/app/ads/ad-expirer.ts', 'sweptAfterMs'),
      ],
      [
        'a run of the sweep fills whole appends',
        of('lib/app/ads/ad-expirer.ts', 'sweptPerRunMax') % of(log, 'appendEntriesMax'),
        '=',
        0,
      ],
    ]);
  });
});

describe('counters', () => {
  it('are settled in transactions that the store takes', () => {
    expectHolds([
      [
        'a chunk’s claims and its counter',
        of('lib/core/counters/chunk.ts', 'claimsPerChunkMax') + 1,
        '<=',
        of(store, 'transactActionsMax'),
      ],
      [
        'a recount’s records, the counter and its series',
        99 - seriesLevels.length + 1 + seriesLevels.length,
        '<=',
        of(store, 'transactActionsMax'),
      ],
      [
        'a sketch fits an item',
        of('lib/core/counters/hot/sketch-codec.ts', 'charactersMax'),
        '<',
        of(store, 'itemBytesMax'),
      ],
      [
        'a batch of increments is one event, or more',
        of('lib/core/counters/increment-event.ts', 'incrementsPerEventMax'),
        '<=',
        of('lib/api/counter-schemas.ts', 'incrementsPerRequestMax'),
      ],
      [
        'the auditor’s largest value is the event’s',
        of('lib/core/counters/increment-event.ts', 'incrementsPerEventMax'),
        '=',
        500,
      ],
      [
        'settling’s page is a call of the store',
        of('lib/app/counters/group-settler.ts', 'writesPerCallMax'),
        '<=',
        of(store, 'transactEachMax'),
      ],
      [
        'the same page of single writes',
        of('lib/app/counters/group-settler.ts', 'writesPerCallMax'),
        '<=',
        of(store, 'writeEachActionsMax'),
      ],
      [
        'a read’s keys are one call of the store',
        of('lib/api/counter-schemas.ts', 'keysPerReadMax'),
        '<=',
        of(store, 'readItemsMax'),
      ],
      [
        'so are those of a read of series',
        of('lib/api/counter-schemas.ts', 'seriesPerReadMax'),
        '<=',
        of(store, 'readItemsMax'),
      ],
      [
        'the largest read of series, 81 bytes a point, fits an answer of Lambda beside its keys',
        of('lib/app/counters/series-reader.ts', 'pointsPerAnswerMax') * 81 +
          of('lib/api/counter-schemas.ts', 'seriesPerReadMax') * (256 * 6 + 200),
        '<=',
        1.4e6,
      ],
      [
        'every default of a range fits an answer of all keys',
        of('lib/api/counter-schemas.ts', 'seriesPerReadMax') * 61,
        '<=',
        of('lib/app/counters/series-reader.ts', 'pointsPerAnswerMax'),
      ],
      [
        'a lane’s partition key fits Kinesis, with its suffix',
        of('lib/app/counters/hot/key-spreader.ts', 'spreadKeyLengthMax') + 10,
        '<=',
        of('lib/adapters/records/entry-limits.ts', 'partitionKeyCharactersMax'),
      ],
      [
        'a counter’s key is a partition key',
        of('lib/core/counters/counter-key.ts', 'counterKeyCharactersMax'),
        '<=',
        of('lib/adapters/records/entry-limits.ts', 'partitionKeyCharactersMax'),
      ],
    ]);
  });

  it('keep marks and claims for longer than anything that they recognise', () => {
    const recordLifeMs = of(idempotency, 'recordLifeSeconds') * secondMs;
    expectHolds([
      [
        'the slack after a retention is longer than an invocation',
        aws.lambdaTimeoutSeconds * secondMs,
        '<',
        of(hygiene, 'slackMs'),
      ],
      [
        'claims count a day for what idempotency remembers a day',
        recordLifeMs,
        '=',
        of('lib/app/counters/counter-actions.ts', 'dayMs'),
      ],
      ['the same of ads', recordLifeMs, '=', of(adCommit, 'dayMs')],
      [
        'a client gives a batch up before its key is forgotten',
        of(batchPolicy, 'patienceMsMax') + defaultPolicy.callTimeoutMs + hourMs,
        '<=',
        recordLifeMs,
      ],
      [
        'the client’s default patience is one that it may have',
        defaultBatchPolicy.patienceMs,
        '<=',
        of(batchPolicy, 'patienceMsMax'),
      ],
      [
        'an audit remembers ids twice as long as requests',
        2 * recordLifeMs,
        '<=',
        of(auditReader, 'keyedIdLifeMs'),
      ],
      [
        // A part that is nearly full, and a read: its data twice, and keys of 256 characters.
        'a part of the archive can be unpacked',
        archiveLimits.bytesPerPart +
          2 * archiveLimits.bytesPerRead +
          archiveLimits.recordsPerRead * (6 * 256 + 200) +
          archiveLimits.bytesPerRead,
        '<=',
        of('lib/app/compression.ts', 'unpackedBytesMax'),
      ],
      [
        'the canary repeats an event no longer than requests may be',
        of(canary, 'canaryRepeatedForMs'),
        '<',
        recordLifeMs,
      ],
      [
        'a run of the canary waits, and then has time to write',
        of(canary, 'canaryLateMs') / 1000,
        '<=',
        stageSettings('prod').functions['run-canary'].timeoutSeconds - 15,
      ],
      [
        'an attempt outlives the retention, or a fatal record would begin at zero again',
        7 * dayMs,
        '<',
        of(attempts, 'attemptLifeMs'),
      ],
      [
        'a record is a suspect only after a usual invocation',
        60 * secondMs,
        '<=',
        of(attempts, 'suspectAgeMs'),
      ],
      [
        'a stored answer fits an item',
        of(idempotency, 'answerBytesMax') + 4096,
        '<',
        of(store, 'itemBytesMax'),
      ],
      [
        'a minute’s parts live until they are merged',
        of(sketches, 'minutesBehindMax') * minuteMs,
        '<',
        of(topKeys, 'partLifeMs'),
      ],
      [
        'a minute is open for less time than it may be behind',
        of(topKeys, 'minutesOpen'),
        '<',
        of(sketches, 'minutesBehindMax'),
      ],
    ]);
  });
});

describe('requests', () => {
  it('are limited alike by client, API and services', () => {
    expectHolds([
      [
        'the client’s entries are what a request may have',
        of(apiLimits, 'entriesPerRequestMax'),
        '=',
        of('lib/api/counter-schemas.ts', 'incrementsPerRequestMax'),
      ],
      [
        'the client’s bytes are what a body may have',
        of(apiLimits, 'bytesPerRequestMax'),
        '=',
        of(jsonBody, 'bodyBytesMax'),
      ],
      [
        'so has a list of ads',
        of(apiLimits, 'entriesPerRequestMax'),
        '=',
        of('lib/api/import-schemas.ts', 'importedAdsMax'),
      ],
      [
        'the client remembers as many counters as its batcher’s queue has',
        defaultBatchPolicy.queueEntriesMax,
        '<=',
        defaultPolicy.tokenKeysMax,
      ],
      ['its default batch', defaultBatchPolicy.batchBytesMax, '<=', of(apiLimits, 'bytesPerRequestMax')],
      [
        'what a page sends as it goes',
        of('client/batch/batcher.ts', 'keepaliveBytesMax'),
        '<',
        aws.keepaliveBody,
      ],
      [
        'the client presents as many tokens as a request may have',
        of('client/token-jar.ts', 'tokensPresentedMax'),
        '=',
        of('lib/core/consistency-token.ts', 'tokensPerRequestMax'),
      ],
      [
        'tokens fit the header section',
        of('client/token-jar.ts', 'presentedLengthMax'),
        '<',
        of('lib/api/request/http-limits.ts', 'apiGatewayHeadBytesMax'),
      ],
      [
        'API Gateway’s header section',
        of('lib/api/request/http-limits.ts', 'apiGatewayHeadBytesMax'),
        '<=',
        aws.apiGatewayHead,
      ],
      [
        'npm start takes what API Gateway takes',
        of('lib/api/request/http-limits.ts', 'apiGatewayHeadBytesMax'),
        '<=',
        of('lib/api/request/http-limits.ts', 'headerSectionBytesMax'),
      ],
      [
        'a body in base64, with its event, is a payload',
        (4 / 3) * of(jsonBody, 'bodyBytesMax') + 100_000,
        '<',
        aws.lambdaPayload,
      ],
      ['a body is a record', of(jsonBody, 'bodyBytesMax'), '<', of(log, 'recordBytesMax')],
      [
        'an answer of a function',
        of('lib/embedded/http/proxy-result.ts', 'bodyBytesMax'),
        '=',
        aws.lambdaPayload,
      ],
      ['npm start times out as API Gateway does', of(gateway, 'timeoutMs'), '=', aws.apiGatewayTimeoutMs],
      [
        'the connections of all classes in a browser are those of HTTP/1.1',
        Object.values(browserConnections).reduce((sum, count) => sum + count, 0),
        '<=',
        6,
      ],
      [
        'a connection is open before a try ends',
        defaultPolicy.connectTimeoutMs,
        '<',
        defaultPolicy.tryTimeoutMs,
      ],
      [
        'the client keeps the largest answer',
        aws.lambdaPayload,
        '<',
        of('client/transport/node-transport.ts', 'answerBytesMax'),
      ],
      ['a try ends before the call', defaultPolicy.tryTimeoutMs, '<', defaultPolicy.callTimeoutMs],
      [
        'a pause between tries is shorter than the call',
        defaultPolicy.backoff.maxMs,
        '<',
        defaultPolicy.callTimeoutMs,
      ],
      [
        'ads of a page, API and catalog',
        of('lib/api/request/query-schemas.ts', 'adsPerPageMax'),
        '=',
        of('lib/core/ads/catalog/catalog.ts', 'pageLimitMax'),
      ],
      [
        'redrives of a request, one page of the quarantine',
        of('lib/api/operation-schemas.ts', 'redrivesPerRequestMax'),
        '<=',
        of('lib/api/operation-schemas.ts', 'quarantinedPerPageMax'),
      ],
      [
        'the shortest window that an answer names is the one of the leases',
        of('lib/api/answer/refusal-headers.ts', 'windowSecondsMin') * secondMs,
        '=',
        of('lib/app/rate/leased-rate.ts', 'windowMs'),
      ],
    ]);
  });
});

describe('ports and adapters', () => {
  it('stay within the services', () => {
    expectHolds([
      ['actions of a transaction', of(store, 'transactActionsMax'), '<=', aws.transactionActions],
      ['bytes of a transaction', of(store, 'transactBytesMax'), '<=', aws.transaction],
      ['bytes of an item', of(store, 'itemBytesMax'), '<=', aws.item],
      ['keys of a read', of(store, 'readItemsMax'), '<=', aws.batchGetItems],
      ['a partition key', of(store, 'partitionKeyBytesMax'), '<=', aws.partitionKey],
      ['a sort key', of(store, 'sortKeyBytesMax'), '<=', aws.sortKey],
      ['entries of an append', of(log, 'appendEntriesMax'), '<=', aws.putRecordsEntries],
      ['entries that are sent at once', of(kinesisLog, 'sliceEntriesMax'), '<=', aws.putRecordsEntries],
      ['bytes that are sent at once', of(kinesisLog, 'sliceBytesMax'), '<=', aws.putRecords],
      ['a record', of(log, 'recordBytesMax'), '<=', aws.kinesisRecord],
      ['a record fits what is sent at once', of(log, 'recordBytesMax'), '<', of(kinesisLog, 'sliceBytesMax')],
      [
        'values of a metric',
        of('lib/adapters/aws/lambda-telemetry.ts', 'valuesMax'),
        '<=',
        aws.putMetricValues,
      ],
      ['records of an event', of('lib/app/kinesis-event.ts', 'recordsPerEventMax'), '=', aws.batchRecords],
      [
        'a lane’s event is a payload of Lambda',
        of('lib/embedded/delivery/lane-queue.ts', 'payloadBytesMax'),
        '=',
        aws.lambdaPayload,
      ],
      [
        'what is read ahead of a lane',
        of('lib/embedded/delivery/lane-queue.ts', 'payloadBytesMax'),
        '<',
        of('lib/embedded/delivery/mapping-shard.ts', 'readAheadPayloadBytesMax'),
      ],
      [
        'a read of a shard fills a batch',
        of('lib/embedded/delivery/mapping-shard.ts', 'readRecordsMax'),
        '<=',
        aws.batchRecords,
      ],
      [
        'a large record passes a read of a shard',
        of(log, 'recordBytesMax'),
        '<',
        of('lib/embedded/delivery/mapping-shard.ts', 'readBytesMax'),
      ],
    ]);
  });

  it('have room on LMDB for what the ports allow', () => {
    expectHolds([
      ['one append, in one commit', of(log, 'recordBytesMax'), '<', lmdbLimits.appendBytesPerCommitMax],
      [
        'what waits, more than a commit',
        lmdbLimits.appendBytesPerCommitMax,
        '<',
        lmdbLimits.appendBytesWaitingMax,
      ],
      ['a block, less than a commit', lmdbLimits.blockBytesMax, '<', lmdbLimits.appendBytesPerCommitMax],
      ['a transaction, in one commit', of(store, 'transactBytesMax'), '<', lmdbLimits.bytesPerCommitMax],
      ['jobs of a commit', lmdbLimits.jobsPerCommitMax, '<', lmdbLimits.jobsWaitingMax],
      ['bytes of a commit', lmdbLimits.bytesPerCommitMax, '<', lmdbLimits.bytesWaitingMax],
      [
        'a page of a query is above an item',
        of(store, 'itemBytesMax'),
        '<',
        of('lib/adapters/lmdb/lmdb-state-store.ts', 'pageBytesMax'),
      ],
    ]);
  });
});

describe.each(stageNames)('the stage %s', (name) => {
  const settings: StageSettings = stageSettings(name);
  const functions = Object.entries(settings.functions);
  const mappings = Object.values(settings.deliveries);

  it('has times that contain each other', () => {
    const answering = [
      'ingest-ads',
      'ingest-increments',
      'query-ads',
      'read-counters',
      'describe-api',
      'operate-quarantine',
      'read-stats',
      'authorize-request',
    ] as const;
    expectHolds([
      ...functions.map(([one, { timeoutSeconds }]): Pair => [
        `${one} within Lambda’s time`,
        timeoutSeconds,
        '<=',
        aws.lambdaTimeoutSeconds,
      ]),
      ...answering.map((one): Pair => [
        `${one} ends before API Gateway does`,
        settings.functions[one].timeoutSeconds * secondMs,
        '<',
        aws.apiGatewayTimeoutMs,
      ]),
      [
        'the authorizer gives up half a second before its time is out',
        of(authorizer, 'answersWithinMs') + 500,
        '<',
        settings.functions['authorize-request'].timeoutSeconds * secondMs,
      ],
      [
        'each read of the authorizer has two tries and the pause between them',
        2 * of(authorizer, 'requestTimeoutMs') + 100,
        '<',
        of(authorizer, 'answersWithinMs') / of('lib/app/tokens/authorize.ts', 'readsMax'),
      ],
      [
        'a write with its longest wait',
        of(adWriter, 'waitMsMax') + of(kinesisLog, 'appendDeadlineMs') + 2 * of(dynamo, 'defaultDeadlineMs'),
        '<',
        settings.functions['ingest-ads'].timeoutSeconds * secondMs,
      ],
      [
        'what a consumer keeps back is a call of the store, or less',
        of('functions/aggregate-increments/aggregate-increments.ts', 'reserveMs'),
        '<',
        settings.functions['aggregate-increments'].timeoutSeconds * secondMs,
      ],
      [
        'a round of the projector with services that hang, in what it keeps back',
        2 * of('lib/adapters/aws/eventbridge-expiry-schedule.ts', 'scheduleDeadlineMs') +
          2 * of(dynamo, 'defaultDeadlineMs'),
        '<',
        of('functions/project-ads/project-ads.ts', 'reserveMs'),
      ],
      [
        'what the projector keeps back leaves it most of its time',
        2 * of('functions/project-ads/project-ads.ts', 'reserveMs'),
        '<=',
        settings.functions['project-ads'].timeoutSeconds * secondMs,
      ],
      [
        'a retry of a consumer is not yet a suspect',
        settings.functions['project-ads'].timeoutSeconds * secondMs,
        '<=',
        of(attempts, 'suspectAgeMs'),
      ],
      [
        'a catalog may be stale before it is too old',
        settings.reader.maxStalenessMs,
        '<',
        settings.reader.staleServeMaxMs,
      ],
      ['a revoked token’s cache', settings.tokens.cacheSeconds, '<=', aws.authorizerCacheSeconds],
      [
        'one token’s burst',
        settings.tokens.rate.burst,
        '=',
        (settings.tokens.rate.ratePerSecond * of('lib/app/rate/leased-rate.ts', 'windowMs')) / secondMs,
      ],
    ]);
  });

  it('gives records up before its logs drop them', () => {
    expectHolds(
      mappings.flatMap((mapping): Pair[] => {
        const { retentionHours } = settings.streams[mapping.stream];
        return [
          [
            `${mapping.stream}: the age that is given up`,
            mapping.maximumRecordAgeSeconds * secondMs + hourMs,
            '<=',
            retentionHours * hourMs,
          ],
          [
            `${mapping.stream}: Lambda’s oldest age`,
            mapping.maximumRecordAgeSeconds,
            '<=',
            aws.recordAgeSecondsMax,
          ],
          [
            `${mapping.stream}: Lambda’s youngest age`,
            aws.recordAgeSecondsMin,
            '<=',
            mapping.maximumRecordAgeSeconds,
          ],
          [`${mapping.stream}: retention`, retentionHours, '<=', aws.retentionHours],
          [`${mapping.stream}: records of a batch`, mapping.batchSize, '<=', aws.batchRecords],
          [
            `${mapping.stream}: window of a batch`,
            mapping.maximumBatchingWindowSeconds,
            '<=',
            aws.batchWindowSeconds,
          ],
          [`${mapping.stream}: lanes`, mapping.parallelizationFactor, '<=', aws.parallelization],
          [
            `${mapping.stream}: attempts are kept as long as the log`,
            retentionHours * hourMs,
            '<',
            of(attempts, 'attemptLifeMs'),
          ],
          [
            `${mapping.stream}: an operator has time after the log has dropped it`,
            retentionHours / 24,
            '<',
            settings.quarantineRetentionDays,
          ],
        ];
      }),
    );
  });

  it('keeps each level of series at least as long as a window of it', () => {
    const { series } = settings.counters;
    const finest = seriesLevels.filter((level) => series[level] !== undefined);
    expect(finest.length).toBeGreaterThan(0);
    expectHolds(
      finest
        .slice(1)
        .map((level, index): Pair => [
          `${level} as long as what is finer`,
          series[finest[index]!]!,
          '<=',
          series[level]!,
        ]),
    );
  });
});
