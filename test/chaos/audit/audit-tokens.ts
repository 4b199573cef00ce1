import { tokensPerRequestMax } from '../../../lib/core/consistency-token.ts';
import type { Books } from '../clients/actor.ts';
import type { Client } from '../clients/client.ts';
import { askAnswered } from './ask-answered.ts';

/** Each is waited for: where none is met, these show it. */
const unmetMax = 3;

/** Every token that was kept is met: a read that presents it is answered. */
export async function auditTokens(client: Client, { tokens, findings }: Books): Promise<void> {
  const ofAds = tokens.kept.filter(({ key }) => key === undefined);
  const ofCounters = tokens.kept.filter(({ key }) => key !== undefined);
  for (const held of [ofAds, ofCounters]) {
    for (let from = 0; from < held.length; from += tokensPerRequestMax) {
      const some = held.slice(from, from + tokensPerRequestMax);
      const keys = new Set(some.map(({ key }) => key));
      const path = held === ofAds ? '/api/v1/ad?limit=1' : `/api/v1/counters?key=${[...keys].join('&key=')}`;
      const presented = some.map(({ token }) => token).join(', ');
      const answer = await askAnswered(client, path, { 'Consistency-Token': presented });
      if (answer === undefined) findings.add('token', `one of these is not met: ${presented}`);
      if (findings.counts.token >= unmetMax) return;
    }
  }
}
