import { ageMax, ageMin, genders, platforms } from '../../../lib/core/ads/ad.ts';
import { countryCodes } from '../../../lib/api/request/countries.ts';
import type { AdInput, Country } from '../../../client/index.ts';
import { drawAd, integer, some, type Random } from '../workload/draws.ts';

/** The part of an ad that a distribution draws; an absent field admits anyone. */
export type Audience = Pick<AdInput, 'age_start' | 'age_end' | 'gender' | 'country' | 'platform'>;

interface Distribution {
  readonly about: string;
  readonly draw: (random: Random) => Audience;
}

/** By population online, roughly; the rest of the world follows in the order of its codes. */
const largestFirst = 'CN IN US ID BR JP NG RU MX PK PH VN DE BD GB TR FR KR IT TW'.split(' ') as Country[];
const countries = countryCodes as readonly Country[];
const ranked = [...largestFirst, ...countries.filter((code) => !largestFirst.includes(code))];
const rankedUpTo = ranked.reduce<number[]>((sums, _, i) => [...sums, (sums.at(-1) ?? 0) + 1 / (i + 1)], []);

/** Most ads of the distribution `zipf` name few countries. */
const zipfCountriesMax = 3;

export const distributions = {
  uniform: {
    about: 'every age from 1 to 120, any genders, countries and platforms, all alike',
    draw: (random) => ({
      ...ages(random, ageMin, ageMax),
      gender: some(random, genders, genders.length),
      country: some(random, countries, uniformCountriesMax),
      platform: some(random, platforms, platforms.length),
    }),
  },
  adult: {
    about: "ages 18 to 64, 1 to 23 of 24 countries: the load tests' own ads",
    draw: (random) => {
      const { age_start, age_end, gender, country, platform } = drawAd(random, '', noWindow);
      return { age_start, age_end, gender, country, platform };
    },
  },
  zipf: {
    about: 'as a market has them: few countries take most ads, ages near 30, mostly mobile',
    draw: (random) => ({
      ...bellAges(random),
      ...(random() < 0.3 && { gender: some(random, genders, 1) }),
      country: rankedCountries(random),
      ...(random() < 0.7 && { platform: random() < 0.8 ? ['android', 'ios'] : ['web'] }),
    }),
  },
  anyone: {
    about: 'nine of ten ads without a target, which every question finds',
    draw: (random) => (random() < 0.9 ? {} : ages(random, ageMin, ageMax)),
  },
  narrow: {
    about: 'one age, one gender, one country and one platform each: a question finds few',
    draw: (random) => {
      const age = integer(random, ageMin, ageMax);
      return {
        ...{ age_start: age, age_end: age, gender: some(random, genders, 1) },
        ...{ country: some(random, countries, 1), platform: some(random, platforms, 1) },
      };
    },
  },
} as const satisfies Readonly<Record<string, Distribution>>;

export type DistributionName = keyof typeof distributions;
export const distributionNames = Object.keys(distributions) as DistributionName[];

/** An ad that names more countries than that would rather name none. */
const uniformCountriesMax = 24;
const noWindow = { startAtMs: 0, endAtMs: 0 };

function ages(random: Random, least: number, most: number): Pick<Audience, 'age_start' | 'age_end'> {
  const drawn = [integer(random, least, most), integer(random, least, most)];
  return { age_start: Math.min(...drawn), age_end: Math.max(...drawn) };
}

/** The middle is the mean of four draws from 12 to 52, so most are near 32; 5 to 15 years to each side. */
function bellAges(random: Random): Pick<Audience, 'age_start' | 'age_end'> {
  const draws = Array.from({ length: 4 }, () => integer(random, 12, 52));
  const middle = Math.round(draws.reduce((sum, draw) => sum + draw, 0) / draws.length);
  return {
    age_start: Math.max(ageMin, middle - integer(random, 5, 15)),
    age_end: middle + integer(random, 5, 15),
  };
}

/** Country of rank r with a chance proportional to 1 / r. */
function rankedCountries(random: Random): Country[] {
  const chosen = new Set<Country>();
  for (let wanted = integer(random, 1, zipfCountriesMax); wanted > 0; wanted -= 1) {
    const point = random() * (rankedUpTo.at(-1) ?? 0);
    chosen.add(ranked[rankedUpTo.findIndex((sum) => point < sum)] ?? 'CN');
  }
  return [...chosen];
}
