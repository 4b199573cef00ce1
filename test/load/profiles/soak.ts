import { judgeFlatness, type Flatness } from '../measure/flatness.ts';
import { watchMemory, type MemorySample } from '../measure/memory-watch.ts';
import { comparisonLine, format, runLines } from '../measure/report.ts';
import { answerPanels, failuresOf, summarise } from '../measure/summary.ts';
import type { Series } from '../plot/chart.ts';
import { Target } from '../session.ts';
import { adsDefault, shortRunMs, type ProfileContext, type ProfileResult } from './profile.ts';
import { watchFreshness } from './watch-freshness.ts';

const rateDefault = 2000;
const sampleEveryMs = 1000;
/** Full collections in the time: enough for a line through what they leave, and few enough not to be the load. */
const collections = 30;
/** Of the time, until which the code is being compiled and caches fill. */
const settlingShare = 0.2;

/** A steady rate for long: whether memory and handles stay as they are, and all is counted at the end. */
export async function soakProfile({ options, generators, say }: ProfileContext): Promise<ProfileResult> {
  const { url, ads = adsDefault, keys, seed, rate = rateDefault, minutes } = options;
  const target = await Target.open({ url, ads, keys, seed });
  try {
    await target.run(generators, { ...options, ratePerSecond: 0, durationMs: shortRunMs(options) });
    const durationMs = minutes * 60_000;
    const running = target.run(generators, { ...options, ratePerSecond: rate, durationMs });
    const { server } = target;
    if (server === undefined) say('of a server given by --url the memory is not known');
    const collectEvery = Math.max(1, Math.round(durationMs / sampleEveryMs / collections));
    const watch = { everyMs: sampleEveryMs, collectEvery };
    const watching = server === undefined ? Promise.resolve([]) : watchMemory(server, running, watch);
    const [run, visible, samples] = await Promise.all([
      running,
      watchFreshness(target.url, running),
      watching,
    ]);
    const flatness = server === undefined ? [] : judgeFlatness(samples, (settlingShare * durationMs) / 1000);
    const summary = summarise(run);
    for (const line of runLines(`soak, ${minutes} minutes`, summary)) say(line);
    say(`  an increment is visible after p50 ${format(visible.p50)}, p99 ${format(visible.p99)} ms`);
    for (const one of flatness) say(`  ${flatnessLine(one)}`);
    const comparison = await target.compare();
    say(comparisonLine(comparison));
    return {
      facts: { rate, minutes, summary, visible, flatness, comparison },
      chart: {
        title: `Soak: ${format(rate)} requests/s for ${minutes} minutes`,
        notes: [],
        xTitle: 'seconds',
        panels: [
          ...answerPanels(run.seconds),
          { title: 'Memory of the server', unit: 'MB', series: memorySeries(samples) },
          { title: 'Handles of the server', unit: 'count', series: handleSeries(samples) },
        ],
      },
      findings: [
        ...comparison.wrong,
        ...failuresOf('soak', run.result),
        ...flatness.filter(({ flat }) => !flat).map(flatnessLine),
      ],
    };
  } finally {
    await target.close();
  }
}

function flatnessLine({ what, unit, middle, perHour, risen, flat }: Flatness): string {
  const rate = `${format(perHour)} ${unit} an hour`.replace('  ', ' ');
  return `${what}: ${format(middle)} ${unit} in the middle, ${format(risen)} up in all, ${rate}: ${flat ? 'flat' : 'NOT FLAT'}`;
}

function memorySeries(samples: readonly MemorySample[]): Series[] {
  return [
    series('resident, mapped file too', samples, 'residentMb'),
    series('anonymous', samples, 'anonymousMb'),
    series('heap in use', samples, 'heapMb'),
    series('live after collection', samples, 'liveMb'),
    series('outside the heap', samples, 'externalMb'),
  ];
}

function handleSeries(samples: readonly MemorySample[]): Series[] {
  return [
    series('open files', samples, 'files'),
    series('threads', samples, 'threads'),
    series('handles', samples, 'resources'),
  ];
}

function series(name: string, samples: readonly MemorySample[], field: keyof MemorySample): Series {
  return { name, points: samples.map((sample) => ({ x: sample.second, y: sample[field] })) };
}
