import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { assert } from '../../core/assert.ts';
import type { Poison } from '../../core/counters/counter-record.ts';
import { deliveryKey, deliveryKinds, isAdId, type DeliveryKind } from '../../core/delivery/delivery-key.ts';
import { invalidReasons, type InvalidReason, type Tracked } from '../../core/delivery/tracked-event.ts';
import { incrementVersions, upcast } from '../../core/event-format.ts';
import { byteText, firstIssue, parseJson, type EncodedRecord } from '../counters/record-text.ts';

const eventIdPattern = /^[0-9a-f]{32}$/;

/**
 * The newest form of an event; older ones are raised to it (event-format.ts). Unknown fields are ignored, so
 * that a later producer may add some. A reason that this release does not know is poison: it is redriven with the
 * release that does.
 */
const trackedSchema = z.object({
  v: z.literal(1),
  type: z.literal('Tracked'),
  id: z.string().regex(eventIdPattern),
  ad: z.string().refine(isAdId),
  kind: z.enum(deliveryKinds),
  at: z.int().min(0),
  generation: z.int().min(0),
  epoch: z.int().min(0),
  invalid: z.enum(invalidReasons).optional(),
  traceparent: z.string().optional(),
});

/** Encodes an event. Throws an AssertionError if it is invalid: such an event must never reach the log. */
export function encodeTracked(event: Tracked): Uint8Array {
  assert(isTracked(event), 'an event that breaks its own schema');
  // What JSON.stringify gives for these fields in this order; readFast knows this form.
  const { id, ad, kind, at, generation, epoch, invalid, traceparent } = event;
  const reason = invalid === undefined ? '' : `,"invalid":"${invalid}"`;
  const trace = traceparent === undefined ? '' : `,"traceparent":${JSON.stringify(traceparent)}`;
  return Buffer.from(
    `{"v":1,"type":"Tracked","id":"${id}","ad":"${ad}","kind":"${kind}","at":${at},` +
      `"generation":${generation},"epoch":${epoch}${reason}${trace}}`,
  );
}

/** Decodes the body of a record of an ad. A body that the schema refuses is poison, with the reason. Never throws. */
export function readTracked(record: EncodedRecord): Tracked | Poison {
  return readFast(record) ?? readTrackedByReference(record);
}

/** The definition of decoding: UTF-8, JSON, its version, the schema, and the counter that the partition key names. */
export function readTrackedByReference({ partitionKey, data }: EncodedRecord): Tracked | Poison {
  const json = parseJson(data);
  if (json === undefined) return { type: 'poison', reason: 'not JSON in UTF-8' };
  const raised = upcast(json, incrementVersions);
  if (raised.status === 'too-new') return { type: 'poison', reason: raised.reason };
  const parsed = trackedSchema.safeParse(raised.value);
  if (!parsed.success) return { type: 'poison', reason: firstIssue(parsed.error) };
  const { invalid, traceparent, ...event } = parsed.data;
  if (partitionKey !== deliveryKey(event.ad, event.kind)) {
    return { type: 'poison', reason: 'the partition key names another counter' };
  }
  return withOptional(event, invalid, traceparent);
}

/** As the schema; a trace context is any text. */
function isTracked({ id, ad, kind, at, generation, epoch, invalid }: Tracked): boolean {
  return (
    eventIdPattern.test(id) &&
    isAdId(ad) &&
    deliveryKinds.includes(kind) &&
    isWhole(at) &&
    isWhole(generation) &&
    isWhole(epoch) &&
    (invalid === undefined || invalidReasons.includes(invalid))
  );
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** What `encodeTracked` writes, if the trace context is plain; longer numbers are left to the schema. */
const wireForm =
  /^\{"v":1,"type":"Tracked","id":"([0-9a-f]{32})","ad":"([0-9a-f-]{36})","kind":"(impression|click)","at":(0|[1-9]\d{0,14}),"generation":(0|[1-9]\d{0,14}),"epoch":(0|[1-9]\d{0,14})(?:,"invalid":"(bot|prefetch|no-user-agent)")?(?:,"traceparent":"([ !#-[\]-~]*)")?\}$/;

/** undefined: not in that form; the event may still be valid. */
function readFast(record: EncodedRecord): Tracked | undefined {
  const text = byteText(record);
  const match = text === undefined ? null : wireForm.exec(text);
  if (match === null) return undefined;
  const ad = match[2] as string;
  const kind = match[3] as DeliveryKind;
  if (!isAdId(ad) || record.partitionKey !== deliveryKey(ad, kind)) return undefined;
  const event = {
    v: 1,
    type: 'Tracked',
    id: match[1] as string,
    ad,
    kind,
    at: Number(match[4]),
    generation: Number(match[5]),
    epoch: Number(match[6]),
  } as const;
  return withOptional(event, match[7] as InvalidReason | undefined, match[8]);
}

function withOptional(
  event: Omit<Tracked, 'invalid' | 'traceparent'>,
  invalid: InvalidReason | undefined,
  traceparent: string | undefined,
): Tracked {
  return {
    ...event,
    ...(invalid !== undefined && { invalid }),
    ...(traceparent !== undefined && { traceparent }),
  };
}
