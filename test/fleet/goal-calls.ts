import type { AdGoal } from '../../lib/core/ads/goal.ts';
import type { Ad } from '../../lib/core/ads/ad.ts';
import { deliveryKey } from '../../lib/core/delivery/delivery-key.ts';
import { stageSettings, type StageSettings } from '../../lib/stages.ts';
import { adId, buildAd } from '../support/ad-builder.ts';
import { toEvent } from '../support/proxy-event.ts';
import { virtualStartMs } from '../support/virtual-clock.ts';
import { writeAds } from './ads-at-rest.ts';
import { poisson } from './arrivals.ts';
import { Fleet, type Call } from './fleet.ts';

export interface GoalLoad {
  readonly name: string;
  /** Warm containers that decide, which get requests in turns. */
  readonly containers: number;
  /** Requests for one ad each. */
  readonly perSecond: number;
  readonly ads: number;
  readonly goal: AdGoal;
  /** A part of the decisions, 0 to 1, is seen and reported. */
  readonly seenShare: number;
  readonly seconds: number;
  /** Of the figures; what is before is the beginning. Default: 0. */
  readonly fromSecond?: number;
}

export interface GoalRun {
  readonly load: GoalLoad;
  readonly fleet: Fleet;
  /** Decisions of each ad. */
  readonly decided: readonly number[];
  /** The instant of the last of them, for each ad, milliseconds from the beginning. */
  readonly lastAtMs: readonly number[];
  /** From `fromSecond` on. */
  readonly decisions: readonly Call[];
  readonly asked: { readonly requests: number; readonly waited: number; readonly asks: number };
  readonly shown: number;
  readonly acknowledged: number;
  readonly counted: number;
  readonly throttled: number;
  /** Writes of ledgers, by second. */
  readonly writesBySecond: readonly number[];
}

const prod = stageSettings('prod');

export const goalSettings: StageSettings = {
  ...prod,
  delivery: { ...prod.delivery, accepts: true, goals: true, caps: true },
};

/** 10,000 calls a second and their beacons need quotas that AWS raises when asked. */
const raised = { concurrency: 3000, gatewayPerSecond: 40_000 };
const dayMs = 24 * 3_600_000;
const trackers = 100;
/** From a decision to the report of its impression. */
const lookMs = 3000;
const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0';

interface Decided {
  readonly decisions: readonly {
    readonly ads: readonly { readonly id: string; readonly decision: { readonly impression_url: string } }[];
  }[];
}

/** Sends requests for decisions to a stage whose ads have goals for a day that has just begun. */
export async function sendGoalCalls(load: GoalLoad, seed: number): Promise<GoalRun> {
  const { containers, perSecond, ads: count, goal, seenShare, seconds, fromSecond = 0 } = load;
  const fleet = new Fleet({
    ...{ seed, settings: goalSettings, dispatch: 'longest-idle', warmedTables: true, ...raised },
  });
  const { kernel, lambda, dynamodb, asking } = fleet;
  const ads = Array.from({ length: count }, (_, n): Ad =>
    buildAd({
      ...{ id: adId(n), title: `AD ${n}`, version: n + 1, createdAt: virtualStartMs - dayMs },
      ...{ startAt: virtualStartMs, endAt: virtualStartMs + dayMs, goal, generation: 1 },
    }),
  );
  await writeAds(
    { state: dynamodb.store, clock: { nowMs: () => kernel.nowMs() } },
    {
      ...{ ads: count, given: ads, changes: 0 },
    },
  );
  const index = new Map(ads.map(({ id }, i) => [id, i]));
  const prng = kernel.fork('looks');
  const instants = poisson(kernel.fork('arrivals'), { perSecond, fromMs: 20, toMs: seconds * 1000 });
  const decided = new Array<number>(count).fill(0);
  const lastAtMs = new Array<number>(count).fill(0);
  let acknowledged = 0;
  let open = 0;
  let shown = 0;
  const begin = { requests: 0, waited: 0, asks: 0 };
  const writesBySecond: number[] = [];
  const look = async (url: string): Promise<void> => {
    await kernel.sleep(lookMs * prng.float());
    const path = new URL(url).pathname;
    const { status } = await fleet.ask(toEvent({ path, headers: { 'User-Agent': browser } }));
    if (status === 200) acknowledged += 1;
  };
  const visit = async (): Promise<void> => {
    let seen: string | undefined;
    await fleet.ask(decideEvent(), (body) => {
      for (const { ads: chosen } of (JSON.parse(body) as Decided).decisions)
        for (const { id, decision } of chosen) {
          const at = index.get(id) ?? 0;
          decided[at] = (decided[at] ?? 0) + 1;
          lastAtMs[at] = kernel.elapsedMs;
          shown += 1;
          if (prng.chance(seenShare)) seen = decision.impression_url;
        }
    });
    if (seen !== undefined) await look(seen);
    open -= 1;
  };
  open = instants.length;
  await fleet.run(
    () => {
      lambda.warm('decide-ads', containers);
      lambda.warm('track-ads', trackers);
      for (const atMs of instants) kernel.after(atMs, () => void kernel.spawn(visit));
      kernel.after(fromSecond * 1000, () => {
        Object.assign(begin, { requests: asking.requests, waited: asking.waited, asks: asking.asks });
      });
      let before = 0;
      for (let second = 1; second <= seconds; second += 1)
        kernel.after(second * 1000, () => {
          const { writes } = dynamodb.used('ledger');
          writesBySecond.push(writes - before);
          before = writes;
        });
    },
    { calls: instants.length, untilMs: seconds * 1000 + lookMs, done: () => open === 0 },
  );
  return {
    ...{ load, fleet, decided, lastAtMs, shown, acknowledged, writesBySecond },
    decisions: fleet.calls.filter(({ kind, atMs }) => kind === 'decide-ads' && atMs >= fromSecond * 1000),
    asked: {
      requests: asking.requests - begin.requests,
      waited: asking.waited - begin.waited,
      asks: asking.asks - begin.asks,
    },
    counted: Number(await fleet.totalOf(ads.map(({ id }) => deliveryKey(id, 'impression')))),
    throttled: dynamodb.used('ledger').throttled,
  };
}

function decideEvent(): ReturnType<typeof toEvent> {
  return toEvent({
    ...{ method: 'POST', path: '/api/v1/decisions', principal: 'pages' },
    headers: { 'content-type': 'application/json', Host: 'ads.example' },
    body: { placements: [{ id: 'top' }] },
  });
}
