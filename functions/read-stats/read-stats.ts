import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { problem } from '../../lib/api/answer/answer.ts';
import { operation } from '../../lib/api/operation.ts';
import { operationRoutes } from '../../lib/api/operation-routes.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { errorFields } from '../../lib/ports/error-fields.ts';
import { StatsError, type StatsSource } from '../../lib/ports/pipeline-stats.ts';
import { statsJson } from './stats-json.ts';

export type ReadStatsDeps = Pick<Ports, 'clock' | 'telemetry' | 'settings'> & { readonly stats: StatsSource };

/** What the stage does at the moment. */
export function createReadStats(deps: ReadStatsDeps): ApiFunction {
  const { stats, telemetry, settings } = deps;

  const getStats = operation(operationRoutes.getStats, async () => {
    try {
      const body = JSON.stringify(statsJson(await stats.read(), settings));
      return { status: 200, headers: { 'Cache-Control': 'no-store' }, body };
    } catch (error) {
      if (!(error instanceof StatsError)) throw error;
      telemetry.warn('the figures cannot be had', errorFields(error));
      const detail =
        'The figures cannot be had now: CloudWatch does not answer. The pipeline runs without them.';
      return problem('state-unavailable', { detail });
    }
  });

  return createApiFunction(deps, [getStats]);
}
