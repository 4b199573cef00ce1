import type { CanaryResult } from '../../lib/app/canary/canary-state.ts';
import { runCanary, type CanaryDeps } from '../../lib/app/canary/run-canary.ts';

/** Sends one increment through the log and reads it back. A timer invokes it, with any event; see `canary` in lib/stages.ts. */
export function createRunCanary(deps: CanaryDeps): () => Promise<CanaryResult | undefined> {
  return () => runCanary(deps);
}
