export const genders = ['M', 'F'] as const;
export const platforms = ['android', 'ios', 'web'] as const;
export type Gender = (typeof genders)[number];
export type Platform = (typeof platforms)[number];

export const ageMin = 1;
export const ageMax = 120;

/** What a client decides about an ad. Instants are milliseconds since 1970 UTC. */
export interface AdContent {
  readonly title: string;
  readonly content: string;
  /** Served from this instant on. */
  readonly startAt: number;
  /** Never served at this instant or later; larger than `startAt`. */
  readonly endAt: number;
  /** null: no bound on this side. */
  readonly ageStart: number | null;
  readonly ageEnd: number | null;
  /**
   * Without repetition, in the order of `genders`; empty: anyone. The same holds for the two fields below.
   */
  readonly gender: readonly Gender[];
  /** ISO 3166-1 alpha-2, upper case, sorted. */
  readonly country: readonly string[];
  readonly platform: readonly Platform[];
  /**
   * The ad's name in the caller's own system, which no other live ad has; absent: none. Compared character by
   * character.
   */
  readonly externalId?: string;
}

/** The fields that a change sets; null removes the external id. */
export type AdPatch = Partial<Omit<AdContent, 'externalId'>> & { readonly externalId?: string | null };

/** Code points of an external id. */
export const externalIdMax = 128;

export interface Ad extends AdContent {
  /** UUIDv7, lower case. */
  readonly id: string;
  /** The global version of its last change. */
  readonly version: number;
  readonly createdAt: number;
  /**
   * The version that set `endAt`, if later changes did not change the end; absent: `version` set it. It names
   * the ad's schedule and is never shown.
   */
  readonly endVersion?: number;
}
