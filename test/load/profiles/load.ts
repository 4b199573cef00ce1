import { ceilingLine, comparisonLine, format, runLines } from '../measure/report.ts';
import { answerPanels, failuresOf, summarise } from '../measure/summary.ts';
import { measureCeiling, Target } from '../session.ts';
import { adsDefault, shortRunMs, type ProfileContext, type ProfileResult } from './profile.ts';
import { closedLoop, findKnee } from './stress.ts';
import { watchFreshness } from './watch-freshness.ts';

const kneeStepSeconds = 2;

/** A steady rate, given or a share of the knee. */
export async function loadProfile(context: ProfileContext): Promise<ProfileResult> {
  const { options, generators, say } = context;
  const { url, ads = adsDefault, keys, seed, seconds = 30, share } = options;
  const target = await Target.open({ url, ads, keys, seed });
  try {
    const closed = await closedLoop(context, target);
    const ceiling = await measureCeiling(
      generators,
      target.plan({ ...options, ratePerSecond: 0, durationMs: shortRunMs(options) }),
    );
    say(`closed loop: ${format(closed)}/s`);
    say(ceilingLine(ceiling));
    const rate = options.rate ?? share * (await findKnee(context, target, closed, kneeStepSeconds)).knee;
    if (!(rate > 0)) throw new Error('no rate was held; give one with --rate');
    const running = target.run(generators, { ...options, ratePerSecond: rate, durationMs: seconds * 1000 });
    const [run, visible] = await Promise.all([running, watchFreshness(target.url, running)]);
    const summary = summarise(run);
    for (const line of runLines('load', summary)) say(line);
    say(`  an increment is visible after p50 ${format(visible.p50)}, p99 ${format(visible.p99)} ms`);
    const comparison = await target.compare();
    say(comparisonLine(comparison));
    return {
      facts: { rate, closedLoop: closed, ceiling, summary, visible, comparison },
      chart: {
        title: `Load: ${format(rate)} requests/s`,
        notes: [],
        xTitle: 'seconds',
        panels: [...answerPanels(run.seconds)],
      },
      findings: [...comparison.wrong, ...failuresOf('load', run.result)],
    };
  } finally {
    await target.close();
  }
}
