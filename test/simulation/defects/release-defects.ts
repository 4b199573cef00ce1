import type { SimulatedDefect } from '../../plant/defect.ts';

/** A release that cannot live beside the next one. */
export const releaseDefects: readonly SimulatedDefect[] = [
  {
    name: 'later-fields-of-increments-refused',
    file: 'lib/app/counters/increment-codec.ts',
    find: `const incrementedSchema = z.object({`,
    replace: `const incrementedSchema = z.strictObject({`,
    breaks: 'After a rollback, records that the newer release has logged are given up.',
    expects: ['G2', 'G6', 'I5'],
  },
  {
    name: 'later-fields-of-ad-events-refused',
    file: 'lib/app/ads/ad-event-codec.ts',
    find: `  z.object({
    type: z.literal('AdCreated'),`,
    replace: `  z.strictObject({
    type: z.literal('AdCreated'),`,
    breaks: 'After a rollback, ad events that the newer release has logged are given up.',
    expects: ['G2', 'G3', 'G6'],
  },
];
