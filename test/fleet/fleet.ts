import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { createAggregateIncrements } from '../../functions/aggregate-increments/aggregate-increments.ts';
import { createDecideAds } from '../../functions/decide-ads/decide-ads.ts';
import { createIngestIncrements } from '../../functions/ingest-increments/ingest-increments.ts';
import { createReleasedQueryAds } from '../../functions/query-ads/released-query-ads.ts';
import { createTrackAds } from '../../functions/track-ads/track-ads.ts';
import type { Route } from '../../lib/api/route.ts';
import { findRoute } from '../../lib/api/routes.ts';
import { createCatalogReader, type CatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { withControl } from '../../lib/app/control/with-control.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { withUsage } from '../../lib/app/usage/with-usage.ts';
import { counterKey } from '../../lib/app/state-keys.ts';
import type { Ids } from '../../lib/ports/ids.ts';
import { metrics, type Telemetry } from '../../lib/ports/telemetry.ts';
import type { FunctionName, StageSettings } from '../../lib/stages.ts';
import { Container } from '../simulation/container.ts';
import { Kernel } from '../simulation/kernel.ts';
import { simulateClock, simulateIds } from '../simulation/ports/simulated-rest.ts';
import { enterVirtualTime } from '../simulation/virtual-time.ts';
import { createMemoryEventLog } from '../support/memory/memory-event-log.ts';
import { createMemoryExpirySchedule } from '../support/memory/memory-expiry-schedule.ts';
import { createMemoryQuarantine } from '../support/memory/memory-quarantine.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { Allowance } from './allowance.ts';
import { AskCounter, Asking } from './asking.ts';
import { Consumer } from './consumer.ts';
import { DynamoDb } from './dynamodb.ts';
import { Kinesis } from './kinesis.ts';
import { Lambda, type Created, type LambdaOptions, type ThrottledBy } from './lambda.ts';
import { assumed, quotas } from './quotas.ts';
import type { Region } from './network.ts';
import { S3 } from './s3.ts';
import { SharedCatalogs } from './shared-catalogs.ts';

export interface FleetOptions {
  readonly seed: number;
  readonly settings: StageSettings;
  /** Default: that of an account, `quotas.lambdaConcurrency`. */
  readonly concurrency?: number;
  /** Calls a second that the account and the stage let through. Default: `quotas.gatewayRequests`, and the stage's. */
  readonly gatewayPerSecond?: number;
  /** Default `warmest`. */
  readonly dispatch?: LambdaOptions['dispatch'];
  /** The usage plan refuses what is over a token's rate. It is best effort, so scenarios may do without. */
  readonly usagePlan?: boolean;
  /** Tables that allow what an account may have at most; default: new ones. */
  readonly warmedTables?: boolean;
}

/** One call, as its caller saw it. */
export interface Call {
  readonly atMs: number;
  readonly tookMs: number;
  readonly status: number;
  /** The function that answers such calls. */
  readonly kind: FunctionName;
  readonly refusedBy?: 'gateway' | 'usage plan' | ThrottledBy;
  readonly cold?: boolean;
  /** Of a batch of increments: those that are in the log. */
  readonly accepted?: number;
  /** Milliseconds to wait before the next try, if the answer says so. */
  readonly retryAfterMs?: number;
}

/** Increments that were counted together, by how long after their calls. */
export interface Counted {
  readonly ageMs: number;
  readonly increments: number;
}

/** Far more than the longest scenario takes. */
const stepsMax = 200_000_000;

/** After the last arrival: a function's time is 30 s at most, and consumers settle what is left in seconds. */
const settledWithinMs = 120_000;

type Factory = (ports: Ports, fleet: Fleet, version: string) => Created;

/** As the handlers of these functions make them. */
const factories: Partial<Readonly<Record<FunctionName, Factory>>> = {
  'aggregate-increments': (ports) => ({ handler: withControl(ports, createAggregateIncrements) }),
  'ingest-increments': (ports) => ({
    handler: withControl(ports, withUsage(createIngestIncrements), { hotKeys: true }),
  }),
  'query-ads': (ports, fleet, version) => {
    const catalogs = createCatalogReader(ports, fleet.catalogs);
    fleet.catalogReaders.push(catalogs);
    const release = { catalogs, container: ports.ids.nonce(), version };
    const { handler, prepare } = withUsage(createReleasedQueryAds)({ ...ports, ...release });
    return { handler, prepare };
  },
  'decide-ads': (ports, fleet) => {
    const asks = new AskCounter(ports.state);
    const deps = { ...ports, state: asks.state };
    const catalogs = createCatalogReader(deps, fleet.catalogs);
    const handler = withControl({ ...deps, catalogs }, withUsage(createDecideAds));
    return {
      handler: async (event: APIGatewayProxyEvent, context) => {
        const before = asks.count;
        const result = await handler(event, context);
        fleet.asking.add(asks.count - before);
        return result;
      },
    };
  },
  'track-ads': (ports) => ({ handler: createTrackAds(ports) }),
};

/** An account with one stage, in virtual time: gateway, functions and services, each within AWS's quotas. */
export class Fleet {
  readonly kernel: Kernel;
  readonly lambda: Lambda;
  readonly dynamodb: DynamoDb;
  readonly s3: S3;
  readonly increments: Kinesis;
  readonly calls: Call[] = [];
  readonly counted: Counted[] = [];
  readonly aggregator: Consumer;
  readonly catalogs = new SharedCatalogs();
  /** A scenario may slow it down. */
  readonly region: Region = { slowness: 1 };
  /** What its decisions have asked of ledgers. */
  readonly asking = new Asking();
  /** Of every container of query-ads. */
  readonly catalogReaders: CatalogReader[] = [];
  readonly #settings: StageSettings;
  readonly #account: Allowance;
  readonly #stage: Allowance;
  readonly #plan: Allowance | undefined;
  readonly #adEvents: Kinesis;
  readonly #ids: Ids;
  #opened = 0;

  constructor(options: FleetOptions) {
    const {
      seed,
      settings,
      concurrency,
      gatewayPerSecond,
      dispatch = 'warmest',
      usagePlan = false,
      warmedTables: warmed = false,
    } = options;
    const kernel = new Kernel({ seed, stepsMax });
    const clock = { nowMs: () => kernel.nowMs() };
    const elapsedMs = (): number => kernel.elapsedMs;
    this.kernel = kernel;
    this.#settings = settings;
    this.dynamodb = new DynamoDb(kernel, createMemoryStateStore(), { warmed, region: this.region });
    this.s3 = new S3(kernel, this.region);
    const stream = (name: 'increments' | 'ad-events'): Kinesis => {
      const { epoch, mode, shardCount: provisioned } = settings.streams[name];
      const shardCount = mode === 'provisioned' ? provisioned : quotas.onDemandShards.value;
      return new Kinesis(
        kernel,
        createMemoryEventLog({ stream: name, epoch, shardCount, clock }),
        shardCount,
        this.region,
      );
    };
    this.increments = stream('increments');
    this.#adEvents = stream('ad-events');
    this.#ids = simulateIds(kernel.fork('ids'));
    this.lambda = new Lambda({
      kernel,
      dispatch,
      concurrency: concurrency ?? quotas.lambdaConcurrency.value,
      open: (functionName) => this.#container(functionName),
      create: (functionName, ports, version) => {
        const create = factories[functionName];
        if (create === undefined) throw new Error(`the fleet has no ${functionName}`);
        return create(ports, this, version);
      },
    });
    this.aggregator = new Consumer('aggregate-increments', {
      ...{ kernel, settings, kinesis: this.increments, lambda: this.lambda },
    });
    this.#account = new Allowance(
      { perSecond: gatewayPerSecond ?? quotas.gatewayRequests.value, burst: quotas.gatewayBurst.value },
      elapsedMs,
    );
    const { throttle } = settings.cloud;
    this.#stage = new Allowance(
      { perSecond: gatewayPerSecond ?? throttle.ratePerSecond, burst: throttle.burst },
      elapsedMs,
    );
    const { rate } = settings.tokens;
    this.#plan = usagePlan
      ? new Allowance({ perSecond: rate.ratePerSecond, burst: rate.burst }, elapsedMs)
      : undefined;
  }

  /** What the counters hold together. */
  async totalOf(keys: readonly string[]): Promise<bigint> {
    let sum = 0n;
    for (const key of keys) {
      const total = (await this.dynamodb.store.get(counterKey(key)))?.['total'];
      if (typeof total === 'bigint') sum += total;
    }
    return sum;
  }

  /** One token's call arrives at the gateway; its result is in `calls` once it is answered. */
  arrive(event: APIGatewayProxyEvent): void {
    void this.kernel.spawn(async () => {
      await this.ask(event);
    });
  }

  /** The same for a caller that waits for the answer. `onAnswer`: gets the body of a success. */
  async ask(event: APIGatewayProxyEvent, onAnswer?: (body: string) => void): Promise<Call> {
    const atMs = this.kernel.elapsedMs;
    const route = findRoute(event.httpMethod, event.resource);
    if (route === undefined) throw new Error(`no route ${event.httpMethod} ${event.resource}`);
    const answer = await this.#answer(event, route, onAnswer);
    const call = { atMs, tookMs: this.kernel.elapsedMs - atMs, kind: route.functionName, ...answer };
    this.calls.push(call);
    return call;
  }

  /**
   * Lets `work` set off so many calls, the last one at `untilMs`, and runs until they are answered and what they
   * wrote is settled. `done`: for calls that nobody can count beforehand.
   */
  async run(
    work: (kernel: Kernel) => void,
    {
      calls,
      untilMs,
      done = () => this.calls.length >= calls,
    }: { readonly calls: number; readonly untilMs: number; readonly done?: () => boolean },
  ): Promise<readonly Call[]> {
    const { kernel, aggregator } = this;
    const leave = enterVirtualTime(kernel);
    try {
      aggregator.start();
      work(kernel);
      if (!(await kernel.run(done, untilMs + settledWithinMs)))
        throw new Error(`${calls - this.calls.length} calls are open ${settledWithinMs} ms after the last`);
      if ((await kernel.settle(aggregator.finish(), settledWithinMs)) === undefined)
        throw new Error(`the consumer is not done ${settledWithinMs} ms after the last answer`);
      return this.calls;
    } finally {
      leave();
    }
  }

  async #answer(
    event: APIGatewayProxyEvent,
    route: Route,
    onAnswer: ((body: string) => void) | undefined,
  ): Promise<Omit<Call, 'atMs' | 'tookMs' | 'kind'>> {
    if (!this.#account.take(1) || !this.#stage.take(1)) return { status: 429, refusedBy: 'gateway' };
    if (this.#plan?.take(1) === false) return { status: 429, refusedBy: 'usage plan' };
    await this.kernel.sleep(assumed.gatewayMs);
    const timer = new AbortController();
    const invocation = await Promise.race([
      this.lambda.invoke(route.functionName, event),
      this.kernel.sleep(1000 * quotas.gatewayTimeout.value, timer.signal),
    ]);
    timer.abort();
    if (invocation === undefined) return { status: 504 };
    await this.kernel.sleep(assumed.gatewayMs);
    // The gateway answers a call that Lambda did not take as one whose integration failed.
    if (invocation.status === 'throttled') return { status: 502, refusedBy: invocation.by };
    if (invocation.status === 'failed') return { status: 502 };
    const { statusCode, headers, body } = invocation.result as APIGatewayProxyResult;
    const { accepted } =
      route.operationId === 'incrementMany' && statusCode < 300
        ? (JSON.parse(body) as { readonly accepted: number })
        : {};
    if (statusCode < 300) onAnswer?.(body);
    const retryAfter = headers?.['Retry-After'];
    return {
      ...{ status: statusCode, cold: invocation.cold },
      ...(accepted !== undefined && { accepted }),
      ...(retryAfter !== undefined && { retryAfterMs: 1000 * Number(retryAfter) }),
    };
  }

  #telemetry(): Telemetry {
    return {
      ...nullTelemetry,
      observe: (metric, value, times = 1) => {
        if (metric === metrics.countFreshnessMs) this.counted.push({ ageMs: value, increments: times });
      },
    };
  }

  #container(functionName: FunctionName): { container: Container; ports: Ports } {
    const { kernel } = this;
    this.#opened += 1;
    const id = `${functionName}-${this.#opened}`;
    const prng = kernel.fork(`container/${id}`);
    const skewMs = prng.int(-assumed.skewMs, assumed.skewMs);
    const container = new Container({ kernel, id, functionName, skewMs, prng, pauses: true });
    const ports: Ports = {
      adEvents: this.#adEvents.for(container),
      increments: this.increments.for(container),
      state: this.dynamodb.for(container),
      blobs: this.s3.for(container),
      schedule: createMemoryExpirySchedule(),
      quarantine: createMemoryQuarantine(),
      clock: simulateClock(container),
      ids: this.#ids,
      telemetry: this.#telemetry(),
      settings: this.#settings,
    };
    return { container, ports };
  }
}
