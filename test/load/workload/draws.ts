import { genders, platforms } from '../../../lib/core/ads/ad.ts';
import { formatInstant } from '../../../lib/core/instant.ts';
import type { Country, AdInput, QueryAdsInput } from '../../../client/index.ts';

/** A float in [0, 1). */
export type Random = () => number;

const countries = 'TW JP US CA GB DE FR IT ES PT NL BE CH AT PL CZ SE NO FI DK KR IN BR AU'.split(
  ' ',
) as Country[];
const askedCountries = countries.slice(0, 6);

/**
 * An ad as the Go ad server's tests drew them: ages within 18..64, 1 to 23 of 24 countries, any genders and
 * platforms.
 */
export function drawAd(
  random: Random,
  name: string,
  window: { startAtMs: number; endAtMs: number },
): AdInput {
  const ages = [integer(random, 18, 64), integer(random, 18, 64)];
  return {
    title: `Ad ${name}`,
    content: 'x'.repeat(100),
    start_at: formatInstant(window.startAtMs),
    end_at: formatInstant(window.endAtMs),
    age_start: Math.min(...ages),
    age_end: Math.max(...ages),
    gender: some(random, genders, genders.length),
    country: some(random, countries, countries.length - 1),
    platform: some(random, platforms, platforms.length),
  };
}

/** A question as that server's load script asked them. */
export function drawQuery(random: Random): QueryAdsInput {
  const limit = [5, 10, 15][integer(random, 0, 2)] ?? 5;
  const country = askedCountries[integer(random, 0, askedCountries.length - 1)] ?? 'TW';
  return { offset: integer(random, 0, 9), limit, age: integer(random, 1, 100), country };
}

export function integer(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** 1 to `countMax` of the values. */
export function some<Value>(random: Random, values: readonly Value[], countMax: number): Value[] {
  const left = [...values];
  return Array.from({ length: integer(random, 1, countMax) }, () =>
    left.splice(integer(random, 0, left.length - 1), 1),
  ).flat();
}
