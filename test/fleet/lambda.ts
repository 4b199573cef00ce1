import type { Context } from 'aws-lambda';
import type { Ports } from '../../lib/app/ports.ts';
import { createLambdaContexts } from '../../lib/embedded/http/lambda-context.ts';
import type { FunctionName } from '../../lib/stages.ts';
import type { Container } from '../simulation/container.ts';
import type { Kernel } from '../simulation/kernel.ts';
import type { Prng } from '../support/prng.ts';
import { Allowance } from './allowance.ts';
import { assumed, quotas } from './quotas.ts';

export type Handler = (event: never, context: Context) => Promise<unknown>;

export interface LambdaOptions {
  readonly kernel: Kernel;
  /** Concurrent executions of the account. */
  readonly concurrency: number;
  /**
   * Which idle container gets a call: the one that was called last, as Lambda does it, or the one that has
   * waited longest, which spreads calls as widely as they can be.
   */
  readonly dispatch: 'warmest' | 'longest-idle';
  /** Makes a container and what it sees of the world. */
  readonly open: (functionName: FunctionName) => { readonly container: Container; readonly ports: Ports };
  readonly create: (functionName: FunctionName, ports: Ports) => Created;
}

/** A function as its module makes it. */
export interface Created {
  readonly handler: Handler;
  /** What its module awaits before the first call. */
  readonly prepare?: () => Promise<void>;
}

/** `throttled`: no container was asked. `failed`: the handler threw or was out of time. */
export type Invocation =
  | { readonly status: 'answered'; readonly result: unknown; readonly cold: boolean }
  | { readonly status: 'throttled'; readonly by: ThrottledBy }
  | { readonly status: 'failed'; readonly reason: string };

export type ThrottledBy = 'concurrency' | 'requests' | 'new containers';

interface Environment {
  readonly container: Container;
  readonly created: Created;
  readonly contexts: (functionName: FunctionName) => Context;
  idleSinceMs: number;
}

interface Pool {
  /** By the time since which they have been idle, the longest first. */
  readonly idle: Environment[];
  readonly mayStart: Allowance;
  containers: number;
  started: number;
}

/** Lambda: containers with one call at a time, within an account's quotas. */
export class Lambda {
  readonly #options: LambdaOptions;
  readonly #prng: Prng;
  readonly #pools = new Map<FunctionName, Pool>();
  readonly #requests: Allowance;
  #running = 0;

  constructor(options: LambdaOptions) {
    const { kernel, concurrency } = options;
    this.#options = options;
    this.#prng = kernel.fork('lambda');
    const perSecond = concurrency * quotas.lambdaRequestsPerConcurrency.value;
    this.#requests = new Allowance({ perSecond }, () => kernel.elapsedMs);
  }

  /** Containers alive, and how many were ever started. */
  containersOf(functionName: FunctionName): { readonly alive: number; readonly started: number } {
    const { containers, started } = this.#pool(functionName);
    return { alive: containers, started };
  }

  /** Containers that have been called once, some time ago, and are idle. */
  warm(functionName: FunctionName, count: number): void {
    const pool = this.#pool(functionName);
    for (let i = 0; i < count; i += 1) {
      const environment = this.#start(functionName, pool);
      environment.container.freeze();
      pool.idle.push(environment);
    }
  }

  /** `workMs`: of our own code, before it calls a service. */
  async invoke(
    functionName: FunctionName,
    event: unknown,
    workMs: number = assumed.handlerMs,
  ): Promise<Invocation> {
    const { kernel, concurrency } = this.#options;
    const pool = this.#pool(functionName);
    if (this.#running >= concurrency) return { status: 'throttled', by: 'concurrency' };
    if (!this.#requests.take(1)) return { status: 'throttled', by: 'requests' };
    const idle = this.#idle(pool);
    if (idle === undefined && !pool.mayStart.take(1)) return { status: 'throttled', by: 'new containers' };
    this.#running += 1;
    const environment = idle ?? this.#start(functionName, pool);
    try {
      if (idle === undefined) {
        await kernel.sleep(this.#coldStartMs());
        await environment.created.prepare?.();
      }
      const result = await this.#run(functionName, environment, { event, workMs });
      environment.idleSinceMs = kernel.elapsedMs;
      pool.idle.push(environment);
      return { status: 'answered', result, cold: idle === undefined };
    } catch (error) {
      // The runtime ends with the error that its handler threw.
      environment.container.kill('its handler failed');
      pool.containers -= 1;
      return { status: 'failed', reason: error instanceof Error ? error.message : String(error) };
    } finally {
      this.#running -= 1;
    }
  }

  #run(
    functionName: FunctionName,
    { container, created, contexts }: Environment,
    { event, workMs }: { readonly event: unknown; readonly workMs: number },
  ): Promise<unknown> {
    const { kernel } = this.#options;
    if (container.frozen) container.thaw();
    const context = contexts(functionName);
    return new Promise<unknown>((resolve, reject) => {
      const limit = kernel.after(context.getRemainingTimeInMillis(), () => {
        reject(new Error('out of time'));
      });
      kernel.after(workMs, () => {
        created
          .handler(event as never, context)
          .then(resolve, reject)
          .finally(() => {
            limit.cancelled = true;
          });
      });
    }).finally(() => {
      container.freeze();
    });
  }

  #idle(pool: Pool): Environment | undefined {
    const oldestMs = this.#options.kernel.elapsedMs - assumed.idleLifeMs;
    while (pool.idle[0] !== undefined && pool.idle[0].idleSinceMs < oldestMs) {
      pool.idle.shift()?.container.kill('idle for too long');
      pool.containers -= 1;
    }
    return this.#options.dispatch === 'warmest' ? pool.idle.pop() : pool.idle.shift();
  }

  #start(functionName: FunctionName, pool: Pool): Environment {
    const { kernel, open, create } = this.#options;
    const { container, ports } = open(functionName);
    pool.containers += 1;
    pool.started += 1;
    return {
      container,
      created: create(functionName, ports),
      contexts: createLambdaContexts(ports, ports.settings),
      idleSinceMs: kernel.elapsedMs,
    };
  }

  #coldStartMs(): number {
    const { coldStartMs, loadMs } = assumed;
    return this.#prng.int(coldStartMs.from, coldStartMs.to) + this.#prng.int(loadMs.from, loadMs.to);
  }

  #pool(functionName: FunctionName): Pool {
    let pool = this.#pools.get(functionName);
    if (pool === undefined) {
      const { kernel } = this.#options;
      const most = quotas.lambdaNewContainers.value;
      const mayStart = new Allowance({ perSecond: most / 10, burst: most }, () => kernel.elapsedMs);
      pool = { idle: [], mayStart, containers: 0, started: 0 };
      this.#pools.set(functionName, pool);
    }
    return pool;
  }
}
