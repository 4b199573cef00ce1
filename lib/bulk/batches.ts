import { importedAdsMax } from '../api/import-schemas.ts';
import { bodyBytesMax } from '../api/request/json-body.ts';
import type { AdRow } from './ad-rows.ts';

/** `{"ads":[` and `]}`. */
const frameBytes = 10;

/** Cuts rows into requests that the API accepts: so many ads, and so many bytes. */
export function cutBatches(rows: readonly AdRow[]): AdRow[][] {
  const batches: AdRow[][] = [];
  let batch: AdRow[] = [];
  let bytes = frameBytes;
  for (const row of rows) {
    // With a comma.
    const size = Buffer.byteLength(JSON.stringify(row.ad)) + 1;
    if (batch.length >= importedAdsMax || bytes + size > bodyBytesMax) {
      batches.push(batch);
      [batch, bytes] = [[], frameBytes];
    }
    batch.push(row);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
