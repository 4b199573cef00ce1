import { adCountries } from '../../support/ad-builder.ts';
import type { Prng } from '../../support/prng.ts';
import { hex } from './increment-operation.ts';

/** JSON of an ad or of a change of one. */
export type AdBody = Readonly<Record<string, unknown>>;

const second = 1000;
const minute = 60 * second;
/** Close to 10,000 characters, and 40 KB: seven changes of such ads make a snapshot. */
const longContent = '𝕒𝕕𝕤'.repeat(3300);

/** An ad: open-ended, short-lived, yet to start, or over; sometimes large, so that snapshots become due. */
export function drawAd(prng: Prng, nowMs: number, options: { readonly large: boolean }): AdBody {
  return {
    title: `ad ${hex(prng, 2)}`,
    content: options.large ? hex(prng, 1) + longContent : drawText(prng),
    ...drawWindow(prng, nowMs),
    ...drawTargets(prng),
  };
}

/** One to three fields changed; sometimes none at all. */
export function drawPatch(prng: Prng, nowMs: number): AdBody {
  if (prng.chance(0.05)) return {};
  const all = { content: drawText(prng), ...drawWindow(prng, nowMs), ...drawTargets(prng) };
  const names = prng.sample(Object.keys(all), prng.int(0, 2));
  const some = Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  return { title: `ad ${hex(prng, 2)}`, ...some };
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
    ]),
  };
}
