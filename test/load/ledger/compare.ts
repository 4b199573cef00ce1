import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { keysPerReadMax } from '../../../lib/api/counter-schemas.ts';
import type { Client } from '../../../client/index.ts';
import { openClient, type Endpoint } from '../workload/open-client.ts';
import type { CounterLedger } from './counter-ledger.ts';
import { Findings } from './findings.ts';

export interface Comparison {
  readonly keys: number;
  readonly acknowledged: number;
  readonly counted: number;
  /** Sent, without an acknowledgement: counted or not. */
  readonly uncertain: number;
  /** Counters that are not what they must be. */
  readonly wrong: readonly string[];
  /** Until everything acknowledged was counted. */
  readonly waitedMs: number;
}

const countedWithinMsMax = 60_000;
const pollEveryMs = 100;
/** In which something counted twice would show. */
const settleMs = 500;

/** Reads every counter of a ledger until all is counted, or a minute has passed, and then once more. */
export async function compare(endpoint: Endpoint, ledger: CounterLedger): Promise<Comparison> {
  const { client, close } = openClient(endpoint);
  const startedMs = performance.now();
  let totals = await readTotals(client, ledger.keys);
  while (ledger.isBehind(totals) && performance.now() - startedMs < countedWithinMsMax) {
    await systemClock.sleep(pollEveryMs);
    totals = await readTotals(client, ledger.keys);
  }
  const waitedMs = performance.now() - startedMs;
  await systemClock.sleep(settleMs);
  totals = await readTotals(client, ledger.keys);
  close();
  const findings = new Findings();
  ledger.audit(totals, findings);
  const counted = Number([...totals.values()].reduce((sum, total) => sum + total, 0n));
  return { keys: ledger.keys.length, ...ledger.sums(), counted, wrong: findings.messages, waitedMs };
}

/** Of the counters that are there; exact beyond 2^53 too. */
export async function readTotals(client: Client, keys: readonly string[]): Promise<Map<string, bigint>> {
  const totals = new Map<string, bigint>();
  for (let from = 0; from < keys.length; from += keysPerReadMax) {
    const { body } = await client.getCounters({ key: keys.slice(from, from + keysPerReadMax) });
    for (const { key, value } of body.counters) totals.set(key, BigInt(value));
  }
  return totals;
}
