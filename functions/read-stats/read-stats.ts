import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { problem } from '../../lib/api/answer/answer.ts';
import { operation } from '../../lib/api/operation.ts';
import { operationRoutes } from '../../lib/api/operation-routes.ts';
import { readAdChanges } from '../../lib/app/ads/ad-changes-reader.ts';
import { createLastAudit } from '../../lib/app/audit/audit-result.ts';
import { createLastCanary } from '../../lib/app/canary/canary-state.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { errorFields } from '../../lib/ports/error-fields.ts';
import { StatsError, type StatsSource } from '../../lib/ports/pipeline-stats.ts';
import { statsJson } from './stats-json.ts';

export type ReadStatsDeps = Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'> & {
  readonly stats: StatsSource;
};

/** Answers with the current state of the stage. */
export function createReadStats(deps: ReadStatsDeps): ApiFunction {
  const { stats, telemetry, settings } = deps;
  const lastAudit = createLastAudit(deps);
  const lastCanary = createLastCanary(deps);

  const getStats = operation(operationRoutes.getStats, async () => {
    try {
      const [read, audited, canary, changes] = await Promise.all([
        stats.read(),
        lastAudit(),
        lastCanary(),
        readAdChanges(deps),
      ]);
      const body = JSON.stringify(statsJson(read, settings, { audited, canary, changes }));
      return { status: 200, headers: { 'Cache-Control': 'no-store' }, body };
    } catch (error) {
      if (!(error instanceof StatsError)) throw error;
      telemetry.warn('could not read the statistics', errorFields(error));
      const detail =
        'CloudWatch does not answer, so there are no statistics. The pipeline is not affected. Try again.';
      return problem('state-unavailable', { detail });
    }
  });

  return createApiFunction(deps, [getStats]);
}
