import type { CanaryDeps } from '../../lib/app/canary/run-canary.ts';
import type { CanaryResult } from '../../lib/app/canary/canary-state.ts';
import { runCanary } from '../../lib/app/canary/run-canary.ts';
import type { EventLog } from '../../lib/ports/event-log.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { createAuditWorld } from './audit-world.ts';
import { counterItem } from './counter-world.ts';

export const canaryKey = '\u0001canary';

export type CanaryWorld = ReturnType<typeof createCanaryWorld>;

/** The counting half of the pipeline, which counts right after each append unless it is stopped. */
export function createCanaryWorld() {
  const world = createAuditWorld();
  const { ports, clock, telemetry } = world;
  const consumer = { isStopped: false };
  const increments: EventLog = {
    ...{ stream: 'increments', epoch: '1' },
    hashPosition: (partitionKey) => world.increments.hashPosition(partitionKey),
    async append(entries) {
      const results = await world.increments.append(entries);
      if (!consumer.isStopped) await world.count();
      return results;
    },
  };
  const deps: CanaryDeps = { ...ports, clock, telemetry, increments };
  const run = (some: Partial<CanaryDeps> = {}): Promise<CanaryResult | undefined> =>
    runCanary({ ...deps, ...some });
  return {
    ...{ ...world, consumer, deps, run },
    /** The status of a run. */
    async status(some: Partial<CanaryDeps> = {}): Promise<string | undefined> {
      return (await run(some))?.status;
    },
    async total(): Promise<bigint | undefined> {
      return (await counterItem(ports.state, canaryKey))?.['total'] as bigint | undefined;
    },
    /** What the alarms see: runs, differences, late runs. */
    told: () =>
      [metrics.canaryRuns, metrics.canaryDifferences, metrics.canaryLate].map((metric) =>
        telemetry.total(metric),
      ),
  };
}
