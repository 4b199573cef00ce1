import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../../lib/adapters/system/system-ids.ts';
import { HttpConnection } from '../../support/http-connection.ts';
import { bearerHeaders, type Endpoint } from '../workload/open-client.ts';
import { Histogram } from './histogram.ts';

const pollEveryMs = 3;
const pauseMs = 20;
const visibleWithinMsMax = 30_000;

/**
 * While `work` runs, posts increments of a counter of its own one after the other, and measures for each how
 * long it takes from sending it until a read without a token shows it, in microseconds. Not through the
 * client: that would present the token of its own write, and the read would wait for it.
 */
export async function measureFreshness({ url, token }: Endpoint, work: Promise<unknown>): Promise<Histogram> {
  const key = systemIds.uuidv7(systemClock.nowMs());
  const connection = new HttpConnection(url);
  const headers = bearerHeaders(token);
  const times = new Histogram();
  const state = { working: true };
  const ended = work.finally(() => (state.working = false));
  for (let posted = 1; state.working; posted += 1) {
    const startedMs = performance.now();
    const body = JSON.stringify({ key, value: 1 });
    const { statusCode } = await connection.ask({ method: 'POST', path: '/increment', headers, body });
    if (statusCode !== 202) throw new Error(`the freshness probe was answered ${statusCode}`);
    const shown = JSON.stringify({ [key]: posted });
    for (;;) {
      const answer = await connection.ask({ method: 'GET', path: `/increment/${key}`, headers });
      const elapsedMs = performance.now() - startedMs;
      if (answer.body === shown) {
        times.record(elapsedMs * 1000);
        break;
      }
      if (elapsedMs > visibleWithinMsMax) throw new Error('an increment is not visible after 30 s');
      await systemClock.sleep(pollEveryMs);
    }
    await systemClock.sleep(pauseMs);
  }
  connection.close();
  await ended;
  return times;
}
