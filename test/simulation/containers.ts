import type { Context } from 'aws-lambda';
import { createAggregateIncrements } from '../../functions/aggregate-increments/aggregate-increments.ts';
import { createAuthorizeRequest } from '../../functions/authorize-request/authorize-request.ts';
import { createDecideAds } from '../../functions/decide-ads/decide-ads.ts';
import { createTrackAds } from '../../functions/track-ads/track-ads.ts';
import { createDescribeApi } from '../../functions/describe-api/describe-api.ts';
import { createExpireAd } from '../../functions/expire-ad/expire-ad.ts';
import { createIngestAds } from '../../functions/ingest-ads/ingest-ads.ts';
import { createIngestIncrements } from '../../functions/ingest-increments/ingest-increments.ts';
import { createOperateQuarantine } from '../../functions/operate-quarantine/operate-quarantine.ts';
import { createProjectAds } from '../../functions/project-ads/project-ads.ts';
import { createQueryAds } from '../../functions/query-ads/query-ads.ts';
import { createReadCounters } from '../../functions/read-counters/read-counters.ts';
import { createReadStats } from '../../functions/read-stats/read-stats.ts';
import { createRunCanary } from '../../functions/run-canary/run-canary.ts';
import { createSweepAds } from '../../functions/sweep-ads/sweep-ads.ts';
import { createWarmRelease } from '../../functions/warm-release/warm-release.ts';
import { createLastAudit } from '../../lib/app/audit/audit-result.ts';
import { withControl, type FollowOptions } from '../../lib/app/control/with-control.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { UsageRecorder } from '../../lib/app/usage/usage-recorder.ts';
import { withUsage } from '../../lib/app/usage/with-usage.ts';
import { createLambdaContexts } from '../../lib/embedded/http/lambda-context.ts';
import type { FunctionName } from '../../lib/stages.ts';
import { noConsole, noRelease, noStats } from '../support/no-extras.ts';
import type { Prng } from '../support/prng.ts';
import { usageEveryMs } from './audit/usage-auditor.ts';
import type { Container } from './container.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Kernel } from './kernel.ts';

export class InvocationError extends Error {
  override readonly name = 'InvocationError';
}

export type Handler = (event: never, context: Context) => Promise<unknown>;

/** As the handlers of these functions do. */
const controlled =
  (
    create: (ports: Ports) => (event: never, context: never) => Promise<unknown>,
    options: FollowOptions = {},
  ) =>
  (ports: Ports): unknown =>
    withControl(ports, create, options);

/** More often than deployed, so that a short life has many writes. */
const counting = <Deps extends { readonly usage?: UsageRecorder }, H>(create: (deps: Deps) => H) =>
  withUsage(create, usageEveryMs);

/** The handler of each function, over the ports of its container. */
export const factories: Readonly<Record<FunctionName, (ports: Ports) => unknown>> = {
  'ingest-ads': controlled(counting(createIngestAds)),
  'ingest-increments': controlled(counting(createIngestIncrements), { hotKeys: true }),
  'aggregate-increments': controlled(createAggregateIncrements),
  'project-ads': controlled(createProjectAds),
  'query-ads': counting(createQueryAds),
  'read-counters': controlled(counting(createReadCounters)),
  'expire-ad': createExpireAd,
  'sweep-ads': createSweepAds,
  'describe-api': (ports) =>
    createDescribeApi({ ...ports, consolePage: noConsole, lastAudit: createLastAudit(ports) }),
  'authorize-request': createAuthorizeRequest,
  'operate-quarantine': controlled(createOperateQuarantine),
  'read-stats': (ports) => createReadStats({ ...ports, stats: noStats }),
  // In the simulator the audit is an operator's command.
  'audit-counters': () => () => Promise.reject(new Error('nothing schedules the audit')),
  'run-canary': (ports) => createRunCanary(ports),
  'archive-increments': () => () => Promise.reject(new Error('nothing schedules the archiver')),
  'decide-ads': controlled(counting(createDecideAds)),
  'track-ads': createTrackAds,
  'warm-release': (ports) => createWarmRelease({ ...ports, ...noRelease, version: '1' }),
};

export interface ContainersOptions {
  readonly kernel: Kernel;
  readonly faults: FaultPlan;
  /** Makes a container and the world as it sees it. */
  readonly open: (functionName: FunctionName) => { readonly container: Container; readonly ports: Ports };
  /** Requests one container works on at a time: 1 as in Lambda, more as in managed instances. */
  readonly concurrency: number;
}

interface Warm {
  readonly container: Container;
  readonly handler: Handler;
  readonly contexts: (functionName: FunctionName) => Context;
  readonly timeoutMs: number;
}

export interface InvokeOptions {
  /** Told as soon as a container has the request. */
  readonly onContainer?: (container: Container) => void;
  /** Ends the container this long after it got the request. */
  readonly killAfterMs?: number;
}

/** Lambda throttles a function beyond so many environments. */
const containersMax = 40;

/** The environments of all functions: invocations find a warm one or wait for a cold one. */
export class Containers {
  readonly #options: ContainersOptions;
  readonly #prng: Prng;
  readonly #warm = new Map<FunctionName, Warm[]>();
  coldStarts = 0;

  constructor(options: ContainersOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('containers');
  }

  get all(): readonly Container[] {
    return [...this.#warm.values()].flat().map(({ container }) => container);
  }

  /** Rejects as the platform tells its caller: the handler's error, or an InvocationError. */
  async invoke(functionName: FunctionName, event: unknown, options: InvokeOptions = {}): Promise<unknown> {
    const { kernel } = this.#options;
    const warm = this.#idle(functionName) ?? (await this.#start(functionName));
    const { container } = warm;
    container.running += 1;
    if (container.frozen) container.thaw();
    options.onContainer?.(container);
    const killAfterMs = Math.min(options.killAfterMs ?? Infinity, warm.timeoutMs);
    const limit = kernel.after(killAfterMs, () => {
      container.kill(killAfterMs < warm.timeoutMs ? 'killed at a random point' : 'out of time');
    });
    try {
      return await new Promise<unknown>((resolve, reject) => {
        container.onDeath(() => {
          reject(new InvocationError('Runtime exited'));
        });
        warm.handler(event as never, warm.contexts(functionName)).then(resolve, reject);
      });
    } finally {
      limit.cancelled = true;
      container.running -= 1;
      if (container.running === 0 && this.#options.faults.isOn('stale-container')) container.freeze();
    }
  }

  /** Existing containers get no further request: a new version is deployed, or the platform recycles them. */
  retire(which: (container: Container) => boolean = () => true): void {
    for (const container of this.all) if (which(container)) container.retired = true;
  }

  #idle(functionName: FunctionName): Warm | undefined {
    const pool = (this.#warm.get(functionName) ?? []).filter(
      ({ container }) => !container.dead && !(container.retired && container.running === 0),
    );
    this.#warm.set(functionName, pool);
    const idle = pool.filter(
      ({ container }) => !container.retired && container.running < this.#options.concurrency,
    );
    return idle.length === 0 ? undefined : this.#prng.pick(idle);
  }

  async #start(functionName: FunctionName): Promise<Warm> {
    const { kernel, open } = this.#options;
    const pool = this.#warm.get(functionName) ?? [];
    if (pool.length >= containersMax) throw new InvocationError('Rate exceeded');
    const { container, ports } = open(functionName);
    const warm: Warm = {
      container,
      handler: factories[functionName](ports) as Handler,
      contexts: createLambdaContexts(ports, ports.settings),
      timeoutMs: ports.settings.functions[functionName].timeoutSeconds * 1000,
    };
    // It is somebody's already while it starts.
    container.running += 1;
    pool.push(warm);
    this.#warm.set(functionName, pool);
    this.coldStarts += 1;
    kernel.tell(`${container.id} starts`);
    await kernel.sleep(this.#prng.int(50, 800));
    container.running -= 1;
    return warm;
  }
}
