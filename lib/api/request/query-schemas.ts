import * as z from 'zod';
import { ageMax, ageMin, genders, platforms } from '../../core/ads/ad.ts';
import { unknown, type Unknown } from '../../core/ads/ad-filter.ts';
import { instant } from '../ad-schemas.ts';
import { campaignIdSchema, externalIdSchema } from '../optional-field-schemas.ts';
import { isAskedCountry } from './countries.ts';
import { bucketsPerAnswerMax, pointsPerAnswerMax } from '../../app/counters/series-reader.ts';
import { topKeysMax } from '../../app/counters/hot/top-keys-reader.ts';
import { consistencies } from '../../core/consistency.ts';
import { seriesLevels } from '../../core/counters/series.ts';
import { counterKey, keysPerReadMax, seriesPerReadMax } from '../counter-schemas.ts';
import { adExample } from '../ad-examples.ts';
import { askedStatuses } from '../../core/ads/list-filter.ts';
import { text } from './text-rules.ts';
import { decodeCursor, listCursorPattern, placeCursorPattern } from './cursor.ts';
import { quarantinedPerPageMax } from '../operation-schemas.ts';
import { campaignsPageDefault, campaignsPageMax } from '../delivery-schemas.ts';
import {
  callersPerPageDefault,
  callersPerPageMax,
  usageDaysDefault,
  usageDaysMax,
} from '../usage-schemas.ts';

export const adsPerPageMax = 100;
export const adsPerPageDefault = 10;
export const offsetMax = 999_999_999;
export const hotCountersDefault = 20;

/** Plain decimal digits within bounds, without sign, point, exponent or space. */
export function digits(min: number, max: number, description: string): z.ZodType<number, string> {
  const message = `must be plain decimal digits, from ${min} to ${max}`;
  return z
    .string()
    .regex(/^[0-9]{1,16}$/, { error: message })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error: message })
    .meta({ description, override: { type: 'integer', minimum: min, maximum: max } });
}

function oneOf<Value extends string>(
  values: readonly Value[],
  names: string,
  description: string,
  example?: NoInfer<Value>,
): z.ZodType<Value, Value> {
  return z
    .enum(values, { error: `must be ${names}` })
    .meta({ description, ...(example !== undefined && { examples: [example] }) });
}

const adId = z
  .guid({ error: 'must be a UUID' })
  .transform((id) => id.toLowerCase())
  .meta({
    description: 'The id of the ad.',
    override: { type: 'string', format: 'uuid', examples: [adExample.id] },
  });

/** Decodes a `next_cursor`. */
function cursor(lengthMax: number, pattern?: RegExp): z.ZodType<string, string> {
  const message = 'must be a next_cursor of the API';
  return z
    .string()
    .max(lengthMax, { error: message })
    .transform((text, context) => {
      const last = decodeCursor(text, pattern);
      if (last !== undefined) return last;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    })
    .meta({
      description: 'The `next_cursor` of the previous page.',
      override: { type: 'string', minLength: 1, maxLength: lengthMax },
    });
}

/** Any key of the quarantine, which may hold entries of other programs. */
const quarantineKey = /^[^]{1,700}$/;

const limit = digits(1, adsPerPageMax, 'Ads per page.').optional();

/** For error messages. */
export const consistencyNames = 'strong or eventual';

/** For reads from a catalog in memory. */
const consistency = oneOf(
  consistencies,
  consistencyNames,
  '`strong`: the answer shows every change that was applied when the call arrived, or is 503. `eventual` (default): it may be older, by a second in most stages.',
  'strong',
).optional();

/** For reads that are strong in any case, so that a client can ask all of its reads alike. */
const alwaysStrong = oneOf(
  consistencies,
  consistencyNames,
  'Changes nothing: this read is always `strong`.',
  'strong',
).optional();

/** The valid values of each attribute of an audience, for error messages. */
export const askedNames = {
  age: `plain decimal digits, from ${ageMin} to ${ageMax}, or unknown`,
  country: 'two upper-case letters, T1 or unknown',
  gender: 'M, F or unknown',
  platform: 'android, ios, web or unknown',
} as const;

const askedAge: z.ZodType<number | Unknown, string> = z
  .string()
  .regex(/^(?:[0-9]{1,16}|unknown)$/, { error: `must be ${askedNames.age}` })
  .transform((value) => (value === unknown ? value : Number(value)))
  .refine((value) => value === unknown || (value >= ageMin && value <= ageMax), {
    error: `must be ${askedNames.age}`,
  })
  .meta({
    description: `Ads for a person of this age. ${leftOutOrUnknown('age')}`,
    // A string, because generated clients cannot express a parameter that is a number or a string.
    override: {
      type: 'string',
      pattern: '^(?:0{0,13}(?:[1-9][0-9]?|1[01][0-9]|120)|unknown)$',
      examples: ['24'],
    },
  });

const askedCountry = z
  .string()
  .refine((value) => value === unknown || isAskedCountry(value), { error: `must be ${askedNames.country}` })
  .meta({
    examples: ['TW'],
    description: `Ads for this country. The code need not be in ISO 3166-1; one that no ad targets gets the ads for all countries. ${leftOutOrUnknown('country')}`,
    override: { type: 'string', pattern: '^(?:[A-Z]{2}|T1|unknown)$' },
  });

function leftOutOrUnknown(name: string): string {
  return `If missing, it does not filter. \`unknown\`: only ads that do not target ${name}.`;
}

const audience = {
  age: askedAge.optional(),
  country: askedCountry.optional(),
  gender: oneOf(
    [...genders, unknown],
    askedNames.gender,
    `Ads for this gender. ${leftOutOrUnknown('gender')}`,
    'F',
  ).optional(),
  platform: oneOf(
    [...platforms, unknown],
    askedNames.platform,
    `Ads for this platform. ${leftOutOrUnknown('platform')}`,
    'ios',
  ).optional(),
};

/**
 * The query of the busiest call, which `ad-query.ts` reads faster. The OpenAPI document uses this schema, and
 * a test compares the two.
 */
export const adQuery = z.strictObject({
  ...audience,
  offset: digits(0, offsetMax, 'Matches to skip; default 0.').optional(),
  limit,
  consistency,
});

export const adExplainQuery = z.strictObject({
  ...audience,
  at: instant('The instant to explain; default now. Percent-encode a `+`.').optional(),
  id: adId.optional(),
  consistency,
});

export const adListQuery = z.strictObject({
  cursor: cursor(100, listCursorPattern).optional(),
  limit,
  status: oneOf(
    askedStatuses,
    'scheduled, active, paused or ended',
    '`paused`: live ads that are paused; of the others, `scheduled`: those that have not started, `active`: those that have. `ended`: ads that have ended, a list of its own.',
    'scheduled',
  ).optional(),
  country: askedCountry.optional(),
  title: text({ min: 1, max: 100, multiline: true }, 'How the title begins, upper and lower case told apart.')
    .optional()
    .meta({ examples: ['Tea'] }),
  external_id: externalIdSchema.optional().meta({ examples: ['shop-4711'] }),
  campaign_id: campaignIdSchema.optional().meta({ examples: ['autumn'] }),
  consistency,
});

export const quarantineQuery = z.strictObject({
  cursor: cursor(1000, quarantineKey).optional(),
  limit: digits(1, quarantinedPerPageMax, 'Records per page.').optional(),
});

/** Every day from 2000 to 2999, and no other text; the last alternative is the leap days. */
const dayPattern =
  /^(?:2[0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|2(?:[0-9](?:0[48]|[2468][048]|[13579][26])|[048]00)-02-29)$/;

/** A day, as its first instant in UTC. */
function day(description: string): z.ZodType<number, string> {
  return z
    .string()
    .regex(dayPattern, { error: 'must be a day from 2000-01-01 on, as in 2026-07-01' })
    .transform((text) => Date.parse(text))
    .meta({
      description,
      override: { type: 'string', format: 'date', pattern: dayPattern.source, examples: ['2026-07-01'] },
    });
}

export const usageQuery = z.strictObject({
  days: digits(1, usageDaysMax, `How many days; default ${usageDaysDefault}.`).optional(),
  to: day('The last day (UTC); default today.').optional(),
});

/** Any principal: an IAM identity has many characters. */
const principal = /^[^]+$/;
/** Of a cursor after a principal of 1,000 bytes, the most that the store takes as a sort key. */
const principalCursorMax = 1342;

export const usageCallersQuery = z.strictObject({
  day: day('The day (UTC); default today.').optional(),
  cursor: cursor(principalCursorMax, principal).optional(),
  limit: digits(1, callersPerPageMax, `Callers per page; default ${callersPerPageDefault}.`).optional(),
});

export const incrementQuery = z.strictObject({
  mode: oneOf(
    ['eventual', 'sync'],
    'eventual or sync',
    '`eventual`: logged before the answer, counted within seconds. `sync`: counted before the answer. The default is a setting of the stage, `eventual` unless it was changed.',
  ).optional(),
});

export const hotCountersQuery = z.strictObject({
  limit: digits(1, topKeysMax, `Counters per list; default ${hotCountersDefault}.`).optional(),
});

/** A parameter that may be repeated, unlike every other of the API. */
function counterKeys(keysMax: number) {
  return z
    .array(counterKey)
    .min(1)
    .max(keysMax)
    .meta({
      description: `The counters to read: \`key=K&key=L\`, up to ${keysMax} different ones.`,
      examples: [['ad-42/clicks', 'ad-42/impressions']],
    });
}

/** Either keys or the deprecated `top`. */
export const countersQuery = z
  .strictObject({
    key: counterKeys(keysPerReadMax).optional(),
    top: digits(1, topKeysMax, 'Deprecated: use `GET /api/v1/hot-counters`. The next release removes this.')
      .optional()
      .meta({ deprecated: true }),
    consistency: alwaysStrong,
  })
  .superRefine(({ key, top, consistency: asked }, context) => {
    if (top !== undefined && asked === 'strong') {
      const message = 'must not be strong with `top`, whose lists are estimates';
      context.addIssue({ code: 'custom', path: ['consistency'], message });
    }
    if ((key === undefined) === (top === undefined)) {
      const message = key === undefined ? 'must be given' : 'must not be combined with `top`';
      context.addIssue({ code: 'custom', path: ['key'], message });
    }
  });

const seriesRange = (bucketsMax: string) => ({
  bucket: oneOf(
    seriesLevels,
    'minute, hour or day',
    'The length of each bucket (UTC). A stage keeps some lengths, each for a limited time.',
    'day',
  ),
  from: instant(
    `An instant in the first bucket; default 60 minutes, 48 hours or 31 days before the end. ${bucketsMax}`,
  ).optional(),
  to: instant('The end: buckets that begin before this instant; default now.').optional(),
  consistency: alwaysStrong,
});

export const seriesQuery = z.strictObject(seriesRange(`At most ${bucketsPerAnswerMax} buckets.`));

export const manySeriesQuery = z.strictObject({
  key: counterKeys(seriesPerReadMax),
  ...seriesRange(
    `At most ${bucketsPerAnswerMax} buckets, and ${pointsPerAnswerMax} divided by the number of keys.`,
  ),
});

export const campaignDeliveryQuery = z.strictObject({
  campaign_id: campaignIdSchema.meta({ examples: ['summer'] }),
  status: oneOf(
    ['ended'],
    'ended',
    '`ended`: the ads that have ended, as long as the stage keeps them. Default: the live ones.',
    'ended',
  ).optional(),
  cursor: cursor(100, placeCursorPattern).optional(),
  limit: digits(1, campaignsPageMax, `Ads per page; default ${campaignsPageDefault}.`).optional(),
  consistency: alwaysStrong,
});

export const noQuery = z.strictObject({});

/** Of one counter. */
export const strongReadQuery = z.strictObject({ consistency: alwaysStrong });

export const adReadQuery = z.strictObject({
  include: oneOf(
    ['ended'],
    'ended',
    '`ended`: also an ad that has ended, as long as the stage keeps it (90 days unless it was changed). Default: 404 from the end on.',
    'ended',
  ).optional(),
  consistency: alwaysStrong,
});

export const adPath = z.strictObject({ id: adId });

export const counterPath = z.strictObject({
  key: counterKey.meta({ description: 'The counter, percent-encoded.', examples: ['ad-42/clicks'] }),
});

export const noPath = z.strictObject({});
