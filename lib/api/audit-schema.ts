import * as z from 'zod';
import { canaryStatuses } from '../app/canary/canary-state.ts';
import { auditStatuses } from '../app/audit/audit-result.ts';

/** The result of the last scheduled audit. */
export const auditSchema = z
  .strictObject({
    status: z.enum(auditStatuses).meta({
      description:
        '`unfinished`: it ran out of time and goes on at its next run. `failed`: its log says why. `not-auditable`: nothing differs, but the log no longer holds the whole history of some counters.',
    }),
    at: z.string().meta({ format: 'date-time', description: 'When it began.' }),
    counters: z.int().min(0),
    differences: z.int().min(0).meta({ description: 'Counters whose total differs from the log.' }),
  })
  .nullable()
  .meta({ description: 'The last scheduled audit of the counters. null: none is known.' });

/** The result of the canary's last run. */
export const canarySchema = z
  .strictObject({
    status: z.enum(canaryStatuses).meta({
      description:
        '`late`: its increment was not counted within 10 s. `given-up`: it is in the quarantine. `lost`, `doubled`: the total differs from what was sent. `restarted`: the table was restored.',
    }),
    at: z.string().meta({ format: 'date-time', description: 'When it began.' }),
  })
  .nullable()
  .meta({
    description:
      'The last run of the canary, which sends an increment through the log and reads it back. null: none is known.',
  });
