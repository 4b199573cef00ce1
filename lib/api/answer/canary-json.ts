import type { CanaryResult, CanaryStatus } from '../../app/canary/canary-state.ts';
import { formatInstant } from '../../core/instant.ts';

export interface CanaryJson {
  readonly status: CanaryStatus;
  readonly at: string;
}

/** As `canarySchema` of audit-schema.ts; null: no run is known. */
export function canaryJson(result: CanaryResult | undefined): CanaryJson | null {
  return result === undefined ? null : { status: result.status, at: formatInstant(result.atMs) };
}
