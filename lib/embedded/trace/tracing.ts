import {
  tracedEventLog,
  tracedQuarantine,
  tracedSchedule,
  tracedStateStore,
} from '../../adapters/traced/traced-ports.ts';
import type { Ports } from '../../app/ports.ts';
import { spanNames } from '../../core/span-names.ts';
import type { AroundCalls, EmbeddedFunctions } from '../functions.ts';
import type { HttpHandler } from '../http/http-message.ts';
import { AdaptiveRate } from './adaptive-rate.ts';
import { Keeper } from './keeper.ts';
import { createRows } from './rows.ts';
import { TraceFile, traceBytesMax } from './trace-file.ts';
import { TraceLog } from './trace-log.ts';
import type { Span, Trace } from './trace.ts';
import { followAppends, followBatches } from './traced-delivery.ts';
import { Tracer } from './tracer.ts';

export interface TracingOptions {
  readonly file: string;
  /** Default `traceBytesMax`. */
  readonly bytesMax?: number;
  /** An answer that takes longer is slow, and kept. Default 100 ms. */
  readonly slowMs?: number;
  /** A request whose records are settled later after its beginning is slow, and kept. Default 1 s. */
  readonly slowSettledMs?: number;
  /** Of the others so many a second are kept, or all if there are fewer. Default 50. */
  readonly sampledPerSecond?: number;
  /** Requests in memory until their records are settled, a few kilobytes each. Default 10,000. */
  readonly heldMax?: number;
}

const defaults = {
  bytesMax: traceBytesMax,
  slowMs: 100,
  slowSettledMs: 1000,
  sampledPerSecond: 50,
  heldMax: 10_000,
};

type Consumers = Pick<EmbeddedFunctions, 'project-ads' | 'aggregate-increments'>;
type Clockwork = Pick<EmbeddedFunctions, 'expire-ad' | 'sweep-ads'>;

/** A trace of the whole runtime: gives its parts back so that each call of them is measured. */
export interface Tracing {
  readonly ports: (ports: Ports) => Ports;
  readonly call: AroundCalls;
  readonly door: (handler: HttpHandler) => HttpHandler;
  readonly gateway: (handler: HttpHandler) => HttpHandler;
  /** As the mappings call them. */
  readonly consumers: (functions: Consumers) => Consumers;
  /** As the timers call them. */
  readonly clockwork: (functions: Clockwork) => Clockwork;
  readonly commitStep: (commit: () => Promise<boolean>) => Promise<boolean>;
  /** Writes what is held and closes the file. */
  readonly stop: () => Promise<void>;
}

/** Rejects with a TraceFileError. */
export async function openTracing(
  options: TracingOptions,
  { clock, ids, telemetry, settings }: Pick<Ports, 'clock' | 'ids' | 'telemetry' | 'settings'>,
): Promise<Tracing> {
  const { bytesMax, slowMs, slowSettledMs, sampledPerSecond, heldMax } = { ...defaults, ...options };
  const rows = createRows();
  const monotonicMs = (): number => clock.monotonicMs();
  const random = (): number => ids.random();
  const keeper: Keeper = new Keeper({
    rate: new AdaptiveRate({ perSecond: sampledPerSecond, random, monotonicMs }),
    write: (trace, why): boolean => log.request(trace, why),
    ...{ monotonicMs, slowMs, slowSettledMs, heldMax },
  });
  const tracer = new Tracer({
    rows,
    clock,
    onRoot(trace) {
      if (trace.kind !== 'batch') keeper.answered(trace);
      else if (isRemarkable(trace, slowMs)) log.batch(trace, trace.failed ? 'failed' : 'slow');
    },
    onLate(trace) {
      keeper.returned(trace);
    },
  });
  const file = await TraceFile.open(options.file, bytesMax);
  const log: TraceLog = new TraceLog({
    ...{ file, keeper, bytesMax, clock, telemetry },
    about: {
      ...{ stage: settings.stage, node: process.version, began_at: new Date(clock.nowMs()).toISOString() },
      ...{ slow_ms: slowMs, slow_settled_ms: slowSettledMs, sampled_per_second: sampledPerSecond },
      ...{ bytes_max: bytesMax, requests_held_max: heldMax },
    },
    onEnd() {
      tracer.on = false;
    },
  });
  const followed = { tracer, keeper };

  return {
    ports: (ports) => ({
      ...ports,
      adEvents: tracedEventLog(followAppends(ports.adEvents, followed), tracer),
      increments: tracedEventLog(followAppends(ports.increments, followed), tracer),
      state: tracedStateStore(ports.state, tracer),
      schedule: tracedSchedule(ports.schedule, tracer),
      quarantine: tracedQuarantine(ports.quarantine, tracer),
    }),
    call(name, work) {
      const consumes = name === 'project-ads' || name === 'aggregate-increments';
      const span = consumes ? spanNames.settleBatch : (`call ${name}` as const);
      return (...args) =>
        tracer.call(span, { row: rows.functions[name], label: 'call' }, () => {
          noteRoute(tracer.current, args[0]);
          return work(...args);
        });
    },
    door: (handler) => (request) =>
      tracer.root(
        'request',
        spanNames.request,
        { row: rows.door, label: 'request' },
        () => handler(request),
        ({ statusCode }) => ({ details: { status: statusCode }, failed: statusCode >= 500 }),
      ),
    gateway: (handler) => (request) => tracer.within(spanNames.gateway, () => handler(request)),
    consumers(functions) {
      const of = <Name extends keyof Consumers>(name: Name): Consumers[Name] =>
        followBatches(functions[name], rows.deliveries[name], settings.deliveries[name], followed);
      return { 'project-ads': of('project-ads'), 'aggregate-increments': of('aggregate-increments') };
    },
    clockwork: (functions) => ({
      ...functions,
      'expire-ad': (...args) =>
        tracer.root('clockwork', spanNames.fireExpiry, { row: rows.timer, label: 'fire' }, () =>
          functions['expire-ad'](...args),
        ),
    }),
    commitStep: (commit) => tracer.commit(commit),
    async stop() {
      keeper.end();
      await log.end('stopped');
    },
  };
}

function isRemarkable({ failed, durationMs = 0 }: Trace, slowMs: number): boolean {
  return failed || durationMs > slowMs;
}

/** The route tells of a request what its address would, and holds no keys. */
function noteRoute(span: Span | undefined, event: unknown): void {
  const { httpMethod, resource } = (event ?? {}) as { httpMethod?: unknown; resource?: unknown };
  const root = span?.trace.root;
  if (root === undefined || typeof httpMethod !== 'string' || typeof resource !== 'string') return;
  root.details = { ...root.details, route: `${httpMethod} ${resource}` };
}
