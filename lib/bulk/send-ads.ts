import { randomUUID } from 'node:crypto';
import { AdtallyError, type AdsImported, type Client } from '../../client/index.ts';
import { forEachConcurrently } from '../core/concurrently.ts';
import type { AdRow } from './ad-rows.ts';
import { cutBatches } from './batches.ts';

type Decided = NonNullable<AdsImported['ads']>[number];

/** What became of the ad of a line. */
export interface Outcome extends Decided {
  readonly line: number;
}

/** Two, so that one is on its way while the API decides the other; the log of ads takes them one after the other. */
const batchesAtOnce = 2;
/** As long as the API waits for the decision. */
const waitSeconds = 10;
/** How often ads are sent again that the API had logged and not decided in time. */
const settleTriesMax = 6;

/**
 * Imports the ads and reports each once, when it is decided. Rejects with an AdtallyError when the API does not accept
 * a batch; those that were reported are done, and sending all of them again doubles nothing.
 */
export async function sendAds(
  client: Pick<Client, 'importAds'>,
  rows: readonly AdRow[],
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  await forEachConcurrently(cutBatches(rows), batchesAtOnce, async (batch) => {
    let open: readonly AdRow[] = batch;
    for (let tries = 1; open.length > 0; tries += 1) {
      const outcomes = await sendBatch(client, open);
      const isLast = tries === settleTriesMax;
      const waiting = open.filter((_, i) => outcomes[i]?.result === 'accepted');
      for (const outcome of outcomes) if (isLast || outcome.result !== 'accepted') onOutcome(outcome);
      open = isLast ? [] : waiting;
    }
  });
}

async function sendBatch(client: Pick<Client, 'importAds'>, batch: readonly AdRow[]): Promise<Outcome[]> {
  // One key for all attempts of this batch, and never one of an earlier run: the API would give that run's answer.
  const { status, body } = await client.importAds({
    body: { ads: batch.map(({ ad }) => ad) },
    prefer: `wait=${waitSeconds}`,
    idempotencyKey: randomUUID(),
  });
  const { ads } = body;
  if (status === 207 || ads?.length !== batch.length) {
    const facts = { retryable: true, ambiguous: true, tries: 1 };
    throw new AdtallyError('The API logged only some of the ads', { ...facts, code: 'partly-accepted' });
  }
  return ads.map((one, i) => ({ line: batch[i]?.line ?? 0, ...one }));
}
