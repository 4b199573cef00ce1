import * as z from 'zod';
import type { AdEvent } from '../../core/ads/ad-event.ts';
import {
  adStatuses,
  ageMax,
  ageMin,
  campaignIdMax,
  deliveryFields,
  externalIdMax,
  genders,
  metadataBytesMax,
  metadataKeyPattern,
  metadataKeysMax,
  platforms,
  priorityMax,
  priorityMin,
  sideMax,
  urlMax,
  weightMax,
} from '../../core/ads/ad.ts';
import { inOrder as frequencyInOrder, isFrequency, type Frequency } from '../../core/ads/frequency.ts';
import { inOrder as goalInOrder, isGoal, type AdGoal } from '../../core/ads/goal.ts';
import { adEventVersions, upcast } from '../../core/event-format.ts';
import { adEventsPartitionKey } from '../../core/streams.ts';
import type { LogEntry } from '../../ports/event-log.ts';

export type DecodedAdEvent =
  | { readonly status: 'ok'; readonly event: AdEvent }
  /**
   * `reason` says what is wrong and where. It never holds a value, because it goes to logs and to the
   * quarantine.
   */
  | { readonly status: 'undecodable'; readonly reason: string };

/**
 * Encodes a record of ad-events. Throws a ZodError for an event that `decodeAdEvent` would refuse: a bug of
 * the caller.
 */
export function encodeAdEvent(event: AdEvent): Uint8Array {
  return encoder.encode(JSON.stringify(wireForm(eventSchema.parse(event))));
}

/**
 * In the oldest version that says all of it, so that an earlier release reads it. The projector of one that does not
 * know the version keeps the event whole: it would lose the later fields otherwise.
 */
function wireForm(event: AdEvent): object {
  if (event.type === 'AdDeleted' || event.type === 'AdExpired') return event;
  const content = event.type === 'AdUpdated' ? event.patch : event.ad;
  if (deliveryFields.some((name) => content[name] !== undefined)) return event;
  if (event.type === 'AdImported') return { ...event, v: 1 };
  return { ...event, v: content.externalId === undefined ? 1 : 2 };
}

/** The log entry of an event. Throws as `encodeAdEvent` does. */
export function adEventEntry(event: AdEvent): LogEntry {
  return { partitionKey: adEventsPartitionKey, data: encodeAdEvent(event) };
}

/**
 * Reads every version up to the newest (event-format.ts). Ignores unknown fields: a newer producer may have
 * added them.
 */
export function decodeAdEvent(data: Uint8Array): DecodedAdEvent {
  const value = parseUtf8Json(data);
  if (value === undefined) return { status: 'undecodable', reason: 'not JSON in UTF-8' };
  const raised = upcast(value, adEventVersions);
  if (raised.status === 'too-new') return { status: 'undecodable', reason: raised.reason };
  const parsed = eventSchema.safeParse(raised.value);
  if (parsed.success) return { status: 'ok', event: parsed.data };
  const issue = parsed.error.issues[0];
  const path = issue === undefined ? '' : issue.path.join('.');
  return { status: 'undecodable', reason: `not an event: ${issue?.code ?? 'invalid'} at '${path}'` };
}

/** A code point has at most two units. The API counts code points exactly; this only bounds the item. */
const titleUnitsMax = 2 * 100;
const contentUnitsMax = 2 * 10_000;
const externalIdUnitsMax = 2 * externalIdMax;
const campaignUnitsMax = 2 * campaignIdMax;
const countriesMax = 26 * 26;

/** 9999-12-31T23:59:59.999Z, the last instant that RFC 3339 can write. */
const instantMax = 253_402_300_799_999;
const instant = z.int().min(0).max(instantMax);
const version = z.int().min(1);
const age = z.int().min(ageMin).max(ageMax).nullable();

/** Removes repetitions and restores the documented order, so that equal targets give equal bytes. */
const gender = z.array(z.enum(genders)).transform((list) => genders.filter((item) => list.includes(item)));
const platform = z
  .array(z.enum(platforms))
  .transform((list) => platforms.filter((item) => list.includes(item)));
const country = z
  .array(z.string().regex(/^[A-Z]{2}$/))
  .max(countriesMax)
  .transform((list) => [...new Set(list)].sort());

const externalId = z.string().min(1).max(externalIdUnitsMax);

/** A key with null is in a patch alone. */
function metadata<Value extends string | number | boolean | null>(value: z.ZodType<Value>) {
  return z
    .record(z.string().regex(metadataKeyPattern), value)
    .refine((given) => Object.keys(given).length <= metadataKeysMax)
    .refine((given) => JSON.stringify(given).length <= metadataBytesMax)
    .transform((given): Readonly<Record<string, Value>> => {
      const entries = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
      return Object.fromEntries(entries);
    });
}
const metadataValue = z.union([z.string(), z.number(), z.boolean()]);
const url = z.string().min(1).max(urlMax);
const side = z.int().min(1).max(sideMax);

const optional = {
  status: z.enum(adStatuses),
  priority: z.int().min(priorityMin).max(priorityMax),
  weight: z.int().min(1).max(weightMax),
  clickUrl: url,
  imageUrl: url,
  width: side,
  height: side,
  campaignId: z.string().min(1).max(campaignUnitsMax),
  goal: z.custom<AdGoal>(isGoal).transform(goalInOrder),
  frequency: z.custom<Frequency>(isFrequency).transform(frequencyInOrder),
};

const content = {
  title: z.string().min(1).max(titleUnitsMax),
  content: z.string().min(1).max(contentUnitsMax),
  startAt: instant,
  endAt: instant,
  ageStart: age,
  ageEnd: age,
  gender,
  country,
  platform,
};

/** Of an event that says the whole ad. */
const given = {
  ...content,
  status: optional.status.exactOptional(),
  priority: optional.priority.exactOptional(),
  weight: optional.weight.exactOptional(),
  clickUrl: optional.clickUrl.exactOptional(),
  imageUrl: optional.imageUrl.exactOptional(),
  width: optional.width.exactOptional(),
  height: optional.height.exactOptional(),
  campaignId: optional.campaignId.exactOptional(),
  metadata: metadata(metadataValue).exactOptional(),
  goal: optional.goal.exactOptional(),
  frequency: optional.frequency.exactOptional(),
};

const base = {
  id: z.string().regex(/^[0-9a-f]{32}$/),
  adId: z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  at: instant,
  traceparent: z.string().max(512).exactOptional(),
};

const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('AdCreated'),
    v: z.literal(3),
    ...base,
    ad: z.object({ ...given, externalId: externalId.exactOptional() }),
  }),
  z.object({
    type: z.literal('AdUpdated'),
    v: z.literal(3),
    ...base,
    patch: z.object({
      title: content.title.exactOptional(),
      content: content.content.exactOptional(),
      startAt: content.startAt.exactOptional(),
      endAt: content.endAt.exactOptional(),
      ageStart: content.ageStart.exactOptional(),
      ageEnd: content.ageEnd.exactOptional(),
      gender: content.gender.exactOptional(),
      country: content.country.exactOptional(),
      platform: content.platform.exactOptional(),
      externalId: externalId.nullable().exactOptional(),
      status: optional.status.nullable().exactOptional(),
      priority: optional.priority.nullable().exactOptional(),
      weight: optional.weight.nullable().exactOptional(),
      clickUrl: optional.clickUrl.nullable().exactOptional(),
      imageUrl: optional.imageUrl.nullable().exactOptional(),
      width: optional.width.nullable().exactOptional(),
      height: optional.height.nullable().exactOptional(),
      campaignId: optional.campaignId.nullable().exactOptional(),
      metadata: metadata(metadataValue.nullable()).nullable().exactOptional(),
      goal: optional.goal.nullable().exactOptional(),
      frequency: optional.frequency.nullable().exactOptional(),
    }),
    ifVersion: version.exactOptional(),
  }),
  z.object({
    type: z.literal('AdImported'),
    v: z.literal(2),
    ...base,
    ad: z.object({ ...given, externalId }),
  }),
  z.object({ type: z.literal('AdDeleted'), v: z.literal(1), ...base, ifVersion: version.exactOptional() }),
  z.object({ type: z.literal('AdExpired'), v: z.literal(1), ...base, endAt: instant }),
]);

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

function parseUtf8Json(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data));
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
