/**
 * How events of earlier releases are read. Each event names its type and the version `v` of its form. A reader
 * raises an older form to the newest, one version at a time, before its schema sees it; so the rest of the code
 * knows one form only. How to add a version: CONTRIBUTING.md, "Change the form of an event".
 */
export type EventFields = Readonly<Record<string, unknown>>;

/**
 * Makes an event of the next version. It gets whatever a record holds, so it must not throw: what it cannot
 * raise it leaves to the schema. It need not set `v`.
 */
export type Upcaster = (event: EventFields) => EventFields;

/** By event type. The first upcaster makes version 2 of version 1; without any, the newest version is 1. */
export type EventVersions = Readonly<Record<string, readonly Upcaster[]>>;

/** For a version that only adds what an event of the version before does not have. */
const unchanged: Upcaster = (event) => event;

export const incrementVersions: EventVersions = {
  Incremented: [],
  Tracked: [],
  RightsClosed: [],
  RightsOpened: [],
};

export const adEventVersions: EventVersions = {
  // Version 2 adds the external id, version 3 the other optional fields. A reader must not pass over any: it would
  // give an external id twice, or show a paused ad.
  AdCreated: [unchanged, unchanged],
  AdUpdated: [unchanged, unchanged],
  AdImported: [unchanged],
  AdDeleted: [],
  AdExpired: [],
  ControlChanged: [],
};

export type Upcast =
  /** In the newest form, or no event of these types: the schema decides. */
  | { readonly status: 'newest'; readonly value: unknown }
  /** A later release wrote it. The record must be kept whole; `reason` holds none of its data. */
  | { readonly status: 'too-new'; readonly reason: string };

/** Raises a record's parsed JSON to the newest version of its type. Never throws if the upcasters do not. */
export function upcast(value: unknown, versions: EventVersions): Upcast {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { status: 'newest', value };
  const { type, v } = value as EventFields;
  const upcasters = typeof type === 'string' && Object.hasOwn(versions, type) ? versions[type] : undefined;
  if (upcasters === undefined || !Number.isSafeInteger(v)) return { status: 'newest', value };
  const newest = upcasters.length + 1;
  const found = v as number;
  if (found > newest) {
    const reason = `version ${found} of ${String(type)} is newer than this release reads (${newest}): redrive it with a later release`;
    return { status: 'too-new', reason };
  }
  if (found < 1) return { status: 'newest', value };
  let event = value as EventFields;
  for (let next = found + 1; next <= newest; next += 1) {
    event = { ...upcasters[next - 2]?.(event), v: next };
  }
  return { status: 'newest', value: event };
}
