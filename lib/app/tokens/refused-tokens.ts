import type { Clock } from '../../ports/clock.ts';

/** A table that was restored may have a token again that it lacked. */
const rememberedMs = 60_000;

/** 65 bytes each, and as much again for the map. */
const rememberedMax = 1000;

/** What is known of tokens that were refused, by the hash of their text. */
export interface RefusedTokens {
  add(hash: string): void;
  has(hash: string): boolean;
}

/**
 * Remembers tokens that were refused: a token that is unknown, over or wrong never becomes valid, because ids are
 * random and ends only move earlier. API Gateway keeps the answer for a valid token, but not a refusal, so
 * without this a client with a revoked token reads the store at each call. Of more than `rememberedMax` the one
 * that was refused first is forgotten.
 */
export function createRefusedTokens(clock: Pick<Clock, 'nowMs'>): RefusedTokens {
  /** When each was refused, the earliest first. */
  const refused = new Map<string, number>();
  return {
    add(hash) {
      refused.delete(hash);
      refused.set(hash, clock.nowMs());
      if (refused.size > rememberedMax) refused.delete(refused.keys().next().value ?? '');
    },
    has(hash) {
      const atMs = refused.get(hash);
      // A clock that has gone back knows nothing of how long ago that was.
      return atMs !== undefined && Math.abs(clock.nowMs() - atMs) < rememberedMs;
    },
  };
}
