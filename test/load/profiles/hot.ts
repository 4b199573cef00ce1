import { answerPanels, failuresOf, format, runLines } from '../measure/latencies.ts';
import { bearerHeaders, type Endpoint } from '../workload/open-client.ts';
import type { Profile } from './profile.ts';

const rateDefault = 5000;
const secondsDefault = 20;
/** In which the key is spread: what is refused then is reported, and is no finding. */
const heatingSeconds = 3;
/** Of 1,000 records a second each: a quarter of a key's rate would be more than one of them takes. */
const shards = 16;

/** One key at several times the rate that a shard takes, singly, with the limits of Kinesis switched on. */
export const hotProfile = {
  target: () => ({ ads: 0, keys: 1, args: ['--shards', String(shards), '--shard-limits'] }),
  async run(session) {
    const { options, say, target } = session;
    const { rate = rateDefault, seconds = secondsDefault } = options;
    const load = { keys: 1, mix: { single: 1 }, ratePerSecond: rate };
    const before = await refusedSoFar(target.endpoint);
    const heating = await session.run({ ...load, durationMs: heatingSeconds * 1000 });
    const between = await refusedSoFar(target.endpoint);
    const steady = await session.run({ ...load, durationMs: seconds * 1000 });
    const after = await refusedSoFar(target.endpoint);
    const refused = { heating: between - before, steady: after - between };
    say(`one key, ${shards} shards of 1,000 records/s each`);
    for (const line of runLines(`first ${heatingSeconds} s`, heating.summary)) say(line);
    say(`  ${format(refused.heating)} records refused while the key was spread`);
    for (const line of runLines(`next ${seconds} s`, steady.summary)) say(line);
    say(`  ${format(refused.steady)} records refused after that`);
    return {
      facts: { heating: heating.summary, steady: steady.summary, refused },
      chart: {
        title: `One key at ${format(rate)} increments/s, shards of 1,000/s`,
        xTitle: 'seconds',
        panels: answerPanels(steady.result),
      },
      findings: [
        ...failuresOf('steady', steady.result),
        ...(refused.steady > 0 ? [`${refused.steady} records were refused after the key was spread`] : []),
      ],
    };
  },
} satisfies Profile;

/** By the server's own metrics. */
async function refusedSoFar({ url, token }: Endpoint): Promise<number> {
  const answer = await fetch(new URL('/metrics', url), { headers: bearerHeaders(token) });
  if (!answer.ok) throw new Error(`/metrics answered ${answer.status}; the token needs the scope admin`);
  const text = await answer.text();
  const lines = text.split('\n').filter((line) => /^\w*append_refused\w*[{ ]/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
