import { idInstantMs } from '../ledger/ad-story.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import { adIn, adsIn } from '../clients/answers.ts';
import type { Client } from '../clients/client.ts';

/** Lists every ad and compares it with the ledger. Resolves to the ids listed. */
export async function auditAds(
  client: Client,
  { ads, clock, findings }: Ledgers,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null;) {
    const sentAtMs = Date.now();
    const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await client.read(`/api/v1/ads?limit=100${after}`);
    if (answer?.statusCode !== 200) {
      findings.add('answer', 'ads cannot be listed');
      return ids;
    }
    for (const ad of adsIn(answer)) {
      if (ids.has(ad.id)) findings.add('double', `ad ${ad.id} is listed twice`);
      ids.add(ad.id);
      ads.served(ad, clock.during(sentAtMs, Date.now()), true);
    }
    ({ next_cursor: cursor } = JSON.parse(answer.body) as { next_cursor: string | null });
  }
  await lookAtGone(client, { ads, clock }, ids);
  for (const story of ads.stories.values()) {
    const isLost = story.created && story.removed === 'no' && !ids.has(story.id ?? '');
    if (isLost && clock.latestEverMs() < Math.min(...story.ends)) {
      findings.add('lost', `ad ${story.name} (${story.id ?? ''}) is gone`);
    }
  }
  return ids;
}

/** This many of those that are not listed are asked for by id as well. */
const goneMax = 200;

/**
 * An id that is younger than this, or dated ahead because the clock has been set back since, may be of an ad
 * on its way: the server waits for it and then answers 503, which says nothing here.
 */
const settledAgeMs = 15_000;

function isSettled(id: string): boolean {
  return Date.now() - idInstantMs(id) > settledAgeMs;
}

async function lookAtGone(
  client: Client,
  { ads, clock }: Pick<Ledgers, 'ads' | 'clock'>,
  listed: ReadonlySet<string>,
): Promise<void> {
  const gone = [...ads.stories.values()].filter(
    ({ id }) => id !== undefined && !listed.has(id) && isSettled(id),
  );
  for (const { id = '' } of gone.slice(-goneMax)) {
    const sentAtMs = Date.now();
    const answer = await client.read(`/api/v1/ad/${id}`, {}, 404);
    if (answer?.statusCode === 200) ads.served(adIn(answer), clock.during(sentAtMs, Date.now()), true);
  }
}
