import type { Prng } from '../../support/prng.ts';
import type { AdBody } from './ad-bodies.ts';
import { createAdNotebook, pickNote, type AdNotebook } from './ad-notebook.ts';
import { fulfil } from './ad-writing.ts';
import type { Client, ClientWorld } from './client.ts';
import { hex } from './increment-operation.ts';
import { createViewerNotes } from './viewer.ts';
import type { ViewerNotes } from './viewer-reports.ts';

/** What those who work for ads with goals share; nobody else sees or changes these ads. */
export interface GoalNotes {
  readonly ads: AdNotebook;
  readonly viewers: ViewerNotes;
  /** Of most goals. */
  readonly timezone: string;
}

const minuteMs = 60_000;
const adsMax = 6;
const zones = ['UTC', 'Asia/Taipei', 'America/New_York', 'Asia/Kathmandu', 'Asia/Beirut'];

export function createGoalNotes(timezone: string): GoalNotes {
  return { ads: createAdNotebook(), viewers: createViewerNotes(), timezone };
}

/**
 * Keeps a few ads with goals that win nearly every decision, and changes what they should reach while they run: goals
 * are lowered, raised, removed and set again, and ads are paused, resumed and replaced.
 */
export function createGoalEditor({ ads, timezone }: GoalNotes): Client {
  return async (world) => {
    const { prng } = world;
    const pauseMs = prng.pick([1500, 4000, 10_000]);
    const goals = (): AdBody => drawGoal(prng, timezone);
    for (let count = prng.int(2, 4); count > 0 && world.open; count -= 1) await create(world, ads, goals);
    while (world.open) {
      await world.sleep(prng.int(1, 2 * pauseMs));
      if (ads.ads.length < 2 || (ads.ads.length < adsMax && prng.chance(0.2)))
        await create(world, ads, goals);
      else await change(world, ads, goals);
    }
  };
}

/** Draws a goal. */
type Goals = () => AdBody;

function create(world: ClientWorld, ads: AdNotebook, goals: Goals): Promise<void> {
  const { prng } = world;
  return fulfil(world, ads, {
    method: 'POST',
    target: '/api/v1/ad',
    body: drawAd(prng, world.now(), goals),
    headers: prng.chance(0.5) ? { 'idempotency-key': hex(prng, 4), prefer: 'wait=5' } : {},
  });
}

async function change(world: ClientWorld, ads: AdNotebook, goals: Goals): Promise<void> {
  const { prng } = world;
  const adId = pickNote(prng, ads.ads);
  if (adId === undefined) return;
  const target = `/api/v1/ad/${adId}`;
  if (prng.chance(0.05)) {
    await fulfil(world, ads, { method: 'DELETE', target, headers: {} });
    ads.ads.splice(ads.ads.indexOf(adId), 1);
    return;
  }
  const body: AdBody = { title: `goal ${hex(prng, 2)}`, ...drawChange(prng, goals) };
  await fulfil(world, ads, { method: 'PATCH', target, body, headers: {} });
  // Some goals are only away for a moment.
  if (body['goal'] !== null || prng.chance(0.3)) return;
  await world.sleep(prng.int(1, 3000));
  await fulfil(world, ads, { method: 'PATCH', target, body: { goal: goals() }, headers: {} });
}

function drawAd(prng: Prng, nowMs: number, goals: Goals): AdBody {
  const lastsMs = prng.pick([6, 30, 120, 3 * 1440, 6 * 1440]) * minuteMs;
  return {
    title: `goal ${hex(prng, 2)}`,
    content: 'has a goal',
    start_at: new Date(nowMs - prng.pick([10, 60, 3000]) * minuteMs).toISOString(),
    end_at: new Date(nowMs + lastsMs).toISOString(),
    priority: prng.pick([1, 1, 1, 2]),
    ...(prng.chance(0.9) && { goal: goals() }),
    ...(prng.chance(0.2) && { frequency: drawFrequency(prng) }),
  };
}

/** So small that two pages at once can pass it. */
function drawFrequency(prng: Prng): AdBody {
  return { max: prng.int(1, 2), per: prng.pick(['PT1M', 'P1D']), scope: 'ad' };
}

function drawChange(prng: Prng, goals: Goals): AdBody {
  const what = prng.int(1, 12);
  if (what <= 3) return { goal: goals() };
  // Below what is out.
  if (what <= 5) return { goal: { impressions: { total: prng.int(1, 4) }, pacing: 'asap' } };
  if (what <= 7) return { goal: null };
  if (what <= 9) return { status: prng.pick(['paused', 'active']) };
  return what === 10 ? { priority: prng.int(1, 3) } : { status: 'active', goal: goals() };
}

/** Small ones are reached. Even ones are large enough for a right every few seconds. */
function drawGoal(prng: Prng, timezone: string): AdBody {
  const isEven = prng.chance(0.4);
  const few = isEven ? prng.pick([100, 1000, 20_000]) : prng.pick([2, 5, 20, 60, 500]);
  return {
    impressions: prng.pick([{ total: few }, { total: few }, { daily: few }, { total: 2 * few, daily: few }]),
    pacing: isEven ? 'even' : 'asap',
    ...(prng.chance(0.8) && { timezone: prng.chance(0.6) ? timezone : prng.pick(zones) }),
  };
}
