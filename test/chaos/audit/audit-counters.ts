import { keysPerReadMax } from '../../../lib/api/counter-schemas.ts';
import type { Books } from '../clients/actor.ts';
import type { Client } from '../clients/client.ts';
import { totalsIn } from '../clients/counter-answers.ts';
import { askAnswered } from './ask-answered.ts';

/** Reads every counter that anybody wrote to and holds it against the books. */
export async function auditCounters(client: Client, { counters, findings }: Books): Promise<void> {
  const totals = new Map<string, bigint>();
  const { keys } = counters;
  for (let from = 0; from < keys.length; from += keysPerReadMax) {
    const query = keys.slice(from, from + keysPerReadMax).map((key) => `key=${key}`);
    const answer = await askAnswered(client, `/api/v1/counters?${query.join('&')}`);
    if (answer === undefined) findings.add('answer', 'counters cannot be read');
    else for (const [key, total] of totalsIn(answer)) totals.set(key, total);
  }
  counters.audit(totals);
}
