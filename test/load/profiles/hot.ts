import type { Comparison } from '../ledger.ts';
import { comparisonLine, format, runLines } from '../measure/report.ts';
import { answerPanels, failuresOf, summarise, type RunSummary } from '../measure/summary.ts';
import { Target } from '../session.ts';
import type { ProfileContext, ProfileResult } from './profile.ts';

const rateDefault = 5000;
const secondsDefault = 20;
/** In which the key is spread: what is refused then is told, and is no finding. */
const heatingSeconds = 3;
/** Of 1,000 records a second each: a quarter of a key's rate would be more than one of them takes. */
const shards = 16;

export interface HotFacts {
  readonly heating: RunSummary;
  readonly steady: RunSummary;
  /** Records that the log refused, by when. */
  readonly refused: { readonly heating: number; readonly steady: number };
  readonly comparison: Comparison;
}

/** One key at several times the rate that a shard takes, singly, with the limits of Kinesis switched on. */
export async function hotProfile({
  options,
  generators,
  say,
}: ProfileContext): Promise<ProfileResult<HotFacts>> {
  const { seed, rate = rateDefault, seconds = secondsDefault } = options;
  const serverArguments = ['--shards', String(shards), '--shard-limits'];
  const target = await Target.open({ url: options.url, ads: 0, keys: 1, seed, serverArguments });
  try {
    const plan = { ...options, keys: 1, mix: { single: 1 }, ratePerSecond: rate };
    const before = await refusedSoFar(target.url);
    const heating = await target.run(generators, { ...plan, durationMs: heatingSeconds * 1000 });
    const between = await refusedSoFar(target.url);
    const steady = await target.run(generators, { ...plan, durationMs: seconds * 1000 });
    const after = await refusedSoFar(target.url);
    const refused = { heating: between - before, steady: after - between };
    const summaries = { heating: summarise(heating), steady: summarise(steady) };
    say(`one key, ${shards} shards of 1,000 records/s each`);
    for (const line of runLines(`first ${heatingSeconds} s`, summaries.heating)) say(line);
    say(`  ${format(refused.heating)} records refused while the key was spread`);
    for (const line of runLines(`next ${seconds} s`, summaries.steady)) say(line);
    say(`  ${format(refused.steady)} records refused after that`);
    const comparison = await target.compare();
    say(comparisonLine(comparison));
    return {
      facts: { ...summaries, refused, comparison },
      chart: {
        title: `One key at ${format(rate)} increments/s, shards of 1,000/s`,
        notes: [],
        xTitle: 'seconds',
        panels: [...answerPanels(steady.seconds)],
      },
      findings: [
        ...comparison.wrong,
        ...failuresOf('steady', steady.result),
        ...(refused.steady > 0 ? [`${refused.steady} records were refused after the key was spread`] : []),
      ],
    };
  } finally {
    await target.close();
  }
}

/** By the server's own metrics. */
async function refusedSoFar(url: URL): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  const lines = text.split('\n').filter((line) => /^\w*append_refused\w*[{ ]/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
