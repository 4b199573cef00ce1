import { Prng } from '../../support/prng.ts';
import type { Actor, ActorOptions, Books } from './actor.ts';
import { EndingAds } from './ending-ads.ts';
import { KeyedCounters } from './keyed-counters.ts';
import { LastingAds } from './lasting-ads.ts';
import { UnkeyedCounters } from './unkeyed-counters.ts';

const kinds: readonly { readonly count: number; readonly create: (options: ActorOptions) => Actor }[] = [
  { count: 7, create: (options) => new UnkeyedCounters(options) },
  { count: 8, create: (options) => new KeyedCounters(options) },
  { count: 6, create: (options) => new LastingAds(options) },
  { count: 3, create: (options) => new EndingAds(options) },
];

/** Every client of a trial, each with a random source of its own: what one draws does not depend on the others. */
export function createRoster(prng: Prng, books: Books): readonly Actor[] {
  return kinds.flatMap(({ count, create }, kind) =>
    Array.from({ length: count }, (_, place) =>
      create({ name: `${'ukle'.charAt(kind)}${place}`, prng: new Prng(prng.uint32()), books }),
    ),
  );
}
