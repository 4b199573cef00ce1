import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import type { HttpAnswer, HttpCall } from '../../../lib/embedded/demo/http-connection.ts';
import type { Client } from '../clients/client.ts';

const triesMax = 20;
const pauseMs = 500;

/** The answer to a read; a 503 is tried again for ten seconds. undefined: it stays one. */
export async function askAnswered(
  client: Client,
  path: string,
  headers: HttpCall['headers'] = {},
  ...expected: readonly number[]
): Promise<HttpAnswer | undefined> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const reply = await client.ask({ method: 'GET', path, headers }, 200, ...expected);
    if (reply.type !== 'answer') throw new Error(`the server is gone during the audit: GET ${path}`);
    if (reply.answer.statusCode !== 503) return reply.answer;
    await systemClock.sleep(pauseMs);
  }
  return undefined;
}
