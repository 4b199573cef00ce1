import * as z from 'zod';
import {
  ageMax,
  ageMin,
  genders,
  optionalToJson,
  platforms,
  type AdContent,
  type AdPatch,
  type Metadata,
} from '../core/ads/ad.ts';
import { formatInstant } from '../core/instant.ts';
import { conditionNames } from '../core/ads/explain.ts';
import {
  campaignMissing,
  capIsFine,
  optionalOut,
  optionalPatchShapes,
  optionalShapes,
  toOptionalContent,
  toOptionalPatch,
} from './optional-field-schemas.ts';
import { countryCodes } from './request/countries.ts';
import { instantExample, instantPattern, parseInstant } from './request/instant-text.ts';
import { text } from './request/text-rules.ts';

/** An instant: text in the request, milliseconds in the result. */
export function instant(description: string): z.ZodType<number, string> {
  return z
    .string({ error: `must be text such as ${instantExample}` })
    .transform((value, context) => {
      const parsed = parseInstant(value);
      if (parsed.ok) return parsed.epochMs;
      context.issues.push({ code: 'custom', message: parsed.message, input: value });
      return z.NEVER;
    })
    .meta({
      description: `${description} RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; \`2006-01-02 15:04:05\` is UTC. Digits below the millisecond are cut off.`,
      override: { type: 'string', pattern: instantPattern, examples: [instantExample] },
    });
}

function age(description: string): z.ZodType<number | null | undefined, number | null | undefined> {
  const message = `must be a whole number from ${ageMin} to ${ageMax}`;
  return z
    .int({ error: message })
    .min(ageMin, { error: message })
    .max(ageMax, { error: message })
    .nullish()
    .meta({ description: `${description} If missing or null, there is no bound.` });
}

/**
 * A target list. A missing, null or empty one targets everyone. The result is in `order`, without duplicates.
 */
function targets<Value extends string>(
  one: z.ZodType<Value, Value>,
  values: readonly Value[],
  description: string,
): z.ZodType<readonly Value[] | null | undefined, readonly Value[] | null | undefined> {
  return z
    .array(one, { error: 'must be a list' })
    .max(values.length, { error: `must have at most ${values.length} entries` })
    .transform((given): readonly Value[] => {
      if (given.length <= 1) return given;
      const wanted: ReadonlySet<string> = new Set(given);
      return values.filter((value) => wanted.has(value));
    })
    .nullish()
    .meta({ description: `${description} If missing, null or empty: everyone.` });
}

export const genderSchema = z.enum(genders, { error: 'must be M or F' }).meta({ id: 'Gender' });
export const platformSchema = z
  .enum(platforms, { error: 'must be android, ios or web' })
  .meta({ id: 'Platform' });
export const countrySchema = z
  .enum(countryCodes as readonly [string, ...string[]], {
    error: 'must be an ISO 3166-1 alpha-2 code in upper case',
  })
  .meta({ id: 'Country', description: 'ISO 3166-1 alpha-2.' });

/** By field of the body. */
export const fieldShapes = {
  title: text({ min: 5, max: 100, multiline: true }, 'The title of the ad.'),
  content: text({ min: 1, max: 10_000, multiline: true }, 'The text of the ad.'),
  start_at: instant('The ad is served from this instant.'),
  end_at: instant('The ad is served until just before this instant; after `start_at`.'),
  age_start: age('The youngest age targeted.'),
  age_end: age('The oldest age targeted; not below `age_start`.'),
  gender: targets(genderSchema, genders, 'Genders targeted.'),
  country: targets(countrySchema, countryCodes, 'Countries targeted.'),
  platform: targets(platformSchema, platforms, 'Platforms targeted.'),
  ...optionalShapes,
};

/**
 * Both checks run when other fields are invalid too, so that one answer names every error. They do not run
 * when a field that they compare is invalid.
 */
function whenSound(...names: readonly string[]): { when: (payload: z.core.ParsePayload) => boolean } {
  return { when: ({ issues }) => !issues.some(({ path }) => names.includes(String(path?.[0]))) };
}

function windowIsFine(value: unknown): boolean {
  const { start_at: start, end_at: end } = fieldsOf(value);
  return typeof start !== 'number' || typeof end !== 'number' || end > start;
}

function agesAreFine(value: unknown): boolean {
  const { age_start: start, age_end: end } = fieldsOf(value);
  return typeof start !== 'number' || typeof end !== 'number' || !(end < start);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

const windowFault = { path: ['end_at'], error: 'must be after start_at', ...whenSound('start_at', 'end_at') };
const agesFault = {
  path: ['age_end'],
  error: 'must not be below age_start',
  ...whenSound('age_start', 'age_end'),
};

/** Compares the fields of an ad with each other. */
export function coherent<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.refine(windowIsFine, windowFault).refine(agesAreFine, agesFault);
}

const capFault = {
  path: ['frequency', 'scope'],
  error: campaignMissing,
  ...whenSound('frequency', 'campaign_id'),
};

/** The same of an ad that is given whole. */
export function coherentAd<Schema extends z.ZodType>(schema: Schema): Schema {
  return coherent(schema).refine((value) => capIsFine(fieldsOf(value)), capFault);
}

export const createAdBody = coherentAd(z.strictObject(fieldShapes, { error: 'must be an object' })).meta({
  id: 'AdInput',
  description: 'An ad to create.',
});

/** A merge patch (RFC 7396): a missing field stays, null clears an optional field. */
export const updateAdBody = coherent(
  z.strictObject(
    {
      ...fieldShapes,
      ...optionalPatchShapes,
      title: fieldShapes.title.optional(),
      content: fieldShapes.content.optional(),
      start_at: fieldShapes.start_at.optional(),
      end_at: fieldShapes.end_at.optional(),
    },
    { error: 'must be an object' },
  ),
).meta({ id: 'AdPatch', description: 'The fields of an ad to change.' });

export function toAdContent(body: z.output<typeof createAdBody>): AdContent {
  return {
    title: body.title,
    content: body.content,
    startAt: body.start_at,
    endAt: body.end_at,
    ageStart: body.age_start ?? null,
    ageEnd: body.age_end ?? null,
    gender: body.gender ?? [],
    country: body.country ?? [],
    platform: body.platform ?? [],
    ...toOptionalContent(body),
  };
}

export function toAdPatch(body: z.output<typeof updateAdBody>): AdPatch {
  return {
    ...(body.title !== undefined && { title: body.title }),
    ...(body.content !== undefined && { content: body.content }),
    ...(body.start_at !== undefined && { startAt: body.start_at }),
    ...(body.end_at !== undefined && { endAt: body.end_at }),
    ...(body.age_start !== undefined && { ageStart: body.age_start }),
    ...(body.age_end !== undefined && { ageEnd: body.age_end }),
    ...(body.gender !== undefined && { gender: body.gender ?? [] }),
    ...(body.country !== undefined && { country: body.country ?? [] }),
    ...(body.platform !== undefined && { platform: body.platform ?? [] }),
    ...toOptionalPatch(body),
  };
}

export const instantOut = z
  .string()
  .meta({ format: 'date-time', description: 'RFC 3339, UTC, with milliseconds.' });

const ageOut = z.int().min(ageMin).max(ageMax).nullable();

const adFields = {
  title: z.string(),
  content: z.string(),
  start_at: instantOut,
  end_at: instantOut,
  age_start: ageOut,
  age_end: ageOut,
  gender: z.array(genderSchema),
  country: z.array(countrySchema),
  platform: z.array(platformSchema),
  ...optionalOut,
  created_at: instantOut,
};

/** The ad as the API shows it. */
export const adSchema = z
  .strictObject({
    ...{ id: z.uuid(), ...adFields, version: z.int().min(1) },
    ended_at: instantOut.optional().meta({
      description:
        'Its end, in answers that were asked for ads that have ended; missing while the ad is live.',
    }),
  })
  .meta({ id: 'Ad', description: 'An ad. An absent age is null, an absent list is empty.' });

/** One schema for every 2xx of a change: generated clients decode all of them by the lowest status. */
export const adWrittenSchema = z
  .strictObject({ id: z.uuid(), ...z.object(adFields).partial().shape, version: z.int().min(1).nullable() })
  .meta({
    id: 'AdWritten',
    description:
      'The known fields of the ad. Until the change is applied, `version` is null and fields that the request did not set may be missing. Once it is applied, this is the whole ad.',
  });

/**
 * The known fields of an ad whose change is logged and not yet applied. Metadata that a patch changes are not known:
 * they are merged with what the ad has.
 */
export function adWritten(
  id: string,
  content: Omit<AdPatch, 'metadata'> & { readonly metadata?: Metadata | null },
): z.output<typeof adWrittenSchema> {
  const { title, content: text, startAt, endAt, ageStart, ageEnd, gender, country, platform } = content;
  return {
    id,
    ...(title !== undefined && { title }),
    ...(text !== undefined && { content: text }),
    ...(startAt !== undefined && { start_at: formatInstant(startAt) }),
    ...(endAt !== undefined && { end_at: formatInstant(endAt) }),
    ...(ageStart !== undefined && { age_start: ageStart }),
    ...(ageEnd !== undefined && { age_end: ageEnd }),
    ...(gender !== undefined && { gender: [...gender] }),
    ...(country !== undefined && { country: [...country] }),
    ...(platform !== undefined && { platform: [...platform] }),
    ...optionalToJson(content),
    version: null,
  };
}

export const adPageSchema = z
  .strictObject({
    ads: z.array(adSchema),
    total: z.int().min(0).meta({ description: 'The exact number of matches on all pages.' }),
  })
  .meta({ id: 'AdPage' });

export const adListSchema = z
  .strictObject({
    ads: z.array(adSchema),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'The `cursor` of the next page; null: this was the last page.' }),
  })
  .meta({ id: 'AdList' });

const leftSchema = z.strictObject({
  name: z.enum(conditionNames),
  left: z.int().min(0).meta({ description: 'Ads that meet this condition and all conditions before it.' }),
});

export const adExplanationSchema = z
  .strictObject({
    at: instantOut,
    live: z.int().min(0).meta({ description: 'Live ads, including those not started and those just ended.' }),
    conditions: z.array(leftSchema).length(conditionNames.length).meta({
      description: 'In the order of evaluation; the last number is the `total` of a query.',
    }),
    ad: z
      .strictObject({
        // From the request: there may be no such ad.
        id: z.guid(),
        excluded_by: z
          .enum([...conditionNames, 'unknown'])
          .nullable()
          .meta({
            description:
              'The first condition the ad does not meet. `unknown`: no live ad has this id. null: the ad is shown.',
          }),
      })
      .nullable()
      .meta({ description: 'The ad of the parameter `id`; null without one.' }),
  })
  .meta({ id: 'AdExplanation' });
