/**
 * How new an answer must be. `strong`: at least as new as the newest applied write when the read began.
 * `eventual`: as old as the stage allows.
 */
export const consistencies = ['strong', 'eventual'] as const;
export type Consistency = (typeof consistencies)[number];
