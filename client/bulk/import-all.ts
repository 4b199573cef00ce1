import type { Client } from '../create-client.ts';
import { AdtallyError } from '../errors.ts';
import type { AdImport } from '../generated/schemas.ts';
import type { BulkOptions, BulkResult, ImportedItem } from './bulk-types.ts';
import { sendAll, type BulkPlan } from './send-all.ts';

/** As long as the API waits at most. */
const waitSeconds = 10;
const undecided = { id: null, version: null };

/**
 * Imports a list of ads of any length, in requests of up to 500 ads and 256 KiB, one after the other. Resolves to
 * what became of each ad. Of two ads with one external id the later one holds. Repeating it is safe: what is
 * imported already is `unchanged`.
 */
export function importAllAds(
  client: Pick<Client, 'importAds'>,
  ads: Iterable<AdImport> | AsyncIterable<AdImport>,
  { onProgress, ...options }: BulkOptions = {},
): Promise<BulkResult<ImportedItem>> {
  const plan: BulkPlan<AdImport, ImportedItem> = {
    list: 'ads',
    nameOf: (ad) => (externalIdOf(ad) === '' ? undefined : externalIdOf(ad)),
    refused: (ad, errors) => ({ external_id: externalIdOf(ad), result: 'refused', ...undecided, errors }),
    failed: (ad, error) => ({ external_id: externalIdOf(ad), result: 'failed', ...undecided, error }),
    send: async (items) => {
      const input = { body: { ads: items }, prefer: `wait=${waitSeconds}` };
      const { body } = await client.importAds(input, options);
      const { failed = [], ads: decided = [] } = body;
      const lost = new Map(failed.map(({ index, ambiguous }) => [index, ambiguous]));
      return items.map((ad, index) => {
        const ambiguous = lost.get(index);
        if (ambiguous !== undefined) return plan.failed(ad, notLogged(ambiguous));
        return decided[index] ?? { external_id: ad.external_id, result: 'accepted', ...undecided };
      });
    },
  };
  return sendAll(ads, plan, { onProgress });
}

/** A list may hold anything, as a file does that was read without checks. */
function externalIdOf(ad: AdImport | null | undefined): string {
  const name: unknown = ad?.external_id;
  return typeof name === 'string' ? name : '';
}

function notLogged(ambiguous: boolean): AdtallyError {
  // An ad that is imported twice is changed once.
  const facts = { code: 'partly-accepted', retryable: true, ambiguous, repeat: 'safe', tries: 1 } as const;
  return new AdtallyError('the ad was not logged', facts);
}
