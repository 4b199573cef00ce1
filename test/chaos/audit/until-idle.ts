import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import type { Client } from '../clients/client.ts';
import type { Findings } from '../ledger/findings.ts';
import { askAnswered } from './ask-answered.ts';

interface Health {
  readonly facts?: Readonly<Record<'ad-events' | 'increments', { readonly records_behind: number }>>;
}

const looksMax = 1200;
const quietLooks = 5;
const lookEveryMs = 50;

/** Until nothing is behind, several looks in a row: records are read a moment after a start. */
export async function untilIdle(client: Client, findings: Findings): Promise<void> {
  let quiet = 0;
  for (let looks = 0; quiet < quietLooks; looks += 1) {
    if (looks === looksMax) {
      findings.add('process', 'the pipeline does not come to rest');
      return;
    }
    const answer = await askAnswered(client, '/health');
    const { facts } = JSON.parse(answer?.body ?? '{}') as Health;
    const idle =
      facts !== undefined && facts['ad-events'].records_behind + facts.increments.records_behind === 0;
    quiet = idle ? quiet + 1 : 0;
    await systemClock.sleep(lookEveryMs);
  }
}
