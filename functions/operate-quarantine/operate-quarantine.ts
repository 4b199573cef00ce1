import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { operation } from '../../lib/api/operation.ts';
import { operationRoutes } from '../../lib/api/operation-routes.ts';
import { quarantinedPerPageDefault, type redriveOutcomes } from '../../lib/api/operation-schemas.ts';
import { encodeCursor } from '../../lib/api/request/cursor.ts';
import { createIdempotency } from '../../lib/app/idempotency.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { createRedrive, type RedriveResult } from '../../lib/app/quarantine/redrive.ts';
import { skipKey } from '../../lib/app/state-keys.ts';
import { assert } from '../../lib/core/assert.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import { errorFields } from '../../lib/ports/error-fields.ts';
import { isPortError } from '../../lib/ports/port-error.ts';
import { parseQuarantineKey, quarantineKey, type QuarantineId } from '../../lib/ports/quarantine.ts';

export type OperateQuarantineDeps = Pick<
  Ports,
  'adEvents' | 'state' | 'quarantine' | 'clock' | 'ids' | 'telemetry' | 'settings'
>;

const neverStored = { 'Cache-Control': 'no-store' };

interface Outcome {
  readonly outcome: (typeof redriveOutcomes)[number];
  readonly reason: string | null;
}

/**
 * Lists and redrives the quarantine over HTTP. It is a separate function because no other one has these
 * permissions.
 */
export function createOperateQuarantine(deps: OperateQuarantineDeps): ApiFunction {
  const { quarantine, state, telemetry } = deps;
  const redrive = createRedrive(deps);

  /** Pages of records by id, with the state of each. */
  const listQuarantine = operation(operationRoutes.listQuarantine, async ({ query }) => {
    const { cursor: after, limit = quarantinedPerPageDefault } = query;
    const page = await quarantine.list({ limit, ...(after !== undefined && { after }) });
    const skips =
      page.records.length === 0
        ? []
        : await state.getMany(page.records.map((record) => skipKey(record.stream, record)));
    const body = {
      records: page.records.map((record, i) => ({
        id: quarantineKey(record),
        state: skips[i]?.['state'] ?? 'unfinished',
        reason: record.reason,
        bytes: record.data.byteLength,
        partition_key: record.partitionKey,
        arrived_at: formatInstant(record.arrivedAtMs),
        quarantined_at: formatInstant(record.quarantinedAtMs),
      })),
      unreadable: page.unreadable,
      next_cursor: page.more && page.last !== undefined ? encodeCursor(page.last) : null,
    };
    return { status: 200, headers: neverStored, body: JSON.stringify(body) };
  });

  const redriveOne = async (id: QuarantineId): Promise<Outcome> => {
    try {
      return outcomeOf(await redrive.redrive(id));
    } catch (error) {
      if (!isPortError(error)) throw error;
      telemetry.warn('a record could not be redriven', errorFields(error));
      return { outcome: 'unavailable', reason: 'a store did not answer' };
    }
  };

  /**
   * Redrives one record after another. The failure of one is in its own result and does not affect the
   * others.
   */
  const redriveQuarantine = operation(operationRoutes.redriveQuarantine, async ({ body }) => {
    const results: ({ id: string } & Outcome)[] = [];
    for (const key of body.ids) {
      const id = parseQuarantineKey(key);
      assert(id !== undefined, 'the schema allows only keys of records');
      results.push({ id: key, ...(await redriveOne(id)) });
    }
    return { status: 200, headers: neverStored, body: { results } };
  });

  return createApiFunction({ ...deps, idempotency: createIdempotency(deps) }, [
    listQuarantine,
    redriveQuarantine,
  ]);
}

function outcomeOf(result: RedriveResult): Outcome {
  switch (result.status) {
    case 'refused':
      return { outcome: 'refused', reason: result.reason };
    case 'not-quarantined':
      return result.state === undefined
        ? { outcome: 'not-quarantined', reason: 'it was never quarantined, or its consumer still has it' }
        : { outcome: 'ended-before', reason: result.state };
    case 'counted':
    case 'counted-before':
    case 'redriven':
    case 'bytes-missing':
    case 'log-unavailable':
      return { outcome: result.status, reason: null };
  }
}
