import { adCountries } from '../../support/ad-builder.ts';
import { Prng } from '../../support/prng.ts';
import { hex } from './increment-operation.ts';

/** JSON of an ad or of a change of one. */
export type AdBody = Readonly<Record<string, unknown>>;

const second = 1000;
const minute = 60 * second;
/** Close to 10,000 characters, and 40 KB: seven changes of such ads make a snapshot. */
const longContent = '𝕒𝕕𝕤'.repeat(3300);

/** An ad: open-ended, short-lived, yet to start, or over; sometimes large, so that snapshots become due. */
export function drawAd(
  prng: Prng,
  nowMs: number,
  options: { readonly large: boolean; readonly goals: boolean },
): AdBody {
  const title = hex(prng, 2);
  return {
    title: `ad ${title}`,
    content: options.large ? hex(prng, 1) + longContent : drawText(prng),
    ...drawWindow(prng, nowMs),
    ...drawTargets(prng),
    ...(isTurn(title, 0xc) && { click_url: `https://shop.example/?ad=${title}&to=a%2Fb` }),
    ...(isTurn(title, options.goals ? 0x1 : 0x3) &&
      drawOptional(title, { isPatch: false, goals: options.goals })),
  };
}

/** One to three fields changed; sometimes none at all. */
export function drawPatch(prng: Prng, nowMs: number, { goals }: { readonly goals: boolean }): AdBody {
  if (prng.chance(0.05)) return {};
  const all = { content: drawText(prng), ...drawWindow(prng, nowMs), ...drawTargets(prng) };
  const names = prng.sample(Object.keys(all), prng.int(0, 2));
  const some = Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  const title = hex(prng, 2);
  return {
    title: `ad ${title}`,
    ...some,
    ...(isTurn(title, 0x1) && drawOptional(title, { isPatch: true, goals })),
  };
}

/** By the random title, so that what a seed draws besides is the same with optional fields and without. */
function isTurn(title: string, mask: number): boolean {
  return (parseInt(title.slice(0, 4), 16) & mask) === 0;
}

/** Some optional fields, each set or, in a patch, sometimes removed. Many ads are paused or go on. */
function drawOptional(
  title: string,
  { isPatch, goals }: { readonly isPatch: boolean; readonly goals: boolean },
): AdBody {
  const prng = new Prng(parseInt(title.slice(-8), 16));
  const all: AdBody = {
    priority: prng.int(1, 16),
    weight: prng.pick([1, 2, 100]),
    click_url: prng.pick(['https://shop.example/', 'https://shop.example/tea?a=b%20c#d']),
    image_url: `https://cdn.example/${prng.int(1, 3)}.png`,
    width: prng.int(1, 10_000),
    height: 250,
    campaign_id: prng.pick(['autumn', 'ünï "4"', '7']),
    metadata: drawMetadata(prng, isPatch),
  };
  const names = prng.sample(Object.keys(all), prng.int(0, 3));
  const some = Object.entries(all)
    .filter(([name]) => names.includes(name))
    .map(([name, value]): [string, unknown] => [name, isPatch && prng.chance(0.2) ? null : value]);
  const status = prng.pick(['paused', 'paused', 'active', null, 'as it is']);
  return {
    ...Object.fromEntries(some),
    ...(status !== 'as it is' && { status }),
    ...drawCap(prng, isPatch),
    ...(goals && drawGoal(prng, isPatch)),
  };
}

/** Most have one, mostly small, so that it is reached. One in three is removed. */
function drawGoal(prng: Prng, isPatch: boolean): AdBody {
  const few = prng.pick([1, 2, 5, 20, 1000]);
  const goal = {
    impressions: prng.pick([{ total: few }, { daily: few }, { total: 4 * few, daily: few }]),
    pacing: prng.pick(['even', 'asap', 'asap']),
    ...prng.pick([{}, { timezone: 'Asia/Taipei' }, { timezone: 'America/New_York' }]),
  };
  return prng.chance(0.7) ? { goal: isPatch && prng.chance(0.3) ? null : goal } : {};
}

/** One in three is removed. */
function drawCap(prng: Prng, isPatch: boolean): AdBody {
  const frequency = {
    ...{ per: prng.pick(['PT1M', 'PT5M', 'PT1H', 'P1D']), max: prng.pick([1, 1, 2, 4]) },
    scope: prng.pick(['ad', 'ad', 'campaign']),
    ...prng.pick([{}, { anonymous: 'serve' }, { anonymous: 'skip' }]),
  };
  return prng.chance(0.4) ? { frequency: isPatch && prng.chance(0.3) ? null : frequency } : {};
}

/** Sometimes nearly all that an ad may have, so that two patches together are too much. */
function drawMetadata(prng: Prng, isPatch: boolean): AdBody {
  const values = ['x', '', 'é"', 7, -1.5, 1e-9, true, false, ...(isPatch ? [null, null] : [])];
  const keys = prng.sample(['a', 'b', 'line-item', 'X.y', 'z_9'], prng.int(0, 4));
  const entries = keys.map((key): [string, unknown] => [
    key,
    prng.chance(0.1) ? 'y'.repeat(1900) : prng.pick(values),
  ]);
  const isLarge = entries.filter(([, value]) => typeof value === 'string' && value.length > 9).length > 1;
  return Object.fromEntries(isLarge ? [] : entries);
}

function drawWindow(prng: Prng, nowMs: number): AdBody {
  const at = (fromMs: number, toMs: number): number => nowMs + prng.int(fromMs, toMs);
  const windows: readonly (() => readonly [number, number])[] = [
    () => [at(-60 * minute, 0), at(60 * minute, 6000 * minute)],
    () => [at(-60 * minute, 0), at(60 * minute, 6000 * minute)],
    // Ends while the clients work.
    () => [at(-minute, 0), at(5 * second, 3 * minute)],
    // Starts, and perhaps ends, while they work.
    () => {
      const start = at(second, 2 * minute);
      return [start, start + prng.int(1, 2 * minute)];
    },
    // Near enough to the end that clocks disagree about it.
    () => [at(-minute, 0), at(second, 20 * second)],
    () => [at(-60 * minute, -30 * minute), at(-20 * minute, second)],
  ];
  const [start, end] = prng.pick(windows)();
  return { start_at: new Date(start).toISOString(), end_at: new Date(end).toISOString() };
}

/** Left out, null, empty or given; in any order and with repetitions. */
function drawTargets(prng: Prng): AdBody {
  const [low, high] = [prng.int(1, 120), prng.int(1, 120)].sort((a, b) => a - b);
  return {
    ...(prng.chance(0.5) && { age_start: prng.chance(0.2) ? null : low }),
    ...(prng.chance(0.5) && { age_end: prng.chance(0.2) ? null : high }),
    ...(prng.chance(0.4) && { gender: prng.pick([null, [], ['M'], ['F'], ['F', 'M'], ['F', 'F']]) }),
    ...(prng.chance(0.4) && {
      platform: prng.pick([[], ['web'], ['ios', 'android'], ['web', 'ios', 'android']]),
    }),
    ...(prng.chance(0.4) && { country: prng.sample(adCountries, prng.int(0, 5)).reverse() }),
  };
}

function drawText(prng: Prng): string {
  return prng.pick(['plain', 'two\nlines', 'ünïcödé 😀', '"quoted" \\ and <tags>', 'x'.repeat(200)]);
}

/** A sound body made unsound in one place. */
export function spoil(prng: Prng, body: AdBody): AdBody {
  return {
    ...body,
    ...prng.pick<AdBody>([
      { title: 'four' },
      { title: 'a\u0007bell' },
      { title: null },
      { content: '' },
      { start_at: '2026-02-30T00:00:00Z' },
      { start_at: '2030-01-02T00:00:00Z', end_at: '2030-01-01T00:00:00Z' },
      { age_start: 0 },
      { age_start: 40, age_end: 39 },
      { gender: ['X'] },
      { country: ['Taiwan'] },
      { colour: 'red' },
      { status: 'gone' },
      { priority: 17 },
      { click_url: 'http://shop.example/' },
      { metadata: { 'a b': 1 } },
      { goal: { impressions: { total: 1, daily: 2 }, pacing: 'even' } },
      { frequency: { max: 0, per: 'P1D', scope: 'ad' } },
    ]),
  };
}
