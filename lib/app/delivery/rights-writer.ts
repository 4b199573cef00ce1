import { deliveryKey } from '../../core/delivery/delivery-key.ts';
import type { RightsRecord } from '../../core/delivery/goals/rights-record.ts';
import { appendEvents } from '../append-events.ts';
import type { Ports } from '../ports.ts';
import { encodeRights } from './rights-codec.ts';

/**
 * Appends orders to the log of increments, each under the key of its ad's impressions. Result i says whether order i is
 * in the log; if not, it may still come to be there, which is harmless, as it is to append it again.
 */
export async function logRights(
  deps: Pick<Ports, 'increments' | 'clock' | 'ids' | 'telemetry'>,
  records: readonly RightsRecord[],
): Promise<readonly boolean[]> {
  const entries = records.map((record) => ({
    partitionKey: deliveryKey(record.ad, 'impression'),
    data: encodeRights(record),
  }));
  const results = await appendEvents({ ...deps, log: deps.increments }, entries, { repeatable: true });
  return results.map(({ status }) => status === 'appended');
}
