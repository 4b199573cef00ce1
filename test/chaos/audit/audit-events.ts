import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { numbersIn, numbersPath } from '../clients/event-numbers.ts';
import type { Client } from '../clients/client.ts';
import type { EventSums } from '../ledger/event-ledger.ts';
import type { Ledgers } from '../ledger/ledgers.ts';

/** Compares the numbers of every ad that a decision has named with the ledger; resolves to their sums. */
export async function auditEvents(
  client: Client,
  { events, findings }: Ledgers,
  atRest: boolean,
): Promise<EventSums> {
  const sums = { impressions: 0, clicks: 0, duplicate: 0, late: 0, invalid: 0 };
  let [goals, reached] = [0, 0];
  for (const ad of events.ads) {
    const answer = await client.read(numbersPath(ad));
    if (answer?.statusCode !== 200) {
      findings.add('answer', `the numbers of ${ad} cannot be read`);
      continue;
    }
    const numbers = numbersIn(answer);
    events.audit(ad, numbers, atRest);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += numbers[name];
    const goal = events.goal(ad);
    if (goal === undefined) continue;
    goals += 1;
    if (numbers.impressions === goal) reached += 1;
  }
  return { ...sums, goals, reached };
}

interface Health {
  readonly facts?: Readonly<Record<'ad-events' | 'increments', { readonly records_behind: number }>>;
}

const looksMax = 1200;
const quietLooks = 5;
const lookEveryMs = 50;

/** Until nothing is behind, several looks in a row: records are read a moment after a start. */
export async function untilIdle(client: Client, { findings }: Pick<Ledgers, 'findings'>): Promise<void> {
  let quiet = 0;
  for (let looks = 0; quiet < quietLooks; looks += 1) {
    if (looks === looksMax) {
      findings.add('process', 'the pipeline does not come to rest');
      return;
    }
    const answer = await client.read('/health');
    const { facts } = JSON.parse(answer?.body ?? '{}') as Health;
    const idle =
      facts !== undefined && facts['ad-events'].records_behind + facts.increments.records_behind === 0;
    quiet = idle ? quiet + 1 : 0;
    await systemClock.sleep(lookEveryMs);
  }
}
