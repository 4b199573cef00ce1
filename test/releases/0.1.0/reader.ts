/**
 * What release 0.1.0 reads of a record, by the rules it was released with, written out once more: this file
 * stays as it is for ever. undefined: 0.1.0 keeps the record whole in the quarantine.
 */
export function readAs010(
  stream: 'ad-events' | 'increments',
  partitionKey: string,
  text: string,
): Record<string, unknown> | undefined {
  const event = JSON.parse(text) as Record<string, unknown>;
  if (event['v'] !== 1) return undefined;
  const fields = stream === 'increments' ? incrementFields : adEventFields[String(event['type'])];
  if (fields === undefined) return undefined;
  const known = fieldsOf(event, fields);
  if (known === undefined) return undefined;
  if (stream === 'increments') {
    const named = partitionKey.split('\u0001')[0];
    return known['type'] === 'Incremented' && known['key'] === named ? known : undefined;
  }
  return known;
}

type Check = (value: unknown) => boolean;
interface Field {
  readonly holds: Check;
  readonly optional?: true;
  /** The fields of an object that are known; others are not read. */
  readonly within?: Readonly<Record<string, Field>>;
}

function fieldsOf(
  event: Record<string, unknown>,
  fields: Readonly<Record<string, Field>>,
): Record<string, unknown> | undefined {
  const known: Record<string, unknown> = {};
  for (const [name, { holds, optional, within }] of Object.entries(fields)) {
    const value = event[name];
    if (value === undefined && optional === true) continue;
    if (!holds(value)) return undefined;
    const inner = within === undefined ? value : fieldsOf(value as Record<string, unknown>, within);
    if (inner === undefined) return undefined;
    known[name] = inner;
  }
  return known;
}

const isText: Check = (value) => typeof value === 'string';
const isWhole =
  (min: number, max = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
const matches =
  (pattern: RegExp): Check =>
  (value) =>
    isText(value) && pattern.test(value as string);
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isAge: Check = (value) => value === null || isWhole(1, 120)(value);
const isListOf =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);

const optional = (holds: Check): Field => ({ holds, optional: true });
const hex32 = matches(/^[0-9a-f]{32}$/);
const instant = isWhole(0, 253_402_300_799_999);

const incrementFields: Readonly<Record<string, Field>> = {
  v: { holds: isWhole(1, 1) },
  type: { holds: isText },
  id: { holds: hex32 },
  key: { holds: isText },
  value: { holds: matches(/^[1-9]\d{0,18}$/) },
  count: { holds: isWhole(1, 500) },
  keyed: { holds: (value) => typeof value === 'boolean' },
  at: { holds: isWhole(0) },
  traceparent: optional(isText),
};

const content: Readonly<Record<string, Check>> = {
  title: isText,
  content: isText,
  startAt: instant,
  endAt: instant,
  ageStart: isAge,
  ageEnd: isAge,
  gender: isListOf((item) => item === 'M' || item === 'F'),
  country: isListOf(matches(/^[A-Z]{2}$/)),
  platform: isListOf((item) => ['android', 'ios', 'web'].includes(String(item))),
};
const contentFields = (each: (holds: Check) => Field): Readonly<Record<string, Field>> =>
  Object.fromEntries(Object.entries(content).map(([name, holds]) => [name, each(holds)]));

const base: Readonly<Record<string, Field>> = {
  v: { holds: isWhole(1, 1) },
  type: { holds: isText },
  id: { holds: hex32 },
  adId: { holds: matches(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) },
  at: { holds: instant },
  traceparent: optional(isText),
};
const ifVersion = optional(isWhole(1));

const adEventFields: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  AdCreated: { ...base, ad: { holds: isObject, within: contentFields((holds) => ({ holds })) } },
  AdUpdated: { ...base, patch: { holds: isObject, within: contentFields(optional) }, ifVersion },
  AdDeleted: { ...base, ifVersion },
  AdExpired: { ...base, endAt: { holds: instant } },
  ControlChanged: {
    v: { holds: isWhole(1, 1) },
    type: { holds: isText },
    id: { holds: hex32 },
    version: { holds: isWhole(1) },
    by: { holds: isText },
    at: { holds: isWhole(0) },
    content: { holds: isObject },
    restores: optional(isWhole(0)),
  },
};
