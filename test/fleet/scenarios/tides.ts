import { stageSettings } from '../../../lib/stages.ts';
import { toEvent } from '../../support/proxy-event.ts';
import { changing } from '../arrivals.ts';
import { bySecond, freshness, percent } from '../figures.ts';
import { Fleet, type Call } from '../fleet.ts';
import { kept } from '../promises.ts';
import { quotas } from '../quotas.ts';
import type { Outcome, Scenario } from '../scenario.ts';

/** A call of this many increments, each of another counter: as many records. */
const perCall = 20;
const counters = 2000;

/** Shards are doubled and halved in time, or stay as many as they were. */
interface Tide {
  readonly name: string;
  readonly reshards: boolean;
}

const kinds: readonly Tide[] = [
  { name: 'resharded in time', reshards: true },
  { name: 'as many shards all day', reshards: false },
];

/** Of what the shards take, the records of the last hour: over it they are doubled, below it halved. */
const doubledFrom = 0.5;
const halvedFrom = 0.15;

const hours = 24;

interface Day {
  readonly tide: Tide;
  readonly calls: readonly Call[];
  readonly shards: readonly { readonly x: number; readonly y: number }[];
  readonly reshards: number;
  readonly counted: number;
  readonly freshness: string;
  readonly hourMs: number;
}

/** A day whose hours last `hourMs`: nothing at midnight, most at noon. */
async function runDay(
  tide: Tide,
  { seed, hourMs, peak }: { readonly seed: number; readonly hourMs: number; readonly peak: number },
): Promise<Day> {
  const settings = stageSettings('prod');
  const fleet = new Fleet({ seed, settings, warmedTables: true });
  const { kernel, increments } = fleet;
  const dayMs = hours * hourMs;
  const share = (atMs: number): number => (1 - Math.cos((2 * Math.PI * atMs) / dayMs)) / 2;
  const instants = changing(kernel.fork('arrivals'), { perSecond: peak, toMs: dayMs, share });
  const shards: { x: number; y: number }[] = [];
  let reshards = 0;
  let before = 0;
  const watch = async (hour: number): Promise<void> => {
    shards.push({ x: hour, y: increments.open.length });
    const perSecond = (1000 * (increments.appended + increments.refused - before)) / hourMs;
    before = increments.appended + increments.refused;
    const used = perSecond / (increments.open.length * quotas.shardRecords.value);
    const fewest = quotas.onDemandShards.value;
    const type =
      used > doubledFrom
        ? 'split'
        : used < halvedFrom && increments.open.length > fewest
          ? 'merge'
          : undefined;
    if (!tide.reshards || hour === 0 || type === undefined) return;
    reshards += 1;
    await increments.reshard(type);
  };
  const calls = await fleet.run(
    () => {
      fleet.lambda.warm('ingest-increments', 20);
      for (let hour = 0; hour < hours; hour += 1) {
        kernel.after(hour * hourMs, () => void kernel.spawn(() => watch(hour)));
      }
      instants.forEach((atMs, i) => {
        kernel.after(atMs, () => {
          fleet.arrive(callOf(i));
        });
      });
    },
    { calls: instants.length, untilMs: dayMs },
  );
  const counted = Number(await fleet.totalOf(Array.from({ length: counters }, (_, i) => keyOf(i))));
  return { tide, calls, shards, reshards, counted, freshness: freshness(fleet.counted, 0.99), hourMs };
}

function callOf(i: number): ReturnType<typeof toEvent> {
  const increments = Array.from({ length: perCall }, (_, at) => ({
    key: keyOf((i * perCall + at) % counters),
    value: 1,
  }));
  return toEvent({
    ...{ method: 'POST', path: '/api/v1/increments', principal: `token ${i % 100}`, body: { increments } },
    headers: { 'content-type': 'application/json' },
  });
}

function acceptedOf(calls: readonly Call[]): number {
  return calls.reduce((sum, { accepted = 0 }) => sum + accepted, 0);
}

function keyOf(i: number): string {
  return `ad-${i}/clicks`;
}

export const tides: Scenario = {
  name: 'tides',
  about: 'A day from no load to twice what the first shards take, and back.',
  async run({ seed, quick }) {
    const days: Day[] = [];
    const day = quick ? { hourMs: 1000, peak: 250 } : { hourMs: 5000, peak: 400 };
    for (const tide of kinds) days.push(await runDay(tide, { seed, ...day }));
    return {
      head: ['shards', 'increments', 'refused', 'reshards', 'most shards', '99 % counted in'],
      rows: days.map(({ tide, calls, reshards, shards, freshness: within }) => {
        const offered = calls.length * perCall;
        return [
          tide.name,
          offered.toLocaleString('en'),
          percent(offered - acceptedOf(calls), offered),
          String(reshards),
          String(Math.max(...shards.map(({ y }) => y))),
          within,
        ];
      }),
      chart: chartOf(days),
      promises: days.flatMap((one) => {
        const { tide, calls, counted } = one;
        const [offered, accepted] = [calls.length * perCall, acceptedOf(calls)];
        const { name } = tide;
        const exact = kept(
          `${name}: each increment that was acknowledged is counted once, and no other`,
          counted === accepted,
          `${accepted} acknowledged, ${counted} counted`,
        );
        if (!tide.reshards) {
          const refused = offered - accepted;
          return [exact, kept(`${name}: noon is too much for them`, refused > 0, `${refused} refused`)];
        }
        return [
          exact,
          kept(`${name}: all are accepted`, accepted === offered, `${accepted} of ${offered}`),
          kept(`${name}: they double and halve`, one.reshards >= 2, `${one.reshards} reshards`),
          kept(
            `${name}: 99 % are counted within 10 s`,
            Number.parseFloat(one.freshness) <= 10,
            one.freshness,
          ),
        ];
      }),
    } satisfies Outcome;
  },
};

function chartOf(days: readonly Day[]): Outcome['chart'] {
  const hourOf = ({ x, y }: { x: number; y: number }, hourMs: number) => ({ x: (1000 * x) / hourMs, y });
  return {
    title: 'A day of tides',
    notes: [`An hour takes ${(days[0]?.hourMs ?? 0) / 1000} s of virtual time.`],
    xTitle: 'hours',
    panels: [
      {
        ...{ title: 'Refused in whole or in part', unit: 'calls a second' },
        series: days.map(({ tide, calls, hourMs }) => ({
          name: tide.name,
          points: bySecond(calls, ({ accepted = 0 }) => accepted < perCall).map((point) =>
            hourOf(point, hourMs),
          ),
        })),
      },
      {
        ...{ title: 'Shards', unit: 'open' },
        series: days.map(({ tide, shards }) => ({ name: tide.name, points: [...shards] })),
      },
    ],
  };
}
