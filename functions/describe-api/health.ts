import { apiVersion } from '../../lib/api/document/openapi-text.ts';
import { auditJson, type AuditJson } from '../../lib/api/answer/audit-json.ts';
import { canaryJson, type CanaryJson } from '../../lib/api/answer/canary-json.ts';
import type { AuditResult } from '../../lib/app/audit/audit-result.ts';
import type { CanaryResult } from '../../lib/app/canary/canary-state.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { errorFields } from '../../lib/ports/error-fields.ts';

export type HealthDeps = Pick<Ports, 'clock' | 'telemetry' | 'settings'> & {
  /** Facts of the runtime. If it rejects or takes over a second, the API is not ready. */
  readonly facts?: () => Promise<Record<string, unknown>>;
  /** false: the store refuses every write, so the API is not ready. Default: this runtime does not know. */
  readonly isWritable?: () => boolean;
  /** Neither rejects nor hangs. Default: this runtime does not know. */
  readonly lastAudit?: () => Promise<AuditResult | undefined>;
  /** The same of the canary. */
  readonly lastCanary?: () => Promise<CanaryResult | undefined>;
};

/** The facts may wait for a store that hangs; liveness must not. */
const factsWaitMaxMs = 1000;

export interface Health {
  status: 'ok';
  stage: string;
  version: string;
  uptime_seconds: number;
  ready: boolean;
  facts?: Record<string, unknown>;
  audit: AuditJson | null;
  canary: CanaryJson | null;
  [name: string]: unknown;
}

/** Any answer means that the API is alive; `ready` and `facts` report its dependencies. */
export function createHealth({
  clock,
  telemetry,
  settings,
  facts,
  isWritable,
  lastAudit,
  lastCanary,
}: HealthDeps): () => Promise<Health> {
  const startedMs = clock.monotonicMs();
  return async () => {
    const [found, audited, canary] = await Promise.all([
      facts === undefined ? { ready: true } : askFacts(facts),
      lastAudit?.(),
      lastCanary?.(),
    ]);
    return {
      status: 'ok',
      stage: settings.stage,
      version: apiVersion,
      uptime_seconds: Math.floor((clock.monotonicMs() - startedMs) / 1000),
      ...found,
      ready: found.ready && (isWritable?.() ?? true),
      audit: auditJson(audited),
      canary: canaryJson(canary),
    };
  };

  async function askFacts(
    ask: () => Promise<Record<string, unknown>>,
  ): Promise<{ readonly ready: boolean; readonly facts?: Record<string, unknown> }> {
    const timer = new AbortController();
    const late = clock.sleep(factsWaitMaxMs, timer.signal).then(() => undefined);
    try {
      const known = await Promise.race([ask(), late]);
      return known === undefined ? { ready: false } : { ready: true, facts: known };
    } catch (error) {
      telemetry.warn('could not read the health facts', errorFields(error));
      return { ready: false };
    } finally {
      timer.abort();
    }
  }
}
