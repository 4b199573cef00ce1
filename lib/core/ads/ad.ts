import type { Frequency } from './frequency.ts';
import type { AdGoal } from './goal.ts';

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
  /** A paused ad is live and never shown; absent: active. */
  readonly status?: AdStatus;
  /** From `priorityMin`, which is served first; absent: `priorityDefault`. */
  readonly priority?: number;
  /** The ad's share among ads of its priority; absent: `weightDefault`. */
  readonly weight?: number;
  /** Where a click leads, and the picture: https URLs as a URL parser writes them. */
  readonly clickUrl?: string;
  readonly imageUrl?: string;
  /** Of the picture, in pixels. */
  readonly width?: number;
  readonly height?: number;
  /** The campaign that the ad belongs to, compared character by character. */
  readonly campaignId?: string;
  /** Sorted by key, so that equal metadata are equal texts. */
  readonly metadata?: Metadata;
  readonly goal?: AdGoal;
  readonly frequency?: Frequency;
}

export const adStatuses = ['active', 'paused'] as const;
export type AdStatus = (typeof adStatuses)[number];

/** The priority that is served first, and the last one. */
export const priorityMin = 1;
export const priorityMax = 16;
export const priorityDefault = 8;
export const weightMax = 100;
export const weightDefault = 1;
/** Characters of a URL as a URL parser writes it. */
export const urlMax = 2048;
/** Pixels of a picture on either side. */
export const sideMax = 10_000;
/** Code points of an external id and of a campaign id. */
export const externalIdMax = 128;
export const campaignIdMax = 64;

export type MetadataValue = string | number | boolean;
export type Metadata = Readonly<Record<string, MetadataValue>>;
/** A key begins with a letter, so that no engine moves it or takes it for something of its own. */
export const metadataKeyPattern = /^[A-Za-z][A-Za-z0-9_.:-]{0,63}$/;
export const metadataKeysMax = 20;
/** Bytes of the metadata as JSON in UTF-8. */
export const metadataBytesMax = 2048;

/** The fields that an ad may be without, in the order in which they are written, and their names in JSON. */
export const optionalFields = {
  externalId: 'external_id',
  status: 'status',
  priority: 'priority',
  weight: 'weight',
  clickUrl: 'click_url',
  imageUrl: 'image_url',
  width: 'width',
  height: 'height',
  campaignId: 'campaign_id',
  metadata: 'metadata',
  goal: 'goal',
  frequency: 'frequency',
} as const satisfies Partial<Record<keyof AdContent, string>>;
export type OptionalField = keyof typeof optionalFields;
export const optionalNames: readonly OptionalField[] = Object.keys(optionalFields) as OptionalField[];

/** The fields that a change sets; null removes an optional field, and in `metadata` the value of a key. */
export type AdPatch = Partial<Omit<AdContent, OptionalField>> & {
  readonly [Name in Exclude<OptionalField, 'metadata'>]?: AdContent[Name] | null;
} & { readonly metadata?: MetadataPatch | null };
export type MetadataPatch = Readonly<Record<string, MetadataValue | null>>;

/** The setting of a stage, below `delivery`, that lets calls set a field; the external id has one elsewhere. */
export const acceptedBy = {
  status: 'accepts',
  priority: 'accepts',
  weight: 'accepts',
  clickUrl: 'accepts',
  imageUrl: 'accepts',
  width: 'accepts',
  height: 'accepts',
  campaignId: 'accepts',
  metadata: 'accepts',
  goal: 'goals',
  frequency: 'caps',
} as const satisfies Record<Exclude<OptionalField, 'externalId'>, string>;
export const deliveryFields = Object.keys(acceptedBy) as (keyof typeof acceptedBy)[];

/** The optional fields that are set, by their names in JSON; undefined: none is. */
export function optionalToJson(content: AdPatch): Record<string, unknown> | undefined {
  let json: Record<string, unknown> | undefined;
  for (const name of optionalNames) {
    const value = content[name];
    if (value !== undefined && value !== null) (json ??= {})[optionalFields[name]] = value;
  }
  return json;
}

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
  /**
   * How often a goal was set on the ad or removed from it: odd while it has one; absent: 0. It names the goal's ledger
   * and is never shown.
   */
  readonly generation?: number;
}
