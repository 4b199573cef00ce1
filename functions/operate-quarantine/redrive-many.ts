import type { APIGatewayProxyEvent } from 'aws-lambda';
import { jsonAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { redriveBody, type redriveOutcomes } from '../../lib/api/operation-schemas.ts';
import { noPath, noQuery } from '../../lib/api/request/query-schemas.ts';
import { readWrite } from '../../lib/api/request/read-request.ts';
import { createRedrive, type RedriveResult } from '../../lib/app/quarantine/redrive.ts';
import { assert } from '../../lib/core/assert.ts';
import { errorFields } from '../../lib/ports/error-fields.ts';
import { isPortError } from '../../lib/ports/port-error.ts';
import { parseQuarantineKey, type QuarantineId } from '../../lib/ports/quarantine.ts';

interface Outcome {
  readonly outcome: (typeof redriveOutcomes)[number];
  readonly reason: string | null;
}

/** One record after another: a failure of one is in its place and does not touch the others. */
export function createRedriveMany(
  deps: Parameters<typeof createRedrive>[0],
): (event: APIGatewayProxyEvent) => Promise<Answer> {
  const redrive = createRedrive(deps);
  const redriveOne = async (id: QuarantineId): Promise<Outcome> => {
    try {
      return outcomeOf(await redrive.redrive(id));
    } catch (error) {
      if (!isPortError(error)) throw error;
      deps.telemetry.warn('a record could not be redriven', errorFields(error));
      return { outcome: 'unavailable', reason: 'a store did not answer' };
    }
  };
  return async (event) => {
    const body = { schema: redriveBody, mediaTypes: ['application/json'] };
    const request = readWrite(event, { pathParameters: noPath, query: noQuery, body });
    if (!request.ok) return request.answer;
    const results: ({ readonly id: string } & Outcome)[] = [];
    for (const key of request.body.ids) {
      const id = parseQuarantineKey(key);
      assert(id !== undefined, 'the schema lets only keys of records pass');
      results.push({ id: key, ...(await redriveOne(id)) });
    }
    return jsonAnswer(200, JSON.stringify({ results }), { 'Cache-Control': 'no-store' });
  };
}

function outcomeOf(result: RedriveResult): Outcome {
  switch (result.status) {
    case 'refused':
      return { outcome: 'refused', reason: result.reason };
    case 'not-quarantined':
      return result.state === undefined
        ? { outcome: 'not-quarantined', reason: 'never given up, or its consumer still has it' }
        : { outcome: 'ended-before', reason: result.state };
    case 'counted':
    case 'counted-before':
    case 'redriven':
    case 'bytes-missing':
    case 'log-unavailable':
      return { outcome: result.status, reason: null };
  }
}
