import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { createIngestIncrements } from '../../functions/ingest-increments/ingest-increments.ts';
import { findRoute } from '../../lib/api/routes.ts';
import { withControl } from '../../lib/app/control/with-control.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { withUsage } from '../../lib/app/usage/with-usage.ts';
import type { Ids } from '../../lib/ports/ids.ts';
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
import { DynamoDb } from './dynamodb.ts';
import { Kinesis } from './kinesis.ts';
import { Lambda, type Handler, type LambdaOptions, type ThrottledBy } from './lambda.ts';
import { assumed, quotas } from './quotas.ts';

export interface FleetOptions {
  readonly seed: number;
  readonly settings: StageSettings;
  /** Default: that of an account, `quotas.lambdaConcurrency`. */
  readonly concurrency?: number;
  /** Default `warmest`. */
  readonly dispatch?: LambdaOptions['dispatch'];
  /** The usage plan refuses what is over a token's rate. It is best effort, so scenarios may do without. */
  readonly usagePlan?: boolean;
}

/** One call, as its caller saw it. */
export interface Call {
  readonly atMs: number;
  readonly tookMs: number;
  readonly status: number;
  readonly refusedBy?: 'gateway' | 'usage plan' | ThrottledBy;
  readonly cold?: boolean;
}

/** As the handlers of these functions make them. */
const factories: Partial<Readonly<Record<FunctionName, (ports: Ports) => unknown>>> = {
  'ingest-increments': (ports) => withControl(ports, withUsage(createIngestIncrements)),
};

/** An account with one stage, in virtual time: gateway, functions and services, each within AWS's quotas. */
export class Fleet {
  readonly kernel: Kernel;
  readonly lambda: Lambda;
  readonly dynamodb: DynamoDb;
  readonly increments: Kinesis;
  readonly calls: Call[] = [];
  readonly #settings: StageSettings;
  readonly #account: Allowance;
  readonly #stage: Allowance;
  readonly #plan: Allowance | undefined;
  readonly #adEvents: Kinesis;
  readonly #ids: Ids;
  #opened = 0;
  #open = 0;

  constructor({ seed, settings, concurrency, dispatch = 'warmest', usagePlan = false }: FleetOptions) {
    const kernel = new Kernel({ seed });
    const clock = { nowMs: () => kernel.nowMs() };
    const elapsedMs = (): number => kernel.elapsedMs;
    this.kernel = kernel;
    this.#settings = settings;
    this.dynamodb = new DynamoDb(kernel, createMemoryStateStore());
    const stream = (name: 'increments' | 'ad-events'): Kinesis => {
      const { epoch, mode, shardCount: provisioned } = settings.streams[name];
      const shardCount = mode === 'provisioned' ? provisioned : quotas.onDemandShards.value;
      return new Kinesis(
        kernel,
        createMemoryEventLog({ stream: name, epoch, shardCount, clock }),
        shardCount,
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
      create: (functionName, ports) => {
        const create = factories[functionName];
        if (create === undefined) throw new Error(`the fleet has no ${functionName}`);
        return create(ports) as Handler;
      },
    });
    this.#account = new Allowance(
      { perSecond: quotas.gatewayRequests.value, burst: quotas.gatewayBurst.value },
      elapsedMs,
    );
    const { throttle } = settings.cloud;
    this.#stage = new Allowance({ perSecond: throttle.ratePerSecond, burst: throttle.burst }, elapsedMs);
    const { rate } = settings.tokens;
    this.#plan = usagePlan
      ? new Allowance({ perSecond: rate.ratePerSecond, burst: rate.burst }, elapsedMs)
      : undefined;
  }

  /** One token's call arrives at the gateway; its result is in `calls` once it is answered. */
  arrive(event: APIGatewayProxyEvent): void {
    this.#open += 1;
    void this.kernel.spawn(async () => {
      const atMs = this.kernel.elapsedMs;
      const answer = await this.#answer(event);
      this.calls.push({ atMs, tookMs: this.kernel.elapsedMs - atMs, ...answer });
      this.#open -= 1;
    });
  }

  /** Lets `work` set off what happens, and runs until everything is answered. */
  async run(work: (kernel: Kernel) => void, limitMs: number): Promise<readonly Call[]> {
    const leave = enterVirtualTime(this.kernel);
    try {
      work(this.kernel);
      await this.kernel.run(() => false, limitMs);
      if (this.#open > 0) throw new Error(`${this.#open} calls are still open after ${limitMs} ms`);
      return this.calls;
    } finally {
      leave();
    }
  }

  async #answer(event: APIGatewayProxyEvent): Promise<Omit<Call, 'atMs' | 'tookMs'>> {
    if (!this.#account.take(1) || !this.#stage.take(1)) return { status: 429, refusedBy: 'gateway' };
    if (this.#plan?.take(1) === false) return { status: 429, refusedBy: 'usage plan' };
    const route = findRoute(event.httpMethod, event.resource);
    if (route === undefined) throw new Error(`no route ${event.httpMethod} ${event.resource}`);
    await this.kernel.sleep(assumed.gatewayMs);
    const invocation = await this.lambda.invoke(route.functionName, event);
    await this.kernel.sleep(assumed.gatewayMs);
    // The gateway answers a call that Lambda did not take as one whose integration failed.
    if (invocation.status === 'throttled') return { status: 502, refusedBy: invocation.by };
    if (invocation.status === 'failed') return { status: 502 };
    return { status: (invocation.result as APIGatewayProxyResult).statusCode, cold: invocation.cold };
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
      schedule: createMemoryExpirySchedule(),
      quarantine: createMemoryQuarantine(),
      clock: simulateClock(container),
      ids: this.#ids,
      telemetry: nullTelemetry,
      settings: this.#settings,
    };
    return { container, ports };
  }
}
