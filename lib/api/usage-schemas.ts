import * as z from 'zod';
import { usageKeptDays } from '../core/counters/usage-key.ts';

export const usageDaysMax = 31;
export const usageDaysDefault = 7;
export const callersPerPageMax = 100;
export const callersPerPageDefault = 50;

const day = z.string().meta({ format: 'date' });

const sums = {
  calls: z.int().min(0).meta({
    description:
      'Calls that a function answered, whatever the status. Health, documents, statistics and the quarantine are not counted.',
  }),
  increments: z.int().min(0).meta({
    description:
      'Increments that answers acknowledged. The replay of an Idempotency-Key acknowledges none again.',
  }),
};

export const usageSchema = z
  .strictObject({
    principal: z.string().meta({ description: 'The caller: the principal of its token, or `anonymous`.' }),
    days: z
      .array(z.strictObject({ day, ...sums }))
      .max(usageDaysMax)
      .meta({ description: `Oldest first (UTC). Kept for ${usageKeptDays} days.` }),
  })
  .meta({ id: 'Usage' });

export const callersSchema = z
  .strictObject({
    day,
    callers: z
      .array(z.strictObject({ principal: z.string(), ...sums }))
      .max(callersPerPageMax)
      .meta({ description: 'The callers of the day, by principal.' }),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'The cursor of the next page; null: this was the last.' }),
  })
  .meta({ id: 'Callers' });
