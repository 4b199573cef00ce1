import * as z from 'zod';
import { canonicalKey, uuidKeyFault } from '../core/counters/counter-key.ts';
import { seriesLevels } from '../core/counters/series.ts';
import { instantOut } from './ad-schemas.ts';
import { text, textFault } from './request/text-rules.ts';

export const incrementsPerRequestMax = 500;
export const keysPerReadMax = 100;
/** Keys of one read of series. */
export const seriesPerReadMax = 50;

export type KeyFormat = 'any' | 'uuid';

const keyRule = { min: 1, max: 256, multiline: false } as const;

/** Says what is wrong with a counter key; undefined: it is valid. */
export function counterKeyFault(key: string, format: KeyFormat): string | undefined {
  const fault = textFault(key, keyRule);
  if (fault !== undefined) return fault;
  return format === 'uuid' ? uuidKeyFault(key) : undefined;
}

export const counterKey = text(
  keyRule,
  'The name of the counter. No control characters; a stage may require UUIDs, in upper or lower case alike.',
);

const uuidCounterKey = z
  .string({ error: 'must be text' })
  .superRefine((key, context) => {
    const fault = counterKeyFault(key, 'uuid');
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  })
  .transform((key) => canonicalKey(key, 'uuid'));

const valueMessage = 'must be a whole number from 1 to 9007199254740991';

const value = z
  .int({ error: valueMessage })
  .min(1, { error: valueMessage })
  .max(Number.MAX_SAFE_INTEGER, { error: valueMessage })
  .meta({ description: 'The amount to add.' });

function increment(key: z.ZodType<string, string>): z.ZodType<{ key: string; value: number }> {
  return z.strictObject({ key, value }, { error: 'must be an object' });
}

function increments(
  key: z.ZodType<string, string>,
): z.ZodType<{ increments: { key: string; value: number }[] }> {
  const countMessage = `must have 1 to ${incrementsPerRequestMax} entries`;
  return z.strictObject(
    {
      increments: z
        .array(increment(key), { error: 'must be a list' })
        .min(1, { error: countMessage })
        .max(incrementsPerRequestMax, { error: countMessage }),
    },
    { error: 'must be an object' },
  );
}

export const incrementBody = increment(counterKey).meta({ id: 'Increment' });
export const incrementsBody = increments(counterKey).meta({ id: 'Increments' });

/** The bodies for a stage that requires UUIDs. */
export const uuidIncrementBody = increment(uuidCounterKey);
export const uuidIncrementsBody = increments(uuidCounterKey);

/** An exact total, also beyond 2^53: parse it as a big integer. */
const totalSchema = z.number().meta({
  description: 'Exact, also beyond 2^53: read it as a big integer.',
  override: { type: 'integer', format: 'int64', minimum: 0 },
});

const tokensSchema = z.record(z.string(), z.string()).meta({
  description: 'A Consistency-Token per key, with `Prefer: return=representation`.',
});

/** Of a list of up to `itemsMax`, the items that the log did not take. */
export function notLogged(itemsMax: number) {
  return z
    .array(
      z.strictObject({
        index: z
          .int()
          .min(0)
          .max(itemsMax - 1)
          .meta({ description: 'The index in the list of the request.' }),
        ambiguous: z.boolean().meta({
          description: 'true: it may still have been logged; false: it was certainly not logged.',
        }),
      }),
    )
    .optional();
}

/** One schema for 202 and 207; only 207 has `failed`. */
export const incrementsTakenSchema = z
  .strictObject({
    accepted: z.int().min(0).max(incrementsPerRequestMax),
    failed: notLogged(incrementsPerRequestMax).meta({ description: 'With 207: the increments that failed.' }),
    tokens: tokensSchema.optional(),
  })
  .meta({ id: 'IncrementsTaken' });

export const totalsSchema = z.record(z.string(), totalSchema).meta({
  id: 'Totals',
  description: 'The total by its key; empty if it is not yet known.',
});

export const counterSchema = z
  .strictObject({
    key: z.string(),
    value: totalSchema,
    updated_at: instantOut,
  })
  .meta({ id: 'Counter' });

export const seriesSchema = z
  .strictObject({
    key: z.string(),
    bucket: z.enum(seriesLevels),
    from: instantOut.meta({
      description: 'The start of the first bucket; later than requested if older buckets have expired.',
    }),
    to: instantOut.meta({ description: 'The end of the last bucket.' }),
    points: z
      .array(z.strictObject({ at: instantOut, value: totalSchema }))
      .meta({ description: 'Every bucket of the range, by its start (UTC).' }),
  })
  .meta({ id: 'CounterSeries' });

export const manySeriesSchema = z
  .strictObject({
    series: z
      .array(seriesSchema)
      .max(seriesPerReadMax)
      .meta({ description: 'Of the counters that exist, in the order of the request.' }),
  })
  .meta({ id: 'ManySeries' });

const hotCounterSchema = z
  .strictObject({
    key: z.string(),
    value: totalSchema,
    error_max: totalSchema.meta({
      description: 'The true amount is at most `value`, and at least `value - error_max`.',
    }),
  })
  .meta({ id: 'HotCounter' });

const hotLists = {
  recent: z
    .strictObject({ window_ms: z.int().min(0), keys: z.array(hotCounterSchema) })
    .meta({ description: 'Estimated amounts of the last minutes, greatest first.' }),
  all: z
    .strictObject({ keys: z.array(hotCounterSchema) })
    .meta({ description: 'The exact totals of the keys that sketches have seen, greatest first.' }),
};

export const hotCountersSchema = z.strictObject(hotLists).meta({ id: 'HotCounters' });

export const countersSchema = z
  .strictObject({
    counters: z
      .array(counterSchema)
      .meta({ description: 'The counters that exist, in the order of the request.' }),
    recent: hotLists.recent.optional().meta({ deprecated: true, description: 'With `top`.' }),
    all: hotLists.all.optional().meta({ deprecated: true, description: 'With `top`.' }),
  })
  .meta({ id: 'Counters' });
