import type { AdContent, AdPatch } from './ad.ts';

/**
 * The records of `ad-events`, versioned by `v`. Each is a change that a client or a schedule requested and
 * ingest accepted. decide.ts decides once, in log order, whether it takes effect; the results are the change
 * log.
 */
interface AdEventBase {
  /** Event id, 32 hex digits: the same event appended twice has the same id and takes effect once. */
  readonly id: string;
  readonly adId: string;
  /** The instant of the request by the clock of ingest; decide uses it instead of any clock. */
  readonly at: number;
  /** W3C trace context of the request, for logs only. */
  readonly traceparent?: string;
}

/**
 * Version 2 may hold an external id, version 3 every optional field. An event is written in the oldest version that
 * says all of it.
 */
export interface AdCreated extends AdEventBase {
  readonly v: 3;
  readonly type: 'AdCreated';
  readonly ad: AdContent;
}

/** A merge patch, already validated field by field: only the fields present change. */
export interface AdUpdated extends AdEventBase {
  /** As in AdCreated. */
  readonly v: 3;
  readonly type: 'AdUpdated';
  readonly patch: AdPatch;
  /** The client's If-Match. */
  readonly ifVersion?: number;
}

/**
 * Makes the live ad of an external id what `ad` says, all of it; if there is none, creates it with `adId`.
 */
export interface AdImported extends AdEventBase {
  /** Version 2 may hold every optional field, version 1 the external id alone. */
  readonly v: 2;
  readonly type: 'AdImported';
  readonly ad: ImportedContent;
}

export type ImportedContent = AdContent & { readonly externalId: string };

export interface AdDeleted extends AdEventBase {
  readonly v: 1;
  readonly type: 'AdDeleted';
  readonly ifVersion?: number;
}

/** A schedule or the sweep saw that the ad's end has come. Ignored if the ad now ends after `endAt`. */
export interface AdExpired extends AdEventBase {
  readonly v: 1;
  readonly type: 'AdExpired';
  readonly endAt: number;
}

export type AdEvent = AdCreated | AdUpdated | AdImported | AdDeleted | AdExpired;
