import * as z from 'zod';
import { metadataFault } from '../core/ads/ad-content.ts';
import {
  adStatuses,
  campaignIdMax,
  externalIdMax,
  metadataBytesMax,
  metadataKeyPattern,
  metadataKeysMax,
  optionalFields,
  optionalNames,
  priorityDefault,
  priorityMax,
  priorityMin,
  sideMax,
  urlMax,
  weightDefault,
  weightMax,
  type AdContent,
  type AdPatch,
  type Metadata,
  type MetadataValue,
  type OptionalField,
} from '../core/ads/ad.ts';
import {
  anonymousWays,
  frequencyFaults,
  frequencyMax,
  frequencyScopes,
  inOrder as frequencyInOrder,
  periodPattern,
  type Frequency,
} from '../core/ads/frequency.ts';
import {
  goalFaults,
  goalImpressionsMax,
  inOrder as goalInOrder,
  isKnownZone,
  pacings,
  timezoneMax,
  timezonePattern,
  type AdGoal,
} from '../core/ads/goal.ts';
import { isObject, type ValueFault } from '../core/ads/value-fault.ts';
import { text, textFault } from './request/text-rules.ts';

export const externalIdSchema = text(
  { min: 1, max: externalIdMax, multiline: false },
  "The ad's name in your own system, which no other live ad has.",
);

export const campaignIdSchema = text(
  { min: 1, max: campaignIdMax, multiline: false },
  'The campaign that the ad belongs to.',
);

function whole(min: number, max: number, description: string) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .int({ error: message })
    .min(min, { error: message })
    .max(max, { error: message })
    .nullish()
    .meta({ description });
}

/** Any more would be cut off, or read in two ways, by one browser or another. */
const urlPattern = '^https://[^\\s\\u0000-\\u001f\\u007f-\\u009f]+$';
const urlExample = 'https://shop.example/tea?from=ad';

/** The result is the URL as a URL parser writes it, which is ASCII. */
function url(description: string): z.ZodType<string | null | undefined, string | null | undefined> {
  return z
    .string({ error: 'must be text' })
    .transform((given, context): string => {
      const read = readUrl(given);
      if (typeof read === 'object') return read.href;
      context.issues.push({ code: 'custom', message: read, input: given });
      return z.NEVER;
    })
    .nullish()
    .meta({
      description: `${description} An https URL without user name and password. It is kept and shown in its normal form, of at most ${urlMax} characters, in ASCII.`,
      override: {
        type: ['string', 'null'],
        minLength: 'https://x'.length,
        maxLength: urlMax,
        pattern: urlPattern,
        examples: [urlExample],
      },
    });
}

/** What is wrong with the URL, if it is a text. */
function readUrl(given: string): URL | string {
  const fault = textFault(given, { min: 1, max: urlMax, multiline: false });
  if (fault !== undefined) return fault;
  if (!given.startsWith('https://')) return 'must be a URL that begins with https://';
  if (/\s/.test(given)) return 'must not contain spaces; write %20 for one';
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined) return `must be a URL such as ${urlExample}`;
  if (url.username !== '' || url.password !== '')
    return 'must not contain a user name or a password; leave out what is before the @';
  return url.href.length > urlMax
    ? `must have at most ${urlMax} characters once it is encoded; it has ${url.href.length}`
    : url;
}

const numberRule = `must be a number from -${Number.MAX_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}`;
const keyRule = 'must be a letter, then up to 63 letters, digits, or any of _ . : -';

/** `nullable`: null removes a key, in a patch. The result is in the order of the keys. */
function metadata<Value extends MetadataValue | null>(description: string, nullable: boolean) {
  type Given = Readonly<Record<string, Value>>;
  const types = ['string', 'number', 'boolean', ...(nullable ? ['null'] : [])];
  return z
    .unknown()
    .transform((given, context): Given => {
      const faults = metadataFaults(given, nullable);
      for (const { key, message } of faults)
        context.issues.push({ code: 'custom', path: key === undefined ? [] : [key], message, input: given });
      if (faults.length > 0) return z.NEVER;
      const entries = Object.entries(given as Given).sort(([a], [b]) => (a < b ? -1 : 1));
      return Object.fromEntries(entries);
    })
    .nullish()
    .meta({
      description: `${description} At most ${metadataKeysMax} keys, and ${metadataBytesMax} bytes as JSON.`,
      override: {
        type: ['object', 'null'],
        maxProperties: metadataKeysMax,
        propertyNames: { pattern: metadataKeyPattern.source },
        additionalProperties: {
          type: types,
          minimum: -Number.MAX_SAFE_INTEGER,
          maximum: Number.MAX_SAFE_INTEGER,
        },
        examples: [{ 'line-item': 'A7', rank: 3 }],
      },
    });
}

interface MetadataFault {
  /** Absent: the whole is at fault. */
  readonly key?: string;
  readonly message: string;
}

function metadataFaults(given: unknown, nullable: boolean): readonly MetadataFault[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return [{ message: 'must be an object' }];
  const faults = Object.entries(given)
    .slice(0, metadataKeysMax + 1)
    .flatMap(([key, value]: [string, unknown]): MetadataFault[] => {
      const message = metadataKeyPattern.test(key) ? valueFault(value, nullable) : keyRule;
      return message === undefined ? [] : [{ key, message }];
    });
  if (faults.length > 0) return faults;
  switch (metadataFault(given as Metadata)) {
    case 'keys':
      return [{ message: `must have at most ${metadataKeysMax} keys` }];
    case 'bytes':
      return [{ message: `must have at most ${metadataBytesMax} bytes as JSON` }];
    case undefined:
      return [];
  }
}

function valueFault(value: unknown, nullable: boolean): string | undefined {
  if (typeof value === 'string') return textFault(value, { min: 0, max: metadataBytesMax, multiline: false });
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? undefined : numberRule;
  if (typeof value === 'boolean' || (value === null && nullable)) return undefined;
  return nullable ? 'must be text, a number, true, false or null' : 'must be text, a number, true or false';
}

const goalExample = { impressions: { total: 100_000 }, pacing: 'even' };
const frequencyExample = { max: 3, per: 'P1D', scope: 'ad' };
const wholeOne = 'A patch gives all of it: it is not merged with what the ad has, and null removes it.';
const impressionsShape = { type: 'integer', minimum: 1, maximum: goalImpressionsMax } as const;

function goal() {
  return z
    .unknown()
    .transform((given, context): AdGoal => {
      const faults = [...goalFaults(given)];
      const { timezone } = isObject(given) ? given : {};
      if (faults.length === 0 && typeof timezone === 'string' && !isKnownZone(timezone))
        faults.push({
          path: ['timezone'],
          message: 'must be an IANA time zone that is known here, such as Asia/Taipei',
        });
      if (faults.length === 0) return goalInOrder(given as AdGoal);
      refuse(faults, given, context);
      return z.NEVER;
    })
    .nullish()
    .meta({
      description: `Impressions to reach in all, on each local day, or both, evenly or as soon as possible. \`daily\` is not above \`total\`; days are of \`timezone\`, an IANA name, by default UTC. ${wholeOne}`,
      override: {
        type: ['object', 'null'],
        properties: {
          impressions: {
            type: 'object',
            properties: { total: impressionsShape, daily: impressionsShape },
            additionalProperties: false,
          },
          pacing: { type: 'string', enum: [...pacings] },
          timezone: { type: 'string', maxLength: timezoneMax, pattern: timezonePattern.source },
        },
        required: ['impressions', 'pacing'],
        additionalProperties: false,
        examples: [goalExample],
      },
    });
}

function frequency() {
  return z
    .unknown()
    .transform((given, context): Frequency => {
      const faults = frequencyFaults(given);
      if (faults.length === 0) return frequencyInOrder(given as Frequency);
      refuse(faults, given, context);
      return z.NEVER;
    })
    .nullish()
    .meta({
      description: `How often one user gets the ad, or with the scope \`campaign\` the ads of its campaign together: \`max\` times in each period \`per\`, \`PT1M\` to \`P30D\`. A decision without a user leaves the ad out, unless \`anonymous\` is \`serve\`. ${wholeOne}`,
      override: {
        type: ['object', 'null'],
        properties: {
          max: { type: 'integer', minimum: 1, maximum: frequencyMax },
          per: { type: 'string', pattern: periodPattern.source, examples: ['P1D'] },
          scope: { type: 'string', enum: [...frequencyScopes] },
          anonymous: { type: 'string', enum: [...anonymousWays] },
        },
        required: ['max', 'per', 'scope'],
        additionalProperties: false,
        examples: [frequencyExample],
      },
    });
}

function refuse(
  faults: readonly ValueFault[],
  input: unknown,
  context: { readonly issues: z.core.$ZodRawIssue[] },
): void {
  for (const { path, message } of faults)
    context.issues.push({ code: 'custom', path: [...path], message, input });
}

export const campaignMissing = 'must be ad: the ad has no campaign_id';

/** Of an ad that is given whole. A patch may leave the campaign as it is. */
export function capIsFine({
  frequency: given,
  campaign_id: campaignId,
}: {
  readonly frequency?: unknown;
  readonly campaign_id?: unknown;
}): boolean {
  return !isObject(given) || given['scope'] !== 'campaign' || typeof campaignId === 'string';
}

const ownWords = 'Values of your own, shown with the ad.';

/** By field of the body of an ad that is created. */
export const optionalShapes = {
  external_id: externalIdSchema.nullish(),
  status: z
    .enum(adStatuses, { error: 'must be active or paused' })
    .nullish()
    .meta({
      description:
        'A paused ad stays and ends as any other, and no query shows it. If missing or null: active.',
      override: { type: ['string', 'null'], enum: [...adStatuses, null] },
    }),
  priority: whole(
    priorityMin,
    priorityMax,
    `Ads of priority ${priorityMin} are decided for first. If missing or null: ${priorityDefault}.`,
  ),
  weight: whole(
    1,
    weightMax,
    `The ad's share among ads of its priority. If missing or null: ${weightDefault}.`,
  ),
  click_url: url('Where a click leads.'),
  image_url: url('The picture of the ad.'),
  width: whole(1, sideMax, 'Of the picture, in pixels.'),
  height: whole(1, sideMax, 'Of the picture, in pixels.'),
  campaign_id: campaignIdSchema.nullish(),
  metadata: metadata<MetadataValue>(ownWords, false),
  goal: goal(),
  frequency: frequency(),
};

/** The same of a merge patch. */
export const optionalPatchShapes = {
  ...optionalShapes,
  metadata: metadata<MetadataValue | null>(
    `${ownWords} The keys that are given change, and null removes one.`,
    true,
  ),
};

type OptionalBody = {
  readonly [Name in OptionalField as (typeof optionalFields)[Name]]?: unknown;
};

/** The optional fields that a valid body sets. */
export function toOptionalContent(body: OptionalBody): Pick<AdContent, OptionalField> {
  const content: Record<string, unknown> = {};
  for (const name of optionalNames) {
    const value = body[optionalFields[name]];
    if (value !== undefined && value !== null) content[name] = value;
  }
  return content;
}

/** The optional fields that a valid body of a patch sets or, by null, removes. */
export function toOptionalPatch(body: OptionalBody): Pick<AdPatch, OptionalField> {
  const patch: Record<string, unknown> = {};
  for (const name of optionalNames) {
    const value = body[optionalFields[name]];
    if (value !== undefined) patch[name] = value;
  }
  return patch;
}

/** As an answer has them. */
export const optionalOut = {
  external_id: z
    .string()
    .optional()
    .meta({
      description: 'This and the fields below are missing if they are not set.',
      examples: ['shop-4711'],
    }),
  status: z.enum(adStatuses).optional(),
  priority: z.int().min(priorityMin).max(priorityMax).optional(),
  weight: z.int().min(1).max(weightMax).optional(),
  click_url: z
    .string()
    .optional()
    .meta({ examples: [urlExample] }),
  image_url: z.string().optional(),
  width: z.int().min(1).max(sideMax).optional(),
  height: z.int().min(1).max(sideMax).optional(),
  campaign_id: z.string().optional(),
  metadata: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .meta({
      override: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
    }),
  goal: z
    .strictObject({
      impressions: z.strictObject({
        total: z.int().min(1).max(goalImpressionsMax).optional(),
        daily: z.int().min(1).max(goalImpressionsMax).optional(),
      }),
      pacing: z.enum(pacings),
      timezone: z.string().optional(),
    })
    .optional(),
  frequency: z
    .strictObject({
      max: z.int().min(1).max(frequencyMax),
      per: z.string().meta({ examples: ['P1D'] }),
      scope: z.enum(frequencyScopes),
      anonymous: z.enum(anonymousWays).optional(),
    })
    .optional(),
};
