import { answerPanels, failuresOf, format, runLines } from '../measure/latencies.ts';
import { visibleLine, type Profile } from './profile.ts';
import { findKnee } from './stress.ts';

const kneeStepSeconds = 2;

/** A steady rate, given or a share of the knee. */
export const loadProfile = {
  target: () => ({}),
  async run(session) {
    const { options, say } = session;
    const closedLoop = await session.closedLoop();
    const ceiling = await session.ceiling();
    say(`closed loop: ${format(closedLoop)}/s`);
    const { seconds = 30, share } = options;
    const rate = options.rate ?? share * (await findKnee(session, closedLoop, kneeStepSeconds)).knee;
    if (!(rate > 0)) throw new Error('no rate was held; give one with --rate');
    const load = { ratePerSecond: rate, durationMs: seconds * 1000 };
    const { result, summary, visible } = await session.runAndWatch(load);
    for (const line of runLines('load', summary)) say(line);
    say(visibleLine(visible));
    return {
      facts: { rate, closedLoop, ceiling, summary, visible },
      chart: {
        title: `Load: ${format(rate)} requests/s`,
        xTitle: 'seconds',
        panels: answerPanels(result),
      },
      findings: failuresOf('load', result),
    };
  },
} satisfies Profile;
