import { judgeFlatness, type Flatness } from '../measure/flatness.ts';
import { answerPanels, failuresOf, format, runLines } from '../measure/latencies.ts';
import { watchMemory, type MemorySample } from '../measure/memory-watch.ts';
import type { Series } from '../plot/chart.ts';
import { visibleLine, type Profile } from './profile.ts';

const rateDefault = 2000;
const sampleEveryMs = 1000;
/**
 * Full collections in the time: enough for a line through what they leave, and few enough not to be the load.
 */
const collections = 30;
/** Of the time, until which the code is being compiled and caches fill. */
const settlingShare = 0.2;

/** A steady rate for long: whether memory and handles stay as they are, and all is counted at the end. */
export const soakProfile = {
  target: () => ({}),
  async run(session) {
    const { options, say, target } = session;
    const { rate = rateDefault, minutes } = options;
    await session.run({});
    const durationMs = minutes * 60_000;
    const running = session.runAndWatch({ ratePerSecond: rate, durationMs });
    const { server } = target;
    if (server === undefined) say('the memory of a server given by --url is not known');
    const collectEvery = Math.max(1, Math.round(durationMs / sampleEveryMs / collections));
    const watch = { everyMs: sampleEveryMs, collectEvery };
    const watching = server === undefined ? Promise.resolve([]) : watchMemory(server, running, watch);
    const [{ result, summary, visible }, samples] = await Promise.all([running, watching]);
    const flatness = server === undefined ? [] : judgeFlatness(samples, (settlingShare * durationMs) / 1000);
    for (const line of runLines(`soak, ${minutes} minutes`, summary)) say(line);
    say(visibleLine(visible));
    for (const one of flatness) say(`  ${flatnessLine(one)}`);
    return {
      facts: { rate, minutes, summary, visible, flatness },
      chart: {
        title: `Soak: ${format(rate)} requests/s for ${minutes} minutes`,
        xTitle: 'seconds',
        panels: [
          ...answerPanels(result),
          { title: 'Memory of the server', unit: 'MB', series: seriesOf(samples, memoryFields) },
          { title: 'Handles of the server', unit: 'count', series: seriesOf(samples, handleFields) },
        ],
      },
      findings: [...failuresOf('soak', result), ...flatness.filter(({ flat }) => !flat).map(flatnessLine)],
    };
  },
} satisfies Profile;

function flatnessLine({ what, unit, middle, perHour, risen, flat }: Flatness): string {
  const rate = `${format(perHour)} ${unit} an hour`.replace('  ', ' ');
  return `${what}: ${format(middle)} ${unit} in the middle, ${format(risen)} up in all, ${rate}: ${flat ? 'flat' : 'NOT FLAT'}`;
}

type Fields = readonly (readonly [name: string, field: keyof MemorySample])[];

const memoryFields: Fields = [
  ['resident, mapped file too', 'residentMb'],
  ['anonymous', 'anonymousMb'],
  ['heap in use', 'heapMb'],
  ['live after collection', 'liveMb'],
  ['outside the heap', 'externalMb'],
];
const handleFields: Fields = [
  ['open files', 'files'],
  ['threads', 'threads'],
  ['handles', 'resources'],
];

function seriesOf(samples: readonly MemorySample[], fields: Fields): Series[] {
  return fields.map(([name, field]) => ({
    name,
    points: samples.map((sample) => ({ x: sample.second, y: sample[field] })),
  }));
}
