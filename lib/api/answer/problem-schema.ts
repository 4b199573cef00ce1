import * as z from 'zod';
import { problemErrorsMax } from './problems.ts';

/** The body of every problem answer (RFC 9457). */
export const problemSchema = z
  .strictObject({
    type: z.string().meta({ description: 'Names the problem: `urn:adtally:problem:<name>`.' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    errors: z
      .array(
        z.strictObject({
          path: z.string().meta({
            description:
              'A body field (`increments.3.value`; empty: the body itself), or the name of a parameter or a header.',
          }),
          message: z.string(),
        }),
      )
      .max(problemErrorsMax),
  })
  .meta({ id: 'Problem', description: 'An error as problem details (RFC 9457).' });
