import type { APIGatewayProxyResult } from 'aws-lambda';
import { createIngestAds } from '../../../functions/ingest-ads/ingest-ads.ts';
import { createQueryAds } from '../../../functions/query-ads/query-ads.ts';
import { createAdExpirer } from '../../../lib/app/ads/ad-expirer.ts';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import type { Ports } from '../../../lib/app/ports.ts';
import type { ExpiryInput, ExpirySchedule } from '../../../lib/ports/expiry-schedule.ts';
import type { EventLog } from '../../../lib/ports/event-log.ts';
import type { StateStore } from '../../../lib/ports/state-store.ts';
import { createAdWorld } from '../../support/ad-world.ts';
import { toEvent } from '../../support/proxy-event.ts';
import { observeState } from '../ports/observed-state.ts';
import { createMemoryBlobStore } from '../../support/memory/memory-blob-store.ts';
import type { AppendedRecord, AppliedWrite, Auditor, Exchange, HttpAnswer, RestView } from './auditor.ts';

/** One event that the auditors get. */
export type Observation =
  | { readonly type: 'appended'; readonly record: AppendedRecord }
  | { readonly type: 'asked-for-schedule'; readonly input: ExpiryInput }
  | { readonly type: 'wrote'; readonly write: AppliedWrite }
  | { readonly type: 'exchanged'; readonly exchange: Exchange };

export interface Sent {
  readonly method: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Small, so that a history of a few ads has snapshots. */
const snapshotChangesBytesMin = 300;
const containerId = 'container';

/**
 * The real functions over memory, one container each, with everything they do written down for an auditor.
 */
export function recordHistory() {
  const world = createAdWorld();
  const { clock } = world;
  const observations: Observation[] = [];
  const records: AppendedRecord[] = [];
  const ports: Ports = {
    ...world.ports,
    state: observed(),
    adEvents: watched(world.adEvents),
    schedule: askedFor(world.schedule),
  };
  const projector = createAdProjector(ports, { snapshotChangesBytesMin });
  const functions = { write: createIngestAds(ports), read: createQueryAds(ports) };
  let projecting = Promise.resolve();
  let wishes = 0;

  function observed(): StateStore {
    const state = observeState(world.memoryState, (changes, source) => {
      observations.push({ type: 'wrote', write: { atMs: clock.nowMs(), changes, ...source } });
    });
    const source = { containerId };
    return {
      get: (key) => state.store.get(key),
      getMany: (keys) => state.store.getMany(keys),
      query: (range) => state.store.query(range),
      write: (action) => state.write(action, source),
      writeEach: (actions) => state.writeEach(actions, source),
      transact: (actions) => state.transact(actions, source),
      transactEach: (transactions) => state.transactEach(transactions, source),
    };
  }

  function askedFor(schedule: ExpirySchedule): ExpirySchedule {
    return {
      set: (wanted) => {
        observations.push({ type: 'asked-for-schedule', input: wanted.input });
        return schedule.set(wanted);
      },
      clear: (name) => schedule.clear(name),
    };
  }

  function watched(log: EventLog): EventLog {
    return {
      stream: log.stream,
      epoch: log.epoch,
      hashPosition: (partitionKey) => log.hashPosition(partitionKey),
      append: async (entries) => {
        const results = await log.append(entries);
        results.forEach((result, index) => {
          const entry = entries[index];
          if (entry === undefined || result.status !== 'appended') return;
          const { shardId, sequenceNumber } = result;
          const place = { shardId, sequenceNumber, epoch: log.epoch, arrivedAtMs: clock.nowMs() };
          const record = { ...entry, ...place, containerId };
          records.push(record);
          observations.push({ type: 'appended', record });
          projecting = projecting.then(() => project(record));
        });
        return results;
      },
    };
  }

  async function project(record: AppendedRecord): Promise<void> {
    const { epoch, shardId } = record;
    await projector.project({ stream: 'ad-events', epoch, shardId, records: [record] });
  }

  async function send({ method, target, headers = {}, body }: Sent): Promise<HttpAnswer> {
    wishes += 1;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const request = {
      method,
      target,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        traceparent: `00-${String(wishes).padStart(32, '0')}-${'1'.padStart(16, '0')}-01`,
        ...headers,
      },
      ...(text !== undefined && { body: text }),
    };
    const sentAtMs = clock.nowMs();
    const event = toEvent({
      method,
      path: target,
      headers: request.headers,
      ...(text !== undefined && { body: text }),
    });
    const handle = method === 'GET' || method === 'HEAD' ? functions.read : functions.write;
    const answer = toAnswer(await handle(event));
    const now = clock.nowMs();
    const exchange: Exchange = {
      ...{ id: observations.length, request, sentAtMs, answeredAtMs: now, answer, containerId },
      ...{ principal: 'anonymous', containerStartedMs: sentAtMs, containerNowMs: now },
    };
    observations.push({ type: 'exchanged', exchange });
    return answer;
  }

  return {
    clock,
    ports,
    send,
    observations,
    expirer: createAdExpirer(ports),
    settled: () => projecting,
    restView: (): RestView => ({
      state: world.memoryState,
      quarantine: world.quarantine,
      blobs: createMemoryBlobStore(),
      adEvents: records,
      increments: [],
      nowMs: clock.nowMs(),
      removedBeforeMs: 0,
      rightsAreBack: false,
      settings: ports.settings,
    }),
  };
}

function toAnswer({ statusCode, headers, body }: APIGatewayProxyResult): HttpAnswer {
  const entries = Object.entries(headers ?? {}).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    String(value),
  ]);
  return { status: statusCode, headers: Object.fromEntries(entries), body };
}

/** Tells an auditor what happened, as the simulator would. */
export function tell(auditor: Auditor, observations: readonly Observation[]): void {
  for (const observation of observations) {
    switch (observation.type) {
      case 'appended':
        auditor.appended?.('ad-events', observation.record);
        break;
      case 'asked-for-schedule':
        auditor.askedForSchedule?.(observation.input);
        break;
      case 'wrote':
        auditor.wrote?.(observation.write);
        break;
      case 'exchanged':
        auditor.exchanged?.(observation.exchange);
        break;
    }
  }
}
