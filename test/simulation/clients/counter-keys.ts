import type { Prng } from '../../support/prng.ts';

const hotKeys = ['hot', 'ad-42/impressions', 'warm'] as const;

/** Keys that expose careless escaping, folding or comparing. */
const oddKeys = [
  '__proto__',
  'a "quoted" \\ key',
  'ключ-漢字-🧮',
  'percent%2Fencoded/slash?and=query#hash',
  'x'.repeat(256),
  '𝒳'.repeat(256),
] as const;

/** Few hot keys, many cold ones, some odd ones. */
export function drawKey(prng: Prng): string {
  const kind = prng.int(1, 20);
  if (kind <= 9) return prng.pick(hotKeys);
  if (kind === 10) return prng.pick(oddKeys);
  return `cold-${prng.int(0, 300)}`;
}

export function drawValue(prng: Prng): number {
  if (prng.chance(0.03)) return Number.MAX_SAFE_INTEGER;
  return prng.chance(0.2) ? prng.int(1, 1_000_000) : prng.int(1, 3);
}

/** A value that no other increment of the seed has, so that what was added tells who added it. */
export function drawUniqueValue(prng: Prng): number {
  return prng.int(0, 2 ** 32 - 1) * 2 ** 20 + prng.int(1, 2 ** 20 - 1);
}
