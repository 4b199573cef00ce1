import type { Books } from '../clients/actor.ts';
import { adsIn } from '../clients/ad-answers.ts';
import type { Client } from '../clients/client.ts';
import { askAnswered } from './ask-answered.ts';

/** Lists every ad and holds it against the books. Resolves to the ids listed. */
export async function auditAds(
  client: Client,
  { ads, clock, findings }: Books,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null;) {
    const sentAtMs = Date.now();
    const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await askAnswered(client, `/api/v1/ads?limit=100${after}`);
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
  for (const story of ads.stories.values()) {
    const isLost = story.created && story.removed === 'no' && !ids.has(story.id ?? '');
    if (isLost && clock.latestEverMs() < Math.min(...story.ends)) {
      findings.add('lost', `ad ${story.name} (${story.id ?? ''}) is gone`);
    }
  }
  return ids;
}
