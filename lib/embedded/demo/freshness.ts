import type { Clock } from '../../ports/clock.ts';
import { HttpConnection } from './http-connection.ts';

const pollEveryMs = 3;
const pauseMs = 20;
const visibleWithinMsMax = 30_000;

/**
 * While `work` runs, posts increments of a counter of its own one after the other, and measures for each how long it takes
 * from sending it until a read without a token shows it. Resolves to the times, sorted, milliseconds. Not through the
 * client: that would present the token of its own write, and the read would wait for it.
 */
export async function measureFreshness(
  { url, clock, key }: { url: URL; clock: Clock; key: string },
  work: Promise<unknown>,
): Promise<Float64Array> {
  const connection = new HttpConnection(url);
  const times: number[] = [];
  const state = { working: true };
  const ended = work.finally(() => (state.working = false));
  for (let posted = 1; state.working; posted += 1) {
    const startedMs = clock.monotonicMs();
    const body = JSON.stringify({ key, value: 1 });
    const { statusCode } = await connection.ask({ method: 'POST', path: '/increment', body });
    if (statusCode !== 202) throw new Error(`the freshness probe was answered ${statusCode}`);
    const shown = JSON.stringify({ [key]: posted });
    for (;;) {
      const answer = await connection.ask({ method: 'GET', path: `/increment/${key}` });
      const elapsedMs = clock.monotonicMs() - startedMs;
      if (answer.body === shown) {
        times.push(elapsedMs);
        break;
      }
      if (elapsedMs > visibleWithinMsMax) throw new Error('an increment is not visible after 30 s');
      await clock.sleep(pollEveryMs);
    }
    await clock.sleep(pauseMs);
  }
  connection.close();
  await ended;
  return Float64Array.from(times).sort();
}
