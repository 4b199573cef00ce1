import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it } from '@jest/globals';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { createRunCanary } from '../../functions/run-canary/run-canary.ts';
import { createAuditCounters } from '../../functions/audit-counters/audit-counters.ts';
import { createReleasedQueryAds } from '../../functions/query-ads/released-query-ads.ts';
import { createWarmRelease } from '../../functions/warm-release/warm-release.ts';
import { createSweepAds } from '../../functions/sweep-ads/sweep-ads.ts';
import type { MemoryEventLog } from '../support/memory/memory-event-log.ts';
import { createMemoryStoredBook, wholeHistory } from '../support/memory/memory-stored-book.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { createLambdaReleases } from '../../lib/adapters/aws/lambda-releases.ts';
import { scriptedAws } from '../adapters/aws/support/scripted-aws.ts';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { createControlFollower } from '../../lib/app/control/control-follower.ts';
import { readAdChanges } from '../../lib/app/ads/ad-changes-reader.ts';
import { controlChangeKey, controlKey, releaseKey } from '../../lib/app/state-keys.ts';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { createAuthorize } from '../../lib/app/tokens/authorize.ts';
import type { LogReader } from '../../lib/ports/log-reader.ts';
import { quarantineKey } from '../../lib/ports/quarantine.ts';
import type { StateStore, TableName, WriteAction } from '../../lib/ports/state-store.ts';
import { permissions, type Template } from '../../lib/infra/iam-table.ts';
import { stageSettings, type FunctionName } from '../../lib/stages.ts';
import { findRoute } from '../../lib/api/routes.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';
import { toEvent, type Request } from '../support/proxy-event.ts';
import { templateOf } from './template-of.ts';

/** `dynamodb:<operation> <table>` by function. */
type Operations = Map<FunctionName, Set<string>>;

const running = new AsyncLocalStorage<FunctionName>();

/** `<function> <operation> <partition key>` of each write to the table of counters. */
const written = new Set<string>();

const operationOf = {
  put: 'PutItem',
  update: 'UpdateItem',
  delete: 'DeleteItem',
  check: 'ConditionCheckItem',
} as const;

/** Notes which operation of DynamoDB each call stands for, and whose it is. */
function recording(inner: StateStore, operations: Operations): StateStore {
  const note = (operation: string, table: TableName): void => {
    const name = running.getStore();
    if (name === undefined) throw new Error(`${operation} outside of a function`);
    const known = operations.get(name) ?? new Set();
    operations.set(name, known.add(`dynamodb:${operation} ${table}`));
  };
  const noteActions = (actions: readonly WriteAction[]): void => {
    for (const { type, key } of actions) {
      note(operationOf[type], key.table);
      if (key.table === 'counters') written.add(`${running.getStore()} ${operationOf[type]} ${key.pk}`);
    }
  };
  return {
    get: (key) => {
      note('GetItem', key.table);
      return inner.get(key);
    },
    getMany: (keys) => {
      for (const key of keys) note('BatchGetItem', key.table);
      return inner.getMany(keys);
    },
    query: (range) => {
      note('Query', range.table);
      return inner.query(range);
    },
    write: (action) => {
      noteActions([action]);
      return inner.write(action);
    },
    writeEach: (actions) => {
      noteActions(actions);
      return inner.writeEach(actions);
    },
    transact: (actions) => {
      noteActions(actions);
      return inner.transact(actions);
    },
    transactEach: (transactions) => {
      for (const actions of transactions) noteActions(actions);
      return inner.transactEach(transactions);
    },
  };
}

/** Everything the pipeline does to the store, function by function. */
async function exercise(): Promise<Operations> {
  const operations: Operations = new Map();
  const memory = createMemoryStateStore();
  const state = recording(memory, operations);
  const settings = { ...stageSettings('local'), tokens: stageSettings('prod').tokens };
  const world = createHttpWorld({ state, settings }, { usage: true });
  const { ports, clock } = world;
  const send = async (request: Request): Promise<string> => {
    const event = toEvent(request);
    const name = findRoute(event.httpMethod, event.resource)?.functionName ?? 'describe-api';
    return running.run(name, async () => (await world.send({ ...request, principal: 'p' })).text);
  };
  const json = { 'content-type': 'application/json' };
  const post = (path: string, body: unknown, headers = {}): Promise<string> =>
    send({ method: 'POST', path, body, headers: { ...json, ...headers } });
  const projector = createAdProjector(ports, { snapshotChangesBytesMin: 1 });
  const aggregator = createAggregator(ports);
  const settled = new Map<string, string>();
  const drain = async (): Promise<void> => {
    for (const log of [ports.adEvents, ports.increments] as unknown as LogReader[]) {
      for (const { shardId } of await log.shards()) {
        const position = `${log.stream} ${shardId}`;
        const records = await log.read(shardId, settled.get(position), {
          recordsMax: 1000,
          bytesMax: Infinity,
        });
        const last = records.at(-1);
        if (last === undefined) continue;
        settled.set(position, last.sequenceNumber);
        const batch = { stream: log.stream, epoch: log.epoch, shardId, records };
        if (log.stream === 'ad-events') await running.run('project-ads', () => projector.project(batch));
        else await running.run('aggregate-increments', () => aggregator.aggregate(batch));
      }
    }
  };
  const poison = [{ partitionKey: 'ads', data: new TextEncoder().encode('garbage') }];

  for (let i = 0; i < 4; i += 1) {
    const created = JSON.parse(
      await post('/api/v1/ad', newAdBody(clock.nowMs()), { 'idempotency-key': `"ad-${i}"` }),
    ) as { id: string };
    await drain();
    const path = `/api/v1/ad/${created.id}`;
    await send({
      method: 'PATCH',
      path,
      body: { title: `changed title ${i}` },
      headers: { ...json, 'if-match': '*' },
    });
    await drain();
    await send({ path });
    if (i === 0) await send({ method: 'DELETE', path });
    // Long enough for snapshots to be superseded and removed.
    await clock.sleep(11 * 60_000);
    await drain();
  }
  const imported = { ...newAdBody(clock.nowMs()), external_id: 'a' };
  await post('/api/v1/ads:import', { ads: [imported] }, { prefer: 'wait=1' });
  await drain();
  await send({ path: '/api/v1/ad' });
  await send({ path: '/api/v1/ads' });
  // A warm reader, and a warm sweep, read what has changed since.
  const sweep = createSweepAds(ports);
  const changeAnAd = async (): Promise<void> => {
    await post('/api/v1/ad', newAdBody(clock.nowMs()));
    await drain();
  };
  await running.run('sweep-ads', () => sweep({}, {} as never));
  await changeAnAd();
  await clock.sleep(2000);
  await send({ path: '/api/v1/ad' });
  await running.run('sweep-ads', () => sweep({}, {} as never));
  await ports.adEvents.append(poison);
  await drain();

  await post('/increment', { key: 'a', value: 1 });
  await post('/increment', { key: 'a', value: 1 }, { 'idempotency-key': 'k' });
  await post('/increment', { key: 'a', value: 1 }, { 'idempotency-key': '"quoted"' });
  await post('/increment?mode=sync', { key: 'a', value: 1 });
  await post('/increment?mode=sync', { key: 'a', value: 1 }, { 'idempotency-key': 's' });
  await ports.increments.append(poison);
  await drain();
  await send({ path: '/increment/a' });
  await send({ path: '/api/v1/counters/a/series?bucket=day' });
  await send({ path: '/api/v1/series?bucket=day&key=a&key=b' });
  await send({ path: '/api/v1/hot-counters?limit=5' });
  await send({ path: '/api/v1/usage' });
  await send({ path: '/api/v1/usage/callers' });
  // A batch of one record, delivered again a while later: it may be one that ends the function.
  await clock.sleep(120_000);
  settled.clear();
  for (const log of [ports.adEvents, ports.increments] as unknown as LogReader[]) {
    const [shard] = await log.shards();
    const records = await log.read(shard!.shardId, undefined, { recordsMax: 1, bytesMax: Infinity });
    const batch = { stream: log.stream, epoch: log.epoch, shardId: shard!.shardId, records };
    if (log.stream === 'ad-events') await running.run('project-ads', () => projector.project(batch));
    else await running.run('aggregate-increments', () => aggregator.aggregate(batch));
  }
  // An operator's change, whose event the sweep logs.
  const change = { version: 1n, content: '{}', by: 'ann', at: 0n, change_id: '0'.repeat(32) };
  for (const key of [controlKey, controlChangeKey(1)]) {
    await memory.write({ type: 'put', key, attributes: change });
  }
  await running.run('sweep-ads', () => createSweepAds(ports)({}, {} as never));
  for (const name of following) await running.run(name, () => createControlFollower(ports).check());
  // What an operator asks for: the list, and a redrive of an increment whose reason has gone.
  const { records } = await ports.quarantine.list({ limit: 10 });
  expect(records.length).toBeGreaterThan(1);
  await ports.quarantine.store({ ...records.at(-1)!, ...readable });
  await send({ path: '/api/v1/quarantine' });
  const ids = records.map(quarantineKey);
  expect(ids.at(-1)).toMatch(/^increments/);
  expect(await post('/api/v1/quarantine/redrive', { ids })).toContain('"outcome":"counted"');
  // A release that is warm, and the figures that show it.
  await running.run('warm-release', () =>
    createWarmRelease({
      ...{
        ...ports,
        version: '9',
        settings: { ...settings, cloud: { ...settings.cloud, warmContainers: 1 } },
      },
      released: {
        invoke: (event) =>
          running.run('query-ads', () =>
            createReleasedQueryAds({ ...ports, container: 'a', version: '9' }).handler(event as never),
          ),
      },
      deployments: { report: () => Promise.resolve() },
    })({}),
  );
  const releases = createLambdaReleases({
    ...scriptedAws<LambdaClient>(),
    ...{ functionName: 'query-ads', state, noteOf: releaseKey },
  });
  expect(await running.run('read-stats', releases)).toHaveLength(1);
  const changes = await running.run('read-stats', () => readAdChanges(ports));
  expect(changes).toBeDefined();
  await send({ path: '/health' });
  await running.run('audit-counters', () =>
    createAuditCounters({
      ...ports,
      ...{ history: wholeHistory(ports.increments as MemoryEventLog), book: createMemoryStoredBook() },
      pauses: { logMs: 0, stateMs: 0 },
    })(),
  );
  // Twice: the first begins with the counter as it is.
  for (let run = 0; run < 2; run += 1) await running.run('run-canary', () => createRunCanary(ports)());
  const unknownToken = `Bearer adtally_${'0'.repeat(16)}_${'0'.repeat(64)}`;
  await running.run('authorize-request', () => createAuthorize(ports)(unknownToken));
  return operations;
}

/** A quarantined record after an operator has mended it. */
const readable = {
  partitionKey: 'mended',
  data: new TextEncoder().encode(
    JSON.stringify({
      ...{ v: 1, type: 'Incremented', id: 'a'.repeat(32), key: 'mended', value: '1', count: 1 },
      ...{ keyed: false, at: 0 },
    }),
  ),
};

/** As their handlers say. */
const following = [
  ...(['ingest-ads', 'ingest-increments', 'aggregate-increments'] as const),
  ...(['project-ads', 'read-counters', 'operate-quarantine'] as const),
];

const roleNames: Readonly<Record<string, FunctionName>> = {
  ingestadsRole: 'ingest-ads',
  ingestincrementsRole: 'ingest-increments',
  aggregateincrementsRole: 'aggregate-increments',
  projectadsRole: 'project-ads',
  queryadsRole: 'query-ads',
  readcountersRole: 'read-counters',
  expireadRole: 'expire-ad',
  sweepadsRole: 'sweep-ads',
  authorizerequestRole: 'authorize-request',
  operatequarantineRole: 'operate-quarantine',
  readstatsRole: 'read-stats',
  warmreleaseRole: 'warm-release',
  describeapiRole: 'describe-api',
  auditcountersRole: 'audit-counters',
  runcanaryRole: 'run-canary',
  archiveincrementsRole: 'archive-increments',
};

/** What a release still uses that may run beside this one, while it is deployed or after it was sent back. */
const ofTheLastRelease: readonly (readonly [FunctionName, string])[] = [
  ['query-ads', 'dynamodb:BatchGetItem ads'],
  ['sweep-ads', 'dynamodb:BatchGetItem ads'],
];

// Covers API8.2 (docs/security.md).
it('lets each function do to the tables what it does, and nothing else', async () => {
  const granted = new Map<FunctionName, Set<string>>();
  for (const { role, action, resource } of permissions(templateOf('prod').toJSON() as Template)) {
    const table = /^\$\{Storage(Ads|Counters|Requests|Tokens)\.Arn\}$/.exec(resource)?.[1]?.toLowerCase();
    const name = roleNames[role];
    if (table === undefined || name === undefined) continue;
    granted.set(name, (granted.get(name) ?? new Set()).add(`${action} ${table}`));
  }
  for (const [name, operation] of ofTheLastRelease) expect(granted.get(name)?.delete(operation)).toBe(true);
  const sorted = (operations: Operations): Record<string, string[]> =>
    Object.fromEntries([...operations].sort().map(([name, set]) => [name, [...set].sort()]));
  expect(sorted(granted)).toEqual(sorted(await exercise()));
  const ofUsage =
    /^(?:ingest-ads|query-ads|read-counters) (?:Put|Update)Item (?:counter#.usage\/|usage#|claim#usage-)/s;
  const noting = [...written].filter((write) =>
    /^(?:ingest-ads|query-ads|read-counters|warm-|run-)/.test(write),
  );
  expect(noting.length).toBeGreaterThan(8);
  expect(noting.filter((write) => !ofUsage.test(write))).toEqual([
    'warm-release PutItem release#9',
    'run-canary PutItem canary',
  ]);
});
