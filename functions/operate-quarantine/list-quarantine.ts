import type { APIGatewayProxyEvent } from 'aws-lambda';
import { faultsAnswer, jsonAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { quarantinedPerPageDefault } from '../../lib/api/operation-schemas.ts';
import { decodeCursor, encodeCursor } from '../../lib/api/request/cursor.ts';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { noPath, quarantineQuery } from '../../lib/api/request/query-schemas.ts';
import { readParameters } from '../../lib/api/request/read-request.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { skipKey } from '../../lib/app/state-keys.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import { quarantineKey } from '../../lib/ports/quarantine.ts';

/** Any key that the quarantine may hold: somebody else may have put an entry there. */
const keyPattern = /^[^]{1,700}$/;

/** The records of the quarantine by id, a page at a time, with what became of each. */
export function createListQuarantine({
  quarantine,
  state,
}: Pick<Ports, 'quarantine' | 'state'>): (event: APIGatewayProxyEvent) => Promise<Answer> {
  return async (event) => {
    const errors = new FieldErrors();
    const { query } = readParameters(event, { pathParameters: noPath, query: quarantineQuery }, errors);
    const after = typeof query.cursor === 'string' ? decodeCursor(query.cursor, keyPattern) : undefined;
    if (query.cursor !== undefined && after === undefined) errors.add('cursor', 'must be a next_cursor');
    if (errors.count > 0) return faultsAnswer(errors);
    const limit = query.limit ?? quarantinedPerPageDefault;
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
    return jsonAnswer(200, JSON.stringify(body), { 'Cache-Control': 'no-store' });
  };
}
