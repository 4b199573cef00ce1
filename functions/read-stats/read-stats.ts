import type { APIGatewayProxyEvent } from 'aws-lambda';
import { jsonAnswer, problemAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { createHttpFunction, type HttpFunction } from '../../lib/api/answer/http-function.ts';
import { unroutedAnswer } from '../../lib/api/answer/unrouted.ts';
import { noPath, noQuery } from '../../lib/api/request/query-schemas.ts';
import { readRead } from '../../lib/api/request/read-request.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { errorFields } from '../../lib/ports/error-fields.ts';
import { StatsError, type StatsSource } from '../../lib/ports/pipeline-stats.ts';
import { statsJson } from './stats-json.ts';

export type ReadStatsDeps = Pick<Ports, 'clock' | 'telemetry' | 'settings'> & { readonly stats: StatsSource };

/** What the stage does at the moment. */
export function createReadStats(deps: ReadStatsDeps): HttpFunction {
  const { stats, telemetry, settings } = deps;

  async function answerStats(event: APIGatewayProxyEvent): Promise<Answer> {
    const request = readRead(event, { pathParameters: noPath, query: noQuery }, deps.settings.stage);
    if (!request.ok) return request.answer;
    try {
      const body = JSON.stringify(statsJson(await stats.read(), settings));
      return jsonAnswer(200, body, { 'Cache-Control': 'no-store' });
    } catch (error) {
      if (!(error instanceof StatsError)) throw error;
      telemetry.warn('the figures cannot be had', errorFields(error));
      const detail =
        'The figures cannot be had now: CloudWatch does not answer. The pipeline runs without them.';
      return problemAnswer('state-unavailable', { detail });
    }
  }

  return createHttpFunction(deps, (event) => {
    const reads = event.httpMethod === 'GET' || event.httpMethod === 'HEAD';
    return reads && event.resource === '/api/v1/stats' ? answerStats(event) : unroutedAnswer(event);
  });
}
