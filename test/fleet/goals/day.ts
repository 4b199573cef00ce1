import { virtualStartMs } from '../../support/virtual-clock.ts';
import type { Prng } from '../../support/prng.ts';
import { createAd, pauseAd } from './advertiser.ts';
import { capWindowMs, dayAds } from './day-ads.ts';
import { dayPromises } from './day-promises.ts';
import type { DayResult, Sample } from './day-result.ts';
import { GoalStage } from './goal-stage.ts';
import { readReport, type AdReport } from './report.ts';
import { Tally } from './tally.ts';
import { startVisitors, type Viewer } from './visitors.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const containers = 50;
const users = 4000;
const countries = ['TW', 'TW', 'TW', 'US', 'US', 'US', 'JP', 'DE', 'FR', 'BR'];
/** Requests a second: on average, and what the highest and the lowest hour differ from it. */
const traffic = { mean: 0.5, swing: 0.7, peakHour: 19 } as const;
const seenShare = 0.8;
const replayShare = 0.02;
/** The last reports count, epochs are closed, and the sweep has run. */
const afterMs = 40 * minuteMs;

/** The day, or a part of it for tests: times from its beginning. */
interface Shape {
  readonly startMs: number;
  readonly lastsMs: number;
  readonly outage: { readonly fromMs: number; readonly toMs: number };
  readonly sampleMs: number;
}

const wholeDay: Shape = {
  ...{ startMs: virtualStartMs, lastsMs: 24 * hourMs, sampleMs: 10 * minuteMs },
  outage: { fromMs: 14 * hourMs, toMs: 15 * hourMs },
};

/** With midnight in New York in it. */
const quickDay: Shape = {
  ...{ startMs: virtualStartMs + 4 * hourMs, lastsMs: 2 * hourMs, sampleMs: 5 * minuteMs },
  outage: { fromMs: 80 * minuteMs, toMs: 95 * minuteMs },
};

export interface DayOptions {
  readonly seed: number;
  /** Two hours instead of a day. */
  readonly quick: boolean;
}

/** A day of ads with goals, on 50 containers of the product's own functions, in virtual time. */
export async function runDay({ seed, quick }: DayOptions): Promise<DayResult> {
  const { startMs, lastsMs, outage, sampleMs } = quick ? quickDay : wholeDay;
  const hourOf = (elapsedMs: number): number => (startMs + elapsedMs - virtualStartMs) / hourMs;
  const ads = dayAds(lastsMs / wholeDay.lastsMs);
  const stage = new GoalStage({ seed, containers, startMs, dispatch: 'warmest' });
  const { kernel, services } = stage;
  return stage.run(
    async () => {
      const ids: string[] = [];
      for (const ad of ads) ids.push(await createAd(stage, { ...ad, endMs: startMs + lastsMs }));
      const cappedId = ids[ads.findIndex(({ frequency }) => frequency !== undefined)] ?? '';
      const max = ads.find(({ frequency }) => frequency !== undefined)?.frequency?.max ?? 0;
      const tally = new Tally({ ad: cappedId, max, windowMs: capWindowMs });
      startVisitors(stage, tally, {
        ...{ seenShare, replayShare, untilMs: lastsMs },
        perSecond: (elapsedMs) => perSecond(startMs + elapsedMs),
        who,
      });
      kernel.after(outage.fromMs, () => {
        services.areRightsDown = true;
      });
      kernel.after(outage.toMs, () => {
        services.areRightsDown = false;
      });
      kernel.after(lastsMs / 2, () => {
        ads.forEach((ad, i) => {
          if (ad.pauses === true) void kernel.spawn(() => pauseAd(stage, ids[i] ?? ''));
        });
      });
      const readAll = (): Promise<AdReport[]> => Promise.all(ids.map((id) => readReport(stage, id)));
      const samples: Sample[] = [];
      let before = { decisions: 0, asks: 0 };
      for (let atMs = sampleMs; atMs < lastsMs; atMs += sampleMs) {
        await kernel.sleep(atMs - kernel.elapsedMs);
        const { decisions, asks } = tally;
        samples.push({
          ...{ hour: hourOf(atMs), reports: await readAll() },
          ...{ decisions: decisions - before.decisions, asks: asks - before.asks },
        });
        before = { decisions, asks };
      }
      await kernel.sleep(lastsMs + afterMs - kernel.elapsedMs);
      const atLast = await readAll();
      const acknowledged = ids.map((id) => tally.acknowledgedOf.get(id) ?? 0);
      const seen = { ads, samples, atLast, acknowledged, tally };
      const shown = {
        sampleMinutes: sampleMs / minuteMs,
        pauseHour: hourOf(lastsMs / 2),
        outage: { fromHour: hourOf(outage.fromMs), toHour: hourOf(outage.toMs) },
      };
      return { seed, ...seen, shape: shown, promises: dayPromises(seen) };
    },
    lastsMs + 2 * afterMs,
  );
}

function perSecond(atMs: number): number {
  const hour = (atMs / hourMs) % 24;
  return traffic.mean * (1 + traffic.swing * Math.cos((2 * Math.PI * (hour - traffic.peakHour)) / 24));
}

function who(prng: Prng): Viewer {
  return { country: prng.pick(countries), user: `user ${prng.int(1, users)}` };
}
