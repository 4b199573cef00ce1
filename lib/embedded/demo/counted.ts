import type { Clock } from '../../ports/clock.ts';
import { createClient, type Client } from '../../../client/index.ts';
import { createConnectionFetch } from './connection-fetch.ts';

const keysPerRead = 100;
const pollEveryMs = 100;
const settleMs = 1000;

export interface Counted {
  readonly total: number;
  readonly waitedMs: number;
}

/**
 * The sum of the counters once it has reached `expected` and a moment more has passed, in which something counted twice
 * would show; or what it is after `waitMsMax`.
 */
export async function readCounted(
  { url, clock }: { url: URL; clock: Clock },
  keys: readonly string[],
  expected: number,
  waitMsMax: number,
): Promise<Counted> {
  const startedMs = clock.monotonicMs();
  const transport = createConnectionFetch(url, 1);
  const client = createClient({ baseUrl: url.origin, deps: { fetch: transport.fetch } });
  let total = await sum(client, keys);
  let waitedMs = 0;
  while (total < expected && waitedMs < waitMsMax) {
    await clock.sleep(pollEveryMs);
    total = await sum(client, keys);
    waitedMs = clock.monotonicMs() - startedMs;
  }
  await clock.sleep(settleMs);
  total = await sum(client, keys);
  transport.close();
  return { total, waitedMs };
}

async function sum(client: Client, keys: readonly string[]): Promise<number> {
  let total = 0;
  for (let from = 0; from < keys.length; from += keysPerRead) {
    const { body } = await client.getCounters({ key: keys.slice(from, from + keysPerRead) });
    for (const { value } of body.counters) total += Number(value);
  }
  return total;
}
