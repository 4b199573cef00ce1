import type { Ports } from '../ports.ts';
import { createUsageRecorder, usageFlushMs, type UsageRecorder } from './usage-recorder.ts';

/**
 * A function of a deployed stage that counts the calls of its callers, each container for itself. `everyMs`: how
 * long a container that is called keeps them in memory.
 */
export function withUsage<Deps extends { readonly usage?: UsageRecorder }, Handler>(
  create: (deps: Deps) => Handler,
  everyMs = usageFlushMs,
): (deps: Deps & Pick<Ports, 'state' | 'clock' | 'ids' | 'telemetry'>) => Handler {
  return (deps) => create({ ...deps, usage: createUsageRecorder(deps, everyMs) });
}
