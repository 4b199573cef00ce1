import type { Clock } from '../../ports/clock.ts';
import { HttpConnection } from './http-connection.ts';

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
  const connection = new HttpConnection(url);
  let total = await sum(connection, keys);
  let waitedMs = 0;
  while (total < expected && waitedMs < waitMsMax) {
    await clock.sleep(pollEveryMs);
    total = await sum(connection, keys);
    waitedMs = clock.monotonicMs() - startedMs;
  }
  await clock.sleep(settleMs);
  total = await sum(connection, keys);
  connection.close();
  return { total, waitedMs };
}

async function sum(connection: HttpConnection, keys: readonly string[]): Promise<number> {
  let total = 0;
  for (let from = 0; from < keys.length; from += keysPerRead) {
    const query = keys.slice(from, from + keysPerRead).map((key) => `key=${key}`);
    const { body } = await connection.ask({ method: 'GET', path: `/api/v1/counters?${query.join('&')}` });
    const { counters } = JSON.parse(body) as { counters: readonly { readonly value: number }[] };
    for (const { value } of counters) total += value;
  }
  return total;
}
