import * as z from 'zod';
import { seriesLevels } from '../core/counters/series.ts';
import { instantOut } from './ad-schemas.ts';
import { text, textFault } from './request/text-rules.ts';

export const incrementsPerRequestMax = 500;
export const keysPerReadMax = 100;

export type KeyFormat = 'any' | 'uuid';

const keyRule = { min: 1, max: 256, multiline: false } as const;
const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What is wrong with a counter key, in words; undefined: nothing. */
export function counterKeyFault(key: string, format: KeyFormat): string | undefined {
  const fault = textFault(key, keyRule);
  if (fault !== undefined) return fault;
  return format === 'uuid' && !uuidPattern.test(key) ? 'must be a UUID in this stage' : undefined;
}

export const counterKey = text(keyRule, 'The counter. No control characters; a stage may demand UUIDs.');

const uuidCounterKey = z.string({ error: 'must be a text' }).superRefine((key, context) => {
  const fault = counterKeyFault(key, 'uuid');
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
});

const valueMessage = 'must be a whole number from 1 to 9007199254740991';

const value = z
  .int({ error: valueMessage })
  .min(1, { error: valueMessage })
  .max(Number.MAX_SAFE_INTEGER, { error: valueMessage })
  .meta({ description: 'How much to add.' });

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

/** The bodies where every key must be a UUID. */
export const uuidIncrementBody = increment(uuidCounterKey);
export const uuidIncrementsBody = increments(uuidCounterKey);

/** Written digit for digit, exact beyond 2^53: parse it as a big integer. */
const totalSchema = z.number().meta({
  description: 'Exact, also beyond 2^53: read it as a big integer.',
  override: { type: 'integer', minimum: 0 },
});

export const acceptedSchema = z.strictObject({ status: z.literal('accepted') }).meta({ id: 'Accepted' });

const tokensSchema = z.record(z.string(), z.string()).meta({
  description: 'A Consistency-Token per key; with `Prefer: return=representation`.',
});

export const acceptedIncrementsSchema = z
  .strictObject({ accepted: z.int().min(1), tokens: tokensSchema.optional() })
  .meta({ id: 'AcceptedIncrements' });

export const partlyAcceptedIncrementsSchema = z
  .strictObject({
    accepted: z.int().min(1),
    failed: z.array(
      z.strictObject({
        index: z.int().min(0).meta({ description: 'Which of `increments`, from 0.' }),
        ambiguous: z.boolean().meta({
          description: 'true: it may have been logged all the same; false: it certainly was not.',
        }),
      }),
    ),
    tokens: tokensSchema.optional(),
  })
  .meta({ id: 'PartlyAcceptedIncrements' });

export const totalByKeySchema = z
  .record(z.string(), totalSchema)
  .meta({ id: 'TotalByKey', description: 'One member: the key and its total.' });

export const counterSchema = z
  .strictObject({
    key: z.string(),
    value: totalSchema,
    updated_at: instantOut,
  })
  .meta({ id: 'Counter' });

export const countersSchema = z.strictObject({ counters: z.array(counterSchema) }).meta({ id: 'Counters' });

export const seriesSchema = z
  .strictObject({
    key: z.string(),
    bucket: z.enum(seriesLevels),
    from: instantOut.meta({
      description: 'Where the first bucket begins: later than asked for if older ones are no longer kept.',
    }),
    to: instantOut.meta({ description: 'Where the last bucket ends.' }),
    points: z
      .array(z.strictObject({ at: instantOut, value: totalSchema }))
      .meta({ description: 'Every bucket of the range, by the instant it begins (UTC).' }),
  })
  .meta({ id: 'CounterSeries' });

const topKeySchema = z.strictObject({
  key: z.string(),
  value: totalSchema,
  error_max: totalSchema.meta({
    description: 'The true amount is at most this much less than `value`, and never more.',
  }),
});

export const topCountersSchema = z
  .strictObject({
    recent: z.strictObject({ window_ms: z.int().min(0), keys: z.array(topKeySchema) }).meta({
      description: 'What keys were given through the log in the last minutes, greatest first; estimated.',
    }),
    all: z
      .strictObject({ keys: z.array(topKeySchema) })
      .meta({ description: 'The greatest totals among the keys that have been hot; exact.' }),
  })
  .meta({ id: 'TopCounters' });
