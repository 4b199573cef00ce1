import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { Histogram } from '../../adapters/system/histogram.ts';

/** prom-client's names of V8's kinds of garbage collection. */
const kinds: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** An entry of type `gc`, whose detail Node's types leave out. */
interface Collection {
  readonly duration: number;
  readonly detail: { readonly kind: number };
}

/** How often the delay of the event loop is measured: prom-client's interval. */
const resolutionMs = 10;

/** Delays of the event loop, seconds. */
export type Lag = Readonly<Record<'min' | 'max' | 'mean' | 'stddev' | 'p50' | 'p90' | 'p99', number>>;

export interface NodeWatch {
  /** How long the garbage collections took, milliseconds, by kind. */
  readonly collections: ReadonlyMap<string, Histogram>;
  /** How late the event loop ran its timers since the last call. */
  takeLag(): Lag;
  stop(): void;
}

/** Watches garbage collections and delays, which Node reports only while someone listens. */
export function watchNode(): NodeWatch {
  const collections = new Map(Object.values(kinds).map((kind) => [kind, new Histogram()]));
  const observer = new PerformanceObserver((list) => {
    // A list may hold several collections.
    for (const { duration, detail } of list.getEntries() as unknown as readonly Collection[])
      collections.get(kinds[detail.kind] ?? '')?.observe(duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  return {
    collections,
    takeLag() {
      const lag = delays.count === 0 ? noLag : lagOf(delays);
      delays.reset();
      return lag;
    },
    stop() {
      observer.disconnect();
      delays.disable();
    },
  };
}

const noLag: Lag = { min: 0, max: 0, mean: 0, stddev: 0, p50: 0, p90: 0, p99: 0 };

/** The histogram holds the nanoseconds between two measurements: the delay is what exceeds the interval. */
function lagOf(delays: ReturnType<typeof monitorEventLoopDelay>): Lag {
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000);
  return {
    min: late(delays.min),
    max: late(delays.max),
    mean: late(delays.mean),
    stddev: delays.stddev / 1e9,
    p50: late(delays.percentile(50)),
    p90: late(delays.percentile(90)),
    p99: late(delays.percentile(99)),
  };
}
