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
  readonly create: (functionName: FunctionName, ports: Ports, version: string) => Created;
}

/** Which versions of a function its alias gives calls to. */
interface Alias {
  readonly version: string;
  /** It gets this share of the calls, 0 to 1, until it is the version of all. */
  readonly next?: { readonly version: string; readonly share: number };
}

/** A function as its module makes it. */
export interface Created {
  readonly handler: Handler;
  /** What its module awaits before the first call. */
  readonly prepare?: () => Promise<void>;
}

/** The one that is there at the beginning. */
const firstVersion = '1';

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
  /** By function and version. */
  readonly #pools = new Map<string, Pool>();
  readonly #aliases = new Map<FunctionName, Alias>();
  readonly #requests: Allowance;
  #running = 0;

  constructor(options: LambdaOptions) {
    const { kernel, concurrency } = options;
    this.#options = options;
    this.#prng = kernel.fork('lambda');
    const perSecond = concurrency * quotas.lambdaRequestsPerConcurrency.value;
    this.#requests = new Allowance({ perSecond }, () => kernel.elapsedMs);
  }

  /** Containers of the version that most calls go to: those alive, and how many were ever started. */
  containersOf(functionName: FunctionName): { readonly alive: number; readonly started: number } {
    const { containers, started } = this.#pool(functionName, this.#alias(functionName).version);
    return { alive: containers, started };
  }

  /** Gives a version this share of the function's calls, and with 1 all of them from then on. */
  shift(functionName: FunctionName, version: string, share: number): void {
    const alias = share < 1 ? { ...this.#alias(functionName), next: { version, share } } : { version };
    this.#aliases.set(functionName, alias);
  }

  /** Containers that have been called once, some time ago, and are idle. */
  warm(functionName: FunctionName, count: number): void {
    const { version } = this.#alias(functionName);
    const pool = this.#pool(functionName, version);
    for (let i = 0; i < count; i += 1) {
      const environment = this.#start(functionName, version, pool);
      environment.container.freeze();
      pool.idle.push(environment);
    }
  }

  /**
   * `workMs`: of our own code, before it calls a service. `version`: default, the one that the alias names, or by
   * chance the next one.
   */
  async invoke(
    functionName: FunctionName,
    event: unknown,
    {
      workMs = assumed.handlerMs,
      version = this.#choose(functionName),
    }: { readonly workMs?: number; readonly version?: string } = {},
  ): Promise<Invocation> {
    const { kernel, concurrency } = this.#options;
    const pool = this.#pool(functionName, version);
    if (this.#running >= concurrency) return { status: 'throttled', by: 'concurrency' };
    if (!this.#requests.take(1)) return { status: 'throttled', by: 'requests' };
    const idle = this.#idle(pool);
    if (idle === undefined && !pool.mayStart.take(1)) return { status: 'throttled', by: 'new containers' };
    this.#running += 1;
    const environment = idle ?? this.#start(functionName, version, pool);
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

  #start(functionName: FunctionName, version: string, pool: Pool): Environment {
    const { kernel, open, create } = this.#options;
    const { container, ports } = open(functionName);
    pool.containers += 1;
    pool.started += 1;
    return {
      container,
      created: create(functionName, ports, version),
      contexts: createLambdaContexts(ports, ports.settings),
      idleSinceMs: kernel.elapsedMs,
    };
  }

  #coldStartMs(): number {
    const { coldStartMs, loadMs } = assumed;
    return this.#prng.int(coldStartMs.from, coldStartMs.to) + this.#prng.int(loadMs.from, loadMs.to);
  }

  #alias(functionName: FunctionName): Alias {
    return this.#aliases.get(functionName) ?? { version: firstVersion };
  }

  #choose(functionName: FunctionName): string {
    const { version, next } = this.#alias(functionName);
    return next !== undefined && this.#prng.float() < next.share ? next.version : version;
  }

  #pool(functionName: FunctionName, version: string): Pool {
    const name = `${functionName}:${version}`;
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      const { kernel } = this.#options;
      const most = quotas.lambdaNewContainers.value;
      const mayStart = new Allowance({ perSecond: most / 10, burst: most }, () => kernel.elapsedMs);
      pool = { idle: [], mayStart, containers: 0, started: 0 };
      this.#pools.set(name, pool);
    }
    return pool;
  }
}
